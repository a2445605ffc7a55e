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

// A store holds an engine's buffers. It outlives the engine, and the next engine uses it again.
type store struct {
	carrier.Carrier
	late    []byte // sealed output that Out has no room for; wire.sent bytes of it have left
	scratch [wire.MaxRecordLen]byte
}

// A bridge is the net.Conn below the tls.Conn. Read gives input up to the end of a record and no
// further, so that the engine never holds more than a part of one record. Write keeps all output
// until there is room.
//
//	Feed ──▶ in ──▶ Read ──▶ tls.Conn ──▶ Write ──▶ late ──▶ out ──▶ Drain
//
// With the attached transport the socket takes the place of both buffers.
type bridge struct {
	*store
	engine *engine
	freed  bool
	sent   int  // bytes of late that have left
	record int  // where in late the record of a waiting Write ends
	held   bool // late begins with a record of Write, and another call runs
	answer bool // late has an answer to something that was read
	watch  func(model.Note)

	head [wire.HeaderLen]byte // of the record that is being read
	got  int                  // bytes of that record that Read has given
}

var errFreed = errors.New("gotls: the engine was given back")

// missing is the number of bytes of the record, or of its header, that have not been read.
func (w *bridge) missing() int {
	if w.got < wire.HeaderLen {
		return wire.HeaderLen - w.got
	}
	return wire.RecordSize(w.head[:]) - w.got
}

// Read implements net.Conn. It stops the engine's goroutine until there is input. During a
// handshake crypto/tls asks for bytes here by itself, so this is where a handshake waits for its
// peer.
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

// follow tracks the position of the reading in its record.
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

// slack is the number of bytes of answers that a read may leave unsent before it waits. A blocking
// socket has a buffer like that.
//
// Story 86: a read met a damaged record, and its alert waited for a full socket. The read took no
// more input meanwhile. The input kept the pump ready, so the pump spun. OpenSSL reads on.
const slack = 1024

// Write implements net.Conn. In the engine's goroutine it returns when all of p has left, as a
// blocking socket does; outside a handshake some slack may stay behind. In a caller's goroutine it
// returns at once, and the call's status says what waits.
func (w *bridge) Write(p []byte) (int, error) {
	if w.broken() {
		return 0, w.why()
	}
	w.engine.wrote(p[0]) // crypto/tls never writes zero bytes
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

// spare is the number of bytes that a read may leave unsent now.
func (w *bridge) spare() int {
	if w.engine.settled() {
		return slack + max(0, w.record-w.sent)
	}
	return 0
}

// broken reports whether no more output can leave.
func (w *bridge) broken() bool { return w.freed || w.Cause == model.ErrReset }

func (w *bridge) why() error {
	if w.freed {
		return errFreed
	}
	return w.Cause
}

// unsent is the number of bytes that wait for room in the buffer or the socket.
func (w *bridge) unsent() int { return len(w.late) - w.sent }

// push moves waiting output into the buffer or the socket, as far as it fits. A broken socket loses
// its output. While the bridge is held, nothing moves: a record of Write, and all that follows it,
// moves only when the pump repeats the Write. So a pump that forgets the retry is found.
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

// starved reports whether a Read would find nothing. With a socket only a try can tell.
func (w *bridge) starved() bool { return w.Socket == nil && w.In.Len() == 0 }

var kindText = map[byte]string{wire.TypeChangeCipherSpec: "ChangeCipherSpec record",
	wire.TypeAlert: "alert record", wire.TypeHandshake: "handshake record",
	wire.TypeApplicationData: "application data record"}

// note tells the watcher of a record. It knows only the record's type, because crypto/tls does not
// say what is inside. In TLS 1.3 nearly all records look like application data.
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

// noteAll notes the records in p. crypto/tls may write several at a time.
func (w *bridge) noteAll(p []byte) {
	for w.watch != nil && len(p) >= wire.HeaderLen {
		n := wire.RecordSize(p)
		w.note(true, p[0], n-wire.HeaderLen)
		p = p[min(len(p), n):]
	}
}

// An address is the net.Addr of both ends. It says only "virtual".
type address struct{}

// Network implements net.Addr.
func (address) Network() string { return "virtual" }

// String implements net.Addr.
func (address) String() string { return "virtual" }

// Close, the addresses and the deadlines complete net.Conn. They do nothing; crypto/tls sets a
// deadline for its close_notify.
func (w *bridge) Close() error                     { return nil }
func (w *bridge) LocalAddr() net.Addr              { return address{} }
func (w *bridge) RemoteAddr() net.Addr             { return address{} }
func (w *bridge) SetDeadline(time.Time) error      { return nil }
func (w *bridge) SetReadDeadline(time.Time) error  { return nil }
func (w *bridge) SetWriteDeadline(time.Time) error { return nil }
