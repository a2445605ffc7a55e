package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
)

// tell prints a failure for people.
func tell(t *terminal, failure *hunt.Failure, path string) {
	s := failure.Script
	t.printf("%s in %s: schedule %d of seed %d, scenario %s, after %.2fs\n",
		t.bold(s.Property), s.Config.Subject(), failure.Schedule, failure.Seed, s.Config.Scenario,
		failure.Stats.Elapsed.Seconds())
	t.printf("%s\n", indent(failure.Story))
	if n := len(s.Actions); n == failure.Original {
		t.printf("  %d actions: %s\n", n, path)
	} else {
		t.printf("  shrunk from %d actions to %d: %s\n", failure.Original, n, path)
	}
	if failure.Shrunk.Interrupted {
		t.printf("  interrupted; to go on: %s shrink %s\n", t.name, path)
	}
	t.printf("  replay: %s replay %s\n\n", t.name, path)
}

// summary prints how far a hunt came, its failures in a table, and what it covered.
func summary(t *terminal, f *huntFlags, rep hunt.Report) {
	seconds := rep.Elapsed.Seconds()
	t.printf("%s: %d found in %d schedules, %d steps, %.1fs (%.0f schedules/s)\n",
		f.pump, len(rep.Failures), rep.Schedules, rep.Steps, seconds,
		float64(rep.Schedules)/max(seconds, 1e-9))
	if len(rep.Failures) > 1 {
		tabulate(t, f, rep)
	}
	covered(t, rep.Coverage)
	if f.again != nil && len(rep.Failures) == 0 {
		t.printf("%s\n", t.wrapped(f.again.Verdict(rep.Schedules), 2))
	}
}

// tabulate lists the failures.
func tabulate(t *terminal, f *huntFlags, rep hunt.Report) {
	w := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\n  PROPERTY\tEND\tWHAT\tSCRIPT\n")
	for i, failure := range rep.Failures {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", failure.Script.Property, endOf(&failure.Result),
			what(&failure.Result), f.saved[i])
	}
	w.Flush()
}

// A violationJSON is the object of a failure.
type violationJSON struct {
	Result    string  `json:"result"`
	Property  string  `json:"property"`
	Pump      string  `json:"pump"`
	Engine    string  `json:"engine"`
	TLS       string  `json:"tls"`
	Scenario  string  `json:"scenario"`
	Strategy  string  `json:"strategy"`
	Seed      uint64  `json:"seed"`
	Schedules uint64  `json:"schedules"`
	Steps     uint64  `json:"steps"`
	Actions   int     `json:"actions"`
	Seconds   float64 `json:"seconds"`
	Script    string  `json:"script"`
	Hash      string  `json:"hash"`
	Wire      string  `json:"wire"`
	// FoundBy is the strategy of the portfolio that made the schedule.
	FoundBy string `json:"found_by"`
	// End is the end at which it was seen, Obligation what it owed, and What the verdict in a clause.
	End        string   `json:"end"`
	Obligation string   `json:"obligation"`
	What       string   `json:"what"`
	Story      []string `json:"story"`
	// Confirmed is the library of --confirm if it breaks the property too. Diverged says at which
	// step, from 1, the library did something else; with step 0, why it can't run the script.
	Confirmed string        `json:"confirmed,omitempty"`
	Diverged  *divergedJSON `json:"diverged,omitempty"`
}

// A divergedJSON is a library that did not confirm a failure.
type divergedJSON struct {
	Engine string `json:"engine"`
	Step   int    `json:"step"`
	What   string `json:"what"`
}

func violationObject(f *huntFlags, failure *hunt.Failure, path string) violationJSON {
	s := failure.Script
	o := violationJSON{Result: "violation", Property: s.Property, Pump: s.Config.Subject(),
		Engine: s.Config.Engine, TLS: s.Config.Version.String(), Scenario: s.Config.Scenario,
		Strategy: f.strategy, Seed: failure.Seed, Schedules: failure.Stats.Schedules,
		Steps: failure.Stats.Steps, Actions: len(s.Actions), Seconds: failure.Stats.Elapsed.Seconds(),
		Script: path, Hash: fmt.Sprintf("%016x", s.Hash),
		Wire: fmt.Sprintf("%016x", failure.Result.Wire), FoundBy: failure.Strategy,
		End:        endOf(&failure.Result),
		Obligation: failure.Result.Violation.Obligation.String(), What: what(&failure.Result),
		Story: failure.Story}
	switch c := failure.Confirmation; {
	case c == nil:
	case c.Confirmed:
		o.Confirmed = c.Engine
	default:
		o.Diverged = &divergedJSON{c.Engine, c.Step, c.What}
	}
	return o
}

// An endJSON is the object of a hunt's end.
type endJSON struct {
	Result    string  `json:"result"`
	Pump      string  `json:"pump"`
	Engine    string  `json:"engine"`
	TLS       string  `json:"tls,omitempty"`
	Scenario  string  `json:"scenario,omitempty"`
	Strategy  string  `json:"strategy"`
	Seed      uint64  `json:"seed"`
	Schedules uint64  `json:"schedules"`
	Steps     uint64  `json:"steps"`
	Found     int     `json:"found"`
	Seconds   float64 `json:"seconds"`
	// Coverage is what was reached, and Fixed the result of --fixed.
	Coverage *coverageJSON `json:"coverage,omitempty"`
	Fixed    *fixedJSON    `json:"fixed,omitempty"`
}

