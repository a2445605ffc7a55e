package matrix

import (
	"fmt"
	"io"
	"strings"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/table"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// An outcome is what the hunts of a cell came to.
type outcome uint8

const (
	// notRun: the matrix ended before the cell was filled.
	notRun outcome = iota
	// senseless: nothing that is allowed in the cell could make the subject fail.
	senseless
	// clean: no hunt found a failure.
	clean
	// byAnother: a mutant broke another property than it must break.
	byAnother
	// found: a mutant broke the property that it must break; a pump broke any.
	found

	numOutcomes
)

var outcomeText = [numOutcomes]string{"not-run", "senseless", "clean", "by-another", "found"}

// String is the outcome's word.
func (o outcome) String() string {
	if o < numOutcomes {
		return outcomeText[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// A Cell is a subject in a column: an engine, a TLS version and a strategy.
type Cell struct {
	Subject *Subject
	column
	// Slug names the cell in file names. It is unique in the table.
	Slug string
	// Reason says in a clause or two why there is nothing to find, why the failure is of
	// another property, or why a real library does not confirm it.
	Reason string
	// Property is the one that failed. Hunts is how many of the Seeds hunts found it, and
	// Schedules the median of how many schedules they took; 0 if fewer than half found it.
	Property     oracle.PropertyID
	Hunts, Seeds int
	Schedules    uint64
	// Script is the shrunk script of one of the hunts: of the first one whose script is
	// confirmed by the most libraries.
	Script *script.Script
	// Confirmations are the results of the script on other libraries.
	Confirmations []*run.Confirmation
	// Page is a page of the script's run, as story.Page makes it.
	Page []byte
	// Path is for Matrix.Done to say where it has saved the script.
	Path string

	can     model.Capabilities // of the column's engine
	outcome outcome
	verdict string // the part of Reason that is not about libraries
}

// ran says whether the cell is filled.
func (c *Cell) ran() bool { return c.outcome != notRun }

// ran are the cells that are filled: what a table shows. After an interrupt that may be few of many.
//
// Story 131: a matrix that was interrupted after ten seconds printed 300 lines with "not-run" in them,
// and what it had found was at their top.
func (t *Table) ran() (cells []*Cell) {
	for _, c := range t.Cells {
		if c.ran() {
			cells = append(cells, c)
		}
	}
	return cells
}

// Killed says whether a mutant broke the property that it must break, or one that it may break
// too.
func (c *Cell) Killed() bool {
	m := c.Subject.Mutant
	return m != nil && (c.outcome == found || c.outcome == byAnother && m.Also.Has(c.Property))
}

// Confirmed lists the real libraries on which the script fails; the cell's own engine comes
// first if it is one.
func (c *Cell) Confirmed() (names []string) {
	if c.Script != nil && c.can.RealTLS {
		names = append(names, c.Engine)
	}
	for _, k := range c.Confirmations {
		if k.Confirmed {
			names = append(names, k.Engine)
		}
	}
	return names
}

// A Row is a cell for other programs: a line of JSON, and a line of CSV under the same names.
type Row struct {
	Result string `json:"result"` // always cell
	// Mutant is the name of the mutant or the pump, and Must the property that a mutant must
	// break.
	Mutant   string `json:"mutant"`
	Must     string `json:"must"`
	Engine   string `json:"engine"`
	TLS      string `json:"tls"`
	Strategy string `json:"strategy"`
	// Found says whether there was a failure, and Outcome whether it was the one that counts:
	// senseless, clean, by-another or found. Property is the one that failed.
	Found    bool   `json:"found"`
	Outcome  string `json:"outcome"`
	Property string `json:"property"`
	// Schedules is the median over the seeds, of which Hunts of Seeds found it; 0 if fewer than
	// half did.
	Schedules uint64 `json:"schedules"`
	Hunts     int    `json:"hunts"`
	Seeds     int    `json:"seeds"`
	// Actions and Scenario are those of the shrunk script, and Script is its file.
	Actions   int      `json:"actions"`
	Scenario  string   `json:"scenario"`
	Confirmed []string `json:"confirmed"`
	Script    string   `json:"script"`
	// Reason is that of the cell.
	Reason string `json:"reason"`
	Bugs   string `json:"bugs"`
}

// Row makes a row of the cell.
func (c *Cell) Row() Row {
	r := Row{Result: "cell", Mutant: c.Subject.Spec.Name, Engine: c.Engine, TLS: c.Version,
		Strategy: c.Strategy, Outcome: c.outcome.String(), Schedules: c.Schedules, Hunts: c.Hunts,
		Property: c.property(), Seeds: c.Seeds,
		Confirmed: append([]string{}, c.Confirmed()...), Script: c.Path, Reason: c.Reason}
	if m := c.Subject.Mutant; m != nil {
		r.Must, r.Bugs = m.Breaks.String(), strings.Join(m.Bugs, ", ")
	}
	if c.Script != nil {
		r.Found, r.Actions, r.Scenario = true, len(c.Script.Actions), c.Script.Config.Scenario
	}
	return r
}

// property is the name of the property that was broken; empty for none.
func (c *Cell) property() string {
	if c.Property == oracle.NoProperty {
		return ""
	}
	return run.PropertyName(c.Property, &c.Subject.Spec)
}

// CSV writes the filled cells: see table.CSV.
func (t *Table) CSV(out io.Writer) error {
	var rows []Row
	for _, c := range t.ran() {
		rows = append(rows, c.Row())
	}
	return table.CSV(out, rows)
}
