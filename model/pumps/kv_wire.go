package pumps

import "github.com/wantwrite/wantwrite/model"

// A kvPipe is a bounded buffer of bytes: buf[lo:hi] is what it holds.
type kvPipe struct {
	buf    []byte
	lo, hi int
}

// resized is the pipe with room for n bytes, empty.
func (b kvPipe) resized(n int) kvPipe {
	if cap(b.buf) < n {
		return kvPipe{buf: make([]byte, n)}
	}
	return kvPipe{buf: b.buf[:n]}
}

func (b *kvPipe) empty() bool   { return b.lo == b.hi }
func (b *kvPipe) len() int      { return b.hi - b.lo }
func (b *kvPipe) bytes() []byte { return b.buf[b.lo:b.hi] }

// space is all the room that is left. What the pipe holds is moved down first.
func (b *kvPipe) space() []byte {
	if b.lo > 0 {
		b.hi = copy(b.buf, b.buf[b.lo:b.hi])
		b.lo = 0
	}
	return b.buf[b.hi:]
}

// consume forgets the first n bytes.
func (b *kvPipe) consume(n int) {
	if b.lo += n; b.lo == b.hi {
		b.lo, b.hi = 0, 0
	}
}

// grow makes the pipe at least n bytes long, and keeps what it holds.
func (b *kvPipe) grow(n int) {
	if n <= len(b.buf) {
		return
	}
	if n <= cap(b.buf) {
		b.buf = b.buf[:n]
		return
	}
	buf := make([]byte, n)
	b.hi = copy(buf, b.buf[b.lo:b.hi])
	b.buf, b.lo = buf, 0
}

// shrink makes an empty pipe at most n bytes long; the memory stays.
func (b *kvPipe) shrink(n int) {
	if b.empty() && n < len(b.buf) {
		b.buf = b.buf[:n]
	}
}

// A kvResult says what came of moving bytes.
type kvResult uint8

const (
	// kvDone: all of it is done, or a part.
	kvDone kvResult = iota
	// kvMore: a piece is written, and there are more.
	kvMore
	// kvBlocked: would-block.
	kvBlocked
	// kvEnded: the peer closed in good order (a read of 0 bytes).
	kvEnded
	// kvReset: the socket's error flag is set (ECONNRESET).
	kvReset
	// kvFault: an engine call failed for good. The server says ECONNRESET for this too.
	kvFault
	// kvSpin: the server would go round again at once, although nothing has moved. It must be
	// called again, and goes on where it was.
	kvSpin
)

// A kvWire is the engine, the socket and the two pipes between them.
type kvWire struct {
	policy  kvPolicy
	engine  model.Engine
	socket  model.Socket
	in, out kvPipe
	// chunk is the most plaintext to ask of one SSL_read, in bytes.
	chunk int
	// failed is the error flag: the socket has ended, or is broken. Nothing ever clears it.
	failed bool
	// up: the first handshake is done. No later one counts.
	up bool
	// moved: ciphertext has moved since the flag was last cleared.
	moved bool
	// resume: the last read stopped with kvSpin, after carried bytes.
	resume  bool
	carried int
}

// restart is the wire for another link, with the same buffers.
func (w *kvWire) restart(env model.Env) kvWire {
	return kvWire{
		policy: w.policy,
		engine: env.Engine,
		socket: env.Socket,
		in:     w.in.resized(env.Limits.Pipe),
		out:    w.out.resized(env.Limits.Pipe),
		chunk:  max(1, env.Limits.Chunk),
	}
}

// drainReceive moves ciphertext from the socket to the engine while any moves. Afterwards the
// engine has all of it, or it is full and the pipe holds the rest.
func (w *kvWire) drainReceive() {
	for {
		fed := w.feed()
		received := w.receive()
		if !fed && !received {
			return
		}
		w.moved = true
	}
}

// feed moves what fits from the pipe to the engine.
func (w *kvWire) feed() bool {
	if w.in.empty() {
		return false
	}
	n := w.engine.Feed(w.in.bytes())
	w.in.consume(n)
	return n > 0
}

// receive fills the pipe from the socket. To the server the end of the stream and a reset are the
// same: an error.
func (w *kvWire) receive() bool {
	room := w.in.space()
	if len(room) == 0 {
		return false
	}
	n, s := w.socket.Recv(room)
	w.in.hi += n
	if n == 0 && s != model.WouldBlock {
		w.failed = true
	}
	return n > 0
}

// drainSend moves ciphertext from the engine to the socket while any moves. If the socket has no
// room it stops at once, even if the pipe has some.
func (w *kvWire) drainSend() {
	for {
		sent := false
		if !w.out.empty() {
			n, s := w.socket.Send(w.out.bytes())
			if n == 0 {
				w.failed = w.failed || s != model.WouldBlock
				return
			}
			w.out.consume(n)
			sent = true
		}
		if !w.drain() && !sent {
			return
		}
		w.moved = true
	}
}

