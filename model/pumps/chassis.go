package pumps

import (
	"github.com/wantwrite/wantwrite/model"
)

// A chassis is what every pump knows about its link, whatever its shape: what
// the app has asked for, what the engine and the socket have said of the end, the
// plaintext that is on its way to the engine, and the call that has to be
// repeated. The reference and the pumps of other shapes are built on it; how
// they get ciphertext and wakeups around is theirs.
//
// Where pumps have decided wrongly it asks decide or amount, with the right
// answer: see Decision.
type chassis struct {
	env   model.Env
	flaws planted // nil in a correct pump
	slip  slip

	queue   span   // plaintext on its way to the engine
	scratch []byte // one read

	paused   bool
	refused  bool // the app was refused bytes and waits for Writable
	half     bool // CloseWrite was asked for
	closing  bool // Close was asked for
	told     bool // the app knows of the end
	over     bool // the engine's incoming direction has ended
	cut      bool // and not in good order: nobody is left to write to
	eof      bool // the socket has said EOF
	broken   bool // a Recv has said reset: all that had come before it is read
	mute     bool // a Recv or a Send has: nothing can leave any more
	dead     bool // the engine has failed
	shut     bool // close_notify is with the engine's output
	finished bool // FIN is sent
	gone     bool // the socket is given back

	due     bool // a Read may have something to say
	stuckR  bool // Read wants to write
	stuckW  bool // Write wants to write
	stuckS  bool // Shutdown wants to write
	drained bool // the engine has no output: no call since it had none
	wrote   bool // the last output came from the app's side
	retry   int  // length of the Write that has to be repeated
	wary    bool // the next Write might begin a handshake: see mayGoOn
	early   early
	mask    model.Events
	lingers bool // the timer of a close is armed
	stirred bool // something has left since then
}

// restart makes the chassis new, for another link. The memory stays, and so do
// the mistakes.
func (p *chassis) restart(env model.Env) {
	*p = chassis{env: env, flaws: p.flaws, queue: p.queue, scratch: p.scratch}
	l := env.Limits
	p.queue.restart(l.Queue)
	p.scratch = resized(p.scratch, max(l.Pipe, l.Chunk)) // as long as a new pump's: story 29
	p.due = true
	p.early = early{open: l.Early > 0 && env.Version == model.TLS13}
}
