package gotls_test

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/model"
)

// TestAttached: the engine moves ciphertext in its own calls, however little the socket takes.
func TestAttached(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		for _, room := range []int{1, 17, 1 << 16} {
			l := attached(t, v, room)
			text := strings.Repeat("one way ", 20)
			got, left := "", text
			for range 10000 {
				n, _ := l.Client().Write([]byte(left))
				left = left[n:]
				part, _ := l.Read(model.Server)
				if got += part; got == text {
					break
				}
			}
			if got != text || l.Client().OutputPending() != 0 {
				t.Fatalf("room %d: got %q", room, got)
			}
			for l.Client().Shutdown() == model.WantWrite {
				_, s := l.Read(model.Server)
				if s != model.WantRead {
					break
				}
			}
			l.To[model.Server].End = model.EOF
			_, s := l.Read(model.Server)
			l.Want("the end", s, model.Closed)
		}
	})
}

// TestSocketEnds: the end of the stream without a close_notify fails the engine, in the middle of
// a record or behind one. A reset fails it too.
func TestSocketEnds(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		for _, keep := range []int{0, 3, 9} {
			l := attached(t, v, 1<<16)
			l.Write(model.Client, "cut off")
			l.To[model.Server].Bytes = l.To[model.Server].Bytes[:keep]
			l.To[model.Server].End = model.EOF
			_, s := l.Read(model.Server)
			l.Want("Read", s, model.Failed)
			if err := l.Server().Err(); err != model.ErrEOF {
				t.Errorf("after %d bytes: %v; want ErrEOF", keep, err)
			}
		}
		l := attached(t, v, 1<<16)
		l.To[model.Client].End = model.Reset
		_, s := l.Server().Write([]byte("x"))
		l.Want("Write", s, model.Failed)
		_, s = l.Read(model.Client)
		l.Want("Read", s, model.Failed)
		for _, e := range l.Ends {
			if e.Err() != model.ErrReset {
				t.Errorf("%v; want ErrReset", e.Err())
			}
		}
	})
}

// TestPanicOfASocket: a socket's panic comes out of the engine's call that met it, with its
// value, and leaves no goroutine behind.
func TestPanicOfASocket(t *testing.T) {
	cfg := config(model.TLS13)
	cfg.Transport = model.Attached
	l := open(t, cfg)
	l.To[model.Server].Panic = "boom"
	func() {
		defer func() {
			if fault := recover(); fault != "boom" {
				t.Errorf("recovered %v; want boom", fault)
			}
		}()
		l.Server().Handshake()
	}()
	l.Want("a call after that", l.Server().Handshake(), model.Failed)
}
