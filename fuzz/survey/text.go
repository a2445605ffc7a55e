package survey

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/fuzz/table"
)

// A Line is what was seen of a find in a cell, or that nothing was, for other programs: a line of JSON,
// and a line of CSV under the same names.
type Line struct {
	Result   string `json:"result"` // always program-cell
	Program  string `json:"program"`
	Version  string `json:"version"`
	Scenario string `json:"scenario"`
	TLS      string `json:"tls"`
	// Schedules is how many the cell had.
	Schedules uint64 `json:"schedules"`
	// Property is that of the find; empty if nothing was seen in the cell. What is the finding in a clause.
	Property string `json:"property"`
	What     string `json:"what"`
	// First is how many schedules it took to see it in the cell, and Seen how many of the cell's showed it.
	First uint64 `json:"first"`
	Seen  uint64 `json:"seen"`
	// Actions are those of its shrunk script, Repeated how many of ten new processes failed by it, and
	// Script its file.
	Actions  int    `json:"actions"`
	Repeated int    `json:"repeated"`
	Script   string `json:"script"`
	// Judged is what is known of it; empty if nothing is.
	Judged string `json:"judged"`
	// Reason is why the program, or the cell, was not hunted in.
	Reason string `json:"reason"`
}

// Lines are those of the cells that are filled, and of the programs that are not here.
func (t *Table) Lines() (lines []Line) {
	for _, r := range t.Rows {
		if r.Absent != "" {
			lines = append(lines, Line{Result: "program-cell", Program: r.Program, Reason: r.Absent})
		}
		for _, c := range r.Cells {
			if c.Filled {
				lines = append(lines, r.lines(c)...)
			}
		}
	}
	return lines
}

func (r *Row) lines(c *Cell) (lines []Line) {
	empty := Line{Result: "program-cell", Program: r.Program, Version: r.Version, Scenario: c.Scenario, TLS: c.TLS,
		Schedules: c.Schedules, Reason: c.Failed}
	for _, s := range c.Seen {
		f, l := r.Finds[s.Find-1], empty
		l.Property, l.What, l.First, l.Seen = f.Script.Property, f.What, s.First, s.Count
		l.Actions, l.Repeated, l.Script, l.Judged = len(f.Script.Actions), f.Repeated, f.Path, f.Judged
		lines = append(lines, l)
	}
	if lines == nil {
		lines = []Line{empty}
	}
	return lines
}

// CSV writes the lines as comma-separated values: see table.CSV.
func (t *Table) CSV(out io.Writer) error { return table.CSV(out, t.Lines()) }

// A Summary adds a table up.
type Summary struct {
	// Programs is how many there are, and Absent how many of them were not hunted in.
	Programs, Absent int
	// Cells is how many there are, Filled how many are filled, and Failed how many of these could not be
	// hunted in.
	Cells, Filled, Failed int
	// Schedules were run.
	Schedules uint64
	// Finds is how many there are, Judged how many of them are known, and Steady how many all of ten new
	// processes repeated.
	Finds, Judged, Steady int
	// At is what a hunt in hand does.
	At string
}

// Summary adds the table up.
func (t *Table) Summary() (s Summary) {
	s.At, s.Programs = t.at, len(t.Rows)
	for _, r := range t.Rows {
		if r.Absent != "" {
			s.Absent++
		}
		for _, c := range r.Cells {
			s.Cells++
			if c.Filled {
				s.Filled++
				s.Schedules += c.Schedules
			}
			if c.Failed != "" {
				s.Failed++
			}
		}
		for _, f := range r.Finds {
			s.find(f)
		}
	}
	return s
}

func (s *Summary) find(f *Find) {
	s.Finds++
	if f.Judged != "" {
		s.Judged++
	}
	if f.Repeated == 10 {
		s.Steady++
	}
}

