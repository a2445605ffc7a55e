package fuzz

import (
	"cmp"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Rapid is the property test of a pump: rapid (pgregory.net/rapid) draws the scenario
// and every action, shrinks by its own rules and keeps its own fail files. The last script
// that failed, the smallest, is saved and explained as in Check.
func Rapid(t *testing.T, spec model.Spec) {
	k := newTester(t, spec)
	k.await(t)
	k.draws(t, run.Options{Pump: &k.spec}, oracle.EveryProperty)
}

// rapid is Rapid as a part of Check: it draws what the hunt would. It does so in this process,
// where libraries that may crash it can't run.
func (k *tester) rapid(t *testing.T, h *Hunt) {
	t.Run("rapid", func(t *testing.T) {
		plan, err := k.plan(h)
		if err != nil {
			t.Fatal(err)
		}
		if !k.here(h) {
			t.Skipf("rapid draws in this process, and engine %s needs one of its own", h.Engine)
		}
		k.draws(t, plan.Options, cmp.Or(plan.Watch, oracle.EveryProperty))
	})
}

// A drawn run is one value for rapid, which prints each value that it has drawn.
//
// Story 123: rapid printed each draw of the run that failed: pages of "draw stop: 0".
type drawn struct {
	script *script.Script // of the run, if it failed
	res    sim.Result
	err    error
}

// GoString is what rapid prints.
func (d drawn) GoString() string {
	if d.script == nil {
		return fmt.Sprintf("%d steps without a failure", d.res.Steps)
	}
	c := &d.script.Config
	return fmt.Sprintf("%d actions in scenario %s, %s at the %s, TLS %s, world %#x",
		len(d.script.Actions), c.Scenario, c.Pump, c.Under, c.Version, c.Seed)
}

// draws lets rapid draw runs for the options.
func (k *tester) draws(t *testing.T, o run.Options, watch oracle.PropertySet) {
	r, err := run.NewRunner(k.catalog, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var last *script.Script
	defer func() { // rapid ends a test that has failed from inside Check
		if last != nil {
			k.explain(t, k.shrunk(last, 0), "drawn by rapid:")
		}
	}()
	a := rapid.Custom(func(rt *rapid.T) (d drawn) {
		below := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(rt, label) }
		if d.res, d.err = r.Drawn(below, watch); d.res.Found {
			d.script = lastScript(r, d.res)
		}
		return d
	})
	rapid.Check(t, func(rt *rapid.T) {
		d := a.Draw(rt, "run")
		if d.err != nil {
			rt.Fatal(d.err)
		}
		if d.script != nil {
			last = d.script
			rt.Fatalf("%s", d.res.Violation)
		}
	})
}

// lastScript is the script of the runner's last run, which broke a property.
func lastScript(r *run.Runner, res sim.Result) *script.Script {
	return &script.Script{Config: r.Config(), Property: res.Violation.Violated(),
		Actions: append([]script.Action(nil), r.World().Actions()...)}
}
