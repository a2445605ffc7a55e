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
			if d := story.Verdict.Decision; d.Name == "" || d.Name != decisionOf(d.Number).Name {
				t.Errorf("%s, %s: got %q; want a decision of the list", p.Name, o, d)
			}
		}
	}
}

// TestCauseNumbers: the numbers that causes use are those of the decisions that they mean.
func TestCauseNumbers(t *testing.T) {
	for number, name := range map[int]string{
		flushAfterRead:      "flush after read",
		flushAfterHandshake: "flush after a handshake step",
		shortWrite:          "the rest of a short write",
		armWrite:            "arming write interest",
		disarmWrite:         "disarming write interest",
		readWhileBlocked:    "arming read interest while writes are blocked",
		writeWantsRead:      "WANT_READ from a write",
		readWantsWrite:      "WANT_WRITE from a read or a handshake",
		retryIdentity:       "what a retried write offers",
		readBound:           "the bound of the read loop",
		moreToRead:          "what counts as more to read",
		edgeTrigger:         "edge or level trigger",
		feeding:             "feeding ciphertext",
		readPause:           "pausing reads",
		endBeforeDecrypted:  "the end, with decrypted data pending",
		endBeforeCiphertext: "the end, with undecrypted bytes pending",
		kindsOfEnd:          "close_notify, bare FIN and reset",
		localClose:          "the local close",
		errorQueue:          "the error queue",
		callbacks:           "where callbacks are made",
		postHandshake:       "messages after the handshake",
		fairness:            "fairness",
	} {
		if d := decisionOf(number); d.Number != number || d.Name != name {
			t.Errorf("got %s as number %d; want %s", d, number, name)
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
