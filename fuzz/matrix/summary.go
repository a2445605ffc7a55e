package matrix

import (
	"fmt"
	"slices"
	"strings"
)

// A tally counts the mutants of some cells.
type tally struct {
	// Mutants is how many there are, without those whose cells are all senseless. Killed is how
	// many of them were killed, and Confirmed how many of these on a real library.
	Mutants, Killed, Confirmed int
	// Median and P90 are of the schedules that it took to kill a mutant, in the cell that took
	// the fewest; 0 if none was killed.
	Median, P90 uint64
}

// A Summary adds a table up.
type Summary struct {
	// The tally is of all cells: a mutant is killed, or confirmed, if it is in one of them.
	tally
	// Cells is how many there are, Filled how many were filled, and Senseless how many of the
	// filled ones could not fail.
	Cells, Filled, Senseless int
	// Alive are the mutants that no cell killed, and Idle those whose cells are all senseless.
	// Unconfirmed were killed, but on no real library.
	Alive, Idle, Unconfirmed []string
	// Wanting names the sound pumps that failed, and the cells.
	Wanting []string

	columns []tally
}

// Holds says whether every mutant was killed and no sound pump failed.
func (s *Summary) Holds() bool { return len(s.Alive) == 0 && len(s.Wanting) == 0 }

// Rows returns the cells of each subject, from left to right.
func (t *Table) Rows() (rows [][]*Cell) {
	if len(t.columns) == 0 {
		return nil
	}
	for row := range slices.Chunk(t.Cells, len(t.columns)) {
		rows = append(rows, row)
	}
	return rows
}

// Summary adds the table up.
func (t *Table) Summary() *Summary {
	s := &Summary{Cells: len(t.Cells)}
	all := &counter{}
	columns := make([]counter, len(t.columns))
	for _, row := range t.Rows() {
		for i, c := range row {
			s.count(c)
			columns[i].add(row[i : i+1])
		}
		if row[0].Subject.Mutant != nil {
			s.sort(row)
		}
		all.add(row)
	}
	s.tally = all.sum()
	for i := range columns {
		s.columns = append(s.columns, columns[i].sum())
	}
	return s
}

// count counts a cell.
func (s *Summary) count(c *Cell) {
	if c.outcome != notRun {
		s.Filled++
	}
	if c.outcome == senseless {
		s.Senseless++
	}
	if c.outcome == found && c.Subject.Sound {
		s.Wanting = append(s.Wanting, fmt.Sprintf("%s (%s) by %s", c.Subject.Spec.Name, c.column,
			c.property()))
	}
}

// sort adds a mutant to Idle, Alive or Unconfirmed if it belongs there.
func (s *Summary) sort(row []*Cell) {
	name := row[0].Subject.Spec.Name
	best, sense, filled := killer(row)
	switch {
	case !sense:
		s.Idle = append(s.Idle, name)
	case best == nil && filled:
		s.Alive = append(s.Alive, name)
	case best != nil && !confirmed(row):
		s.Unconfirmed = append(s.Unconfirmed, name)
	}
}

// killer returns the cell that killed a mutant with the fewest schedules; whether one of the
// cells makes sense; and whether all were filled.
func killer(row []*Cell) (best *Cell, sense, filled bool) {
	filled = true
	for _, c := range row {
		sense = sense || c.outcome != senseless
		filled = filled && c.outcome != notRun
		if c.Killed() && (best == nil || c.first() < best.first()) {
			best = c
		}
	}
	return best, sense, filled
}

// first is the median of the schedules less 1, for comparisons. An unknown one is the most.
func (c *Cell) first() uint64 { return c.Schedules - 1 }

// confirmed says whether the mutant of a row was killed on a real library.
func confirmed(row []*Cell) bool {
	return slices.ContainsFunc(row, func(c *Cell) bool { return c.Killed() && len(c.Confirmed()) > 0 })
}

// A counter counts mutants, one after the other.
type counter struct {
	tally
	firsts []uint64
}

// add counts the mutant of a row, or of a part of it.
func (k *counter) add(row []*Cell) {
	best, sense, filled := killer(row)
	if row[0].Subject.Mutant == nil || !sense || best == nil && !filled {
		return
	}
	k.Mutants++
	if best == nil {
		return
	}
	k.Killed++
	if confirmed(row) {
		k.Confirmed++
	}
	k.firsts = append(k.firsts, best.first())
}

// sum returns the tally.
func (k *counter) sum() tally {
	if n := len(k.firsts); n > 0 {
		slices.Sort(k.firsts)
		k.Median, k.P90 = k.firsts[(n-1)/2]+1, k.firsts[(9*n-1)/10]+1
	}
	return k.tally
}

// String names the column.
func (c column) String() string {
	words := c.words()
	return strings.Join(words[:], ", ")
}

func (c column) words() [3]string {
	version := "TLS " + c.Version
	if c.Version == anyVersion {
		version = "any TLS"
	}
	return [...]string{c.Engine, version, c.Strategy}
}
