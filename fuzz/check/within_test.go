package check_test

import (
	"context"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/check"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// checked explores a scenario of a pump, for some properties only.
func checked(t *testing.T, pump, scenario string, watch oracle.PropertySet, w check.Within) (
	*run.Runner, check.Report) {

	t.Helper()
	c := run.NewCatalog()
	spec, err := c.Pump(pump)
	if err != nil {
		t.Fatal(err)
	}
	o := run.Options{Pump: spec, Scenario: scenario}
	s, err := w.Search(c, o)
	if err != nil {
		t.Fatal(err)
	}
	s.Watch = watch
	rep, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.NewRunner(c, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r, rep
}

// TestTheReferenceHoldsWithinBounds: a request, a renegotiation or a KeyUpdate at either
// end, in buffers of one to three records: no property can be violated.
func TestTheReferenceHoldsWithinBounds(t *testing.T) {
	one := check.DefaultWithin()
	one.Most = 1
	for scenario, w := range map[string]check.Within{"idle-renegotiation": check.DefaultWithin(),
		"awaited-key-update": check.DefaultWithin(), "upload-and-close": one} {
		_, rep := checked(t, "reference", scenario, 0, w)
		if !rep.Holds() || rep.States < 500 || rep.Worlds != rep.Of {
			t.Errorf("%s: %s after %d states, %+v; want it to hold", scenario, rep.Stop, rep.States,
				rep.Counterexample)
		}
	}
}

// TestShortestStalls: the stall of MB-53428, and the one that its abandoned fix
// leaves, as scripts that replay; no shorter ones exist within the bounds.
func TestShortestStalls(t *testing.T) {
	for pump, actions := range map[string]int{"kv-original": 10, "kv-speculative": 14} {
		r, rep := checked(t, pump, "idle-renegotiation", oracle.EveryProperty.Only(oracle.Stall),
			check.DefaultWithin())
		if rep.Counterexample == nil {
			t.Fatalf("%s: %s after %d states; want a stall", pump, rep.Stop, rep.States)
		}
		find := &hunt.Failure{Script: rep.Counterexample.Script()}
		if err := find.Tell(r); err != nil {
			t.Fatal(err)
		}
		s := find.Script
		if len(s.Actions) > actions || s.Property != "stall" {
			t.Errorf("%s: %s in %d actions; want a stall in at most %d\n%s", pump, s.Property,
				len(s.Actions), actions, s.Format())
		}
		out, err := run.Replay(r, s, run.ReplayOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := out.Confirms(s); err != nil {
			t.Errorf("%s: %v", pump, err)
		}
	}
}

// TestBoundsThatMakeNoSense are refused in a line.
func TestBoundsThatMakeNoSense(t *testing.T) {
	c := run.NewCatalog()
	spec, _ := c.Pump("reference")
	for what, change := range map[string]func(*check.Within){
		"writes":     func(w *check.Within) { w.Writes = -1 },
		"record":     func(w *check.Within) { w.Record = 3 },
		"buffers":    func(w *check.Within) { w.Least, w.Most = 3, 2 },
		"no bodies":  func(w *check.Within) { w.Body = nil },
		"large body": func(w *check.Within) { w.Body = []int{1 << 20} },
		"a link that no script can have": func(w *check.Within) {
			w.Record, w.Least, w.Most = 16384, 1, 5
		},
	} {
		w := check.DefaultWithin()
		change(&w)
		if _, err := w.Search(c, run.Options{Pump: spec, Scenario: "request-response"}); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	o := run.Options{Pump: spec, Scenario: "two-links"}
	if _, err := check.DefaultWithin().Search(c, o); err == nil {
		t.Error("two links are no error")
	}
}
