package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// tell prints a find for people.
func tell(t *terminal, find *hunt.Failure, path string) {
	s := find.Script
	t.printf("%s in %s: schedule %d of seed %d, scenario %s, after %.2fs\n",
		t.bold(s.Property), s.Config.Pump, find.Schedule, find.Seed, s.Config.Scenario,
		find.Stats.Elapsed.Seconds())
	t.printf("%s\n", indent(find.Story))
	if n := len(s.Actions); n == find.Original {
		t.printf("  %d actions: %s\n", n, path)
	} else {
		t.printf("  shrunk from %d actions to %d: %s\n", find.Original, n, path)
	}
	if find.Shrunk.Interrupted {
		t.printf("  interrupted; to go on: %s shrink %s\n", t.name, path)
	}
	t.printf("  replay: %s replay %s\n\n", t.name, path)
}

// summary prints how far a hunt came and what it covered, and in a table what
// it found: what was found first need not be what matters most.
func summary(t *terminal, f *huntFlags, rep hunt.Report) {
	seconds := rep.Elapsed.Seconds()
	t.printf("%s: %d found in %d schedules, %d steps, %.1fs (%.0f schedules/s)\n",
		f.pump, len(rep.Failures), rep.Schedules, rep.Steps, seconds,
		float64(rep.Schedules)/max(seconds, 1e-9))
	if len(rep.Failures) > 1 {
		table(t, f, rep)
	}
	covered(t, rep.Coverage)
	if f.again != nil && len(rep.Failures) == 0 {
		t.printf("%s\n", story.Wrap(f.again.Verdict(rep.Schedules), 2, 96))
	}
}

// table lists the finds.
func table(t *terminal, f *huntFlags, rep hunt.Report) {
	w := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\n  PROPERTY\tEND\tWHAT\tSCRIPT\n")
	for i, find := range rep.Failures {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", find.Script.Property, endOf(&find.Result),
			what(&find.Result), f.saved[i])
	}
	w.Flush()
}

// endOf names the end that is to blame; empty if none is.
func endOf(r *sim.Result) string {
	if !r.Found {
		return ""
	}
	return script.End(r.Violation.End).String()
}

// what says in a clause what is wrong.
func what(r *sim.Result) string {
	v := &r.Violation
	if v.Obligation == oracle.NoObligation {
		return v.Detail
	}
	return v.Obligation.What()
}

// A violationJSON is the object of a find.
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
	// FoundBy is the strategy that made the schedule, one of the portfolio's.
	FoundBy string `json:"found_by"`
	// End, Obligation and What are the verdict: whose fault, what was owed, and
	// a clause for people.
	End        string   `json:"end"`
	Obligation string   `json:"obligation"`
	What       string   `json:"what"`
	Story      []string `json:"story"`
	// Confirmed is the library of --confirm that breaks the property too;
	// Diverged says at which step, from 1, it went another way, or with step 0
	// why it can't run the script.
	Confirmed string        `json:"confirmed,omitempty"`
	Diverged  *divergedJSON `json:"diverged,omitempty"`
}

type divergedJSON struct {
	Engine string `json:"engine"`
	Step   int    `json:"step"`
	What   string `json:"what"`
}

func violationObject(f *huntFlags, find *hunt.Failure, path string) violationJSON {
	s := find.Script
	o := violationJSON{Result: "violation", Property: s.Property, Pump: s.Config.Pump,
		Engine: s.Config.Engine, TLS: s.Config.Version.String(), Scenario: s.Config.Scenario,
		Strategy: f.strategy, Seed: find.Seed, Schedules: find.Stats.Schedules,
		Steps: find.Stats.Steps, Actions: len(s.Actions), Seconds: find.Stats.Elapsed.Seconds(),
		Script: path, Hash: fmt.Sprintf("%016x", s.Hash),
		Wire: fmt.Sprintf("%016x", find.Result.Wire), FoundBy: find.Strategy, End: endOf(&find.Result),
		Obligation: find.Result.Violation.Obligation.String(), What: what(&find.Result),
		Story: find.Story}
	switch c := find.Confirmation; {
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
	// Coverage is what was reached, Fixed what became of the script of --fixed.
	Coverage *coverageJSON `json:"coverage,omitempty"`
	Fixed    *fixedJSON    `json:"fixed,omitempty"`
}

func endObject(f *huntFlags, rep hunt.Report, result string) endJSON {
	return endJSON{Result: result, Pump: f.pump, Engine: f.engine, TLS: f.tls,
		Scenario: f.scenario, Strategy: f.strategy, Seed: f.seed, Schedules: rep.Schedules,
		Steps: rep.Steps, Found: len(rep.Failures), Seconds: rep.Elapsed.Seconds(),
		Coverage: coverageObject(rep.Coverage), Fixed: fixedObject(f, &rep)}
}
