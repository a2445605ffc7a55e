package hunt_test

import (
	"context"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// huntOf runs a hunt of a pump.
func huntOf(t *testing.T, spec model.Spec, h hunt.Hunt) hunt.Report {
	t.Helper()
	h.Pump = &spec
	rep, err := h.Run(context.Background(), run.NewCatalog(spec))
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// TestCoverageOfTheReference: a hunt of the reference reaches nearly all that
// is listed, so that what it did not reach is worth reading; and it puts every
// property to the test.
func TestCoverageOfTheReference(t *testing.T) {
	t.Parallel()
	c := huntOf(t, pumps.ReferenceSpec(), hunt.Hunt{Seed: 1, Schedules: 6000}).Coverage
	if c.Cells.Reached < c.Total*75/100 || len(c.Never) != c.Total-c.Cells.Reached {
		t.Errorf("got %d of %d cells and %d never reached; want most of them", c.Cells.Reached,
			c.Total, len(c.Never))
	}
	if len(c.Untested) > 0 {
		t.Errorf("got %v as never put to the test", c.Untested)
	}
	if c.Cells.Chance > 0.01 || c.States.Chance < c.Cells.Chance || c.States.Late == 0 {
		t.Errorf("got %+v, %+v; want cells nearly all seen, and states still coming", c.Cells,
			c.States)
	}
	names := map[string]bool{}
	for _, cell := range c.Never {
		names[cell.String()] = true
	}
	if len(names) != len(c.Never) {
		t.Errorf("%d cells have %d names", len(c.Never), len(names))
	}
}

// TestCoverageKnowsThePump: what a pump can't come to is not missed. The kv
// pumps are servers whose apps never close.
func TestCoverageKnowsThePump(t *testing.T) {
	t.Parallel()
	c := huntOf(t, pumps.Named("kv-landed"), hunt.Hunt{Seed: 1, Schedules: 500}).Coverage
	for _, cell := range c.Never {
		if cell.Role == model.Client || cell.Phase == "closing" || cell.Phase == "half-closed" {
			t.Errorf("%s is missed, and can't be", cell)
		}
	}
	if len(c.Never) == 0 || c.Cells.Reached == 0 {
		t.Errorf("got %+v; want some reached and some not", c)
	}
}

// TestUntested: in a scenario in which nobody closes, and with very few
// schedules, some properties are never put to the test. They are named, and
// only those that were looked for.
func TestUntested(t *testing.T) {
	t.Parallel()
	h := hunt.Hunt{Seed: 1, Schedules: 300}
	h.Scenario = "idle-renegotiation"
	untested := func(h hunt.Hunt) string {
		var names []string
		for _, p := range huntOf(t, pumps.ReferenceSpec(), h).Coverage.Untested {
			names = append(names, p.String())
		}
		return strings.Join(names, " ")
	}
	if got := untested(h); !strings.Contains(got, "truncation") ||
		!strings.Contains(got, "spurious-failure") || strings.Contains(got, "stall") {
		t.Errorf("got %q as never put to the test; want truncation and spurious-failure, not stall",
			got)
	}
	h.Watch = oracle.EveryProperty.Only(oracle.Stall).With(oracle.Truncation)
	if got := untested(h); got != "truncation" {
		t.Errorf("got %q; want only what was looked for: truncation", got)
	}
}

// TestTestedIsBroken: whoever breaks a property has put it to the test. The
// mutants break one each.
func TestTestedIsBroken(t *testing.T) {
	t.Parallel()
	for _, m := range fuzztest.Exemplars(t) {
		h := hunt.Hunt{Seed: 1, Schedules: 10000, First: true,
			Watch: oracle.EveryProperty.Only(m.Breaks)}
		rep := huntOf(t, m.Spec, h)
		if len(rep.Failures) != 1 || len(rep.Coverage.Untested) > 0 {
			t.Errorf("%s: got %d finds, and %v as never put to the test", m.Name, len(rep.Failures),
				rep.Coverage.Untested)
		}
	}
}

// TestRecheckMeasures: the script's own pump still fails, so it says how often
// schedules find that; the other pump is then hunted for as long as it takes.
func TestRecheckMeasures(t *testing.T) {
	t.Parallel()
	s := hunted(t, hunt.Hunt{Seed: 1, Schedules: 2000, First: true,
		Watch: oracle.EveryProperty.Only(oracle.Stall)}).Failures[0].Script
	spec := pumps.ReferenceSpec()
	h := hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: 1}
	k, err := h.Recheck(context.Background(), run.NewCatalog(), s)
	if err != nil {
		t.Fatal(err)
	}
	if !k.Measured || k.Rate.Found < 50 || k.Still != nil || h.Schedules != k.Rate.Enough() ||
		h.Watch != oracle.EveryProperty.Only(oracle.Stall) {
		t.Errorf("got %+v, and a hunt of %d schedules", k, h.Schedules)
	}
	if sure := k.Rate.Sure(h.Schedules); sure < 0.99 || k.Rate.Sure(h.Schedules-1) >= 0.99 {
		t.Errorf("got %v sure after %d schedules; want 99 %%, and no schedule too many", sure,
			h.Schedules)
	}
	fuzztest.Wants(t, k.Verdict(h.Schedules), "stall was not seen again", "which are enough",
		"schedules of kv-original")
	fuzztest.Wants(t, k.Verdict(1), "which are too few")

	original := pumps.Named("kv-original")
	h = hunt.Hunt{Options: run.Options{Pump: &original}, Seed: 1}
	if k, err = h.Recheck(context.Background(), run.NewCatalog(), s); err != nil || k.Still == nil {
		t.Errorf("got %+v, %v; want a script that still fails", k, err)
	}
}

// TestRecheckRemembers: the pump was mended in place, so nothing fails any more.
// The script says how often it was found, and in which kind of hunt.
func TestRecheckRemembers(t *testing.T) {
	t.Parallel()
	before := hunt.Hunt{Seed: 1, Schedules: 5000, First: true, Strategy: "pct:3",
		Watch: oracle.EveryProperty.Only(oracle.Stall)}
	before.Scenario = "idle-renegotiation"
	broken, mended := pumps.Named("kv-original"), pumps.ReferenceSpec()
	broken.Name, mended.Name = "mine", "mine"
	before.Pump = &broken
	rep, err := before.Run(context.Background(), run.NewCatalog(broken))
	if err != nil {
		t.Fatal(err)
	}
	f := rep.Failures[0]
	recheck := func() (hunt.Hunt, *hunt.Recheck, error) {
		h := hunt.Hunt{Options: run.Options{Pump: &mended}, Seed: 1}
		k, err := h.Recheck(context.Background(), run.NewCatalog(mended), f.Script)
		return h, k, err
	}
	h, k, err := recheck()
	if err != nil {
		t.Fatal(err)
	}
	if k.Measured || k.Rate != (hunt.Rate{Found: 1, Schedules: f.Schedule + 1}) ||
		h.Strategy != "pct:3" || h.Scenario != "idle-renegotiation" {
		t.Errorf("got %+v, strategy %s, scenario %s; want those of the hunt that found it", k,
			h.Strategy, h.Scenario)
	}
	f.Script.Found = script.Discovery{}
	if _, _, err = recheck(); err == nil || !strings.Contains(err.Error(), "how often") {
		t.Errorf("got %v; want an error: nothing is known", err)
	}
}

// TestRate: with many finds their number counts, with few what is likely.
func TestRate(t *testing.T) {
	for _, c := range []struct {
		rate   hunt.Rate
		enough uint64
	}{
		{hunt.Rate{Found: 50, Schedules: 5000}, 459}, // ln 0.01 / ln 0.99, rounded up
		{hunt.Rate{Found: 1, Schedules: 100}, 9028},
		{hunt.Rate{Found: 10, Schedules: 10}, 1},
		{hunt.Rate{}, 0},
	} {
		if got := c.rate.Enough(); got != c.enough {
			t.Errorf("%+v: got %d schedules; want %d", c.rate, got, c.enough)
		}
	}
}
