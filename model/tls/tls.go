package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A TLS is the model engine: the call semantics of OpenSSL 3.0 and real TLS records,
// without the cryptography. It implements model.Engine, model.Inspector,
// model.Snapshotter and attack.Attacker.
//
// Output goes one way. What is sealed lies in pend, in order, until the buffer or the
// socket takes it. A flight is sealed whole at once; application data only while pend is
// empty.
type TLS struct {
	cfg    model.EngineConfig
	errors *model.ErrorQueue
	own    model.ErrorQueue // used if the configuration has none

	// The handshake.
	proto      *protocol
	state      state
	facts      cond
	rounds     uint64 // handshakes begun: the hellos of each are different
	early      earlyPhase
	earlyCount int         // bytes of early data so far; of rejected data, without tags
	earlySeal  int         // plaintext of the WriteEarly under way that is sealed
	buffer     earlyBuffer // of a client, while it sends early data
	retried    bool        // a HelloRetryRequest was sent or received
	names      bool        // TLS 1.2: the ClientHello names the session
	transcript uint64
	secrets    [numKeys]uint64
	write      sealer
	read       sealer
	flight     bool       // handshake output is in pend, so a handshake is under way
	asked      bool       // our HelloRequest is not answered yet
	wish       bool       // a renegotiation is to begin when no write is pending
	owesUpdate bool       // a requested KeyUpdate is not answered yet
	askBack    bool       // the KeyUpdate to be sent asks for one
	saying     bool       // an alert is in pend: it is noted once it has left
	waiting    bool       // an alert waits for pend to be empty
	alert      wire.Alert // that alert
	level      byte       // and its level

	// Output.
	out      Ring   // Pair: what Drain gives
	pend     []byte // sealed, and not yet in out or in the socket
	sent     int    // bytes of pend that have left
	appEnd   int    // where in pend the record of a Write ends; 0: there is none
	done     int    // plaintext of the Write under way whose records have left
	claimed  int    // plaintext of its record in pend; a retry must offer it again
	claim    *byte  // where that plaintext came from
	scratch  []byte // the message that is being built
	shutdown model.ShutState
	indulged bool // the last Read gave data in the middle of a renegotiation

	// Input.
	in      Ring   // Pair: what Feed has put
	rec     []byte // the record that is arriving
	got     int    // bytes of it that are here
	need    int    // bytes of it that are wanted next: the header, then all
	plain   []byte // decrypted data for Read; lies in rec
	msgs    []byte // handshake bytes; a message may span records or share one
	msgOff  int    // where in msgs the next message begins
	stays   bool   // the record that broke the engine was not consumed
	empties int    // records without content in a row
	warned  int    // warning alerts in a row

	manner attack.Manner // how it sends and reads; attacks change it

	want  model.Status // what buffer or socket lacked when last tried; OK: nothing
	fault failure      // why the engine is dead
	stale failure      // why the last call failed, if the engine lives
}

// newTLS makes an engine from a configuration that makes sense. Models.New checks it.
func newTLS(cfg *model.EngineConfig) *TLS {
	t := &TLS{rec: make([]byte, wire.HeaderLen+maxBody12)}
	t.Reset(cfg)
	return t
}

// Reset makes the engine as new, from another configuration, and keeps its memory.
func (t *TLS) Reset(cfg *model.EngineConfig) {
	*t = TLS{
		cfg: *cfg, errors: cfg.Errors, facts: factsOf(cfg), need: wire.HeaderLen,
		proto: &protocols[cfg.Role][cfg.Version], state: notStarted,
		in: t.in, out: t.out, rec: t.rec,
		pend: t.pend[:0], scratch: t.scratch[:0], msgs: t.msgs[:0],
		manner: t.manner.Fresh(),
	}
	if t.errors == nil {
		t.errors = &t.own
	}
	if cfg.Role == model.Server {
		t.state = waitClientHello
	}
	t.names = cfg.Resume
	if t.cfg.HandshakeRecord == 0 {
		t.cfg.HandshakeRecord = wire.MaxRecordLen
	}
	in, out := cfg.In, cfg.Out
	if cfg.Transport == model.Attached {
		in, out = 0, 0 // what an earlier link left there is gone too
	}
	t.in.Reset(in)
	t.out.Reset(out)
}

