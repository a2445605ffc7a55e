package pumps

import (
	_ "embed" // the table
	"fmt"
	"strings"
)

//go:embed bugs.txt
var bugTable string

// A Bug is a real bug of a non-blocking TLS pump, as the table of the project has
// it (bugs.txt).
type Bug struct {
	// ID is its number in the table, such as A1; a Mutant's Bugs are such.
	ID string
	// Project is whose it was, and Where where it is told.
	Project, Where string
	// What is the mechanism, in a clause, and Broke what users saw.
	What, Broke string
	// Mutants are those that make the same mistake; without one Excuse says why.
	Mutants []string
	Excuse  string
	// Note says why a mutant breaks another property than the bug did.
	Note string
}

// Bugs lists the known bugs, in the order of the table. A line of it that is none
// is a panic: the table is part of the program.
func Bugs() (all []Bug) {
	for line := range strings.Lines(bugTable) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cols := strings.Split(strings.TrimSpace(line), " | ")
		if len(cols) != 6 {
			panic(fmt.Sprintf("model: got %d columns in %q of the bugs; want 6", len(cols), line))
		}
		b := Bug{ID: cols[0], Project: cols[1], Where: cols[2], What: cols[3], Broke: cols[4]}
		fate, note, _ := strings.Cut(cols[5], " (")
		if excuse, none := strings.CutPrefix(cols[5], "- "); none {
			b.Excuse = excuse
		} else {
			b.Mutants, b.Note = strings.Split(fate, ", "), note
		}
		all = append(all, b)
	}
	return all
}
