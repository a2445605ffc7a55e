package hunt_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// A planted pump is the reference with a bug of depth 4. It falls when its app
// and its loop have taken turns in this order: a burst of writes without a turn
// of the loop, a burst of turns without a write, writes again, turns again, and
// a write. Four orderings are enough for it, one at each change; a random walk
// has to make each of them burst long steps in a row.
type planted struct {
	*pumps.Reference
	bursts int  // those that are complete
	run    int  // length of the one at hand
	writes bool // it is one of writes
	turn   bool // the loop is in it: writes of now are its own
}

const burst = 11

func plantedSpec() model.Spec {
	spec := pumps.ReferenceSpec()
	spec.Name = "planted"
	spec.New = func(env model.Env) model.Pump {
		return &planted{Reference: pumps.NewReference(env), writes: true}
	}
	return spec
}

// saw counts a write, or a turn. After a burst that ends too early all begins
// anew.
func (p *planted) saw(write bool) {
	switch {
	case write == p.writes:
		p.run++
		return
	case p.run >= burst:
		p.bursts++
	default:
		p.bursts = 0
	}
	p.run, p.writes = 1, write
	if p.bursts == 0 && !write { // a first burst is one of writes
		p.run, p.writes = 0, true
	}
	if p.bursts == 4 {
		panic("the order that the planted bug fails on")
	}
}

func (p *planted) Ready(ev model.Events) {
	p.saw(false)
	p.turn = true
	p.Reference.Ready(ev)
	p.turn = false
}

func (p *planted) Write(b []byte) int {
	if !p.turn {
		p.saw(true)
	}
	return p.Reference.Write(b)
}

// run hunts for the planted bug.
func (h plantedHunt) run(t *testing.T) hunt.Report {
	t.Helper()
	spec := plantedSpec()
	hunt := hunt.Hunt{Options: run.Options{Pump: &spec, Scenario: "renegotiation"},
		Seed: h.seed, Schedules: h.schedules, Strategy: h.strategy, First: true,
		Watch: oracle.EveryProperty.Only(oracle.Crash)}
	rep, err := hunt.Run(context.Background(), run.NewCatalog(spec))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s, seed %d: %d found in %d schedules, %.1fs", h.strategy, h.seed, len(rep.Failures),
		rep.Schedules, rep.Elapsed.Seconds())
	for _, f := range rep.Failures {
		t.Logf("found by %s", f.Strategy)
	}
	return rep
}

type plantedHunt struct {
	strategy        string
	seed, schedules uint64
}

// TestPlantedDepthFour: the portfolio finds a bug that random walks miss. The
// long form, with WANTWRITE_LONG=1 as CI has it, gives the walk 1,000,000 schedules,
// and the portfolio three seeds and a minute for each.
func TestPlantedDepthFour(t *testing.T) {
	if require.Race {
		t.Skip("takes too long with the race detector, which sees workers meet in other tests")
	}
	deep := os.Getenv("WANTWRITE_LONG") == "1"
	walk := plantedHunt{"random", 1, 20000}
	seeds := []uint64{0}
	if deep {
		walk.schedules, seeds = 1_000_000, []uint64{0, 1, 2}
	}
	if rep := walk.run(t); len(rep.Failures) > 0 {
		t.Errorf("a random walk found it in schedule %d: it is not deep enough to show anything",
			rep.Failures[0].Schedule)
	}
	for _, seed := range seeds {
		rep := plantedHunt{"portfolio", seed, 1_000_000}.run(t)
		if len(rep.Failures) != 1 {
			t.Errorf("the portfolio did not find it in %d schedules of seed %d", rep.Schedules, seed)
		}
		if deep && rep.Elapsed > time.Minute {
			t.Errorf("seed %d took %s; want less than a minute", seed, rep.Elapsed)
		}
	}
}
