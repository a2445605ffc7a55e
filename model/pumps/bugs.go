package pumps

import (
	_ "embed" // bugs.txt
	"fmt"
	"slices"
	"strings"
)

//go:embed bugs.txt
var bugTable string

// A Bug is a real bug of a non-blocking TLS pump, as bugs.txt has it.
type Bug struct {
	// ID is its number in the table, such as A1.
	ID string
	// Project is whose it was, and Where the place where it is told.
	Project, Where string
	// What is the mechanism, in a clause, and Broke what users saw.
	What, Broke string
	// Mutants names those that make the same mistake, in the order of Mutants. If there
	// are none, Excuse says why.
	Mutants []string
	Excuse  string
	// Note says why a mutant breaks another property than the bug did.
	Note string
}

// Bugs lists the known bugs in the order of bugs.txt. It panics at a line that is no bug: the
// table is a part of the program.
func Bugs() (all []Bug) {
	mutants := Mutants()
	for line := range strings.Lines(bugTable) {
		if !strings.HasPrefix(line, "#") {
			all = append(all, bugOf(strings.TrimSpace(line), mutants))
		}
	}
	return all
}

// bugOf reads a line of the table.
func bugOf(line string, mutants []Mutant) Bug {
	cols := strings.Split(line, " | ")
	if len(cols) != 5 && len(cols) != 6 {
		panic(fmt.Sprintf("pumps: got %d columns in %q of bugs.txt; want 5 or 6", len(cols), line))
	}
	b := Bug{ID: cols[0], Project: cols[1], Where: cols[2], What: cols[3], Broke: cols[4]}
	if len(cols) == 6 {
		kind, text, _ := strings.Cut(cols[5], ": ")
		switch kind {
		case "no mutant":
			b.Excuse = text
		case "note":
			b.Note = text
		default:
			panic(fmt.Sprintf("pumps: got %q in bugs.txt; want \"no mutant: \" or \"note: \"", cols[5]))
		}
	}
	for _, m := range mutants {
		if slices.Contains(m.Bugs, b.ID) {
			b.Mutants = append(b.Mutants, m.Name)
		}
	}
	return b
}