func endObject(f *huntFlags, rep hunt.Report, result string) endJSON {
	return endJSON{Result: result, Pump: f.pump, Engine: f.engine, TLS: f.tls,
		Scenario: f.scenario, Strategy: f.strategy, Seed: f.seed, Schedules: rep.Schedules,
		Steps: rep.Steps, Found: len(rep.Failures), Seconds: rep.Elapsed.Seconds(),
		Coverage: coverageObject(rep.Coverage), Fixed: fixedObject(f, &rep)}
}

// covered prints what a hunt has reached, and the odds that more schedules reach more.
func covered(t *terminal, c *hunt.Coverage) {
	if c == nil {
		return
	}
	t.printf("\n  covered: %d of %d cells (decision point x phase x event), %d pairs of writer and "+
		"reader,\n    %d states\n", c.Cells.Reached, c.Total, c.Pairs.Reached, c.States.Reached)
	t.printf("  new in the last tenth: %d cells, %d pairs, %d states; the next schedule shows a new "+
		"cell\n    with a chance of %s, a new state with %s\n", c.Cells.Late, c.Pairs.Late,
		c.States.Late, percent(c.Cells.Chance), percent(c.States.Chance))
	missed(t, c.Never)
	for _, id := range c.Untested {
		p, _ := oracle.PropertyNamed(id.String())
		t.printf("  never put to the test: %s (it takes %s)\n", p.Name, p.Takes)
	}
}

// percent writes a chance, from 0 to 1, in percent.
func percent(p float64) string {
	if p >= 0.1 {
		return fmt.Sprintf("%.0f %%", 100*p)
	}
	return fmt.Sprintf("%.2g %%", 100*p)
}

// mostMissed is the most cells that the text names; --json names all.
const mostMissed = 60

// missed names the cells that were not reached. If they are too many it counts them.
func missed(t *terminal, never []sim.Situation) {
	if len(never) == 0 {
		return
	}
	more := " (+: with output pending)"
	if len(never) > mostMissed {
		more = " (--json names them)"
	}
	t.printf("  never reached%s:\n", more)
	for _, line := range grouped(never, len(never) > mostMissed) {
		t.printf("%s\n", t.wrapped(line, 4))
	}
}

// grouped makes a line of the cells of each role and phase: their calls, or only their number.
func grouped(cells []sim.Situation, count bool) (lines []string) {
	for len(cells) > 0 {
		first := cells[0]
		n := 1
		for n < len(cells) && cells[n].Role == first.Role && cells[n].Phase == first.Phase {
			n++
		}
		line := fmt.Sprintf("%s, %s:", first.Role, first.Phase)
		if count {
			lines = append(lines, fmt.Sprintf("%s %d cells", line, n))
		} else {
			lines = append(lines, line+calls(cells[:n]))
		}
		cells = cells[n:]
	}
	return lines
}

// calls lists the calls of cells, with their answers. A + means that output was pending.
func calls(cells []sim.Situation) string {
	var b strings.Builder
	call := ""
	for i, cell := range cells {
		switch {
		case cell.Call != call && i > 0:
			b.WriteString("; " + cell.Call)
		case cell.Call != call:
			b.WriteString(" " + cell.Call)
		default:
			b.WriteString(",")
		}
		call = cell.Call
		b.WriteString(" " + cell.Answer)
		if cell.Pending {
			b.WriteString("+")
		}
	}
	return b.String()
}

// A coverageJSON is what a hunt has reached.
type coverageJSON struct {
	Cells tallyJSON `json:"cells"`
	Pairs tallyJSON `json:"pairs"`
	// States are hashes: two states may count as one.
	States tallyJSON `json:"states"`
	// CellsTotal is how many cells there are, and NeverReached those that were not reached.
	CellsTotal   int      `json:"cells_total"`
	NeverReached []string `json:"never_reached"`
	// Untested are the properties that no schedule could have broken.
	Untested []string `json:"untested"`
}

// A tallyJSON counts what was reached, what of it in the last tenth of the schedules, and the
// chance, from 0 to 1, that the next schedule reaches more.
type tallyJSON struct {
	Reached int     `json:"reached"`
	Late    int     `json:"late"`
	Chance  float64 `json:"chance"`
}

// coverageObject is the object of a hunt's coverage; nil if there is none.
func coverageObject(c *hunt.Coverage) *coverageJSON {
	if c == nil {
		return nil
	}
	o := &coverageJSON{Cells: tallyJSON(c.Cells), Pairs: tallyJSON(c.Pairs),
		States: tallyJSON(c.States), CellsTotal: c.Total, NeverReached: []string{},
		Untested: []string{}}
	for _, cell := range c.Never {
		o.NeverReached = append(o.NeverReached, cell.String())
	}
	for _, p := range c.Untested {
		o.Untested = append(o.Untested, p.String())
	}
	return o
}
