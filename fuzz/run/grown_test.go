package run_test

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim"
)

// witnessed counts in how many of n schedules of the reference each message was
// absorbed, by its word.
func witnessed(t *testing.T, o run.Options, n uint64) map[string]int {
	t.Helper()
	spec := pumps.ReferenceSpec()
	o.Pump = &spec
	r, err := run.NewRunner(run.NewCatalog(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	counts := map[string]int{}
	for i := range n {
		var trace sim.Trace
		r.World().SetTrace(&trace)
		res, err := r.Schedule(5, i, oracle.EveryProperty)
		if err != nil {
			t.Fatal(err)
		}
		if res.Found {
			t.Fatalf("schedule %d: %s", i, res.Violation)
		}
		seen := map[string]bool{}
		for _, ev := range trace.Events {
			if ev.IsNote() && !ev.Note.Sent {
				seen[ev.Note.Message] = true
			}
		}
		for word := range seen {
			counts[word]++
		}
	}
	return counts
}

// TestNotForGo: crypto/tls can't do some things, so hunts with it do not ask for
// them, and who does gets a clear answer.
func TestNotForGo(t *testing.T) {
	spec := pumps.ReferenceSpec()
	for _, scenario := range []string{"post-handshake-auth", "early-data"} {
		o := run.Options{Pump: &spec, Engine: gotls.New(), Scenario: scenario}
		_, err := run.NewRunner(run.NewCatalog(), o)
		if err == nil || !strings.Contains(err.Error(), "gotls") {
			t.Errorf("%s with crypto/tls: got error %v; want one that names gotls", scenario, err)
		}
	}
}

// TestHuntsRejectEarlyData: early data is rejected by servers that do not read
// it and by ones that want another hello; accepted by others, which then get an
// EndOfEarlyData. Whatever becomes of it, all that was written arrives once.
func TestHuntsRejectEarlyData(t *testing.T) {
	spec := pumps.ReferenceSpec()
	r, err := run.NewRunner(run.NewCatalog(), run.Options{Pump: &spec, Scenario: "early-data"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rejected, accepted, retried := 0, 0, 0
	for n := range uint64(1000) {
		var trace sim.Trace
		r.World().SetTrace(&trace)
		if res, err := r.Schedule(5, n, oracle.EveryProperty); err != nil || res.Found {
			t.Fatal(n, res.Violation, err)
		}
		sent, ended, again := earlySent(&trace)
		switch {
		case sent && ended:
			accepted++
		case sent && again:
			retried++
		case sent:
			rejected++
		}
	}
	if accepted < 100 || rejected < 50 || retried < 10 {
		t.Errorf("early data was accepted %d times, rejected %d times, %d times by a "+
			"HelloRetryRequest; want it often", accepted, rejected, retried)
	}
}

// earlySent says whether a run's client sent early data, whether the server was
// told of its end, and whether it wanted another hello.
func earlySent(t *sim.Trace) (sent, ended, again bool) {
	for _, ev := range t.Events {
		word := ev.String()
		sent = sent || strings.HasPrefix(word, "write early:") && strings.HasSuffix(word, "ok")
		ended = ended || ev.Note.Message == "EndOfEarlyData"
		again = again || ev.Note.Message == "HelloRetryRequest"
	}
	return sent, ended, again
}

// TestHuntsResume: one link in eight resumes a session, on TLS 1.2 too, where it
// shows in hellos without a key exchange behind them.
func TestHuntsResume(t *testing.T) {
	seen := witnessed(t, run.Options{TLS: "1.2"}, 1000)
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
		{"early-data", "EndOfEarlyData", 250},
	} {
		n, least := require.Fewer(1000), int(require.Fewer(uint64(want.least)))
		seen := witnessed(t, run.Options{Scenario: want.scenario}, n)
		if got := seen[want.message]; got < least {
			t.Errorf("got %s in %d of %d schedules of scenario %q; want %d", want.message, got, n,
				want.scenario, least)
		}
		t.Logf("%q: %v", want.scenario, seen)
	}
}
