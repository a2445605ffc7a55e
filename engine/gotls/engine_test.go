package gotls_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/model"
)

// TestHandshakeThroughAnyBuffer: the handshake comes to an end with buffers of
// any size, carried in pieces of any size, and data goes both ways afterwards.
func TestHandshakeThroughAnyBuffer(t *testing.T) {
	versions(t, func(t *testing.T, v model.Version) {
		for _, room := range []int{1, 17, 4096} {
			for _, piece := range []int{1, 1 << 16} {
				t.Run(fmt.Sprintf("%d by %d", room, piece), func(t *testing.T) {
					cfg := base(v)
					cfg.In, cfg.Out = room, room
					cfg.ClientAuth, cfg.ServerChain, cfg.ClientChain = true, 2000, 900
					l := open(t, cfg)
					l.handshake(piece)
					l.passes(model.Client, strings.Repeat("request ", 20))
					l.passes(model.Server, strings.Repeat("response ", 30))
				})
			}
		}
	})
}

// passes moves text through buffers that may hold less than a record.
func (l *link) passes(from model.Role, text string) {
	l.t.Helper()
	left, got := []byte(text), ""
	for range 100000 {
		if len(left) > 0 {
			n, s := l.ends[from].Write(left)
			if s == model.Failed {
				l.t.Fatal(l.ends[from].Err())
			}
			left = left[n:]
		}
		l.settle()
		part, s := l.read(from.Peer())
		if s == model.Failed {
			l.t.Fatal(l.ends[from.Peer()].Err())
		}
		if got += part; len(got) >= len(text) {
			break
		}
	}
	if got != text {
		l.t.Fatalf("%v read %q; want %q", from.Peer(), got, text)
	}
}

// TestHandshakeSaysWhatItWaitsFor: a flight longer than the buffer wants room,
// what has been sent wants an answer, and Read and Write drive the handshake
// as well.
func TestHandshakeSaysWhatItWaitsFor(t *testing.T) {
	versions(t, func(t *testing.T, v model.Version) {
		cfg := base(v)
		cfg.Out = 64
		l := open(t, cfg)
		want(t, "a ClientHello longer than the buffer", l.client().Handshake(), model.WantWrite)
		if l.client().OutputPending() != 64 || l.client().(model.Inspector).Unsent() == 0 {
			t.Error("the buffer should be full, and the rest wait behind it")
		}
		want(t, "a server that has heard nothing", l.server().Handshake(), model.WantRead)
		for l.client().Handshake() == model.WantWrite {
			l.carry(model.Client, 64)
		}
		_, s := l.client().Write([]byte("early"))
		want(t, "a Write in the handshake", s, model.WantRead)
		_, s = l.read(model.Client)
		want(t, "a Read in the handshake", s, model.WantRead)
		if s := l.client().Shutdown(); s != model.Failed ||
			!errors.Is(l.client().Err(), model.ErrRefused) {
			t.Errorf("a Shutdown in the handshake: %v, %v; want it refused", s, l.client().Err())
		}
		l.handshake(64)
		l.say(model.Client, "hello")
	})
}

// TestWriteWaitsForRoom: a record that does not fit is sealed once. Reads go on
// while it waits; the retry may come from elsewhere and be longer, not shorter.
func TestWriteWaitsForRoom(t *testing.T) {
	versions(t, func(t *testing.T, v model.Version) {
		l := opened(t, base(v))
		text := strings.Repeat("x", 6000)
		_, s := l.client().Write([]byte(text))
		want(t, "a record longer than the buffer", s, model.WantWrite)
		l.write(model.Server, "meanwhile")
		l.carry(model.Server, 1<<16)
		l.hears(model.Client, "meanwhile")
		_, s = l.client().Write([]byte(text[:10]))
		want(t, "a shorter retry", s, model.Failed)
		if !errors.Is(l.client().Err(), model.ErrRefused) {
			t.Errorf("the error of a shorter retry is %v; want it refused", l.client().Err())
		}
		if s := l.client().Shutdown(); s != model.WantWrite || l.client().ShutState() != 0 {
			t.Errorf("a Shutdown behind it: %v, %v; want it to wait", s, l.client().ShutState())
		}
		l.passes(model.Client, text)
	})
}

// TestRecords: with partial writes a Write takes one record, otherwise all.
func TestRecords(t *testing.T) {
	versions(t, func(t *testing.T, v model.Version) {
		for _, partly := range []bool{true, false} {
			cfg := base(v)
			cfg.MaxRecord, cfg.PartialWrite = 10, partly
			l := opened(t, cfg)
			n, s := l.client().Write([]byte("twenty-five bytes of text"))
			want(t, "Write", s, model.OK)
			if partly != (n == 10) || !partly != (n == 25) {
				t.Errorf("partial %v: Write took %d bytes", partly, n)
			}
			l.settle()
			l.hears(model.Server, "twenty-fiv")
		}
	})
}

// TestReadTakesAPart: what a Read leaves is pending, and so is a part of a
// record, in its way.
func TestReadTakesAPart(t *testing.T) {
	l := opened(t, base(model.TLS13))
	l.write(model.Client, "abcdef")
	l.carry(model.Client, 9)
	_, s := l.read(model.Server)
	want(t, "a Read of half a record", s, model.WantRead)
	if e := l.server(); e.Pending() != 0 || !e.HasPending() || e.InputRoom() != 4096 {
		t.Errorf("half a record: pending %d, %v, room %d", e.Pending(), e.HasPending(),
			e.InputRoom())
	}
	l.settle()
	p := make([]byte, 4)
	n, s := l.server().Read(p)
	want(t, "Read", s, model.OK)
	if string(p[:n]) != "abcd" || l.server().Pending() != 2 {
		t.Errorf("read %q, pending %d; want abcd and 2", p[:n], l.server().Pending())
	}
	l.hears(model.Server, "ef")
	if l.server().HasPending() {
		t.Error("nothing should be left")
	}
}

