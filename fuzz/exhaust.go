package fuzz

import (
	"context"
	"fmt"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/check"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
)

// Within are the bounds of Exhaust.
type Within = check.Within

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
	k := newTester(t, spec)
	k.await(t)
	if len(bounds) == 0 {
		w := check.DefaultWithin()
		w.Most = 1
		if spec.Restrictions.NoPair {
			w.Transport = model.Attached
		}
		bounds = []check.Within{w}
	}
	for _, name := range exhausted {
		o := run.Options{Pump: &k.spec, Scenario: name}
		if why := k.catalog.Compatible(&o, nil); why != "" {
			t.Log("not explored: " + why)
			continue
		}
		for _, w := range bounds {
			if !t.Run(name, func(t *testing.T) { k.within(t, o, w) }) {
				return
			}
		}
	}
}

// within explores a scenario.
func (k *tester) within(t *testing.T, o run.Options, w check.Within) {
	s, err := w.Search(k.catalog, o)
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
	found := rep.Counterexample.Script()
	k.explain(t, found, fmt.Sprintf("a shortest script, of %d actions:", len(found.Actions)))
}
