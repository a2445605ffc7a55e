package gotls

import (
	"crypto/tls"
	"fmt"
	"io"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// An engine is a tls.Conn over a wire, and the goroutine that drives its handshake and its reads.
//
// crypto/tls has three locks. A caller must not want a lock that the stopped goroutine holds. A
// handshake holds handshakeMutex and the lock of incoming records, and a read only the latter. A
// write holds the lock of outgoing records until the wire has taken the bytes. So:
//
//   - Handshakes and reads happen in the goroutine only.
//   - Conn.Write and CloseWrite are called only while no handshake runs and the goroutine does not
//     wait for room. They never wait themselves.
type engine struct {
	routine
	wire   bridge
	conn   *tls.Conn
	freed  bool
	tls12  bool
	most   int  // most plaintext of a record in bytes
	partly bool // Write may take a part

	plain  []byte // decrypted and not read yet: a part of wire.scratch
	result error  // of the last task
	ready  bool   // the first handshake is done

	again    bool // a renegotiation runs
	switched bool // and the peer's ChangeCipherSpec has come
	finished bool // and its Finished has come

	done    int // bytes of the current Write that have left
	claimed int // bytes sealed after those

	shut    model.ShutState
	err     error // fatal
	refused error // of the last call only
}

func newEngine(cfg *model.EngineConfig, s *store) *engine {
	e := &engine{tls12: cfg.Version == model.TLS12, partly: cfg.PartialWrite,
		most: min(max(cfg.MaxRecord, 1), wire.MaxRecordLen)}
	e.routine = newRoutine(e.task)
	e.wire = bridge{store: s, engine: e, watch: cfg.Watch}
	return e
}

// free ends the goroutine. Its next call of the wire fails.
func (e *engine) free() {
	e.freed, e.wire.freed = true, true
	e.stop()
	e.plain = nil
}

// task is what the goroutine does: the first handshake, then reads.
func (e *engine) task() {
	if !e.ready {
		e.result = e.conn.Handshake()
		e.ready = e.result == nil
		return
	}
	var n int
	n, e.result = e.conn.Read(e.wire.scratch[:])
	e.plain = e.wire.scratch[:n]
	e.again = false
}

// wrote notes that a renegotiation begins. After the first handshake of TLS 1.2, a handshake record
// of ours always belongs to one. The Conn does not tell, and asking it would need a lock that the
// handshake holds.
func (e *engine) wrote(kind byte) {
	if e.tls12 && e.ready && kind == wire.TypeHandshake {
		e.again, e.switched, e.finished = true, false, false
		e.wire.held = false // story 44
	}
}

// seen notes that a renegotiation ends. It ends when crypto/tls has taken the record after the
// server's ChangeCipherSpec and wants more input; kind is 0 then. Else kind is the type of a record
// that was read.
func (e *engine) seen(kind byte) {
	switch {
	case !e.again:
	case kind == 0 && e.finished && e.wire.got == 0:
		e.again = false
	case kind == wire.TypeChangeCipherSpec:
		e.switched = true
	case kind == wire.TypeHandshake && e.switched:
		e.finished = true
	}
}

// enter begins a call and reports whether the engine lives. A dead engine still sends what it has
// left to send.
//
// Story 44: a HelloRequest came while a record of Write waited for room. The ClientHello waited
// behind that record. The record moved only when the Write was repeated, and no pump writes in a
// handshake. So reads wanted to write for ever while the socket was empty. In a renegotiation reads
// now send both.
func (e *engine) enter() bool {
	if e.freed {
		panic("gotls: call on an engine that was freed")
	}
	e.refused = nil
	e.wire.held = e.claimed > 0 && e.err == nil && !e.again
	if e.err == nil && e.ended {
		e.fail(errEnded)
	}
	if e.err != nil {
		e.wire.push()
	}
	return e.err == nil
}

// drive runs the goroutine until it wants something that is not there, or its task is done.
func (e *engine) drive() model.Status {
	e.wire.push()
	wants, hopeless := e.hopeless()
	if !hopeless {
		e.run()
		if e.parked == model.OK {
			return e.judge(e.result)
		}
		wants = e.parked
	}
	// An answer that did not fit wants room. If a record of Write waits before it, both leave when
	// the pump repeats the Write.
	e.wire.push()
	if e.wire.answer && e.claimed == 0 {
		return model.WantWrite
	}
	return wants
}

// judge is the status of a finished task.
func (e *engine) judge(result error) model.Status {
	switch {
	case result == nil:
		return model.OK
	case result == io.EOF && e.wire.Cause == nil:
		e.shut |= model.ReceivedClose
		return model.Closed
	}
	return e.fail(result)
}

// hopeless reports whether the goroutine would only wait again, and what for. It saves most of the
// switches between goroutines.
func (e *engine) hopeless() (model.Status, bool) {
	switch {
	case e.parked == model.WantWrite:
		return model.WantWrite, e.wire.unsent() > e.wire.spare() && !e.wire.broken()
	case e.parked == model.OK && !e.ready:
		return model.OK, false // a handshake to begin
	}
	return model.WantRead, e.wire.starved()
}

// fail ends the engine. If its socket has ended or broken, that is the reason, whatever crypto/tls
// says.
func (e *engine) fail(why error) model.Status {
	if e.err = e.wire.Cause; e.err == nil {
		e.err = fmt.Errorf("gotls: %w", why)
	}
	e.plain = nil
	return model.Failed
}

// refuse fails a call; the engine lives on.
func (e *engine) refuse(format string, args ...any) model.Status {
	e.refused = fmt.Errorf("gotls: "+format+": %w", append(args, model.ErrRefused)...)
	return model.Failed
}

// Handshake implements [model.Engine]. It drives the first handshake, or a renegotiation that the
// peer began.
func (e *engine) Handshake() model.Status {
	if !e.enter() {
		return model.Failed
	}
	return e.shake()
}

func (e *engine) shake() model.Status {
	for !e.settled() {
		if st := e.drive(); st != model.OK && !e.settled() {
			return st
		}
		if e.err != nil {
			return model.Failed
		}
	}
	return model.OK
}

// Read implements [model.Engine]. With an empty p it takes all input up to application data.
func (e *engine) Read(p []byte) (int, model.Status) {
	if !e.enter() {
		return 0, model.Failed
	}
	for len(e.plain) == 0 {
		if e.shut&model.ReceivedClose != 0 {
			e.wire.push()
			return 0, model.Closed
		}
		if st := e.drive(); st != model.OK {
			return 0, st
		}
	}
	n := copy(p, e.plain)
	e.plain = e.plain[n:]
	return n, model.OK
}

// Write implements [model.Engine]. Conn.Write takes all bytes that it is given, so it gets one
// record at a time, and with partial writes one record in a call. A retry may come from another
// address and be longer. A retry that is shorter than what is already sealed is refused. Before the
// first handshake Write drives it, as Conn.Write does; in a renegotiation it waits.
func (e *engine) Write(p []byte) (int, model.Status) {
	switch {
	case !e.enter():
		return 0, model.Failed
	case e.shut&model.SentClose != 0:
		return 0, e.refuse("Write after Shutdown")
	case len(p) < e.done+e.claimed:
		return 0, e.refuse("a retried Write offers %d bytes; want at least %d", len(p),
			e.done+e.claimed)
	}
	e.wire.held = false
	if st := e.quiet(); st != model.OK {
		return 0, st
	}
	e.done, e.claimed = e.done+e.claimed, 0
	for e.done < len(p) {
		if st := e.seal(p[e.done:]); st != model.OK {
			return 0, st
		}
		if e.partly {
			break
		}
	}
	n := e.done
	e.done = 0
	return n, model.OK
}

// seal makes a record of the first bytes of p.
func (e *engine) seal(p []byte) model.Status {
	n := min(len(p), e.most)
	if _, err := e.conn.Write(p[:n]); err != nil {
		return e.fail(err)
	}
	st := e.flushed()
	if st == model.WantWrite {
		e.claimed, e.wire.record = n, len(e.wire.late)
		return st
	}
	e.done += n
	return st
}

// quiet waits until Conn.Write and CloseWrite can be called: no handshake runs, and no sealed
// record waits for room.
func (e *engine) quiet() model.Status {
	for e.parked == model.WantWrite || !e.settled() {
		switch st := e.drive(); {
		case st == model.Failed || st == model.WantWrite:
			return st
		case !e.settled():
			if st != model.OK {
				return st
			}
		}
	}
	return e.flushed()
}

// flushed reports by its status whether all sealed bytes have left.
func (e *engine) flushed() model.Status {
	e.wire.push()
	switch {
	case e.wire.broken():
		return e.fail(e.wire.why())
	case e.wire.unsent() > 0:
		return model.WantWrite
	}
	return model.OK
}

// Shutdown implements [model.Engine] with Conn.CloseWrite. It is refused in a handshake. Data that
// the peer still sends is no error; it waits for Read.
func (e *engine) Shutdown() model.Status {
	switch {
	case !e.enter():
		return model.Failed
	case !e.settled():
		return e.refuse("Shutdown in a handshake")
	}
	e.wire.held = false
	if e.shut&model.SentClose == 0 {
		return e.sayClose()
	}
	waited := e.wire.unsent() > 0
	if st := e.flushed(); st != model.OK {
		return st
	}
	if e.shut&model.ReceivedClose == 0 && len(e.plain) == 0 && !waited {
		if st := e.drive(); st == model.Failed || st == model.WantWrite {
			return st
		}
	}
	return e.bothClosed()
}

// sayClose seals a close_notify after all that was written.
func (e *engine) sayClose() model.Status {
	if st := e.quiet(); st != model.OK {
		return st
	}
	if err := e.conn.CloseWrite(); err != nil {
		return e.fail(err)
	}
	e.shut |= model.SentClose
	e.done, e.claimed = 0, 0
	if st := e.flushed(); st != model.OK {
		return st
	}
	return e.bothClosed()
}

// bothClosed is the answer of SSL_shutdown(3): WantRead until the peer's close_notify has come.
func (e *engine) bothClosed() model.Status {
	if e.shut&model.ReceivedClose == 0 {
		return model.WantRead
	}
	return model.OK
}

// ClearErrors implements [model.Engine]. Go has no error queue.
func (e *engine) ClearErrors() {}

// Feed implements [model.Engine].
func (e *engine) Feed(p []byte) int { return e.wire.In.Write(p) }

// Drain implements [model.Engine]. Output that waits for the buffer moves into it at the next call.
func (e *engine) Drain(p []byte) int { return e.wire.Out.Read(p) }

// InitFinished implements [model.Engine]. As in OpenSSL, a failed engine is never finished.
func (e *engine) InitFinished() bool { return e.settled() && e.err == nil }

// settled reports whether no handshake runs.
func (e *engine) settled() bool { return e.ready && !e.again }

// Pending implements [model.Engine].
func (e *engine) Pending() int { return len(e.plain) }

// HasPending implements [model.Engine].
func (e *engine) HasPending() bool {
	half := e.wire.got > 0 && e.wire.got != wire.HeaderLen // as SSL_has_pending(3) sees it
	return len(e.plain) > 0 || half
}

// OutputPending implements [model.Engine].
func (e *engine) OutputPending() int { return e.wire.Out.Len() }

// InputRoom implements [model.Engine].
func (e *engine) InputRoom() int { return e.wire.In.Room() }

// Deferred implements [model.Engine]. It is false: crypto/tls answers at the read.
func (e *engine) Deferred() bool { return false }

// ShutState implements [model.Engine].
func (e *engine) ShutState() model.ShutState { return e.shut }

// Unsent implements [model.Inspector].
func (e *engine) Unsent() int { return e.wire.unsent() }

// Err implements [model.Engine]. It says why the engine failed or why the last call was refused. A
// refusal wraps [model.ErrRefused].
func (e *engine) Err() error {
	if e.err == nil {
		return e.refused
	}
	return e.err
}
