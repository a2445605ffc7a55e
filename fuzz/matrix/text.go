package matrix

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wantwrite/wantwrite/fuzz/story"
)

// wideColumns is the most columns for which a terminal has room to say all of a cell. With
// more of them a cell is two figures.
const wideColumns = 3

// Text shows the table to people: the cells, the tally of each column, and what is not as it
// should be. Bold, if not nil, marks a heading.
func (table *Table) Text(bold func(string) string) string {
	if bold == nil {
		bold = func(s string) string { return s }
	}
	t := &writing{table: table, summary: table.Summary(), wide: len(table.columns) <= wideColumns}
	t.rows()
	t.legend()
	t.printf("\n%s\n", bold(t.summary.headline(table)))
	for i, k := range t.summary.columns {
		t.printf("  %s: %s\n", table.columns[i], k.words(len(table.Confirm) > 0))
	}
	if n := len(table.ran()); n < len(table.Cells) {
		t.printf("  %d of %d cells were not run\n", len(table.Cells)-n, len(table.Cells))
	}
	t.notes()
	return t.String()
}

// A writing is a text that is being written.
type writing struct {
	strings.Builder
	table   *Table
	summary *Summary
	wide    bool
}

func (t *writing) printf(format string, args ...any) { fmt.Fprintf(t, format, args...) }

// rows writes a line for each subject that has a filled cell.
func (t *writing) rows() {
	lines := t.heads()
	for _, row := range t.table.Rows() {
		if !slices.ContainsFunc(row, (*Cell).ran) {
			continue
		}
		s := row[0].Subject
		must := "nothing"
		switch {
		case s.Mutant != nil:
			must = s.Mutant.Breaks.String()
		case !s.Sound:
			must = "anything"
		}
		line := []string{printable(s.Spec.Name), must}
		for _, c := range row {
			line = append(line, t.cell(c)...)
		}
		lines = append(lines, line)
	}
	t.align(lines)
}

// align writes lines with their fields in columns, and figures on the right.
//
// Story 60: text/tabwriter ends a column at a line with fewer fields, so the figures below it
// were in other columns than those above it.
func (t *writing) align(lines [][]string) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, field := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(field))
		}
	}
	t.above(widths)
	for _, line := range lines {
		text := ""
		for i, field := range line {
			blanks := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(field)))
			if _, err := strconv.Atoi(field); err == nil {
				field, blanks = blanks+field, ""
			}
			text += "  " + field + blanks
		}
		t.printf("%s\n", strings.TrimRight(text, " "))
	}
}

// above writes the names of the table's columns above their fields, and makes these wide
// enough.
func (t *writing) above(widths []int) {
	text := strings.Repeat(" ", widths[0]+widths[1]+4)
	for i, column := range t.table.columns {
		own, _ := t.split(column)
		name := strings.Join(own, ", ")
		width, last := widths[2+i], 2+i
		if t.wide {
			last = 4 + 3*i
			width = widths[last-2] + widths[last-1] + widths[last] + 4
		}
		widths[last] += max(0, len(name)-width)
		text += "  " + name + strings.Repeat(" ", max(0, width-len(name)))
	}
	if text = strings.TrimRight(text, " "); text != "" {
		t.printf("%s\n", text)
	}
}

// split divides the words of a column into its own and those that all columns share.
func (t *writing) split(c column) (own, common []string) {
	for i, word := range c.words() {
		if slices.ContainsFunc(t.table.columns, func(o column) bool { return o.words()[i] != word }) {
			own = append(own, word)
		} else {
			common = append(common, word)
		}
	}
	return own, common
}

// heads is the first line: the names of the fields.
func (t *writing) heads() [][]string {
	line := []string{"PUMP OR MUTANT", "BREAKS"}
	for range t.table.columns {
		if t.wide {
			line = append(line, "FIRST", "LEN", "CONFIRMED")
		} else {
			line = append(line, "FIRST / LEN")
		}
	}
	return [][]string{line}
}

// cell is the fields of a cell.
func (t *writing) cell(c *Cell) (fields []string) {
	first := fmt.Sprint(c.Schedules)
	if c.Schedules == 0 {
		first = fmt.Sprintf("%d of %d", c.Hunts, c.Seeds)
	}
	switch {
	case c.Script == nil && t.wide:
		return []string{c.nothing(), "", ""}
	case c.Script == nil:
		return []string{c.nothing()}
	case !t.wide:
		return []string{fmt.Sprintf("%s / %d", first, len(c.Script.Actions))}
	}
	return []string{first, fmt.Sprint(len(c.Script.Actions)), t.confirmed(c)}
}