// drain fills the pipe from the engine.
func (w *kvWire) drain() bool {
	room := w.out.space()
	if len(room) == 0 {
		return false
	}
	n := w.engine.Drain(room)
	w.out.hi += n
	return n > 0
}

// pendingInput gives the engine what it has room for, once, and asks whether it holds decrypted
// bytes. Whole records in its input buffer do not count: SSL_pending(3) knows only the record
// that was processed last.
func (w *kvWire) pendingInput() bool {
	w.feed()
	return w.engine.Pending() > 0
}

// read fills dest and says how many bytes it has put there: all of them with kvDone, fewer with
// other results.
func (w *kvWire) read(dest []byte) (int, kvResult) {
	if !w.resume {
		w.carried = 0
		w.drainReceive()
	}
	w.resume = false
	if !w.up {
		if r := w.accept(); r != kvDone {
			w.resume = r == kvSpin
			return 0, r
		}
	}
	n, r := w.readLoop(dest)
	if r == kvSpin {
		w.resume = true
		w.carried += n
	}
	return n, r
}

// accept is the accept loop. It waits for the flight of the peer without returning to the event
// loop, and starves the other connections of its thread meanwhile (MB-51498). An earlier version
// took WANT_WRITE for fatal, which a certificate flight longer than the BIO causes (MB-42607).
func (w *kvWire) accept() kvResult {
	for {
		w.moved = false
		switch w.engine.Handshake() {
		case model.OK:
			w.drainSend()
			w.up = true
			return kvDone
		case model.WantRead, model.WantWrite:
		default:
			return w.fault()
		}
		w.drainSend()
		w.drainReceive()
		if w.failed {
			return kvReset
		}
		if !w.moved {
			return kvSpin
		}
	}
}

// fault handles a call that failed for good. The server logs it, which takes all entries out of
// the error queue. Nothing else ever does.
func (w *kvWire) fault() kvResult {
	w.engine.ClearErrors()
	return kvFault
}

// readLoop calls SSL_read until dest is full.
func (w *kvWire) readLoop(dest []byte) (n int, r kvResult) {
	for n < len(dest) {
		w.moved = false
		w.drainReceive()
		if w.failed && !w.policy.lateFlag {
			return n, kvReset // story 3: the record in the BIO is lost
		}
		got, s := w.engine.Read(dest[n:min(len(dest), n+w.chunk)])
		n += got
		if w.policy.after == kvAlways {
			w.drainSend()
		}
		switch s {
		case model.OK:
		case model.WantRead:
			if !w.again() {
				return n, w.dry(n)
			}
			if !w.moved {
				return n, kvSpin
			}
		case model.Closed:
			return n, w.closed(n)
		default: // WANT_WRITE too: a read that needs room to answer is a reset
			return n, w.fault()
		}
	}
	return n, kvDone
}

// again says whether the read loop goes on after WANT_READ.
func (w *kvWire) again() bool {
	if w.policy.after == kvWhenDry && w.engine.OutputPending() > 0 {
		// This is against story 2. If the peer does not read, nothing can leave, and the loop
		// goes round and round on the full pipe.
		w.drainSend()
		return true
	}
	if w.in.empty() {
		return false
	}
	w.drainReceive()
	return true
}

// dry is the result of a read that has no more input.
func (w *kvWire) dry(n int) kvResult {
	switch {
	case w.carried+n > 0:
		return kvDone
	case w.failed && w.policy.lateFlag:
		return kvReset
	}
	return kvBlocked
}

// closed is the result of a read that meets the peer's close_notify.
func (w *kvWire) closed(n int) kvResult {
	if w.policy.keep && w.carried+n > 0 {
		return kvDone
	}
	return kvEnded
}

// write offers src to the engine and says how much it took. After kvBlocked or kvSpin it must be
// given the same bytes again.
func (w *kvWire) write(src []byte) (int, kvResult) {
	w.drainSend()
	if w.failed {
		return 0, kvReset
	}
	if !w.out.empty() {
		return 0, kvBlocked
	}
	for {
		n, s := w.engine.Write(src)
		if n > 0 {
			w.drainSend()
			return n, kvDone
		}
		if s != model.WantWrite { // WANT_READ too: a write during a handshake is a reset
			return 0, w.fault()
		}
		w.moved = false
		w.drainSend()
		if !w.out.empty() {
			return 0, kvBlocked
		}
		if !w.moved {
			return 0, kvSpin
		}
	}
}

// Snapshot lists what the pipe holds, and how long it may get.
func (b *kvPipe) Snapshot(s *model.Snapshot) {
	room := len(b.buf)
	s.Int(&room)
	held := s.Held(b.bytes())
	if !s.Reading() {
		return
	}
	if room < len(held) || room > maxHeld {
		s.Refuse()
		return
	}
	b.buf = resized(b.buf, room)
	b.lo, b.hi = 0, copy(b.buf, held)
}
