package fuzz_test

import (
	"context"
	"errors"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// TestReference tests the reference as a user tests a pump. The scripts in
// testdata/wantwrite/reference are what once failed in it.
func TestReference(t *testing.T) { fuzz.Check(t, pumps.ReferenceSpec()) }

// TestReferenceHolds: the same hunt finds nothing in the reference pump. The
// long form of this test is: wantwrite hunt --pump reference --schedules
// 1000000.
func TestReferenceHolds(t *testing.T) {
	spec := pumps.ReferenceSpec()
	h := hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: 7,
		Schedules: require.Fewer(60000)}
	if testing.Short() {
		h.Schedules /= 10
	}
	rep, err := h.Run(context.Background(), run.NewCatalog())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range rep.Failures {
		t.Errorf("the reference breaks %s, or the property does:\n%s", f.Script.Property,
			f.Script.Format())
	}
}

// TestHuntFindsTheStall: the main job, as the README shows it.
func TestHuntFindsTheStall(t *testing.T) {
	spec := pumps.Named("kv-original")
	stall, _ := oracle.PropertyNamed("stall")
	h := hunt.Hunt{Options: run.Options{Pump: &spec, Scenario: "idle-renegotiation"}, Seed: 1,
		Schedules: 20000, Watch: oracle.EveryProperty.Only(stall.ID)}
	rep, err := h.Run(context.Background(), run.NewCatalog())
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Failures) != 1 {
		t.Fatalf("got %d finds in %d schedules; want the stall of MB-53428", len(rep.Failures),
			rep.Schedules)
	}
	f := rep.Failures[0]
	if n := len(f.Script.Actions); n > 15 {
		t.Errorf("got a script of %d actions; want at most 15", n)
	}
	v := f.Result.Violation
	if v.Obligation != oracle.EngineOutput || script.End(v.End).String() != "server" {
		t.Errorf("got %s; want output that waits in the server's engine", v)
	}
}

// A fickle pump is the canary: it picks the length of its writes by the order
// in which Go walks a map.
type fickle struct {
	model.Pump
	odds map[int]int
}

func (p *fickle) Write(b []byte) int {
	for n := range p.odds {
		return p.Pump.Write(b[:min(len(b), n)])
	}
	return 0
}

// TestCanary: a pump that reads a map in iteration order is caught by the hash
// chain, by the step at which two runs differ.
func TestCanary(t *testing.T) {
	spec := model.Spec{Name: "canary", New: func(env model.Env) model.Pump {
		p := &fickle{Pump: pumps.NewReference(env), odds: map[int]int{}}
		for i := range 32 {
			p.odds[i+1] = i
		}
		return p
	}}
	h := hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: 1, Schedules: 10000}
	_, err := h.Run(context.Background(), run.NewCatalog(spec))
	var caught *hunt.DeterminismError
	if !errors.As(err, &caught) {
		t.Fatalf("got %v; want the canary to be caught", err)
	}
	if caught.Step < 1 {
		t.Errorf("got step %d; want the first step that differs", caught.Step)
	}
}
