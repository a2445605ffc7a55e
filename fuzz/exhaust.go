package fuzz

import (
	"context"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/check"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
)

// exhausted are the scenarios of Exhaust: those whose worlds are small.
var exhausted = [...]string{"request-response", "idle-renegotiation", "awaited-key-update",
	"upload-and-close"}

// Exhaust goes through everything that can happen in small scenarios: one request, one
// renegotiation, one KeyUpdate, one close, in buffers that hold one record, with bytes
// that arrive record by record or all at once. A shortest counterexample is saved and
// explained as in Check. The pump must be a model.Snapshotter. Other bounds can be
// given.
func Exhaust(t *testing.T, spec model.Spec, bounds ...Within) {
	t.Helper()
	if len(bounds) == 0 {
		w := check.DefaultWithin()
		w.Most = 1
		if spec.Restrictions.NoPair {
			w.Transport = model.Attached
		}
		bounds = []check.Within{w}
	}
	c := run.NewCatalog(spec)
	for _, name := range exhausted {
		o := run.Options{Pump: &spec, Scenario: name}
		if c.Compatible(&o, nil) != "" {
			continue
		}
		for _, w := range bounds {
			t.Run(name, func(t *testing.T) { checkWithin(t, c, o, w) })
		}
	}
}

// checkWithin explores a scenario.
func checkWithin(t *testing.T, c *run.Catalog, o run.Options, w check.Within) {
	s, err := w.Search(c, o)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d states, %d transitions, depth %d", rep.Stop, rep.States, rep.Transitions, rep.Depth)
	if why := rep.Unfinished(); why != "" && rep.Counterexample == nil {
		t.Fatalf("the search stopped: %s", why)
	}
	if rep.Counterexample == nil {
		return
	}
	r := testRunner(t, *o.Pump)
	find := &hunt.Failure{Script: rep.Counterexample.Script()}
	if err := find.Tell(r); err != nil {
		t.Fatal(err)
	}
	t.Errorf("a shortest script, of %d actions:\n%s", len(find.Script.Actions),
		failure(t, r, find.Script))
}
