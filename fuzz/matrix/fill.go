package matrix

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/wantwrite/wantwrite/fuzz/guard"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A filler fills cells, one after the other, in one goroutine.
type filler struct {
	*Matrix
	catalog *run.Catalog
}

// fill hunts in a cell with each seed, and chooses a script among the failures.
func (w *filler) fill(ctx context.Context, c *Cell) error {
	o, err := w.options(c)
	if err != nil {
		return err
	}
	if c.Reason = w.senseless(c, o); c.Reason != "" {
		c.outcome = senseless
		return nil
	}
	bySeed, err := w.hunts(ctx, c, o)
	if err != nil || ctx.Err() != nil {
		return err
	}
	return w.choose(ctx, c, c.judge(bySeed))
}

// options are those of the cell's hunts.
func (w *filler) options(c *Cell) (o run.Options, err error) {
	o.Pump = &c.Subject.Spec
	if c.Version != anyVersion {
		o.TLS = c.Version
	}
	o.Engine, err = w.catalog.Engine(c.Engine)
	return o, err
}

// senseless says why nothing could fail in the cell; empty if something could. Hunts go
// through all scenarios, but a mutant needs its own to fail.
func (w *filler) senseless(c *Cell, o run.Options) (why string) {
	strategy, err := run.StrategyNamed(c.Strategy)
	if err == nil {
		_, err = strategy.On(c.can)
	}
	if err != nil {
		return strings.TrimPrefix(err.Error(), "fuzz: ")
	}
	if c.Subject.Mutant != nil {
		o.Scenario = c.Subject.Mutant.Scenario
	}
	return w.catalog.Compatible(&o, nil)
}

// hunts hunts with each seed: for a mutant until it breaks the property that it must break,
// for a pump until it breaks any.
func (w *filler) hunts(ctx context.Context, c *Cell, o run.Options) (bySeed [][]*hunt.Failure,
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
		if !c.can.InProcess {
			rep, err = w.Guard.Hunt(ctx, &h, guard.Engines{Engine: c.Engine})
		} else {
			rep, err = h.Run(ctx, w.catalog)
		}
		if err != nil {
			return nil, err
		}
		bySeed = append(bySeed, rep.Failures)
	}
	return bySeed, nil
}

// judge sets the outcome. It returns the failures of the property that counts: the first one
// of each seed.
func (c *Cell) judge(bySeed [][]*hunt.Failure) (failures []*hunt.Failure) {
	firsts := make([]uint64, len(bySeed))
	c.outcome = clean
	c.Property = c.Subject.wanted(bySeed)
	counts := func(f *hunt.Failure) bool {
		return c.Subject.Mutant == nil || f.Result.Violation.Property == c.Property
	}
	for i := range bySeed {
		if at := slices.IndexFunc(bySeed[i], counts); at >= 0 {
			firsts[i] = bySeed[i][at].Schedule + 1
			failures = append(failures, bySeed[i][at])
		}
	}
	c.Hunts, c.Schedules = medianFirst(firsts)
	if len(failures) == 0 {
		c.Reason = fmt.Sprintf("nothing was found in %d hunts", c.Seeds)
		return nil
	}
	c.outcome = found
	if m := c.Subject.Mutant; m != nil && c.Property != m.Breaks {
		c.outcome = byAnother
		c.verdict = fmt.Sprintf("it must break %s, and broke %s", m.Breaks, c.property())
		if m.Also.Has(c.Property) {
			c.verdict += ", for which it has leave: " + m.Because
		}
	}
	return failures
}

