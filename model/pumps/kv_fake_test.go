package pumps

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
)

// kvFake is the world around one kv pump: a socket whose other end the test
// plays by hand, a level-triggered loop, an app that answers as the request
// says, and an engine that does TLS without the cryptography. Its records are
// a type byte, a length of two bytes and a payload:
//
//	h  handshake message: two from the client make the link
//	d  application data       r  ClientHello of a renegotiation
//	c  close_notify           x  a record that can't be decrypted
//
// What the engine sends is D for data, H for its flight, R for its answer to a
// renegotiation.
type kvFake struct {
	pump model.Pump
	log  []string
	mute bool

	// The socket.
	inbox      []byte
	fin, reset bool
	room       int
	sent       []byte
	gone       bool
	// The loop.
	mask  model.Events
	woken bool
	spins int
	// The app.
	got     []byte
	owes    []byte // what the app has to write and the pump has not taken
	wrote   []byte // what the pump took
	told    []model.Cause
	frames  int
	closeIn int // close the pump in that frame
	// The engine.
	flight        int // length of the handshake flight
	helloCount    int
	bio           int
	in, out, back []byte // input buffer, output buffer, output without room
	part, plain   []byte
	pend          []byte // plaintext of the write under way
	err           error
	cleared       int
	busy          bool // a renegotiation is under way and Write says want-read
}

func newKVFake(spec model.Spec, bio int, lim model.Limits) *kvFake {
	w := &kvFake{bio: bio, room: 1 << 30, flight: 40}
	w.pump = spec.New(model.Env{Role: model.Server, Engine: w, Socket: kvSocket{w}, Loop: w, App: w,
		Limits: lim})
	return w
}

// kvConnected gives a world whose handshake is over, with nothing logged.
func kvConnected(spec model.Spec, bio int, lim model.Limits) *kvFake {
	w := newKVFake(spec, bio, lim)
	w.arrive('h', nil)
	w.arrive('h', nil)
	w.run()
	w.log, w.sent, w.spins = nil, nil, 0
	return w
}

func (w *kvFake) note(format string, args ...any) {
	if !w.mute {
		w.log = append(w.log, fmt.Sprintf(format, args...))
	}
}

// arrive puts a record into the socket.
func (w *kvFake) arrive(kind byte, payload []byte) {
	w.inbox = append(w.inbox, kind, byte(len(payload)>>8), byte(len(payload)))
	w.inbox = append(w.inbox, payload...)
}

// kvFrame is a frame with body bytes of body that wants an answer of that
// many bytes of body, or none at all with a negative number.
func kvFrame(op byte, body, answer int) []byte {
	f := make([]byte, kvHeaderLen+body)
	f[0], f[1] = kvRequest, op
	binary.BigEndian.PutUint32(f[8:], uint32(body))
	binary.BigEndian.PutUint64(f[16:], uint64(answer+1))
	for i := range f[kvHeaderLen:] {
		f[kvHeaderLen+i] = byte(i)
	}
	return f
}

// ready is what a level-triggered loop reports now.
func (w *kvFake) ready() model.Events {
	var ev model.Events
	if len(w.inbox) > 0 || w.fin || w.reset {
		ev |= model.Readable
	}
	if w.room > 0 || w.reset {
		ev |= model.Writable
	}
	if ev &= w.mask; w.woken {
		ev |= model.Woken
	}
	return ev
}

// turn calls the pump if anything is ready, and says whether it was.
func (w *kvFake) turn() bool {
	ev := w.ready()
	if ev == 0 || w.gone {
		return false
	}
	w.woken = false
	w.pump.Ready(ev)
	return true
}

// run turns until nothing is ready, or for 50 turns, and counts them.
func (w *kvFake) run() (turns int) {
	for turns < 50 && w.turn() {
		turns++
	}
	return turns
}

// written is the application data that the peer could decrypt.
func (w *kvFake) written() []byte {
	var data []byte
	for b := w.sent; len(b) >= 3; {
		n := 3 + int(b[1])<<8 + int(b[2])
		if len(b) < n {
			break
		}
		if b[0] == 'D' {
			data = append(data, b[3:n]...)
		}
		b = b[n:]
	}
	return data
}

// state is one line on where everything is.
func (w *kvFake) state() string {
	return fmt.Sprintf("mask=%v woken=%v engine-in=%d engine-out=%d",
		w.mask, w.woken, len(w.in), len(w.out))
}

func (w *kvFake) trace() string {
	s := strings.Join(w.log, "\n")
	w.log = nil
	return s
}

// kvSocket is the fake's Socket; its Close is not the pump's.
type kvSocket struct{ w *kvFake }

func (s kvSocket) Recv(p []byte) (int, model.IOStatus) {
	w := s.w
	w.live("recv")
	n := copy(p, w.inbox)
	w.inbox = append(w.inbox[:0], w.inbox[n:]...)
	switch {
	case n > 0:
		w.note("recv %d", n)
		return n, model.IOOK
	case w.reset:
		w.note("recv: reset")
		return 0, model.Reset
	case w.fin:
		w.note("recv: end of stream")
		return 0, model.EOF
	}
	return 0, model.WouldBlock
}

func (s kvSocket) Send(p []byte) (int, model.IOStatus) {
	w := s.w
	w.live("send")
	if w.reset {
		w.note("send %d: reset", len(p))
		return 0, model.Reset
	}
	n := min(len(p), w.room)
	w.room -= n
	if n == 0 {
		w.note("send %d: would block", len(p))
		return 0, model.WouldBlock
	}
	w.note("send %d: took %d", len(p), n)
	w.sent = append(w.sent, p[:n]...)
	return n, model.IOOK
}

func (s kvSocket) CloseWrite() { s.w.live("shutdown") }

func (s kvSocket) Close() {
	s.w.live("close")
	s.w.note("close socket")
	s.w.gone = true
}

// live panics if the pump uses what it has given back.
func (w *kvFake) live(call string) {
	if w.gone {
		panic("model: " + call + " after the socket was closed")
	}
}

func (w *kvFake) Interest(mask model.Events) {
	w.note("interest %v", mask)
	w.mask = mask
}

func (w *kvFake) Wake() {
	w.note("wake")
	w.woken = true
}

func (w *kvFake) Timer(int) { panic("model: a kv pump has no timer") }

func (w *kvFake) Spin() {
	w.note("spin")
	w.spins++
	w.woken = true
}

func (w *kvFake) Data(p []byte) {
	w.frames++
	w.note("app: frame %d+%d", kvHeaderLen, len(p)-kvHeaderLen)
	w.got = append(w.got, p...)
	if w.frames == w.closeIn {
		w.pump.Close()
		return
	}
	if n := int(binary.BigEndian.Uint64(p[16:])); n > 0 {
		w.owes = append(w.owes, kvFrame(p[1], n-1, -1)...)
		w.offer()
	}
}

func (w *kvFake) offer() {
	n := w.pump.Write(w.owes)
	w.note("app: writes %d, taken %d", len(w.owes), n)
	w.wrote = append(w.wrote, w.owes[:n]...)
	w.owes = append(w.owes[:0], w.owes[n:]...)
}

func (w *kvFake) Writable() {
	w.note("app: asked for more")
	w.offer()
}

func (w *kvFake) Closed(why model.Cause) {
	w.note("app: closed, %v", why)
	w.told = append(w.told, why)
}
