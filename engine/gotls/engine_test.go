package gotls_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/model"
)

// TestWriteWaitsForRoom: a record that does not fit is sealed once, and reads go on while it
// waits. A retry may come from elsewhere and be longer, but not shorter.
func TestWriteWaitsForRoom(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		l := opened(t, config(v))
		text := strings.Repeat("x", 6000)
		_, s := l.Client().Write([]byte(text))
		l.Want("a record longer than the buffer", s, model.WantWrite)
		l.Write(model.Server, "meanwhile")
		l.Move(model.Server)
		l.Hear(model.Client, "meanwhile")
		_, s = l.Client().Write([]byte(text[:10]))
		l.Want("a shorter retry", s, model.Failed)
		if !errors.Is(l.Client().Err(), model.ErrRefused) {
			t.Errorf("the error of a shorter retry is %v; want it refused", l.Client().Err())
		}
		if s := l.Client().Shutdown(); s != model.WantWrite || l.Client().ShutState() != 0 {
			t.Errorf("a Shutdown behind it: %v, %v; want it to wait", s, l.Client().ShutState())
		}
		l.Pass(model.Client, text)
	})
}

// TestRecords: with partial writes a Write takes one record, without them all of the data.
func TestRecords(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		for _, partly := range []bool{true, false} {
			cfg := config(v)
			cfg.MaxRecord, cfg.PartialWrite = 10, partly
			l := opened(t, cfg)
			n, s := l.Client().Write([]byte("twenty-five bytes of text"))
			l.Want("Write", s, model.OK)
			if partly != (n == 10) || !partly != (n == 25) {
				t.Errorf("partial %v: Write took %d bytes", partly, n)
			}
			l.Settle()
			l.Hear(model.Server, "twenty-fiv")
		}
	})
}

// TestReadTakesAPart: Pending counts what a Read has left. A part of a record counts for
// HasPending only.
func TestReadTakesAPart(t *testing.T) {
	l := opened(t, config(model.TLS13))
	l.Write(model.Client, "abcdef")
	l.Carry(model.Client, 9)
	_, s := l.Read(model.Server)
	l.Want("a Read of half a record", s, model.WantRead)
	if e := l.Server(); e.Pending() != 0 || !e.HasPending() || e.InputRoom() != 4096 {
		t.Errorf("half a record: pending %d, %v, room %d", e.Pending(), e.HasPending(),
			e.InputRoom())
	}
	l.Settle()
	p := make([]byte, 4)
	n, s := l.Server().Read(p)
	l.Want("Read", s, model.OK)
	if string(p[:n]) != "abcd" || l.Server().Pending() != 2 {
		t.Errorf("read %q, pending %d; want abcd and 2", p[:n], l.Server().Pending())
	}
	l.Hear(model.Server, "ef")
	if l.Server().HasPending() {
		t.Error("nothing should be left")
	}
}

// TestCloseBothWays: close_notify comes behind all data, and closes one direction. The other
// stays open until its own.
func TestCloseBothWays(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		l := opened(t, config(v))
		l.Write(model.Client, "last words")
		l.Want("the first Shutdown", l.Client().Shutdown(), model.WantRead)
		_, s := l.Client().Write([]byte("x"))
		l.Want("a Write after Shutdown", s, model.Failed)
		l.Settle()
		l.Hear(model.Server, "last words")
		_, s = l.Read(model.Server)
		l.Want("the server's Read at the end", s, model.Closed)
		l.Say(model.Server, "still here")
		l.Want("the server's Shutdown", l.Server().Shutdown(), model.OK)
		l.Settle()
		l.Want("the second Shutdown", l.Client().Shutdown(), model.OK)
		_, s = l.Read(model.Client)
		l.Want("the client's Read at the end", s, model.Closed)
		for _, e := range l.Ends {
			if e.ShutState() != model.SentClose|model.ReceivedClose || e.Err() != nil {
				t.Errorf("at the end: %v, %v", e.ShutState(), e.Err())
			}
		}
	})
}

// TestCloseNeedsRoom: close_notify waits for room, and is sealed once.
func TestCloseNeedsRoom(t *testing.T) {
	cfg := config(model.TLS13)
	cfg.Out = 3
	l := open(t, cfg)
	l.Step = 3
	l.Shake()
	l.Want("Shutdown", l.Client().Shutdown(), model.WantWrite)
	for l.Client().Shutdown() == model.WantWrite {
		l.Carry(model.Client, 3)
	}
	l.Settle()
	_, s := l.Read(model.Server)
	l.Want("the server's Read", s, model.Closed)
}

// TestDamage: a flipped bit is fatal, and the peer hears the alert. If that does not fit the rest
// leaves with later calls.
func TestDamage(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		cfg := config(v)
		cfg.Out = 4
		l := open(t, cfg)
		l.Step = 4
		l.Shake()
		for sealed := model.WantWrite; sealed == model.WantWrite; {
			_, sealed = l.Client().Write([]byte("data"))
			var p [4]byte
			n := l.Client().Drain(p[:])
			if sealed == model.OK && n > 0 {
				p[n-1] ^= 1
			}
			l.Server().Feed(p[:n])
		}
		_, s := l.Read(model.Server)
		l.Want("a damaged record", s, model.Failed)
		if err := l.Server().Err(); err == nil || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("the server says %v; want bad record MAC", err)
		}
		for s = model.WantRead; s == model.WantRead; _, s = l.Read(model.Client) {
			l.Server().Handshake()
			l.Carry(model.Server, 4)
		}
		l.Want("the client's Read", s, model.Failed)
		if err := l.Client().Err(); err == nil || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("the client says %v; want bad record MAC", err)
		}
	})
}

// TestGarbage: bytes that are not TLS fail the first handshake, and every later call.
func TestGarbage(t *testing.T) {
	l := open(t, config(model.TLS13))
	l.Server().Feed(bytes.Repeat([]byte("GET / "), 20))
	for range 2 {
		l.Want("Handshake", l.Server().Handshake(), model.Failed)
	}
	if l.Server().Err() == nil || l.Server().InitFinished() {
		t.Error("the engine should have failed")
	}
}

// TestRefusals: a call that crypto/tls has no counterpart for is refused, and the link lives.
func TestRefusals(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		l := opened(t, config(v))
		for what, call := range map[string]func() model.Status{
			"Renegotiate":  l.Client().Renegotiate,
			"KeyUpdate":    func() model.Status { return l.Client().KeyUpdate(true) },
			"Authenticate": l.Client().Authenticate,
			"WriteEarly": func() model.Status {
				_, st := l.Client().WriteEarly([]byte("early"))
				return st
			},
			"ReadEarly": func() model.Status {
				_, st := l.Client().ReadEarly(make([]byte, 1))
				return st
			},
		} {
			l.Want(what, call(), model.Failed)
			if !errors.Is(l.Client().Err(), model.ErrRefused) {
				t.Errorf("%s says %v; want it refused", what, l.Client().Err())
			}
		}
		l.Say(model.Client, "and yet it moves")
		if l.Client().Err() != nil {
			t.Error("the refusal should be forgotten")
		}
	})
}

// TestBadConfigurations: the error says what is not supported, or what is wanted.
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
		cfg := config(model.TLS13)
		spoil(&cfg)
		if _, err := gotls.New().New(&cfg); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v; want %q", err, text)
		}
	}
}
