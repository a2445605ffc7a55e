package story

import (
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// TestEachObligationHasADecision: whatever is owed, and whatever does not hold,
// the verdict names a decision that is in the list.
func TestEachObligationHasADecision(t *testing.T) {
	for _, p := range oracle.Properties() {
		for o := oracle.NoObligation; o <= oracle.Delivery; o++ {
			if p.ID == oracle.Stall && o == oracle.NoObligation {
				continue
			}
			v := sim.Violation{Finding: oracle.Finding{Property: p.ID, End: 1, Obligation: o, Bytes: 1,
				Detail: "a detail"}, Step: 1}
			trace := &sim.Trace{Views: [][]sim.View{make([]sim.View, 2), make([]sim.View, 2)},
				Events: []sim.Event{{Step: 1, End: 1}}}
			out := &run.Outcome{Result: sim.Result{Found: true, Violation: v}, Trace: trace}
			out.Config.Links = 1
			story := Tell(&script.Script{}, out)
			if d := story.Verdict.Decision; d.Name == "" || d != decisionOf(d.Number) {
				t.Errorf("%s, %s: got %q; want a decision of the list", p.Name, o, d)
			}
		}
	}
}

// TestRepeatedMoves: what comes three times or more is one thing that is
// counted; twice is shown twice.
func TestRepeatedMoves(t *testing.T) {
	a, b, c := Move{Text: "a"}, Move{Text: "b"}, Move{Text: "c"}
	for _, tc := range []struct {
		moves         []Move
		period, again int
	}{
		{[]Move{a, a, a, b}, 1, 2},
		{[]Move{a, b, a, b, a, b, a}, 2, 2},
		{[]Move{a, b, c, a, b, c}, 1, 0},
		{[]Move{a, a, b}, 1, 0},
		{[]Move{a}, 1, 0},
	} {
		if p, n := repeated(tc.moves); p != tc.period || n != tc.again {
			t.Errorf("%v: got period %d, %d more; want %d, %d", tc.moves, p, n, tc.period, tc.again)
		}
	}
}
