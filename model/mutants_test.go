package model

import (
	"os"
	"slices"
	"strings"
	"testing"
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
		if m.About == "" || m.Bugs == "" || m.Breaks == NoProperty || m.Scenario == "" {
			t.Errorf("%s: got %+v; want a sentence, bugs, a property, a scenario", m.Name, m)
		}
		if m.Also.Has(m.Breaks) || (m.Also != 0) != (m.Because != "") {
			t.Errorf("%s: got also %b because %q; want others than %s, and why", m.Name, m.Also,
				m.Because, m.Breaks)
		}
	}
}

// TestEveryDecisionIsMistaken: a decision that no mutant gets wrong has no place
// in the correct pumps.
func TestEveryDecisionIsMistaken(t *testing.T) {
	var mistaken [numDecisions]bool
	for _, family := range families {
		for i := range family {
			v := family[i].planted()
			for _, at := range v.at {
				mistaken[at] = true
			}
			if !v.whole {
				t.Errorf("%s: want either judge or count in each mistake", family[i].name)
			}
		}
	}
	words := map[string]bool{}
	for d := range numDecisions {
		if !mistaken[d] {
			t.Errorf("no mutant gets %s wrong", d)
		}
		if d.String() == "" || words[d.String()] || d.Points() == "" || d.Right() == "" {
			t.Errorf("decision %d: want a word of its own, its points, the right answer", d)
		}
		words[d.String()] = true
	}
}

// A bugRow is a line of testdata/bugs.txt.
type bugRow struct {
	id, broke string
	mutants   []string
	excuse    string // why there is no mutant
	note      string // why a mutant breaks another property
}

func readBugs(t *testing.T) []bugRow {
	t.Helper()
	text, err := os.ReadFile("testdata/bugs.txt")
	if err != nil {
		t.Fatal(err)
	}
	var rows []bugRow
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cols := strings.Split(strings.TrimSpace(line), " | ")
		if len(cols) != 6 {
			t.Fatalf("got %d columns in %q; want 6", len(cols), line)
		}
		row := bugRow{id: cols[0], broke: cols[4]}
		fate, note, _ := strings.Cut(cols[5], " (")
		if excuse, none := strings.CutPrefix(cols[5], "- "); none {
			row.excuse = excuse
		} else {
			row.mutants, row.note = strings.Split(fate, ", "), note
		}
		rows = append(rows, row)
	}
	return rows
}

// TestEveryBug: each known bug has a mutant, or there is a reason why not; and
// each mutant stands for bugs that are known. None breaks what the bug did not,
// unless the table says why.
func TestEveryBug(t *testing.T) {
	const known = 201 // rows of the project's bug list
	rows := readBugs(t)
	if len(rows) != known {
		t.Errorf("got %d bugs; want %d", len(rows), known)
	}
	stands := map[string][]string{}
	breaks := map[string]string{}
	for _, m := range Mutants() {
		breaks[m.Name] = strings.ReplaceAll(m.Breaks.String(), "-", " ")
		for id := range strings.SplitSeq(m.Bugs, ", ") {
			stands[id] = append(stands[id], m.Name)
		}
	}
	for _, row := range rows {
		if !slices.Equal(row.mutants, stands[row.id]) {
			t.Errorf("%s: got mutants %v; want %v", row.id, row.mutants, stands[row.id])
		}
		if len(row.mutants) == 0 && len(row.excuse) < 8 {
			t.Errorf("%s: neither a mutant nor a reason", row.id)
		}
		for _, name := range row.mutants {
			if !strings.Contains(row.broke, breaks[name]) && row.note == "" {
				t.Errorf("%s: %s breaks %s; the bug broke %s", row.id, name, breaks[name],
					row.broke)
			}
		}
		delete(stands, row.id)
	}
	for id, names := range stands {
		t.Errorf("%v stand for %s, which is no known bug", names, id)
	}
}
