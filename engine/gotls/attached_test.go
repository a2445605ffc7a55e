package gotls_test

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/model"
)

// A pipe is one direction between two sockets.
type pipe struct {
	bytes []byte
	room  int
	end   model.IOStatus // what a Recv of the empty pipe says
}

// A socket is an end of two pipes.
type socket struct{ in, out *pipe }

func (s socket) Recv(p []byte) (int, model.IOStatus) {
	n := copy(p, s.in.bytes)
	if n == 0 {
		return 0, s.in.end
	}
	s.in.bytes = s.in.bytes[n:]
	return n, model.IOOK
}

func (s socket) Send(p []byte) (int, model.IOStatus) {
	n := min(len(p), s.out.room-len(s.out.bytes))
	switch {
	case s.out.end == model.Reset:
		return 0, model.Reset
	case n <= 0:
		return 0, model.WouldBlock
	}
	s.out.bytes = append(s.out.bytes, p[:n]...)
	return n, model.IOOK
}

func (s socket) CloseWrite() {}
func (s socket) Close()      {}

// attach makes a link of attached engines, with room bytes in either socket.
func attach(t *testing.T, v model.Version, room int) (*link, [2]*pipe) {
	t.Helper()
	lib := gotls.New()
	lib.Begin(1)
	l := &link{t: t, lib: lib}
	var to [2]*pipe // by the role that reads
	for r := range to {
		to[r] = &pipe{room: room, end: model.WouldBlock}
	}
	for _, r := range []model.Role{model.Client, model.Server} {
		cfg := base(v)
		cfg.Role, cfg.Transport = r, model.Attached
		cfg.Socket = socket{to[r], to[r.Peer()]}
		e, err := lib.New(&cfg)
		if err != nil {
			t.Fatal(err)
		}
		l.ends[r] = e
	}
	t.Cleanup(l.free)
	return l, to
}

// shake shakes hands over the sockets.
func (l *link) shake() {
	l.t.Helper()
	for range 10000 {
		c, s := l.client().Handshake(), l.server().Handshake()
		if c == model.Failed || s == model.Failed {
			l.t.Fatal(l.client().Err(), l.server().Err())
		}
		if c == model.OK && s == model.OK {
			return
		}
	}
	l.t.Fatal("no end in sight")
}

// TestAttached: the engine calls the socket in its own calls, from any room.
func TestAttached(t *testing.T) {
	versions(t, func(t *testing.T, v model.Version) {
		for _, room := range []int{1, 17, 1 << 16} {
			l, to := attach(t, v, room)
			l.shake()
			text := strings.Repeat("one way ", 20)
			got, left := "", text
			for range 10000 {
				n, _ := l.client().Write([]byte(left))
				left = left[n:]
				part, _ := l.read(model.Server)
				if got += part; got == text {
					break
				}
			}
			if got != text || l.client().OutputPending() != 0 {
				t.Fatalf("room %d: got %q", room, got)
			}
			for l.client().Shutdown() == model.WantWrite {
				_, s := l.read(model.Server)
				if s != model.WantRead {
					break
				}
			}
			to[model.Server].end = model.EOF
			_, s := l.read(model.Server)
			want(t, "the end", s, model.Closed)
		}
	})
}

// TestSocketEnds: an end without close_notify is no good end, at the border of
// a record or in the middle of one; and so is a reset.
func TestSocketEnds(t *testing.T) {
	versions(t, func(t *testing.T, v model.Version) {
		for _, keep := range []int{0, 3, 9} {
			l, to := attach(t, v, 1<<16)
			l.shake()
			l.write(model.Client, "cut off")
			to[model.Server].bytes = to[model.Server].bytes[:keep]
			to[model.Server].end = model.EOF
			_, s := l.read(model.Server)
			want(t, "Read", s, model.Failed)
			if err := l.server().Err(); err != model.ErrEOF {
				t.Errorf("after %d bytes: %v; want ErrEOF", keep, err)
			}
		}
		l, to := attach(t, v, 1<<16)
		l.shake()
		to[model.Client].end = model.Reset
		_, s := l.server().Write([]byte("x"))
		want(t, "Write", s, model.Failed)
		_, s = l.read(model.Client)
		want(t, "Read", s, model.Failed)
		for _, e := range l.ends {
			if e.Err() != model.ErrReset {
				t.Errorf("%v; want ErrReset", e.Err())
			}
		}
	})
}

// TestPanicOfASocket: a panic below the engine comes out of the call that met
// it, with its value, and leaves no goroutine behind.
func TestPanicOfASocket(t *testing.T) {
	lib := gotls.New()
	cfg := base(model.TLS13)
	cfg.Role, cfg.Transport, cfg.Socket = model.Server, model.Attached, explosive{}
	e, err := lib.New(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Free(e)
	func() {
		defer func() {
			if fault := recover(); fault != "boom" {
				t.Errorf("recovered %v; want boom", fault)
			}
		}()
		e.Handshake()
	}()
	want(t, "a call after that", e.Handshake(), model.Failed)
}

// explosive is a socket that panics.
type explosive struct{ socket }

func (explosive) Recv([]byte) (int, model.IOStatus) { panic("boom") }
