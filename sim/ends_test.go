package sim

import (
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// worldOf is a world of two references, changed, that looks for everything.
func worldOf(t *testing.T, change func(*script.Config)) *World {
	t.Helper()
	w, p := NewWorld(), parts()
	t.Cleanup(w.Close)
	cfg := benchConfig()
	cfg.Version = model.TLS13
	change(&cfg)
	rebuild(t, w, cfg, p, oracle.EveryProperty)
	return w
}

// act does the lines of a script.
func act(t *testing.T, w *World, lines string) {
	t.Helper()
	for _, a := range scripted(t, lines) {
		if !w.Can(a) {
			t.Fatalf("%s is not enabled", a)
		}
		w.step(a)
	}
}

// TestHastyEndsClose: only a hasty app closes before the handshake is done; its pump
// then waits for that, and all ends well.
func TestHastyEndsClose(t *testing.T) {
	for _, hasty := range []bool{false, true} {
		w := worldOf(t, func(c *script.Config) { c.Hasty = hasty })
		if got := w.Can(script.Action{Verb: script.Close}); got != hasty {
			t.Errorf("hasty %t: can close %t", hasty, got)
		}
	}
	w := worldOf(t, func(c *script.Config) { c.Hasty = true })
	act(t, w, "write client 100 0\nclose client")
	w.quiesce()
	if server := &w.accounts[1]; w.found || !server.Told || server.Why != model.Clean ||
		server.Delivered == 0 {
		t.Errorf("found %t, told %t of %s, %d bytes; want the data and a clean end", w.found,
			server.Told, server.Why, server.Delivered)
	}
}

// TestPeerThatKeepsOpen: the close is given up when its time is over, not before.
func TestPeerThatKeepsOpen(t *testing.T) {
	w := worldOf(t, func(c *script.Config) { c.KeepsOpen, c.Sizes.Linger = true, 40 })
	shakeHands(w)
	act(t, w, "close server")
	w.quiesce()
	if w.found || !w.accounts[1].Gone || w.accounts[0].Closing || w.now != 40 {
		t.Errorf("found %t, gone %t, the peer closes %t, at tick %d; want it gone at 40", w.found,
			w.accounts[1].Gone, w.accounts[0].Closing, w.now)
	}
}

// TestPauseThatLasts: the handshake ends all the same, data waits, and that is no
// stall.
func TestPauseThatLasts(t *testing.T) {
	w := worldOf(t, func(c *script.Config) { c.LastingPause = true })
	act(t, w, "pause server\nwrite client 100 0")
	w.quiesce()
	a := &w.accounts[1]
	if w.found || !a.Quiescence.InitDone || a.Delivered > 0 || !a.Paused {
		t.Errorf("found %v, handshake done %t, %d bytes given, paused %t", w.Violation(),
			a.Quiescence.InitDone, a.Delivered, a.Paused)
	}
}

// TestEagerPeer: what the peer has to send comes within the turn, and the reference
// takes a bounded part of it.
func TestEagerPeer(t *testing.T) {
	for _, eager := range []bool{false, true} {
		w := worldOf(t, func(c *script.Config) {
			z := &c.Sizes
			z.Bio, z.Pipe, z.Chunk, z.Flight, z.Window = 64, 64, 64, 64, 64
			c.EagerPeer = eager
		})
		shakeHands(w)
		act(t, w, "write client 20000 0\ndeliver server all\npoll server")
		got := w.accounts[1].Received
		if bound := uint64(model.MaxRounds * 64); eager != (got > 1000) || got > bound+1000 {
			t.Errorf("eager %t: %d bytes in a turn; want more than what was there if it is, and "+
				"about %d at most", eager, got, bound)
		}
		if w.quiesce(); w.found {
			t.Errorf("eager %t: %v", eager, w.Violation())
		}
	}
}

// TestStrictRenegotiation: it can begin when the server has said all, and then what
// has come is read before it does.
func TestStrictRenegotiation(t *testing.T) {
	w := worldOf(t, func(c *script.Config) { c.StrictReneg, c.Version = true, model.TLS12 })
	shakeHands(w)
	act(t, w, "write client 10 100")
	if w.Can(script.Action{Verb: script.Renegotiate}) {
		t.Error("a renegotiation may begin while an answer is on its way")
	}
	act(t, w, "deliver server all\npoll server\ndeliver client all\nrenegotiate client")
	if w.quiesce(); w.found || w.accounts[0].Delivered != 124 {
		t.Errorf("%v, %d bytes of the answer; want all 124 and no failure", w.Violation(),
			w.accounts[0].Delivered)
	}
}
