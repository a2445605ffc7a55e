package tls

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/wire"
)

// TLS is the abstract TLS engine: the semantics of OpenSSL 3.0 and the records
// of TLS, without the cryptography. It implements Engine and Inspector.
//
// Its output goes one way: what is sealed lies in pend, in order, until the
// buffer or the socket takes it. A flight is sealed whole at once; application
// data only when pend is empty.
type TLS struct {
	cfg    model.EngineConfig
	errors *model.ErrorQueue
	own    model.ErrorQueue // if the configuration has none

	// The handshake.
	proto      *protocol
	state      state
	facts      cond
	rounds     uint64 // handshakes begun: the hellos of each are different
	early      earlyPhase
	earlyCount int         // bytes of early data so far; of what is thrown away, without tags
	earlySeal  int         // plaintext of a WriteEarly that is sealed
	buffer     earlyBuffer // of a client, while it sends early data
	retried    bool        // a HelloRetryRequest has gone by
	names      bool        // TLS 1.2: the ClientHello names the session
	transcript uint64
	secrets    [numKeys]uint64
	write      sealer
	read       sealer
	flight     bool       // handshake output waits in pend: a handshake is under way
	asked      bool       // a HelloRequest of ours is not answered yet
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
	appEnd   int    // where in pend the record of a Write ends
	done     int    // plaintext of the Write under way that is through
	claimed  int    // plaintext of its record that is sealed; retries repeat it
	claim    *byte  // where it came from
	scratch  []byte // the message that is being built
	shutdown model.ShutState
	indulged bool // the last Read gave data in the middle of a renegotiation

	// Input.
	in      Ring   // Pair: what Feed has put
	rec     []byte // the record that is arriving
	got     int    // bytes of it that are here
	need    int    // bytes of it that are wanted next: the header, then all
	plain   []byte // decrypted data for Read; lies in rec
	msgs    []byte // handshake bytes; messages may be split or merged
	msgOff  int
	stays   bool // the record that broke the engine was not taken
	empties int  // records without content in a row
	warned  int  // warning alerts in a row

	manner attack.Manner // how it sends and reads; attacks change it

	want  model.Status // what buffer or socket lacked when last tried; OK: nothing
	fault failure
	stale failure // why the last call failed, if the engine has not
}

// NewTLS makes an engine from a configuration that makes sense; see
// Models.New for one that may not.
func NewTLS(cfg *model.EngineConfig) *TLS {
	t := &TLS{rec: make([]byte, wire.HeaderLen+maxBody12)}
	t.Reset(cfg)
	return t
}

// Reset makes the engine as NewTLS makes it, and keeps its memory.
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

// Handshake implements Engine. In TLS 1.3 a server's handshake ends when its
// tickets are out, not before.
func (t *TLS) Handshake() model.Status {
	if !t.enter() {
		t.pauseEarly(model.Client)
		return t.untried(noFault)
	}
	t.endEarly()
	t.begin()
	return t.judge(t.advance(false))
}

// Read implements Engine. With len(p) 0 it absorbs what there is, up to
// application data, as SSL_read(3) does.
//
// It says WantRead although it has written an answer, if the answer fitted the
// buffer. WantWrite means that it did not.
func (t *TLS) Read(p []byte) (int, model.Status) {
	t.pauseEarly(model.Client)
	return t.readOn(p)
}

// readOn is Read, and ReadEarly when the handshake has come to data.
func (t *TLS) readOn(p []byte) (int, model.Status) {
	alive := t.enter()
	if t.shutdown&model.ReceivedClose != 0 {
		t.want = model.OK
		return 0, t.judge(t.pushBehind(model.Closed))
	}
	if !alive {
		return 0, t.untried(noFault)
	}
	t.indulged = false
	t.pushBehind(model.OK)
	if t.wish {
		t.begin()
	}
	for {
		if !t.InitFinished() {
			if st := t.advance(true); st != model.OK {
				return 0, t.judge(st)
			}
		}
		if len(t.plain) > 0 {
			n := copy(p, t.plain)
			t.plain, t.want = t.plain[n:], model.OK
			t.indulged = t.state != connected
			return n, t.emptyHanded(n)
		}
		if st := t.absorb(); st != model.OK {
			return 0, t.judge(t.pushBehind(st))
		}
	}
}

