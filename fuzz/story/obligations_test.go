package story_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// lost are the kinds of what waits at an end after the last step with nothing
// armed for it.
func lost(s *story.Story, end script.End) map[oracle.Obligation]bool {
	kinds := map[oracle.Obligation]bool{}
	for _, d := range s.Dues(s.Trace.Last(), end) {
		if d.Lost {
			kinds[d.What] = true
		}
	}
	return kinds
}

// TestLedgerAgreesWithTheVerdict: for each stall and deadlock of the corpus what
// the verdict says is owed is in the page's ledger, and nothing is armed for it.
func TestLedgerAgreesWithTheVerdict(t *testing.T) {
	judged := 0
	fuzztest.EachScript(t, func(t *testing.T, s *script.Script, r *run.Runner) {
		story := tellScript(t, s, r, run.ReplayOptions{})
		v := &story.Verdict
		if v.Property != oracle.Stall.String() && v.Property != oracle.Deadlock.String() {
			return
		}
		judged++
		for o := range lost(story, story.End) {
			if o.What() == v.Owed {
				return
			}
		}
		if v.Owed == oracle.HandshakeDone.What() {
			return // it waits for a peer that waits too: nothing is armed wrongly
		}
		t.Errorf("%q is owed; got a ledger of %v at the %s", v.Owed,
			story.Dues(story.Trace.Last(), story.End), story.End)
	})
	if judged < 20 {
		t.Errorf("got %d stalls and deadlocks; want those of the corpus", judged)
	}
}

// TestLedgerOfTheReference: when the correct pump has come to rest, nothing waits
// for a wakeup that is not armed.
func TestLedgerOfTheReference(t *testing.T) {
	fuzztest.EachScript(t, func(t *testing.T, s *script.Script, r *run.Runner) {
		story := tellScript(t, s, r, run.ReplayOptions{Pump: "reference", Loose: true})
		for end := range script.End(2 * s.Config.Links) {
			for o := range lost(story, end) {
				t.Errorf("%s waits at the %s, and nothing is armed for it", o, end)
			}
		}
	})
}