// TestCloseBothWays: close_notify is behind all data; the other direction stays
// open until its own.
func TestCloseBothWays(t *testing.T) {
	versions(t, func(t *testing.T, v model.Version) {
		l := opened(t, base(v))
		l.write(model.Client, "last words")
		want(t, "the first Shutdown", l.client().Shutdown(), model.WantRead)
		_, s := l.client().Write([]byte("x"))
		want(t, "a Write after Shutdown", s, model.Failed)
		l.settle()
		l.hears(model.Server, "last words")
		_, s = l.read(model.Server)
		want(t, "the server's Read at the end", s, model.Closed)
		l.say(model.Server, "still here")
		want(t, "the server's Shutdown", l.server().Shutdown(), model.OK)
		l.settle()
		want(t, "the second Shutdown", l.client().Shutdown(), model.OK)
		_, s = l.read(model.Client)
		want(t, "the client's Read at the end", s, model.Closed)
		for _, e := range l.ends {
			if e.ShutState() != model.SentClose|model.ReceivedClose || e.Err() != nil {
				t.Errorf("at the end: %v, %v", e.ShutState(), e.Err())
			}
		}
	})
}

// TestCloseNeedsRoom: close_notify waits for room too, and is sealed once.
func TestCloseNeedsRoom(t *testing.T) {
	cfg := base(model.TLS13)
	cfg.Out = 3
	l := open(t, cfg)
	l.handshake(3)
	want(t, "Shutdown", l.client().Shutdown(), model.WantWrite)
	for l.client().Shutdown() == model.WantWrite {
		l.carry(model.Client, 3)
	}
	l.settle()
	_, s := l.read(model.Server)
	want(t, "the server's Read", s, model.Closed)
}

// TestDamage: a flipped bit is fatal. The rest of an alert that does not fit
// leaves with later calls, and the peer hears it.
func TestDamage(t *testing.T) {
	versions(t, func(t *testing.T, v model.Version) {
		cfg := base(v)
		cfg.Out = 4
		l := open(t, cfg)
		l.handshake(4)
		for sealed := model.WantWrite; sealed == model.WantWrite; {
			_, sealed = l.client().Write([]byte("data"))
			var p [4]byte
			n := l.client().Drain(p[:])
			if sealed == model.OK && n > 0 {
				p[n-1] ^= 1
			}
			l.server().Feed(p[:n])
		}
		_, s := l.read(model.Server)
		want(t, "a damaged record", s, model.Failed)
		if err := l.server().Err(); err == nil || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("the server says %v; want bad record MAC", err)
		}
		for s = model.WantRead; s == model.WantRead; _, s = l.read(model.Client) {
			l.server().Handshake()
			l.carry(model.Server, 4)
		}
		want(t, "the client's Read", s, model.Failed)
		if err := l.client().Err(); err == nil || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("the client says %v; want bad record MAC", err)
		}
	})
}

// TestGarbage: what is not TLS fails the first handshake, and every later call.
func TestGarbage(t *testing.T) {
	l := open(t, base(model.TLS13))
	l.server().Feed(bytes.Repeat([]byte("GET / "), 20))
	for range 2 {
		want(t, "Handshake", l.server().Handshake(), model.Failed)
	}
	if l.server().Err() == nil || l.server().InitFinished() {
		t.Error("the engine should have failed")
	}
}

// TestRefusals: what crypto/tls can't begin is refused, and the link lives.
func TestRefusals(t *testing.T) {
	versions(t, func(t *testing.T, v model.Version) {
		l := opened(t, base(v))
		for what, call := range map[string]func() model.Status{
			"Renegotiate":  l.client().Renegotiate,
			"KeyUpdate":    func() model.Status { return l.client().KeyUpdate(true) },
			"Authenticate": l.client().Authenticate,
			"WriteEarly": func() model.Status {
				_, st := l.client().WriteEarly([]byte("early"))
				return st
			},
			"ReadEarly": func() model.Status {
				_, st := l.client().ReadEarly(make([]byte, 1))
				return st
			},
		} {
			want(t, what, call(), model.Failed)
			if !errors.Is(l.client().Err(), model.ErrRefused) {
				t.Errorf("%s says %v; want it refused", what, l.client().Err())
			}
		}
		l.say(model.Client, "and yet it moves")
		if l.client().Err() != nil {
			t.Error("the refusal should be forgotten")
		}
	})
}

// TestBadConfigurations: the error says what is wanted.
func TestBadConfigurations(t *testing.T) {
	for text, spoil := range map[string]func(*model.EngineConfig){
		"use allow or refuse": func(c *model.EngineConfig) {
			c.Traits.Renegotiation = model.RenegIgnore
		},
		"early data is not supported": func(c *model.EngineConfig) { c.EarlyData = 100 },
		"post-handshake authentication is not supported": func(c *model.EngineConfig) {
			c.PostAuth = true
		},
		"want at least 1": func(c *model.EngineConfig) { c.In = 0 },
		"want one":        func(c *model.EngineConfig) { c.Transport = model.Attached },
	} {
		cfg := base(model.TLS13)
		spoil(&cfg)
		if _, err := gotls.New().New(&cfg); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v; want %q", err, text)
		}
	}
}
