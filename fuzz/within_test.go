package fuzz_test

import (
	"context"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/fuzz/check"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// checked explores a scenario of a pump, for some properties only.
func checked(t *testing.T, pump, scenario string, watch oracle.PropertySet, w fuzz.Within) (
	*fuzz.Runner, check.Report) {

	t.Helper()
	c := fuzz.NewCatalog()
	spec, err := c.Pump(pump)
	if err != nil {
		t.Fatal(err)
	}
	o := fuzz.Options{Pump: spec, Scenario: scenario}
	s, err := w.Search(c, o)
	if err != nil {
		t.Fatal(err)
	}
	s.Watch = watch
	rep, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	r, err := fuzz.NewRunner(c, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r, rep
}

// TestTheReferenceHoldsWithinBounds: a request, a renegotiation or a KeyUpdate at either
// end, in buffers of one to three records: no property can be violated.
func TestTheReferenceHoldsWithinBounds(t *testing.T) {
	one := fuzz.DefaultWithin()
	one.Most = 1
	for scenario, w := range map[string]fuzz.Within{"idle-renegotiation": fuzz.DefaultWithin(),
		"awaited-key-update": fuzz.DefaultWithin(), "upload-and-close": one} {
		_, rep := checked(t, "reference", scenario, 0, w)
		if rep.Stop != check.Complete || rep.States < 500 || rep.Worlds != rep.Of {
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
			fuzz.DefaultWithin())
		if rep.Counterexample == nil {
			t.Fatalf("%s: %s after %d states; want a stall", pump, rep.Stop, rep.States)
		}
		find := &fuzz.Find{Script: rep.Counterexample.Script()}
		if err := find.Tell(r); err != nil {
			t.Fatal(err)
		}
		s := find.Script
		if len(s.Actions) > actions || s.Property != "stall" {
			t.Errorf("%s: %s in %d actions; want a stall in at most %d\n%s", pump, s.Property,
				len(s.Actions), actions, s.Format())
		}
		out, err := fuzz.Replay(r, s, fuzz.ReplayOptions{})
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
	c := fuzz.NewCatalog()
	spec, _ := c.Pump("reference")
	for what, change := range map[string]func(*fuzz.Within){
		"writes":     func(w *fuzz.Within) { w.Writes = -1 },
		"record":     func(w *fuzz.Within) { w.Record = 3 },
		"buffers":    func(w *fuzz.Within) { w.Least, w.Most = 3, 2 },
		"no bodies":  func(w *fuzz.Within) { w.Body = nil },
		"large body": func(w *fuzz.Within) { w.Body = []int{1 << 20} },
	} {
		w := fuzz.DefaultWithin()
		change(&w)
		if _, err := w.Search(c, fuzz.Options{Pump: spec, Scenario: "request-response"}); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	o := fuzz.Options{Pump: spec, Scenario: "two-links"}
	if _, err := fuzz.DefaultWithin().Search(c, o); err == nil {
		t.Error("two links are no error")
	}
}
