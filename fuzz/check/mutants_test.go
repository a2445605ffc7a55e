package check_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/check"
	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A corner is a kind of small worlds in which mutants are checked.
type corner struct {
	name   string
	change func(w *check.Within)
}

// corners are those in which each mutant is looked for, one after the other. All
// have buffers of one record, but for those that say so.
var corners = []corner{
	{"server", func(*check.Within) {}},
	{"client", func(w *check.Within) { w.Under = model.Client }},
	{"attached", func(w *check.Within) { w.Transport = model.Attached }},
	{"client, attached", func(w *check.Within) { w.Under, w.Transport = model.Client, model.Attached }},
	{"reentrant", func(w *check.Within) { w.Reentrant = true }},
	{"edge", func(w *check.Within) { w.Trigger = model.Edge }},
	{"two messages", func(w *check.Within) { w.Writes = 2 }},
	{"one to three records", func(w *check.Within) { w.Most = 3 }},
	{"whole writes, fixed buffer", func(w *check.Within) {
		w.WholeWrites, w.FixedBuffer, w.Transport = true, true, model.Attached
	}},
	{"all at once, three messages", func(w *check.Within) {
		w.Deliver, w.Writes, w.Body = []uint32{script.All}, 3, []int{20}
	}},
	{"all at once, two messages, reentrant", func(w *check.Within) {
		w.Deliver, w.Writes, w.Reentrant = []uint32{script.All}, 2, true
	}},
	{"all at once, eight records", func(w *check.Within) {
		w.Deliver, w.Least, w.Most, w.Body = []uint32{script.All}, 8, 8, []int{200}
	}},
	{"all at once, long messages", func(w *check.Within) {
		w.Deliver, w.Record, w.Body, w.Answer = []uint32{script.All}, 128, []int{400}, []int{400}
	}},
}

// within are a corner's bounds for a pump; notMade says that it is not made
// for them.
func (c *corner) within(sup model.Restrictions) (w check.Within, notMade bool) {
	w = check.DefaultWithin()
	w.Most, w.Body = 1, []int{120}
	if sup.NoPair {
		w.Transport = model.Attached
	}
	c.change(&w)
	return w, sup.NoClient && w.Under == model.Client ||
		sup.NoAttached && w.Transport == model.Attached ||
		sup.NoEdge && w.Trigger == model.Edge
}

// TestCheckAgreesWithHunts: an exhaustive search of a mutant's own scenario, for
// any property, finds a shortest script that violates what the mutant must break,
// or has leave to, and never anything else. With a small budget it does so for
// at least 30 of the mutants; WANTWRITE_LONG=1 gives each search more states, and
// tells which mutants are out of its reach.
func TestCheckAgreesWithHunts(t *testing.T) {
	if require.Race {
		t.Skip("the race detector has nothing to see in a search with one worker")
	}
	least, states, some := 30, uint64(8000), corners[:2]
	if fuzztest.Long() {
		least, states, some = 70, 250000, corners
	}
	var own, leave atomic.Int32
	t.Run("mutants", func(t *testing.T) {
		for _, m := range pumps.Mutants() {
			t.Run(m.Name, func(t *testing.T) {
				t.Parallel()
				switch p := convicted(t, &m, some, states); {
				case p == m.Breaks:
					own.Add(1)
				case m.Also.Has(p):
					leave.Add(1)
				case p != oracle.NoProperty:
					t.Errorf("got %s; want %s", p, m.Breaks)
				}
			})
		}
	})
	t.Logf("%d of %d mutants are found, %d of them by what they have leave to break", own.Load()+
		leave.Load(), len(pumps.Mutants()), leave.Load())
	if own.Load() < int32(least) {
		t.Errorf("got %d mutants by the property that they must break; want %d", own.Load(), least)
	}
}

// convicted checks a mutant in one corner after the other, and gives the property
// of the first counterexample, which replays as a script.
func convicted(t *testing.T, m *pumps.Mutant, some []corner, states uint64) oracle.PropertyID {
	t.Helper()
	var stops []string
	for i := range some {
		w, notMade := some[i].within(m.Restrictions)
		if notMade {
			continue
		}
		s, err := w.Search(run.NewCatalog(), run.Options{Pump: &m.Spec, Scenario: m.Scenario})
		if err != nil {
			t.Logf("out of reach: %v", err)
			return oracle.NoProperty
		}
		s.States, s.Workers = states, 1
		rep, err := s.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if rep.Counterexample != nil {
			return replayed(t, m, rep.Counterexample)
		}
		stops = append(stops, fmt.Sprintf("%s: %s", some[i].name, rep.Stop))
	}
	t.Logf("not found: %s", strings.Join(stops, "; "))
	return oracle.NoProperty
}

// replayed makes a script of a counterexample; its replay gives the same verdict.
func replayed(t *testing.T, m *pumps.Mutant, c *check.Counterexample) oracle.PropertyID {
	t.Helper()
	r := fuzztest.RunnerFor(t, &script.Script{Config: c.Config})
	find := &hunt.Failure{Script: c.Script()}
	if err := find.Tell(r); err != nil {
		t.Fatal(err)
	}
	got := find.Result.Violation.Property
	if got != c.Finding.Property || find.Script.Config.Pump != m.Name {
		t.Errorf("the script of %d actions ends with %s; the search says %s", len(c.Actions), got,
			c.Finding.Property)
	}
	t.Logf("%s: %d actions", c.Finding.Property, len(c.Actions))
	return c.Finding.Property
}