// headline is the table in one line.
func (s *Summary) headline(t *Table) string {
	text := fmt.Sprintf("%d programs, %d cells, %d schedules: ", s.Programs-s.Absent, s.Cells, s.Schedules)
	if t.Partial {
		text = fmt.Sprintf("partial: %d programs, %d of %d cells, %d schedules: ", s.Programs-s.Absent, s.Filled, s.Cells, s.Schedules)
	}
	text += fmt.Sprintf("%d found, %d of them judged", s.Finds, s.Judged)
	if s.Finds > 0 {
		text += fmt.Sprintf(", %d (%d %%) repeated by 10 of 10 new processes", s.Steady, 100*s.Steady/s.Finds)
	}
	return text
}

// textWidth is the width of the lines below a find.
const textWidth = 98

// Text shows the table for a terminal: a line for each program, and one for each find. Bold, if not nil,
// makes a text stand out.
func (t *Table) Text(bold func(string) string) string {
	if bold == nil {
		bold = func(s string) string { return s }
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "PROGRAM\tVERSION\tSCHEDULES\tTIME\tFOUND\tJUDGED\n")
	for _, r := range t.Rows {
		if r.Absent == "" {
			n, took, judged := r.sums()
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%d\t%d\n", r.Program, cmp.Or(r.Version, "-"), n, took.Round(time.Second), len(r.Finds), judged)
		}
	}
	w.Flush()
	for _, r := range t.Rows {
		r.tell(&text, bold)
	}
	s := t.Summary()
	fmt.Fprintf(&text, "\n%s\n", bold(s.headline(t)))
	return text.String()
}

// sums adds the cells of a row up.
func (r *Row) sums() (schedules uint64, took time.Duration, judged int) {
	for _, c := range r.Cells {
		if c.Filled {
			schedules += c.Schedules
		}
		took += c.Elapsed
	}
	for _, f := range r.Finds {
		if f.Judged != "" {
			judged++
		}
	}
	return schedules, took, judged
}

// tell writes the finds of a program, and what could not be hunted in.
func (r *Row) tell(text *strings.Builder, bold func(string) string) {
	if r.Absent != "" {
		fmt.Fprintf(text, "\n%s\n%s\n", bold(r.Program), story.Wrap(r.Absent, 2, textWidth))
		return
	}
	if len(r.Finds) > 0 {
		fmt.Fprintf(text, "\n%s\n", bold(strings.TrimSpace(r.Program+" "+r.Version)))
	}
	for _, f := range r.Finds {
		seen, cells := r.seen(f)
		line := fmt.Sprintf("%s: %s. %s, TLS %s, schedule %d; %d actions; repeated by %d of 10; seen in %s of %s. %s",
			f.Script.Property, f.What, f.Script.Config.Scenario, f.Script.Config.Version, f.Script.Found.Schedules,
			len(f.Script.Actions), f.Repeated, counted(seen, "schedule"), counted(uint64(cells), "cell"), f.verdict())
		fmt.Fprintf(text, "%s\n    %s\n", story.Wrap(line, 2, textWidth), f.Path)
	}
	for _, c := range r.Cells {
		if c.Failed != "" {
			fmt.Fprintf(text, "%s\n", story.Wrap(fmt.Sprintf("%s, %s, TLS %s: %s", r.Program, c.Scenario, c.TLS, c.Failed), 2, textWidth))
		}
	}
}

// counted is a number of things.
func counted(n uint64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// seen is how often a find was seen, and in how many cells.
func (r *Row) seen(f *Find) (times uint64, cells int) {
	for _, c := range r.Cells {
		if i := slices.IndexFunc(c.Seen, func(s Sighting) bool { return s.Find == f.Number }); i >= 0 {
			times += c.Seen[i].Count
			cells++
		}
	}
	return times, cells
}

// verdict is what is known of a find.
func (f *Find) verdict() string {
	if f.Judged == "" {
		return "Not judged."
	}
	return "Judged: " + f.Judged
}