// emptyHanded is what a Read of n bytes answers that has met data: SSL_read(3)
// of nothing returns 0, and so it is judged like a failure.
func (t *TLS) emptyHanded(n int) model.Status {
	if n == 0 && t.errors.Len() > 0 {
		return t.judge(model.WantRead)
	}
	return model.OK
}

// Renegotiate implements Engine. A client's ClientHello, or a server's
// HelloRequest, goes out at once, unless a Write is pending or half a record
// has been read: then at the first call after that. In TLS 1.3, while a
// handshake is under way, or after close_notify, the call fails and the engine
// does not. (OpenSSL takes a wish in mid-handshake, and the renegotiation that
// comes of it hangs now and then.)
func (t *TLS) Renegotiate() model.Status {
	switch {
	case !t.enter():
		return model.Failed
	case !t.InitFinished():
		return t.refuse(faultStillInInit)
	case t.proto.find(connected, wishHandshake, t.facts) == nil:
		return t.reject(faultVersion)
	case t.facts&ifRefuse != 0:
		return t.reject(faultNoReneg)
	case t.shutdown != 0:
		return t.refuse(faultShutdown)
	case t.half() || t.unsent() > 0:
		return t.refuse(faultWritePending)
	case t.asked:
		return t.refuse(faultAsked)
	}
	t.asked = t.cfg.Role == model.Server
	t.wish, t.names = true, false // though a HelloRequest has asked for it
	t.begin()
	st := t.advance(t.cfg.Role == model.Client)
	if st == model.OK && !t.InitFinished() {
		t.indulged, st = true, model.WantRead // there is data, for Read
	}
	return t.judge(st)
}

// KeyUpdate implements Engine. With a Write pending the call fails and the
// engine does not (OpenSSL pull 16077); likewise in TLS 1.2, or while a
// handshake is under way.
func (t *TLS) KeyUpdate(requested bool) model.Status {
	switch {
	case t.proto.find(connected, wishKeyUpdate, t.facts) == nil:
		return t.reject(faultVersion)
	case !t.enter():
		return t.reject(faultStillInInit)
	case !t.InitFinished():
		return t.reject(faultStillInInit)
	}
	if t.pushBehind(model.OK) == model.Failed {
		return model.Failed
	}
	if t.unsent() > 0 {
		return t.reject(faultWritePending)
	}
	t.rekey(requested)
	return t.judge(t.advance(false))
}

// ClearErrors implements Engine.
func (t *TLS) ClearErrors() { t.errors.Clear() }

// Feed implements Engine; attached it takes nothing.
func (t *TLS) Feed(p []byte) int {
	return t.in.Write(p[:t.manner.Takes(len(p))])
}

// Drain implements Engine. It makes room and no more: what waits behind the
// buffer moves into it with the next call, as in a BIO pair.
func (t *TLS) Drain(p []byte) int { return t.out.Read(p) }

// InitFinished implements Engine. A handshake is under way, too, as long as its
// last flight is not out of the engine's hands, and while half a message is
// here: nobody can tell yet what it will ask for.
func (t *TLS) InitFinished() bool {
	return t.state == connected && !t.flight && !t.halfMessage()
}

// Pending implements Engine.
func (t *TLS) Pending() int { return len(t.plain) }

// HasPending implements Engine.
func (t *TLS) HasPending() bool {
	return t.half() || len(t.plain) > 0 || t.wholeMessage() || t.stays
}

// OutputPending implements Engine; attached it is 0, see Unsent.
func (t *TLS) OutputPending() int { return t.out.Len() }

// InputRoom implements Engine; attached it is 0.
func (t *TLS) InputRoom() int {
	return t.manner.Takes(t.in.Room())
}

// Deferred implements Engine. Only the next Write sends the answer.
func (t *TLS) Deferred() bool { return t.owesUpdate && !t.cfg.Traits.AnswerAtRead }

// ShutState implements Engine.
func (t *TLS) ShutState() model.ShutState { return t.shutdown }

// State says in a word what the engine waits for, such as "wait-finished".
func (t *TLS) State() string { return t.state.String() }

// Unsent implements Inspector: the rest of a record or flight, and an alert or
// KeyUpdate that has to wait until that has left.
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
