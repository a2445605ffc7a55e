package pumps

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var inBrackets = regexp.MustCompile(` \([^)]*\)`)

// TestDecisionsAreWhole: each decision has its number, what is right, bugs that bugs.txt has,
// and a mutant that decides it wrongly, or why there is none.
func TestDecisionsAreWhole(t *testing.T) {
	all := Decisions()
	if len(all) != 35 {
		t.Errorf("got %d decisions; want 35", len(all))
	}
	bugs := Bugs()
	for i, d := range all {
		if d.Number != i+1 || d.Name == "" || d.Choices == "" || d.Rule == "" || len(d.Known) == 0 {
			t.Errorf("got %+v as number %d; want all of it", d, i+1)
		}
		var stands []string
		for _, name := range d.Known {
			rows := 0
			for _, b := range bugs {
				if isCalled(&b, inBrackets.ReplaceAllString(name, "")) {
					rows++
					stands = append(stands, b.Mutants...)
				}
			}
			if rows == 0 {
				t.Errorf("%s: got bug %q; want one of bugs.txt", d, name)
			}
		}
		checkShown(t, d, stands)
	}
}

// isCalled says whether a bug is known by a name, such as "uSockets 127": all the
// words of it are in what is told of the bug.
func isCalled(b *Bug, name string) bool {
	text := strings.ToLower(b.Project + " " + b.Where + " " + b.What)
	return !slices.ContainsFunc(strings.Fields(strings.ToLower(name)), func(word string) bool {
		return !strings.Contains(text, word)
	})
}

// checkShown checks what shows a decision. stands are the mutants that stand for
// its bugs.
func checkShown(t *testing.T, d Decision, stands []string) {
	t.Helper()
	m := d.Shown()
	switch {
	case m == nil:
		if d.Mutant != "" || d.Unshown == "" || len(d.Points) > 0 {
			t.Errorf("%s: got mutant %q, correct pumps decide it at %v; want one that there is", d,
				d.Mutant, d.Points)
		}
	case d.Unshown != "":
		t.Errorf("%s: got mutant %s, and why there is none", d, d.Mutant)
	case !slices.Contains(d.Points, m.At) && !slices.Contains(stands, m.Name):
		t.Errorf("%s: %s decides something else, and stands for none of %s", d, m.Name, d.Known)
	}
	if !slices.IsSorted(d.Points) {
		t.Errorf("%s: got points %v; want them in the order of the code", d, d.Points)
	}
}
