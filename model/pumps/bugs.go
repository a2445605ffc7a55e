package pumps

import (
	_ "embed" // bugs.txt
	"fmt"
	"slices"
	"strings"
	"unicode"
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

// Called says whether a name means the bug: its ID, or words of Project and Where that have a number
// among them, such as "MB-53428", "h2o 597", "#11535" or a commit, of which seven digits are enough.
// A number alone has four digits or more. Case does not count, nor does what stands in parentheses in
// the name.
func (b *Bug) Called(name string) bool {
	if strings.EqualFold(name, b.ID) {
		return true
	}
	name, _, _ = strings.Cut(name, "(")
	known, words, numbered := wordsOf(b.Project+" "+b.Where), wordsOf(name), false
	for _, word := range words {
		if !slices.ContainsFunc(known, func(w string) bool {
			return w == word || len(word) >= 7 && strings.HasPrefix(w, word)
		}) {
			return false
		}
		numbered = numbered || strings.ContainsAny(word, "0123456789") && (len(words) > 1 || len(word) >= 4)
	}
	return numbered
}

// wordsOf splits a text at all that names of projects, commits and issues do not have.
func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '.' && r != '_'
	})
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
