package proof

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/sim/script"
)

// TestReferenceHolds: hunts find nothing in the reference pump on the real libraries, in any
// scenario, version and profile, at either end, with either library at the other end.
func TestReferenceHolds(t *testing.T) {
	t.Parallel()
	pairings(t, map[pairing]uint64{
		{"openssl", "openssl"}: require.Times(600, 50000),
		{"gotls", "gotls"}:     require.Times(2000, 50000),
		{"openssl", "gotls"}:   require.Times(300, 5000),
		{"gotls", "openssl"}:   require.Times(300, 5000),
	}, func(t *testing.T, p pairing, schedules uint64) {
		c := catalog()
		o := p.options(t, c)
		hold(t, c, o, require.Fewer(schedules))
		checkTally(t, tallyOf(t, c, o, schedules), p, schedules)
	})
}

// TestReferenceHoldsUnderAttack: hunts find nothing in the reference pump with a puppet at the
// other end, which attacks in one scenario and behaves in the others.
func TestReferenceHoldsUnderAttack(t *testing.T) {
	t.Parallel()
	pairings(t, map[pairing]uint64{
		{"openssl", "puppet"}: require.Times(500, 50000),
		{"gotls", "puppet"}:   require.Times(500, 50000),
	}, func(t *testing.T, p pairing, schedules uint64) {
		for _, scenario := range []string{"", "hostile-peer"} {
			c := catalog()
			o := p.options(t, c)
			o.Scenario = scenario
			hold(t, c, o, require.Fewer(schedules))
		}
	})
}

// TestAttacksFindInOthers: attacks of the other end are enough to find what kv pumps are known
// for.
func TestAttacksFindInOthers(t *testing.T) {
	c := catalog()
	h := hunt.Hunt{Options: pairing{"openssl", "puppet"}.options(t, c), Seed: 1,
		Schedules: 2000, First: true}
	pump, err := c.Pump("kv-original")
	if err != nil {
		t.Fatal(err)
	}
	h.Pump, h.Scenario = pump, "hostile-peer"
	rep, err := h.Run(t.Context(), c)
	if err != nil || len(rep.Failures) == 0 {
		t.Fatalf("got %d failures (%v); want some", len(rep.Failures), err)
	}
	text := string(rep.Failures[0].Script.Format())
	if !strings.Contains(text, "peer-engine: puppet") {
		t.Errorf("the script names no puppet:\n%s", text)
	}
}

// huntSeed is that of the hunts here.
const huntSeed = 31

// hold fails the test with whatever a hunt finds.
func hold(t *testing.T, c *run.Catalog, o run.Options, schedules uint64) {
	t.Helper()
	h := hunt.Hunt{Options: o, Seed: huntSeed, Schedules: schedules}
	h.Found = func(f *hunt.Failure) error {
		t.Errorf("schedule %d: %s\n%s", f.Schedule, strings.Join(f.Story, "\n"), f.Script.Format())
		return nil
	}
	rep, err := h.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if rep.Schedules != schedules {
		t.Errorf("the hunt went through %d schedules; want %d", rep.Schedules, schedules)
	}
}

// A tally counts the schedules of a hunt by what was drawn.
type tally map[string]uint64

// tallyOf draws the schedules of a hunt once more, and runs none.
func tallyOf(t *testing.T, c *run.Catalog, o run.Options, schedules uint64) tally {
	t.Helper()
	r, err := run.NewRunner(c, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	counts := tally{}
	for n := range schedules {
		cfg := r.Draw(huntSeed, n)
		for _, what := range []string{profileOf(&cfg), "TLS " + cfg.Version.String(),
			cfg.Transport.String(), cfg.Under.String(), cfg.Scenario} {
			counts[what]++
		}
	}
	return counts
}

// profileOf is the profile of a world.
func profileOf(cfg *script.Config) string {
	switch {
	case cfg.Sizes.Chain == 0:
		return "psk"
	case cfg.Auth:
		return "mutual"
	}
	return "ecdsa"
}

// checkTally fails the test unless every profile, version, transport, role and scenario that
// the libraries have was drawn often enough: a profile 2000 times in 50,000.
func checkTally(t *testing.T, counts tally, p pairing, schedules uint64) {
	t.Helper()
	least := map[string]uint64{"TLS 1.2": 4, "TLS 1.3": 4, "pair": 4, "attached": 4, "client": 4,
		"server": 4, "psk": 25, "ecdsa": 25, "mutual": 25} // a part of the whole each
	crypto := p != (pairing{"openssl", "openssl"})
	if crypto {
		delete(least, "psk") // crypto/tls has none
	}
	for _, sc := range run.NewCatalog().Scenarios() {
		// A renegotiation is not for crypto/tls, nor is what else it can't do; and
		// neither library attacks.
		if !(sc.Needs.Attacks || sc.Needs.AllTraits || p.engine != p.peer && sc.Needs.Renegotiation ||
			crypto && (sc.Needs.PostAuth || sc.Needs.EarlyData)) {
			least[sc.Name] = 150
		}
	}
	for what, part := range least {
		if got := counts[what]; got < schedules/part || got == 0 {
			t.Errorf("%d of %d schedules are %s; want at least %d", got, schedules, what,
				schedules/part)
		}
	}
	var lines []string
	for what, n := range counts {
		lines = append(lines, fmt.Sprintf("%s %d", what, n))
	}
	slices.Sort(lines)
	t.Logf("%d schedules: %s", schedules, strings.Join(lines, ", "))
}
