package fuzz_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
)

// witnessed counts in how many of n schedules of the reference each message was
// absorbed, by its word.
func witnessed(t *testing.T, o fuzz.Options, n uint64) map[string]int {
	t.Helper()
	spec := model.ReferenceSpec()
	o.Pump = &spec
	r, err := fuzz.NewRunner(fuzz.NewCatalog(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	counts := map[string]int{}
	for i := range n {
		var trace sim.Trace
		r.World().SetTrace(&trace)
		res, err := r.Schedule(5, i, model.EveryProperty)
		if err != nil {
			t.Fatal(err)
		}
		if res.Found {
			t.Fatalf("schedule %d: %s", i, res.Violation)
		}
		seen := map[string]bool{}
		for _, ev := range trace.Events {
			if ev.Kind == sim.DidNote && !ev.Note.Sent {
				seen[ev.Note.Message] = true
			}
		}
		for word := range seen {
			counts[word]++
		}
	}
	return counts
}

// TestPostHandshakeAuthIsNotForGo: crypto/tls can't do it, so hunts with it do
// not ask for it, and a script that does gets a clear answer.
func TestPostHandshakeAuthIsNotForGo(t *testing.T) {
	spec := model.ReferenceSpec()
	o := fuzz.Options{Pump: &spec, Engine: gotls.New(), Scenario: "post-handshake-auth"}
	if _, err := fuzz.NewRunner(fuzz.NewCatalog(), o); err == nil {
		t.Error("a hunt for post-handshake-auth with crypto/tls has begun; want an error")
	}
}

// TestHuntsResume: one link in eight resumes a session, on TLS 1.2 too, where it
// shows in hellos without a key exchange behind them.
func TestHuntsResume(t *testing.T) {
	seen := witnessed(t, fuzz.Options{TLS: "1.2"}, 1000)
	if got := seen["ServerHello"] - seen["ClientKeyExchange"]; got < 60 {
		t.Errorf("got %d of 1000 handshakes without a key exchange; want 60: %v", got, seen)
	}
}

// TestHuntsMeetEveryMessage: what the engine can do is done in hunts too.
func TestHuntsMeetEveryMessage(t *testing.T) {
	for _, want := range []struct {
		scenario, message string
		least             int // of 1000 schedules
	}{
		{"", "HelloRetryRequest", 30},
		{"long-handshake", "HelloRetryRequest", 100},
		{"post-handshake-auth", "CertificateRequest", 500},
	} {
		seen := witnessed(t, fuzz.Options{Scenario: want.scenario}, 1000)
		if got := seen[want.message]; got < want.least {
			t.Errorf("got %s in %d of 1000 schedules of scenario %q; want %d", want.message, got,
				want.scenario, want.least)
		}
		t.Logf("%q: %v", want.scenario, seen)
	}
}