// nothing is the word for a cell without a failure.
func (c *Cell) nothing() string {
	if c.outcome == clean && c.Subject.Mutant != nil {
		return "alive"
	}
	return c.outcome.String()
}

// confirmed says which libraries confirm a cell, and the property if another one was expected.
func (t *writing) confirmed(c *Cell) (text string) {
	names := c.Confirmed()
	switch {
	case len(t.table.Confirm) == 0:
		text = ""
	case len(names) == 0:
		text = "none"
	case len(names) > 1 && len(names) >= len(t.table.Confirm):
		text = "all"
	default:
		text = strings.Join(names, " ")
	}
	if c.outcome == byAnother || c.Subject.Mutant == nil {
		text = strings.TrimSpace(c.property() + " " + text)
	}
	return text
}

// legend explains the words and figures.
func (t *writing) legend() {
	r := t.table
	text := ""
	for _, column := range r.columns[:min(1, len(r.columns))] {
		if _, common := t.split(column); common != nil {
			text = "All columns: " + strings.Join(common, ", ") + ". "
		}
	}
	text += fmt.Sprintf("FIRST: schedules to the first failure, of at most %d; the median of seeds: "+
		"%d. LEN: actions of the shrunk script.", r.Schedules, r.Seeds)
	if len(r.Confirm) > 0 && t.wide {
		text += fmt.Sprintf(" CONFIRMED: the script fails on %s too", strings.Join(r.Confirm, ", "))
		if len(r.Confirm) > 1 {
			text += " (all: on each of them)"
		}
		text += "."
	}
	t.printf("\n%s\n", story.Wrap(text, 2, textWidth))
}

// textWidth is the width of the lines below the cells.
const textWidth = 98

// notes writes what is not as it should be, and why cells are senseless.
func (t *writing) notes() {
	s := t.summary
	t.note("sound pumps found wanting: ", s.Wanting)
	t.note("not killed: ", s.Alive)
	t.each("found by another property:", func(c *Cell) bool { return c.outcome == byAnother })
	t.note("no cell makes sense: ", s.Idle)
	if len(t.table.Confirm) > 0 {
		t.each("killed, and confirmed nowhere:", func(c *Cell) bool {
			return c.Killed() && slices.Contains(s.Unconfirmed, c.Subject.Spec.Name)
		})
	}
	t.senseless()
}

// note writes a list unless it is empty.
func (t *writing) note(what string, list []string) {
	if len(list) > 0 {
		t.printf("%s\n", story.Wrap(printable(what+strings.Join(list, ", ")), 2, textWidth))
	}
}

// each writes the cells for which is holds, with their reasons.
func (t *writing) each(what string, is func(*Cell) bool) {
	for _, c := range t.table.Cells {
		if !is(c) {
			continue
		}
		if what != "" {
			t.printf("  %s\n", what)
			what = ""
		}
		text := fmt.Sprintf("%s (%s): %s", c.Subject.Spec.Name, c.column, c.Reason)
		t.printf("%s\n", story.Wrap(printable(text), 4, textWidth))
	}
}

// senseless writes the reasons of senseless cells, each once with the number of its cells.
func (t *writing) senseless() {
	count := map[string]int{}
	var order []string
	for _, c := range t.table.Cells {
		if c.outcome != senseless {
			continue
		}
		if count[c.Reason]++; count[c.Reason] == 1 {
			order = append(order, c.Reason)
		}
	}
	for _, reason := range order {
		t.note(fmt.Sprintf("senseless (%d): ", count[reason]), []string{reason})
	}
}

// headline is the table in one line.
func (s *Summary) headline(t *Table) string {
	text := fmt.Sprintf("%d cells: ", s.Cells)
	if t.Partial {
		text = fmt.Sprintf("partial: %d of %d cells: ", s.Filled, s.Cells)
	}
	return text + s.words(len(t.Confirm) > 0)
}

// words is the tally in words. If libraries were asked it says how many they confirmed.
func (t tally) words(asked bool) string {
	if t.Mutants == 0 {
		return "no mutants"
	}
	text := fmt.Sprintf("%d of %d mutants killed", t.Killed, t.Mutants)
	if t.Killed == 0 {
		return text
	}
	text += fmt.Sprintf(", median %s schedules, 9 of 10 in %s", known(t.Median), known(t.P90))
	if asked {
		text += fmt.Sprintf(", %d confirmed (%d %%)", t.Confirmed, 100*t.Confirmed/t.Killed)
	}
	return text
}

// known is a number of schedules; ? if most seeds found nothing.
func known(schedules uint64) string {
	if schedules == 0 {
		return "?"
	}
	return fmt.Sprint(schedules)
}

// printable replaces what a terminal would obey: control characters and the like.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) && r != ' ' {
			return '?'
		}
		return r
	}, text)
}
