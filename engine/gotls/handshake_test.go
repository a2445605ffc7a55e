package gotls_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/model"
)

// TestHandshakeThroughAnyBuffer: the handshake ends with buffers of any size, carried in pieces
// of any size, and data goes both ways afterwards.
func TestHandshakeThroughAnyBuffer(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		for _, room := range []int{1, 17, 4096} {
			for _, piece := range []int{1, 1 << 16} {
				t.Run(fmt.Sprintf("%d by %d", room, piece), func(t *testing.T) {
					cfg := config(v)
					cfg.In, cfg.Out = room, room
					cfg.ClientAuth, cfg.ServerChain, cfg.ClientChain = true, 2000, 900
					l := open(t, cfg)
					l.Step = piece
					l.Shake()
					l.Pass(model.Client, strings.Repeat("request ", 20))
					l.Pass(model.Server, strings.Repeat("response ", 30))
				})
			}
		}
	})
}

// TestHandshakeSaysWhatItWaitsFor: WantWrite while the flight does not fit, and WantRead once it
// has left. Read and Write drive the handshake too.
func TestHandshakeSaysWhatItWaitsFor(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		cfg := config(v)
		cfg.Out = 64
		l := open(t, cfg)
		l.Want("a ClientHello longer than the buffer", l.Client().Handshake(), model.WantWrite)
		if l.Client().OutputPending() != 64 || l.Client().(model.Inspector).Unsent() == 0 {
			t.Error("the buffer should be full, and the rest wait behind it")
		}
		l.Want("a server that has heard nothing", l.Server().Handshake(), model.WantRead)
		for l.Client().Handshake() == model.WantWrite {
			l.Carry(model.Client, 64)
		}
		_, s := l.Client().Write([]byte("early"))
		l.Want("a Write in the handshake", s, model.WantRead)
		_, s = l.Read(model.Client)
		l.Want("a Read in the handshake", s, model.WantRead)
		if s := l.Client().Shutdown(); s != model.Failed ||
			!errors.Is(l.Client().Err(), model.ErrRefused) {
			t.Errorf("a Shutdown in the handshake: %v, %v; want it refused", s, l.Client().Err())
		}
		l.Step = 64
		l.Shake()
		l.Say(model.Client, "hello")
	})
}

// TestHelloRetryRequest: a link with a HelloRetryRequest has more hellos than one without, and
// then goes on as usual. So it does with OpenSSL at either end.
func TestHelloRetryRequest(t *testing.T) {
	cfg := config(model.TLS13)
	cfg.ServerChain = 900
	if plain, retried := records(t, cfg, false), records(t, cfg, true); retried <= plain {
		t.Errorf("got %d records of handshake in the clear, %d with a retry; want more", plain, retried)
	}
	cfg.Retry = true
	for _, r := range []model.Role{model.Client, model.Server} {
		l := meet(t, r, cfg)
		l.Say(model.Client, "request")
		l.Say(model.Server, "response")
	}
}

// records counts the handshake records that both ends send in the clear: their hellos.
func records(t *testing.T, cfg model.EngineConfig, retry bool) (n int) {
	t.Helper()
	cfg.Retry = retry
	cfg.Watch = func(note model.Note) {
		if note.Sent && note.Message == "handshake record" {
			n++
		}
	}
	l := opened(t, cfg)
	l.Say(model.Client, "request")
	return n
}

// TestResume: both ends resume a session. The wire is the same whether the library makes the
// session for this link or has it from an earlier one.
func TestResume(t *testing.T) {
	linktest.Versions(t, func(t *testing.T, v model.Version) {
		for _, auth := range []bool{false, true} {
			cfg := config(v)
			cfg.ServerChain, cfg.ClientChain, cfg.ClientAuth, cfg.Resume = 900, 700, auth, true
			cfg.Retry = auth // story 88
			lib := gotls.New()
			var sums []string
			for range 2 {
				lib.Begin(3)
				l := pair(t, lib, cfg)
				l.Step = 100
				l.Shake()
				l.Say(model.Client, "request")
				l.Say(model.Server, "response")
				for r, e := range l.Ends {
					if !gotls.DidResume(e) {
						t.Errorf("auth %v: the %v has not resumed a session", auth, model.Role(r))
					}
				}
				sums = append(sums, l.Sum())
				l.Free()
			}
			if sums[0] != sums[1] {
				t.Errorf("auth %v: the first link that resumes a session has another wire", auth)
			}
		}
	})
}

// TestKeyLog: each end logs its secrets a line at a time, and that changes no byte on the wire.
func TestKeyLog(t *testing.T) {
	for v, label := range map[model.Version]string{
		model.TLS12: "CLIENT_RANDOM ", model.TLS13: "SERVER_TRAFFIC_SECRET_0 ",
	} {
		cfg := config(v)
		want := opened(t, cfg).Sum()
		n := 0
		cfg.KeyLog = func(line string) {
			if strings.Contains(line, "\n") || len(strings.Fields(line)) != 3 {
				t.Errorf("got line %q; want a label and two numbers", line)
			}
			if strings.HasPrefix(line, label) {
				n++
			}
		}
		if got := opened(t, cfg).Sum(); got != want {
			t.Errorf("%s: got wire %s; want %s as without a log", v, got, want)
		}
		if n != 2 {
			t.Errorf("%s: got %d lines of %q; want one of each end", v, n, label)
		}
	}
}
