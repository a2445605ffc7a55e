package fuzz_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/pumps"
)

var inBrackets = regexp.MustCompile(` \([^)]*\)`)

// TestDecisionsAreWhole: there are the 35 of the project's list, each with what is
// right, bugs that the list of bugs has, and a mutant that decides it wrongly, or
// why there is none.
func TestDecisionsAreWhole(t *testing.T) {
	all := story.Decisions()
	if len(all) != 35 {
		t.Errorf("got %d decisions; want 35", len(all))
	}
	for i, d := range all {
		if d.Number != i+1 || d.Name == "" || d.Choices == "" || d.Rule == "" || d.Bugs == "" {
			t.Errorf("got %+v as number %d; want all of it", d, i+1)
		}
		var stands []string
		for bug := range strings.SplitSeq(inBrackets.ReplaceAllString(d.Bugs, ""), ", ") {
			rows := 0
			for _, b := range pumps.Bugs() {
				if isCalled(&b, bug) {
					rows++
					stands = append(stands, b.Mutants...)
				}
			}
			if rows == 0 {
				t.Errorf("%s: got bug %q; want one of model.Bugs", d, bug)
			}
		}
		checkShown(t, d, stands)
	}
}

// isCalled says whether a bug is known by a name, such as "uSockets 127": all the
// words of it are in what is told of the bug.
func isCalled(b *pumps.Bug, name string) bool {
	text := strings.ToLower(b.Project + " " + b.Where + " " + b.What)
	return !slices.ContainsFunc(strings.Fields(strings.ToLower(name)), func(word string) bool {
		return !strings.Contains(text, word)
	})
}

// checkShown checks what shows a decision. stands are the mutants that stand for
// its bugs.
func checkShown(t *testing.T, d story.Decision, stands []string) {
	t.Helper()
	m := d.Shown()
	switch {
	case m == nil:
		if d.Mutant != "" || d.Unshown == "" || d.Script() != "" || len(d.Asked()) > 0 {
			t.Errorf("%s: got mutant %q, correct pumps decide it at %v; want one that there is", d,
				d.Mutant, d.Asked())
		}
	case d.Unshown != "":
		t.Errorf("%s: got mutant %s, and why there is none", d, d.Mutant)
	case !slices.Contains(d.Asked(), m.At) && !slices.Contains(stands, m.Name):
		t.Errorf("%s: %s decides something else, and stands for none of %s", d, m.Name, d.Bugs)
	case !slices.Contains(corpus.Names(), d.Script()):
		t.Errorf("%s: got script %s; want one of the corpus", d, d.Script())
	default:
		if s := corpusScript(t, d.Script()); s.Config.Pump != m.Name || s.Property != m.Breaks.String() {
			t.Errorf("%s: %s shows %s of %s; want %s of %s", d, d.Script(), s.Property, s.Config.Pump,
				m.Breaks, m.Name)
		}
	}
}

// TestEveryDecisionHasItsPlace: each decision of the correct pumps is one of the list.
func TestEveryDecisionHasItsPlace(t *testing.T) {
	placed := map[pumps.Decision]bool{}
	for _, d := range story.Decisions() {
		for _, at := range d.Asked() {
			placed[at] = true
		}
	}
	for _, at := range pumps.Decisions() {
		if !placed[at] {
			t.Errorf("the decision %s is at points %s; want some of the 35", at, at.Points())
		}
	}
}