// medianFirst says how many of several hunts found a failure, and the median of the schedules
// that each took. A 0 among firsts is a hunt that found none; the median is 0 if fewer than
// half found one. It sorts firsts.
func medianFirst(firsts []uint64) (hunts int, median uint64) {
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

// choose shrinks the failures and takes the first script that the most libraries confirm.
//
// Story 59: three seeds give three scripts. One of them shrinks to a script that a library
// ends early by itself; the other two fail there as they do on the model.
func (w *filler) choose(ctx context.Context, c *Cell, failures []*hunt.Failure) error {
	var best *Cell
	for _, f := range failures {
		long := copyOf(f.Script)
		try := *c
		try.Script, try.Property = f.Script, f.Result.Violation.Property
		if err := w.shrink(ctx, &try); err != nil {
			return err
		}
		if err := w.confirm(&try); err != nil {
			return err
		}
		if err := w.insist(ctx, &try, long); err != nil {
			return err
		}
		if best == nil || len(try.Confirmed()) > len(best.Confirmed()) {
			best = &try
		}
		if len(best.Confirmations) == len(best.Confirmed()) || ctx.Err() != nil {
			break
		}
	}
	if best != nil {
		*c = *best
	}
	return nil
}

// insist looks for another script if no library confirms the shrunk one. If the long script
// fails on a library, it is shrunk there; the result may fail on the cell's own engine too.
//
// Story 61: the shortest script of a write in a renegotiation leads the model's read to a place
// where OpenSSL's read fails by itself (issue 8677). The long script did not.
func (w *filler) insist(ctx context.Context, c *Cell, long *script.Script) error {
	if len(c.Confirmed()) > 0 {
		return nil
	}
	for _, engine := range w.Confirm {
		s := copyOf(long)
		s.Config.Engine, s.Config.PeerEngine = engine, engine
		st, err := w.Guard.Shrink(ctx, s, shrink.Options{})
		if err != nil || !st.Fails || ctx.Err() != nil {
			continue // the confirmation has said already why it can't run there
		}
		s.Config.Engine, s.Config.PeerEngine = long.Config.Engine, long.Config.PeerEngine
		try := *c
		try.Script = s
		if out, err := w.replay(&try); err != nil || !out.Result.Found {
			continue
		}
		if err := w.confirm(&try); err != nil {
			return err
		}
		if len(try.Confirmed()) > 0 {
			*c = try
			return nil
		}
	}
	return nil
}

// copyOf copies a script with its actions.
func copyOf(s *script.Script) *script.Script {
	other := *s
	other.Actions = slices.Clone(s.Actions)
	return &other
}

// runner makes a runner for the cell's pump.
func (w *filler) runner(c *Cell) (*run.Runner, error) {
	return run.NewRunner(w.catalog, run.Options{Pump: &c.Subject.Spec})
}

// replay runs the script of a cell.
func (w *filler) replay(c *Cell) (out run.Outcome, err error) {
	if !c.can.InProcess {
		return w.Guard.Replay(c.Script, run.ReplayOptions{})
	}
	r, err := w.runner(c)
	if err != nil {
		return out, err
	}
	defer r.Close()
	return run.Replay(r, c.Script, run.ReplayOptions{})
}

// shrink shrinks the script. A script that kills every process stays as it is.
func (w *filler) shrink(ctx context.Context, c *Cell) error {
	if !c.can.InProcess {
		out, err := w.Guard.Replay(c.Script, run.ReplayOptions{})
		if err == nil && !out.Lost {
			_, err = w.Guard.Shrink(ctx, c.Script, shrink.Options{})
		}
		return err
	}
	r, err := w.runner(c)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = shrink.Shrink(ctx, r, c.Script, shrink.Options{})
	return err
}

// confirm replays the script on the real libraries, and keeps the reasons of those on which it
// does not fail.
func (w *filler) confirm(c *Cell) error {
	var why []string
	if c.verdict != "" {
		why = []string{c.verdict}
	}
	c.Confirmations = nil
	for _, engine := range w.Confirm {
		if engine == c.Engine {
			continue
		}
		k, err := w.Guard.Confirm(c.Script, engine)
		if err != nil {
			return err
		}
		c.Confirmations = append(c.Confirmations, k)
		if !k.Confirmed {
			why = append(why, k.Why())
		}
	}
	c.Reason = strings.Join(why, "; ")
	return nil
}

// finish runs the script once more for its hash, its story and, with Pages, its page. It runs
// in one goroutine for all cells. A script that kills its process has none of these.
func (w *filler) finish(c *Cell) error {
	if c.Script == nil {
		return nil
	}
	r, err := w.runner(c)
	if err != nil {
		return err
	}
	defer r.Close()
	out, err := w.traced(r, c)
	if err != nil || out.Lost {
		return err
	}
	if !out.Result.Found {
		return &hunt.DeterminismError{Pump: c.Subject.Spec.Name, Step: out.Result.Steps}
	}
	s := c.Script
	s.Hash, s.Story = out.Result.Hash, story.Explain(s, &out)
	for _, k := range c.Confirmations {
		line := k.String()
		if !k.Confirmed {
			line = "not confirmed: " + k.Why()
		}
		s.Story = append(s.Story, line)
	}
	if w.Pages {
		c.Page, err = story.Page(story.Tell(s, &out))
	}
	return err
}

// traced runs the script of a cell, and keeps what happened.
func (w *filler) traced(r *run.Runner, c *Cell) (run.Outcome, error) {
	o := run.ReplayOptions{Trace: true}
	if !c.can.InProcess {
		return w.Guard.Traced(r, c.Script, o)
	}
	return run.Replay(r, c.Script, o)
}
