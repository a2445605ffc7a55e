package fuzz

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Rapid is the property test of a pump: rapid (pgregory.net/rapid) draws the scenario
// and every action, with labels, shrinks by its own rules and keeps its own fail files.
// The last script that failed, the smallest, is saved and explained as in Check.
func Rapid(t *testing.T, spec model.Spec) {
	r := testRunner(t, spec)
	var last *script.Script
	defer func() { // rapid ends a test that has failed from inside Check
		if last != nil {
			t.Errorf("%s", failure(t, r, tell(r, last)))
		}
	}()
	rapid.Check(t, func(rt *rapid.T) {
		below := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(rt, label) }
		res, err := r.Drawn(below, oracle.EveryProperty)
		if err != nil {
			rt.Fatal(err)
		}
		if res.Found {
			last = failing(r, res)
			rt.Fatalf("%s", res.Violation)
		}
	})
}
