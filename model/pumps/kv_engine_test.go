package pumps

import (
	"bytes"
	"errors"

	"github.com/wantwrite/wantwrite/model"
)

// The engine of kvFake: what OpenSSL does with a BIO pair, for the record
// types that are described there.

// flush moves what had no room into the output buffer and says whether that
// was all.
func (w *kvFake) flush() bool {
	n := min(len(w.back), w.bio-len(w.out))
	w.out = append(w.out, w.back[:n]...)
	w.back = append(w.back[:0], w.back[n:]...)
	return len(w.back) == 0
}

// emit seals a record.
func (w *kvFake) emit(kind byte, payload []byte) {
	w.back = append(w.back, kind, byte(len(payload)>>8), byte(len(payload)))
	w.back = append(w.back, payload...)
}

// pull takes the next record out of the input buffer, as far as it is there.
func (w *kvFake) pull() (kind byte, payload []byte) {
	w.part = append(w.part, w.in...)
	w.in = w.in[:0]
	if len(w.part) < 3 {
		return 0, nil
	}
	n := 3 + int(w.part[1])<<8 + int(w.part[2])
	if len(w.part) < n {
		return 0, nil
	}
	kind, payload = w.part[0], bytes.Clone(w.part[3:n])
	rest := bytes.Clone(w.part[n:])
	w.part = w.part[:0]
	w.in = append(w.in, rest...)
	return kind, payload
}

func (w *kvFake) Handshake() model.Status {
	for {
		if !w.flush() {
			w.note("handshake: want-write")
			return model.WantWrite
		}
		if w.helloCount == 2 {
			w.note("handshake: ok")
			return model.OK
		}
		switch kind, _ := w.pull(); kind {
		case 0:
			w.note("handshake: want-read")
			return model.WantRead
		case 'h':
			if w.helloCount++; w.helloCount == 1 {
				w.emit('H', make([]byte, w.flight))
			}
		default:
			return w.fail("model: fake in handshake got another record; want h")
		}
	}
}

func (w *kvFake) fail(text string) model.Status {
	w.err = errors.New(text)
	w.note("engine failed")
	return model.Failed
}

func (w *kvFake) Read(p []byte) (int, model.Status) {
	n, s := w.read(p)
	if n > 0 {
		w.note("read %d: %d", len(p), n)
	} else {
		w.note("read %d: %v", len(p), s)
	}
	return n, s
}

func (w *kvFake) read(p []byte) (int, model.Status) {
	for len(w.plain) == 0 {
		kind, payload := w.pull()
		switch kind {
		case 0:
			return 0, model.WantRead
		case 'd':
			w.plain = append(w.plain[:0], payload...)
		case 'r':
			w.emit('R', payload)
			if full := !w.flush(); full {
				return 0, model.WantWrite
			}
		case 'c':
			w.arriveFirst('c')
			return 0, model.Closed
		default:
			return 0, w.fail("model: fake got a bad record")
		}
	}
	n := copy(p, w.plain)
	w.plain = append(w.plain[:0], w.plain[n:]...)
	return n, model.OK
}

// arriveFirst puts an empty record back, so that the next read says the same.
func (w *kvFake) arriveFirst(kind byte) {
	w.part = append([]byte{kind, 0, 0}, w.part...)
}

func (w *kvFake) Write(p []byte) (int, model.Status) {
	if w.busy {
		w.note("write %d: want-read", len(p))
		return 0, model.WantRead
	}
	if w.pend == nil {
		w.pend = bytes.Clone(p[:min(len(p), 64)])
		w.emit('D', w.pend)
	} else if !bytes.HasPrefix(p, w.pend) {
		panic("model: a write retry offers other bytes")
	}
	if !w.flush() {
		w.note("write %d: want-write", len(p))
		return 0, model.WantWrite
	}
	n := len(w.pend)
	w.pend = nil
	w.note("write %d: %d", len(p), n)
	return n, model.OK
}

func (w *kvFake) Feed(p []byte) int {
	w.live("feed")
	n := min(len(p), w.bio-len(w.in))
	w.in = append(w.in, p[:n]...)
	return n
}

func (w *kvFake) Drain(p []byte) int {
	w.live("drain")
	n := copy(p, w.out)
	w.out = append(w.out[:0], w.out[n:]...)
	if n > 0 {
		w.note("drain %d", n)
	}
	return n
}

func (w *kvFake) Shutdown() model.Status     { panic("model: a kv pump sends no close_notify") }
func (w *kvFake) Renegotiate() model.Status  { return model.Failed }
func (w *kvFake) Authenticate() model.Status { return model.Failed }

func (w *kvFake) WriteEarly([]byte) (int, model.Status) { return 0, model.Failed }
func (w *kvFake) ReadEarly([]byte) (int, model.Status)  { return 0, model.Failed }
func (w *kvFake) EarlyData() model.EarlyStatus          { return model.EarlyUnsent }
func (w *kvFake) KeyUpdate(bool) model.Status           { return model.Failed }
func (w *kvFake) ClearErrors()                          { w.cleared++ }
func (w *kvFake) InitFinished() bool                    { return w.helloCount == 2 }
func (w *kvFake) Pending() int                          { return len(w.plain) }
func (w *kvFake) HasPending() bool                      { return len(w.plain)+len(w.part) > 0 }
func (w *kvFake) OutputPending() int                    { return len(w.out) }
func (w *kvFake) InputRoom() int                        { return w.bio - len(w.in) }
func (w *kvFake) Deferred() bool                        { return false }
func (w *kvFake) ShutState() model.ShutState            { return 0 }
func (w *kvFake) Err() error                            { return w.err }