// enter begins a call, and says whether the engine lives. A dead engine still sends its
// alert, unless it has the trait LosesAlerts: the peer should learn why.
func (t *TLS) enter() bool {
	if t.state == dead {
		if !t.cfg.Traits.LosesAlerts {
			t.push()
		}
		return false
	}
	if t.stale.why != noFault {
		t.stale = failure{}
	}
	return true
}

// Feed implements model.Engine. Attached it takes nothing.
func (t *TLS) Feed(p []byte) int {
	return t.in.Write(p[:t.manner.Takes(len(p))])
}

// Drain implements model.Engine. It only makes room: what waits behind the buffer moves
// into it at the next call, as in a BIO pair.
func (t *TLS) Drain(p []byte) int { return t.out.Read(p) }

// InitFinished implements model.Engine. A handshake is also under way while its last
// flight has not left the engine, and while only half a message is here: nobody can tell
// yet what it will ask for.
func (t *TLS) InitFinished() bool {
	return t.state == connected && !t.flight && !t.halfMessage()
}

// ClearErrors implements model.Engine.
func (t *TLS) ClearErrors() { t.errors.Clear() }

// Pending implements model.Engine.
func (t *TLS) Pending() int { return len(t.plain) }

// HasPending implements model.Engine.
func (t *TLS) HasPending() bool {
	return t.half() || len(t.plain) > 0 || t.wholeMessage() || t.stays
}

// OutputPending implements model.Engine. Attached it is 0; see Unsent.
func (t *TLS) OutputPending() int { return t.out.Len() }

// InputRoom implements model.Engine. Attached it is 0.
func (t *TLS) InputRoom() int {
	return t.manner.Takes(t.in.Room())
}

// Deferred implements model.Engine. Only the next Write sends the answer.
func (t *TLS) Deferred() bool { return t.owesUpdate && !t.cfg.Traits.AnswerAtRead }

// ShutState implements model.Engine.
func (t *TLS) ShutState() model.ShutState { return t.shutdown }

// EarlyData implements model.Engine.
func (t *TLS) EarlyData() model.EarlyStatus {
	switch {
	case t.facts&ifOffers == 0:
		return model.EarlyUnsent
	case t.facts&ifTaken == 0:
		return model.EarlyRejected
	}
	return model.EarlyAccepted
}

// State says in a word what the engine waits for, such as "wait-finished".
func (t *TLS) State() string { return t.state.String() }

// Unsent implements model.Inspector. It counts the rest of a record or flight, and an
// alert or KeyUpdate that waits until that has left.
func (t *TLS) Unsent() int {
	if t.state == dead && t.cfg.Traits.LosesAlerts {
		return 0 // it will never leave
	}
	n := t.unsent()
	over := wire.HeaderLen
	if t.write.on {
		over += Overhead(t.cfg.Version)
	}
	if t.waiting {
		n += over + 2
	}
	if t.owesUpdate && t.cfg.Traits.AnswerAtRead && t.shutdown&model.SentClose == 0 {
		n += over + 5
	}
	return n
}

// unsent is how many sealed bytes have not left.
func (t *TLS) unsent() int { return len(t.pend) - t.sent }

// half says whether a part of a record has been read.
func (t *TLS) half() bool { return t.got > 0 && t.got != wire.HeaderLen }

// note tells the configuration's watcher of a message.
func (t *TLS) note(sent bool, word string, n int) {
	if t.cfg.Watch != nil {
		t.cfg.Watch(model.Note{Sent: sent, Message: word, Bytes: n})
	}
}

// pick is the conditional expression.
func pick[T any](b bool, yes, no T) T {
	if b {
		return yes
	}
	return no
}
