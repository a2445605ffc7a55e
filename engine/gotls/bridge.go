package gotls

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/wantwrite/wantwrite/engine/carrier"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A store is an engine's memory. It outlives the engine.
type store struct {
	carrier.Carrier
	late    []byte // sealed, and behind them: see wire.sent
	scratch [wire.MaxRecordLen]byte
}

// A bridge is the net.Conn below the tls.Conn. It hands out input to the end of a
// record and no further, so that what is inside the engine is always a part of
// one record, and keeps all output until there is room.
//
//	Feed ──▶ in ──▶ Read ──▶ tls.Conn ──▶ Write ──▶ late ──▶ out ──▶ Drain
//
// With the attached transport the socket stands for both buffers.
type bridge struct {
	*store
	engine *engine
	freed  bool
	sent   int  // bytes of late that have left
	record int  // where in late the record of a Write ends that waits
	held   bool // late begins with a record of Write, and another call is under way
	answer bool // some of late is the answer to something that was read
	watch  func(model.Note)

	head [wire.HeaderLen]byte // of the record that is being read
	got  int                  // bytes of it that were handed out
}

var errFreed = errors.New("gotls: the engine was given back")

// missing is how much of the record, or of its header, has not been read.
func (w *bridge) missing() int {
	if w.got < wire.HeaderLen {
		return wire.HeaderLen - w.got
	}
	return wire.RecordSize(w.head[:]) - w.got
}

// Read implements net.Conn. It stops the engine's goroutine until there is
// input. In mid-handshake crypto/tls wants bytes here that nobody has asked it
// for: then Read is where a handshake waits for its peer.
func (w *bridge) Read(p []byte) (int, error) {
	w.engine.seen(0)
	for !w.freed {
		if n := w.Receive(p[:min(len(p), w.missing())]); n > 0 {
			w.follow(p[:n])
			return n, nil
		}
		if w.Cause == model.ErrEOF {
			return 0, io.EOF
		}
		if w.Cause != nil {
			return 0, w.Cause
		}
		w.engine.park(model.WantRead)
	}
	return 0, errFreed
}

// follow keeps account of where in a record the reading is.
func (w *bridge) follow(p []byte) {
	if w.got < wire.HeaderLen {
		copy(w.head[w.got:], p)
	}
	w.got += len(p)
	if w.got < wire.HeaderLen || w.missing() > 0 {
		return
	}
	w.got = 0
	w.note(false, w.head[0], wire.RecordSize(w.head[:])-wire.HeaderLen)
	w.engine.seen(w.head[0])
}

// slack is how much of its answers a read may leave behind before it waits for
// them to leave, in bytes, as a blocking socket has a buffer of its own.
//
// Story 86: a read met a damaged record, and waited with its alert for a socket
// that was full. It took no more input meanwhile, the input kept the pump
// ready, and the pump went round and round. OpenSSL reads on.
const slack = 1024

// Write implements net.Conn. In the engine's goroutine it returns when all of
// p is out, as with a blocking socket; but outside of a handshake it leaves
// some slack. A caller of the engine gets back at once: its status says what
// waits.
func (w *bridge) Write(p []byte) (int, error) {
	if w.broken() {
		return 0, w.why()
	}
	w.engine.wrote(p[0]) // crypto/tls never writes nothing
	w.noteAll(p)
	w.late = append(w.late, p...)
	w.answer = w.answer || w.engine.inside
	w.push()
	for w.engine.inside && w.unsent() > w.spare() && !w.broken() {
		w.engine.park(model.WantWrite)
		w.push()
	}
	if w.broken() {
		return 0, w.why()
	}
	return len(p), nil
}

// spare is the slack of this moment.
func (w *bridge) spare() int {
	if w.engine.settled() {
		return slack + max(0, w.record-w.sent)
	}
	return 0
}

// broken says whether nothing can be written any more.
func (w *bridge) broken() bool { return w.freed || w.Cause == model.ErrReset }

func (w *bridge) why() error {
	if w.freed {
		return errFreed
	}
	return w.Cause
}

// unsent is how much waits behind the buffer, or the socket.
func (w *bridge) unsent() int { return len(w.late) - w.sent }

// push moves what waits into the buffer, or the socket, as far as it fits. What
// a broken socket can't take is gone. A record of Write, and what is behind it,
// only moves when the Write is made again: whoever forgets that should notice.
func (w *bridge) push() {
	for w.unsent() > 0 && !w.held && !w.broken() {
		n := w.Send(w.late[w.sent:])
		if n == 0 && !w.broken() {
			return
		}
		w.sent += n
	}
	if w.unsent() == 0 || w.broken() {
		w.late, w.sent, w.record, w.answer = w.late[:0], 0, 0, false
	}
}

// starved says whether a Read would find nothing. With a socket there is no
// telling but to try.
func (w *bridge) starved() bool { return w.Socket == nil && w.In.Len() == 0 }

var kindText = map[byte]string{wire.TypeChangeCipherSpec: "ChangeCipherSpec record",
	wire.TypeAlert: "alert record", wire.TypeHandshake: "handshake record",
	wire.TypeApplicationData: "application data record"}

// note tells whoever watches of a record. crypto/tls does not say what is in
// it; in TLS 1.3 nearly everything looks like application data.
func (w *bridge) note(sent bool, kind byte, n int) {
	if w.watch == nil {
		return
	}
	text, known := kindText[kind]
	if !known {
		text = "unknown record"
	}
	w.watch(model.Note{Sent: sent, Message: text, Bytes: n})
}

// noteAll notes the records that crypto/tls writes, several at a time.
func (w *bridge) noteAll(p []byte) {
	for w.watch != nil && len(p) >= wire.HeaderLen {
		n := wire.RecordSize(p)
		w.note(true, p[0], n-wire.HeaderLen)
		p = p[min(len(p), n):]
	}
}

// An address is all that there is to say about either end.
type address struct{}

// Network implements net.Addr.
func (address) Network() string { return "virtual" }

// String implements net.Addr.
func (address) String() string { return "virtual" }

// Close, the addresses and the deadlines complete net.Conn; crypto/tls sets a
// deadline for its close_notify.
func (w *bridge) Close() error                     { return nil }
func (w *bridge) LocalAddr() net.Addr              { return address{} }
func (w *bridge) RemoteAddr() net.Addr             { return address{} }
func (w *bridge) SetDeadline(time.Time) error      { return nil }
func (w *bridge) SetReadDeadline(time.Time) error  { return nil }
func (w *bridge) SetWriteDeadline(time.Time) error { return nil }
