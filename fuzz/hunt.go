package fuzz

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/guard"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// hunt hunts, and reports what it finds or what it has covered.
func (k *tester) hunt(t *testing.T, h *Hunt) {
	plan, err := k.plan(h)
	if err != nil {
		t.Fatal(err)
	}
	plan.Found = func(f *hunt.Failure) error {
		out, err := k.guard.Traced(k.runner, f.Script, run.ReplayOptions{})
		if err != nil {
			return err
		}
		k.report(t, &failure{script: f.Script, out: &out, found: fmt.Sprintf("schedule %d of seed %d",
			f.Schedule, f.Seed), confirmation: f.Confirmation})
		return nil
	}
	ctx := context.Background()
	var rep hunt.Report
	if k.here(h) {
		rep, err = plan.Run(ctx, k.catalog)
	} else {
		rep, err = k.guard.Hunt(ctx, plan, guard.Engines{Engine: cmp.Or(h.Engine, run.DefaultEngine),
			Peer: h.PeerEngine})
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Failures) == 0 {
		k.covered(t, h, plan, &rep)
	}
}

// here says whether the hunt's libraries run in this process.
func (k *tester) here(h *Hunt) bool {
	can, err := k.catalog.Can(cmp.Or(h.Engine, run.DefaultEngine), h.PeerEngine)
	return err == nil && can.InProcess
}

// plan makes the hunt of the user's.
func (k *tester) plan(h *Hunt) (*hunt.Hunt, error) {
	plan := &hunt.Hunt{Seed: h.Seed, Schedules: h.Schedules, Strategy: h.Strategy, Workers: h.Workers,
		First: !h.All}
	plan.Pump, plan.Peer = &k.spec, h.Peer
	plan.Scenario, plan.TLS, plan.Profile = h.Scenario, h.TLS, h.Profile
	if h.Property != "" {
		p, err := k.catalog.Property(h.Property, &k.spec)
		if err != nil {
			return nil, err
		}
		plan.Watch = oracle.EveryProperty.Only(p.ID)
	}
	if h.Confirm != "" {
		plan.Confirm = func(s *script.Script) (*run.Confirmation, error) {
			return k.guard.Confirm(s, h.Confirm)
		}
	}
	var err error
	if k.here(h) {
		if plan.Engine, err = k.catalog.Engine(cmp.Or(h.Engine, run.DefaultEngine)); err == nil &&
			h.PeerEngine != "" {
			plan.PeerEngine, err = k.catalog.Engine(h.PeerEngine)
		}
	}
	return plan, err
}

// covered logs what a hunt without a failure has covered, and what it has not.
func (k *tester) covered(t *testing.T, h *Hunt, plan *hunt.Hunt, rep *hunt.Report) {
	engine := cmp.Or(h.Engine, run.DefaultEngine)
	peer := cmp.Or(h.PeerEngine, engine)
	fit, misfits, err := k.catalog.Fitting(&plan.Options, engine, peer)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, sc := range fit {
		names = append(names, sc.Name)
	}
	t.Logf("no failure in %d schedules of seed %d, strategy %s: %d steps, engine %s against %s",
		rep.Schedules, h.Seed, cmp.Or(h.Strategy, run.Portfolio), rep.Steps, engine, peer)
	t.Logf("%d scenarios: %s", len(names), strings.Join(names, ", "))
	if len(misfits) > 0 {
		t.Logf("%d scenarios do not apply: %s", len(misfits), strings.Join(misfits, "; "))
	}
	held, untested := judged(plan.Watch, rep.Coverage.Untested)
	t.Logf("put to the test, and held: %s", strings.Join(held, ", "))
	if len(untested) > 0 {
		t.Logf("never put to the test: %s", strings.Join(untested, "; "))
	}
	t.Logf("reached %d of %d situations of the pump: see docs/hunting.md, coverage",
		rep.Coverage.Cells.Reached, rep.Coverage.Total)
}

// judged sorts the properties that were looked for: those that were put to the test, and those
// that were not, with what that takes.
func judged(watch oracle.PropertySet, never []oracle.PropertyID) (held, untested []string) {
	for _, p := range oracle.Properties() {
		switch {
		case watch != 0 && !watch.Has(p.ID):
		case slices.Contains(never, p.ID):
			untested = append(untested, fmt.Sprintf("%s (it takes %s)", p.Name, p.Takes))
		default:
			held = append(held, p.Name)
		}
	}
	return held, untested
}
