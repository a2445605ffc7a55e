package pumps

import (
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model/oracle"
)

// TestMutantsAreWhole: each mutant says what it is, what it breaks and why, and
// has a name of its own.
func TestMutantsAreWhole(t *testing.T) {
	taken := map[string]bool{}
	for _, spec := range Pumps() {
		taken[spec.Name] = true
	}
	for _, m := range Mutants() {
		if taken[m.Name] {
			t.Errorf("%s: the name is taken", m.Name)
		}
		taken[m.Name] = true
		if m.About == "" || len(m.Bugs) == 0 || m.Breaks == oracle.NoProperty || m.Scenario == "" {
			t.Errorf("%s: got %+v; want a sentence, bugs, a property, a scenario", m.Name, m)
		}
		if m.Also.Has(m.Breaks) || (m.Also != 0) != (m.Because != "") {
			t.Errorf("%s: got also %b because %q; want others than %s, and why", m.Name, m.Also,
				m.Because, m.Breaks)
		}
	}
}

// TestEveryPointIsMistaken: a point that no mutant gets wrong has no place
// in the correct pumps.
func TestEveryPointIsMistaken(t *testing.T) {
	var mistaken [numPoints]bool
	for _, f := range slices.Concat(mutants, shapeMutants) {
		v := f.planted()
		for _, at := range v.at {
			mistaken[at] = true
		}
		if !v.whole {
			t.Errorf("%s: want either judge or count in each mistake", f.name)
		}
	}
	words := map[string]bool{}
	for d := range numPoints {
		if !mistaken[d] {
			t.Errorf("no mutant gets %s wrong", d)
		}
		if d.String() == "" || words[d.String()] || len(d.Decisions()) == 0 || d.Right() == "" {
			t.Errorf("point %d: want a word of its own, its decisions, the right answer", d)
		}
		words[d.String()] = true
	}
}

// TestEveryBug: each known bug has a mutant, or there is a reason why not; and
// each mutant stands for bugs that are known. None breaks what the bug did not,
// unless the table says why.
func TestEveryBug(t *testing.T) {
	const known = 202 // rows of the project's bug list
	rows := Bugs()
	if len(rows) != known {
		t.Errorf("got %d bugs; want %d", len(rows), known)
	}
	stands := map[string][]string{}
	breaks := map[string]string{}
	for _, m := range Mutants() {
		breaks[m.Name] = strings.ReplaceAll(m.Breaks.String(), "-", " ")
		for _, id := range m.Bugs {
			stands[id] = append(stands[id], m.Name)
		}
	}
	for _, row := range rows {
		if !slices.Equal(row.Mutants, stands[row.ID]) {
			t.Errorf("%s: got mutants %v; want %v", row.ID, row.Mutants, stands[row.ID])
		}
		if len(row.Mutants) == 0 && len(row.Excuse) < 8 {
			t.Errorf("%s: neither a mutant nor a reason", row.ID)
		}
		for _, name := range row.Mutants {
			if !strings.Contains(row.Broke, breaks[name]) && row.Note == "" {
				t.Errorf("%s: %s breaks %s; the bug broke %s", row.ID, name, breaks[name],
					row.Broke)
			}
		}
		delete(stands, row.ID)
	}
	for id, names := range stands {
		t.Errorf("%v stand for %s, which is no known bug", names, id)
	}
}
