package matrix

import (
	"fmt"
	"slices"
	"strings"
)

// A Tally adds cells up.
type Tally struct {
	// Mutants is how many there are, without those that have nothing to show in
	// any of the cells; Killed is how many of them were, and Confirmed how many
	// of those on a real library.
	Mutants, Killed, Confirmed int
	// Median and P90 are of the schedules that it took to kill a mutant, in the
	// cell that took the fewest; 0 if none was killed.
	Median, P90 uint64
}

// A Summary is what a report comes to.
type Summary struct {
	// Tally is of all cells. A mutant counts as killed, and as confirmed, if it
	// is in one of them.
	Tally
	// Columns are the tallies of the columns.
	Columns []Tally
	// Cells is how many there are, Filled how many were filled, and Senseless how
	// many of those have nothing to show.
	Cells, Filled, Senseless int
	// Alive are the mutants that no cell killed, and Idle those that have nothing
	// to show in any. Unconfirmed were killed, and no real library confirms it.
	Alive, Idle, Unconfirmed []string
	// Wanting says which sound pumps were found wanting, and where.
	Wanting []string
}

// Holds says that every mutant was killed, and nothing was found in the
// sound pumps.
func (s *Summary) Holds() bool { return len(s.Alive) == 0 && len(s.Wanting) == 0 }

// Rows are the cells of each subject, from left to right.
func (r *Report) Rows() (rows [][]*Cell) {
	if len(r.Columns) == 0 {
		return nil
	}
	for row := range slices.Chunk(r.Cells, len(r.Columns)) {
		rows = append(rows, row)
	}
	return rows
}

// Summary adds the report up.
func (r *Report) Summary() *Summary {
	s := &Summary{Cells: len(r.Cells)}
	all := &counter{}
	columns := make([]counter, len(r.Columns))
	for _, row := range r.Rows() {
		for i, c := range row {
			s.count(c)
			columns[i].add(row[i : i+1])
		}
		if row[0].Subject.Mutant != nil {
			s.sort(row)
		}
		all.add(row)
	}
	s.Tally = all.tally()
	for i := range columns {
		s.Columns = append(s.Columns, columns[i].tally())
	}
	return s
}

// count counts a cell.
func (s *Summary) count(c *Cell) {
	if c.Outcome != NotRun {
		s.Filled++
	}
	if c.Outcome == Senseless {
		s.Senseless++
	}
	if c.Outcome == Found && c.Subject.Sound {
		s.Wanting = append(s.Wanting, fmt.Sprintf("%s (%s) by %s", c.Subject.Spec.Name, c.Column,
			c.Property))
	}
}

// sort puts a mutant with its like.
func (s *Summary) sort(row []*Cell) {
	name := row[0].Subject.Spec.Name
	best, sense, filled := verdict(row)
	switch {
	case !sense:
		s.Idle = append(s.Idle, name)
	case best == nil && filled:
		s.Alive = append(s.Alive, name)
	case best != nil && !confirmed(row):
		s.Unconfirmed = append(s.Unconfirmed, name)
	}
}

// verdict finds the cell that killed a mutant with the fewest schedules, and says
// whether one of the cells can show it at all, and whether all were filled.
func verdict(row []*Cell) (best *Cell, sense, filled bool) {
	filled = true
	for _, c := range row {
		sense = sense || c.Outcome != Senseless
		filled = filled && c.Outcome != NotRun
		if c.Killed() && (best == nil || c.first() < best.first()) {
			best = c
		}
	}
	return best, sense, filled
}

// first is the median of the schedules, for comparisons: not known is the most.
func (c *Cell) first() uint64 { return c.Schedules - 1 }

// confirmed says whether a real library confirms that the mutant of a row is
// killed.
func confirmed(row []*Cell) bool {
	return slices.ContainsFunc(row, func(c *Cell) bool { return c.Killed() && len(c.Confirmed()) > 0 })
}

// A counter counts mutants.
type counter struct {
	Tally
	firsts []uint64
}

func (k *counter) add(row []*Cell) {
	best, sense, filled := verdict(row)
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

func (k *counter) tally() Tally {
	if n := len(k.firsts); n > 0 {
		slices.Sort(k.firsts)
		k.Median, k.P90 = k.firsts[(n-1)/2]+1, k.firsts[(9*n-1)/10]+1
	}
	return k.Tally
}

// String names the column.
func (c Column) String() string {
	words := c.words()
	return strings.Join(words[:], ", ")
}

func (c Column) words() [3]string {
	version := "TLS " + c.Version
	if c.Version == Any {
		version = "any TLS"
	}
	return [...]string{c.Engine, version, c.Strategy}
}
