package matrix

import (
	"context"
	"fmt"
	"slices"

	"github.com/wantwrite/wantwrite/fuzz/guard"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// An Outcome is what hunts made of a cell.
type Outcome uint8

const (
	// NotRun: the matrix ended before it.
	NotRun Outcome = iota
	// Senseless: nothing that is allowed there could show anything.
	Senseless
	// Clean: no hunt found anything.
	Clean
	// ByAnother: a mutant was found by another property than it must break.
	ByAnother
	// Found: a mutant by the property that it must break, a pump by any.
	Found

	numOutcomes
)

var outcomeText = [numOutcomes]string{"not-run", "senseless", "clean", "by-another", "found"}

// String is the outcome's word.
func (o Outcome) String() string {
	if o < numOutcomes {
		return outcomeText[o]
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// A Cell is a subject in a column, and what hunts made of it.
type Cell struct {
	Subject *Subject
	Column
	// Slug names the cell in file names; no other one of its matrix has it.
	Slug    string
	Outcome Outcome
	// Reason says in a clause or two why there is nothing to find here, why
	// another property was found, or why a real library does not confirm it.
	Reason string
	// Property is what was found. Hunts is how many of the Seeds found it, and
	// Schedules the median of how many schedules that took: 0 if fewer than half
	// of them found it.
	Property     oracle.PropertyID
	Hunts, Seeds int
	Schedules    uint64
	// Script is the shrunk script: of the seeds that found it the one that the
	// most libraries confirm, the first of those.
	Script *script.Script
	// Confirmations are what other libraries made of the script.
	Confirmations []*run.Confirmation
	// Page is the page of the script's story, as fuzz.Page makes it.
	Page []byte
	// Path is where Done's caller has saved the script.
	Path string

	verdict string // the reason, less what libraries say
}

// Killed says whether a mutant was found by the property that it must break, or
// by one that it has leave to break.
func (c *Cell) Killed() bool {
	m := c.Subject.Mutant
	return m != nil && (c.Outcome == Found || c.Outcome == ByAnother && m.Also.Has(c.Property))
}

// Confirmed are the real libraries on which the script fails as well, its own
// first if it is one.
func (c *Cell) Confirmed() (names []string) {
	if c.Script != nil && real(c.Engine) {
		names = append(names, c.Engine)
	}
	for _, k := range c.Confirmations {
		if k.Confirmed {
			names = append(names, k.Engine)
		}
	}
	return names
}

// real says whether an engine is a library of the machine.
func real(engine string) bool { return engine != "model" }

// A worker fills cells, one after the other.
type worker struct {
	*Matrix
	catalog *run.Catalog
}

// fill hunts in a cell with each seed, and makes a script of a find.
func (w *worker) fill(ctx context.Context, c *Cell) error {
	o, err := w.options(c)
	if err != nil {
		return err
	}
	if c.Reason = c.senseless(o); c.Reason != "" {
		c.Outcome = Senseless
		return nil
	}
	found, err := w.hunts(ctx, c, o)
	if err != nil || ctx.Err() != nil {
		return err
	}
	return w.choose(ctx, c, c.judge(found))
}

// options are those of the cell's hunts.
func (w *worker) options(c *Cell) (o run.Options, err error) {
	o.Pump = &c.Subject.Spec
	if c.Version != Any {
		o.TLS = c.Version
	}
	o.Engine, err = w.catalog.Engine(c.Engine)
	return o, err
}

// senseless says why nothing could be found in the cell; empty if something
// could. A mutant is looked for in all scenarios, but one whose own is not to be
// had here has nothing to show.
func (c *Cell) senseless(o run.Options) (why string) {
	strategy, err := run.StrategyNamed(c.Strategy)
	if err == nil {
		why = strategy.Misfit(&o)
	}
	if why != "" {
		return why
	}
	scenarios := run.Scenarios()
	if m := c.Subject.Mutant; m != nil {
		if own, known := run.ScenarioNamed(m.Scenario); known {
			scenarios = []run.Scenario{own}
		}
	}
	for i := range scenarios {
		if why = scenarios[i].Misfit(&o); why == "" {
			break
		}
	}
	return why
}

// hunts hunts with each seed. A mutant is hunted until it breaks what it must, a
// pump until it breaks anything.
func (w *worker) hunts(ctx context.Context, c *Cell, o run.Options) (found [][]*hunt.Failure,
	err error) {

	if w.Time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.Time)
		defer cancel()
	}
	for seed := range uint64(w.Seeds) {
		h := hunt.Hunt{Options: o, Seed: w.Seed + seed, Schedules: w.Schedules,
			Strategy: c.Strategy, Workers: 1, Unshrunk: true, First: c.Subject.Mutant == nil,
			Until: oracle.EveryProperty.Only(c.Subject.Must())}
		var rep hunt.Report
		if real(c.Engine) {
			rep, err = w.Guard.Hunt(ctx, &h, guard.Engines{Engine: c.Engine})
		} else {
			rep, err = h.Run(ctx, w.catalog)
		}
		if err != nil {
			return nil, err
		}
		found = append(found, rep.Failures)
	}
	return found, nil
}

// judge makes the outcome of what the hunts of each seed have found, and gives
// the finds of the property that counts: one of each seed that has it.
func (c *Cell) judge(found [][]*hunt.Failure) (finds []*hunt.Failure) {
	firsts := make([]uint64, len(found))
	c.Outcome = Clean
	c.Property = c.Subject.wanted(found)
	counts := func(f *hunt.Failure) bool {
		return c.Subject.Mutant == nil || f.Result.Violation.Property == c.Property
	}
	for i := range found {
		if at := slices.IndexFunc(found[i], counts); at >= 0 {
			firsts[i] = found[i][at].Schedule + 1
			finds = append(finds, found[i][at])
		}
	}
	c.Hunts, c.Schedules = medianFirst(firsts)
	if len(finds) == 0 {
		c.Reason = fmt.Sprintf("nothing was found in %d hunts", c.Seeds)
		return nil
	}
	c.Outcome = Found
	if m := c.Subject.Mutant; m != nil && c.Property != m.Breaks {
		c.Outcome = ByAnother
		c.verdict = fmt.Sprintf("it must break %s, and broke %s", m.Breaks, c.Property)
		if m.Also.Has(c.Property) {
			c.verdict += ", for which it has leave: " + m.Because
		}
	}
	return finds
}

// medianFirst says how many hunts of several seeds found something, and the
// median of how many schedules each took to the first: 0 among firsts is a hunt
// that found nothing, and 0 the median where fewer than half did. It sorts them.
func medianFirst(firsts []uint64) (found int, median uint64) {
	middle := (len(firsts) - 1) / 2
	slices.Sort(firsts)
	for len(firsts) > 0 && firsts[0] == 0 {
		firsts = firsts[1:]
	}
	if middle < len(firsts) {
		median = firsts[middle]
	}
	return len(firsts), median
}
