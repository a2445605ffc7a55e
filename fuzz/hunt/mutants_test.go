package hunt_test

import (
	"context"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// -plant hunts for each mutant that has no script in the corpus, and saves the
// shortest of a few finds there, with its story.
var plant = flag.Bool("plant", false, "save a script for each mutant that has none")

// maxKill is how many schedules a hunt may need to kill a mutant.
const maxKill = 20000

// eachMutant runs check for each mutant, with a runner bound to a scenario if
// that is not empty.
func eachMutant(t *testing.T, scenario func(m *pumps.Mutant) string,
	check func(t *testing.T, m *pumps.Mutant, r *run.Runner)) {

	t.Helper()
	for _, m := range pumps.Mutants() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			r, err := run.NewRunner(run.NewCatalog(),
				run.Options{Pump: &m.Spec, Scenario: scenario(&m)})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			check(t, &m, r)
		})
	}
}

func ownScenario(m *pumps.Mutant) string { return m.Scenario }

func anyScenario(*pumps.Mutant) string { return "" }

// killed looks for the first schedule that breaks the mutant's property.
func killed(t *testing.T, m *pumps.Mutant, r *run.Runner) {
	for n := range uint64(maxKill) {
		res, err := r.Schedule(1, n, oracle.EveryProperty.Only(m.Breaks))
		if err != nil {
			t.Fatal(err)
		}
		if res.Found {
			t.Logf("%s: schedule %d", m.Breaks, n)
			return
		}
	}
	t.Errorf("%s must break %s; nothing was found in %d schedules", m.Name, m.Breaks, maxKill)
}

// TestEveryMutantIsKilled: in its own scenario each breaks the property that its
// bugs broke.
func TestEveryMutantIsKilled(t *testing.T) {
	eachMutant(t, ownScenario, killed)
}

// TestDefaultHuntsKillEveryMutant does so in all scenarios, as hunt does by
// default. It runs with WANTWRITE_LONG=1.
func TestDefaultHuntsKillEveryMutant(t *testing.T) {
	if !fuzztest.Long() {
		t.Skip("WANTWRITE_LONG is not 1: the short form is TestEveryMutantIsKilled")
	}
	eachMutant(t, anyScenario, killed)
}

// TestMutantsBreakNothingElse: in any scenario a mutant breaks its property, or
// another for which it has a reason. With WANTWRITE_LONG=1 in 20,000 schedules
// each.
func TestMutantsBreakNothingElse(t *testing.T) {
	schedules := require.Fewer(400)
	if fuzztest.Long() {
		schedules = 20000
	}
	eachMutant(t, anyScenario, func(t *testing.T, m *pumps.Mutant, r *run.Runner) {
		var broken [16]int
		for n := range schedules {
			res, err := r.Schedule(1, n, oracle.EveryProperty)
			if err != nil {
				t.Fatal(err)
			}
			if !res.Found {
				continue
			}
			v := res.Violation
			broken[v.Property]++
			if v.Property != m.Breaks && !m.Also.Has(v.Property) {
				t.Fatalf("schedule %d: %s must break %s only; got %s", n, m.Name, m.Breaks, v)
			}
		}
		t.Logf("%s: %d of %d schedules", m.Breaks, broken[m.Breaks], schedules)
		also := false
		for _, p := range oracle.Properties() {
			also = also || m.Also.Has(p.ID) && broken[p.ID] > 0
		}
		if fuzztest.Long() && m.Also != 0 && !also {
			t.Errorf("%s has leave to break more than %s, and does not need it", m.Name, m.Breaks)
		}
	})
}

// TestEveryPropertyHasItsMutant: for each property there is a pump with one
// planted mistake that breaks it, and has no leave to break anything else; or, for
// deadlock alone, breaks nothing else in its own scenario. Who does not read while it
// is blocked hangs with a peer, too, that has paused for good: that is a stall.
func TestEveryPropertyHasItsMutant(t *testing.T) {
	covered := map[oracle.PropertyID]bool{}
	for _, m := range pumps.Mutants() {
		if _, err := run.NewCatalog().Scenario(m.Scenario); err != nil {
			t.Errorf("%s: got scenario %q; want one that exists", m.Name, m.Scenario)
		}
		if m.Also == 0 || m.Breaks == oracle.Deadlock && !covered[m.Breaks] && pureAtHome(t, &m) {
			covered[m.Breaks] = true
		}
	}
	for _, p := range oracle.Properties() {
		if !covered[p.ID] {
			t.Errorf("property %s has no mutant: nothing shows that it can fail", p.Name)
		}
	}
}

// pureAtHome says whether a mutant breaks its property in its own scenario, and
// nothing else.
func pureAtHome(t *testing.T, m *pumps.Mutant) bool {
	t.Helper()
	r, err := run.NewRunner(run.NewCatalog(), run.Options{Pump: &m.Spec, Scenario: m.Scenario})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	broken := 0
	for n := range uint64(5000) {
		res, err := r.Schedule(1, n, oracle.EveryProperty)
		switch {
		case err != nil:
			t.Fatal(err)
		case res.Found && res.Violation.Property != m.Breaks:
			return false
		case res.Found:
			broken++
		}
	}
	return broken > 0
}

// TestEveryMutantHasItsScript: the corpus shows each mutant, with the bugs that
// it stands for. That each script fails, and not in the reference, is what the
// tests of the corpus say.
func TestEveryMutantHasItsScript(t *testing.T) {
	shown := map[string]*script.Script{}
	for _, name := range corpus.Names() {
		s := fuzztest.Script(t, name)
		shown[s.Config.Pump+" "+s.Property] = s
	}
	for _, m := range pumps.Mutants() {
		s := shown[m.Name+" "+m.Breaks.String()]
		if s == nil && *plant {
			s = plantScript(t, &m)
		}
		switch {
		case s == nil:
			t.Errorf("%s: no script in corpus/%s; run: go test ./fuzz/hunt -run %s -plant", m.Name,
				m.Breaks, t.Name())
		case !slices.Contains(s.Story, bugLine(&m)):
			t.Errorf("%s: its story in corpus/%s lacks the line %q", m.Name, m.Breaks, bugLine(&m))
		}
	}
}

// bugLine is the line of a story that names the bugs.
func bugLine(m *pumps.Mutant) string { return "bugs: " + strings.Join(m.Bugs, ", ") }

// plantScript hunts with a few seeds in the mutant's scenario and saves the shortest
// script.
func plantScript(t *testing.T, m *pumps.Mutant) *script.Script {
	t.Helper()
	var best *script.Script
	peer := pumps.ReferenceSpec() // or the mutant may be at both ends
	for seed := range uint64(4) {
		h := hunt.Hunt{Options: run.Options{Pump: &m.Spec, Peer: &peer, Scenario: m.Scenario},
			Seed: seed + 1, Schedules: maxKill, First: true,
			Watch: oracle.EveryProperty.Only(m.Breaks)}
		rep, err := h.Run(context.Background(), run.NewCatalog())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range rep.Failures {
			if best == nil || len(f.Script.Actions) < len(best.Actions) {
				best = f.Script
			}
		}
	}
	if best == nil {
		return nil
	}
	best.Story = append(best.Story, "planted: a pump that "+m.About, bugLine(m))
	path, err := corpus.Dir("../../corpus").Save(best.Property, corpus.Slug(best.Config.Pump, best.Config.Scenario), best.Format())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d actions, %s", m.Name, len(best.Actions), strings.TrimPrefix(path, "../../"))
	return best
}
