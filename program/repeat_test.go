//go:build linux && amd64

package program

import (
	"crypto/tls"
	"net"
	"slices"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model/foreign"
)

// hello is a ClientHello of Go's library: fixed bytes, so that all randomness is the program's.
func hello(t *testing.T) []byte {
	ours, theirs := net.Pipe()
	defer ours.Close()
	go func() {
		_ = tls.Client(theirs, &tls.Config{InsecureSkipVerify: true}).Handshake()
		theirs.Close()
	}()
	b := make([]byte, 1<<14)
	n, err := ours.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

// greet gives a program the first flight of a handshake, and returns all that it does.
func greet(t *testing.T, p *Program, flight []byte) *wire {
	t.Helper()
	w := &wire{in: slices.Clone(flight)}
	if err := p.Start(w); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if p.Ready(0) == 0 || p.Fault() != nil {
			break
		}
		p.Turn(0, foreign.Wakeup{})
	}
	if f := p.Fault(); f != nil {
		t.Fatalf("%v: %s", f.Kind, f.Text)
	}
	if err := p.Settled(); err != nil {
		t.Fatal(err)
	}
	p.Stop()
	return w
}

// TestRepeats: with one seed a program makes the same calls and sends the same bytes, in a process
// that is started anew and in a copy of one that waits.
func TestRepeats(t *testing.T) {
	restarts, copies := 4, 10
	if require.Long() {
		restarts, copies = 20, 1000
	}
	flight := hello(t)
	for _, c := range []struct {
		name  string
		forks bool
	}{{"nginx", true}, {"memcached", false}, {"redis", true}} {
		t.Run(c.name, func(t *testing.T) {
			d := here(t, c.name)
			var first *wire
			same := func(mode foreign.Mode, times int) {
				p := New(d, Options{Mode: mode})
				defer p.Close()
				for i := range times {
					w := greet(t, p, flight)
					if first == nil {
						first = w
					}
					if len(w.out) < 500 || !slices.Equal(w.out, first.out) {
						t.Fatalf("%v, run %d: %d bytes; want the same %d", mode, i, len(w.out), len(first.out))
					}
					if !slices.Equal(w.calls, first.calls) {
						t.Fatalf("%v, run %d: calls\n%q\nwant\n%q", mode, i, w.calls, first.calls)
					}
				}
			}
			same(foreign.Fresh, restarts)
			if c.forks {
				same(foreign.Copies, copies)
			}
		})
	}
}
