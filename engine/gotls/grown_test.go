package gotls_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/model"
)

// TestHelloRetryRequest: two hellos, and then it goes on as ever, also with
// OpenSSL at one end. A link without it has as many records less.
func TestHelloRetryRequest(t *testing.T) {
	cfg := base(model.TLS13)
	cfg.ServerChain = 900
	if plain, retried := records(t, cfg, false), records(t, cfg, true); retried <= plain {
		t.Errorf("got %d records of handshake in the clear, %d with a retry; want more", plain, retried)
	}
	cfg.Retry = true
	for _, r := range []model.Role{model.Client, model.Server} {
		l := meet(t, r, cfg)
		l.say(model.Client, "request")
		l.say(model.Server, "response")
	}
}

// records counts the handshake records in the clear that both ends send: the
// hellos.
func records(t *testing.T, cfg model.EngineConfig, retry bool) (n int) {
	t.Helper()
	cfg.Retry = retry
	cfg.Watch = func(note model.Note) {
		if note.Sent && note.Message == "handshake record" {
			n++
		}
	}
	l := opened(t, cfg)
	l.say(model.Client, "request")
	return n
}

// TestResume: both ends have resumed a session, and the wire is the same whether
// the library has made it for an earlier link or for this one.
func TestResume(t *testing.T) {
	versions(t, func(t *testing.T, v model.Version) {
		for _, auth := range []bool{false, true} {
			cfg := base(v)
			cfg.ServerChain, cfg.ClientChain, cfg.ClientAuth, cfg.Resume = 900, 700, auth, true
			cfg.Retry = auth // story 3
			lib := gotls.New()
			var sums []string
			for range 2 {
				lib.Begin(3)
				l := pair(t, lib, cfg)
				l.handshake(100)
				l.say(model.Client, "request")
				l.say(model.Server, "response")
				for r, e := range l.ends {
					if !gotls.DidResume(e) {
						t.Errorf("auth %v: the %v has not resumed a session", auth, model.Role(r))
					}
				}
				sums = append(sums, l.sum())
				l.free()
			}
			if sums[0] != sums[1] {
				t.Errorf("auth %v: the first link that resumes a session has another wire", auth)
			}
		}
	})
}
