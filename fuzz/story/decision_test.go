package story_test

import (
	"slices"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// TestEveryDecisionHasItsScript: a script of the corpus shows each decision, by the mutant that
// decides it wrongly and the property that this breaks.
func TestEveryDecisionHasItsScript(t *testing.T) {
	for _, d := range pumps.Decisions() {
		m := d.Shown()
		name := story.ScriptOf(m)
		switch {
		case m == nil:
			if name != "" {
				t.Errorf("%s: got script %s; want none without a mutant", d, name)
			}
		case !slices.Contains(corpus.Names(), name):
			t.Errorf("%s: got script %q; want one of the corpus", d, name)
		default:
			if s := fuzztest.Script(t, name); s.Config.Pump != m.Name || s.Property != m.Breaks.String() {
				t.Errorf("%s: %s shows %s of %s; want %s of %s", d, name, s.Property, s.Config.Pump,
					m.Breaks, m.Name)
			}
		}
	}
}
