package sim

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// An inside is the program at one end of a link, behind its socket and its
// registration with the loop. The world knows nothing else of it. What both sides look
// at often lies in the endpoint, in the last group of its fields.
//
// There are two kinds: a goPump is a model.Pump with its engine and app, and a stranger is a
// socket of a real program.
type inside interface {
	// restart makes it new for a run of the world's Config and Parts. It fails if an
	// engine can't be had.
	restart() error
	// free gives back what restart has taken. It may be called twice.
	free()
	// crash drops whatever a panic may have left in the middle of something, and revive
	// makes that anew; restart does so too.
	crash()
	revive()

	// turn reports events, as the loop does. alone: those of this end only.
	turn(ev model.Events, alone bool)
	// act does an action: one of choices. The end that it names is this one.
	act(a script.Action)
	// choices are the verbs that act can do now, a bit each. They change in turns
	// and acts only.
	choices() uint16

	// see fills in what can be seen of it at quiescence: all fields of q but those
	// that are the socket's.
	see(q *oracle.Quiescence)
	// output is how much ciphertext waits in its engine's output buffer, in bytes.
	output() int
	// shut says which close_notify alerts have gone by.
	shut() model.ShutState
	// owed is what its app still waits for, in a clause; empty if nothing or unknown.
	owed() string
	// detail is what only traces tell.
	detail() detail

	// savable says why snapshot can't be called; nil if it can.
	savable() error
	// snapshot lists its state.
	snapshot(s *model.Snapshot)
}

// A detail is what a trace tells of an inside.
type detail struct {
	state string // what its engine waits for, or empty if that can't be asked
	input int    // what lies in its engine's input buffer, in bytes
	err   error  // why its engine has failed
}

// maxCalls is how many engine, socket and app calls a pump may make in one
// turn. One that needs more does not return.
const maxCalls = 1 << 17

// call counts the calls of a turn: an endless one ends here.
func (e *endpoint) call() {
	e.calls++
	if e.calls > maxCalls {
		panic(endless{e.id})
	}
}

// endless is the panic that ends a turn which does not end itself.
type endless struct{ end script.End }

// moved adds n bytes to a counter of the account.
func (e *endpoint) moved(counter *uint64, n int) {
	if n > 0 {
		*counter += uint64(n)
		e.moves++
	}
}

// misuse records an offence against a contract; the first one counts.
func (e *endpoint) misuse(what string) {
	if e.acct.Misuse == "" {
		e.acct.Misuse = what
	}
}
