package hunt

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Hunt goes through schedules in order and keeps, for each property, the first
// schedule that breaks it.
type Hunt struct {
	run.Options
	// Seed names the hunt: the same build and seed make the same schedules.
	Seed uint64
	// Schedules is how many to go through; 0 means until the context ends.
	Schedules uint64
	// Strategy is a name of run.Strategies; empty means the portfolio. Schedule n of a
	// seed is always the same. With a strategy that learns, it depends on the schedules
	// before it, so all of them have to run.
	Strategy string
	// Workers is how many schedules run at once; 0 means GOMAXPROCS. What is found does
	// not depend on it. Several goroutines then call the pump's New and its pumps.
	// A real library belongs to one thread and always has one worker.
	Workers int
	// Watch are the properties to look for; 0 means all.
	Watch oracle.PropertySet
	// First ends the hunt at the first failure. Until ends it at the first failure of
	// one of these properties.
	First bool
	Until oracle.PropertySet
	// Inside has the TLS library of a program watched when a failure's story is told.
	Inside bool
	// Ran, if not nil, is called after each schedule of a program in which nothing failed, with what was
	// seen at each end. An error ends the hunt.
	Ran func(*script.Script, []oracle.Account) error
	// Unshrunk leaves failures as long as they are.
	Unshrunk bool
	// Progress, if not nil, is called now and then.
	Progress func(Stats)
	// Found, if not nil, is called with each failure once it is shrunk. An error ends
	// the hunt.
	Found func(*Failure) error
	// Confirm, if not nil, replays each failure on another library before it is
	// reported: see guard.Guard.Confirm.
	Confirm func(*script.Script) (*run.Confirmation, error)

	known []cause // that were told of the program before: see Remember

	// Child is what a child process does differently: see package guard.
	Child Child

	counted *Rate // if set, failures are counted and not kept
}

// A Child is what differs in the part of a hunt that a child process does.
type Child struct {
	// From is the schedule where it takes over. Steps is how many steps came before.
	From, Steps uint64
	// Starts, if not nil, is called before each schedule.
	Starts func(n, steps uint64) error
	// Saw, if not nil, is told what a schedule reached that others have not.
	Saw func(n uint64, s sim.Sighting) error
	// Observe, if not nil, watches all runs.
	Observe run.Observer
}

// A Failure is a violated property, the schedule that violated it, and the shrunk
// script.
type Failure struct {
	Schedule uint64
	Seed     uint64
	// Stats is how far the hunt had come.
	Stats Stats
	// Original is the number of actions before shrinking. Shrunk says how that went.
	Original int
	Shrunk   shrink.Shrunk
	Script   *script.Script
	Result   sim.Result
	// Story explains it, one sentence or line each.
	Story []string
	// Strategy is the name of the method that found it, one of the portfolio's.
	Strategy string
	// Repeated is how many of ten new processes of a real program failed in the same way.
	Repeated int
	// Confirmation is what another library made of it; nil if none was asked.
	Confirmation *run.Confirmation
}

// A Report is the result of a hunt.
type Report struct {
	Stats
	Failures []*Failure
	// Unrepeated is how many schedules failed in a real program that lived on, and in no new
	// process of it. They are not told.
	Unrepeated int
	// Causes are what was told of a program, or remembered, with how often it was seen.
	Causes []cause
	// Weighed is how many schedules were weighed for memory that a real program keeps.
	Weighed int
	// Interrupted: the context ended before the schedules did.
	Interrupted bool
	// Coverage is what the schedules reached.
	Coverage *Coverage
}

// A DeterminismError is a run that was repeated and differed. Either the workbench has
// a defect, or the pump depends on something that is not in the script.
type DeterminismError struct {
	Pump     string // or the program
	Schedule uint64
	Step     int // the first step that differs, from 1
}

// Error implements error.
func (e *DeterminismError) Error() string {
	return fmt.Sprintf("hunt: schedule %d of %q ran twice and differs at step %d; "+
		"a run may not depend on maps' order, the clock, addresses or goroutines",
		e.Schedule, e.Pump, e.Step)
}

// repeatEvery is how many schedules pass between two that are run again and compared.
const repeatEvery = 128

// Run hunts until the schedules, the watched properties or the context end.
func (h *Hunt) Run(ctx context.Context, c *run.Catalog) (rep Report, err error) {
	k, err := newCampaign(h, c, &rep)
	if err != nil {
		return rep, err
	}
	defer k.close()
	defer func() {
		rep.Elapsed = time.Since(k.start)
		if rep.Causes = k.causes; h.Program == nil { // what is covered is the decisions of pumps
			rep.Coverage = h.Covered(k.search.atlas)
		}
	}()
	err = k.run(ctx)
	return rep, err
}

// ReportFailure has a failure confirmed, if Confirm is set, and reports it.
func (h *Hunt) ReportFailure(find *Failure, rep *Report) (err error) {
	if h.Confirm != nil {
		if find.Confirmation, err = h.Confirm(find.Script); err != nil {
			return err
		}
		find.Story = append(find.Story, find.Confirmation.String())
		find.Script.Story = find.Story
	}
	rep.Failures = append(rep.Failures, find)
	rep.Stats.Failures = len(rep.Failures)
	if h.Found == nil {
		return nil
	}
	return h.Found(find)
}

// started says that a schedule is about to run.
func (h *Hunt) started(n, steps uint64) error {
	if h.Child.Starts == nil {
		return nil
	}
	return h.Child.Starts(n, steps)
}

// ReportProgress tells how far the hunt has come.
func (h *Hunt) ReportProgress(rep Report) {
	if h.Progress != nil {
		h.Progress(rep.Stats)
	}
}

// make runs the runner's last schedule, which failed, again, and shrinks it.
func (h *Hunt) make(ctx context.Context, r *run.Runner, t *run.Task, res sim.Result, rep *Report) (
	*Failure, error) {

	cfg := r.Config()
	actions := append([]script.Action(nil), r.World().Actions()...)
	watch := oracle.EveryProperty.Only(res.Violation.Property)
	if err := h.again(r, t, res, watch); err != nil {
		return nil, err
	}
	f := &Failure{Schedule: t.N, Seed: h.Seed, Stats: rep.Stats, Original: len(actions)}
	f.Script = &script.Script{Config: cfg, Actions: actions,
		Property: res.Violation.Violated(), Found: h.Discovery(t.N + 1)}
	if err := h.shrink(ctx, r, f, rep); err != nil {
		return nil, err
	}
	return f, f.Tell(r)
}

// Tell runs the failure's script once more and sets its result, hash and story.
func (f *Failure) Tell(r *run.Runner) error { return f.tell(r, false) }

// tell is Tell. With inside the TLS library of a program is watched.
func (f *Failure) tell(r *run.Runner, inside bool) error {
	out, err := run.Replay(r, f.Script, run.ReplayOptions{Trace: true, Inside: inside})
	if err != nil {
		return err
	}
	if !out.Result.Found {
		return &DeterminismError{f.Script.Config.Subject(), f.Schedule, out.Result.Steps}
	}
	f.Result, f.Story = out.Result, story.Explain(f.Script, &out)
	f.Script.Hash, f.Script.Story = out.Result.Hash, f.Story
	return nil
}

// shrink shrinks a failure's script and reports the progress.
func (h *Hunt) shrink(ctx context.Context, r *run.Runner, f *Failure, rep *Report) (err error) {
	if h.Unshrunk {
		return nil
	}
	f.Shrunk, err = shrink.Shrink(ctx, r, f.Script, h.shrinkOptions(rep))
	return err
}

// ReportShrink reports the progress of the shrink in hand.
func (h *Hunt) ReportShrink(rep Report, s shrink.Shrunk) {
	rep.Shrinking = &s
	h.ReportProgress(rep)
}

// Discovery says how a failure of this hunt was found, for its script.
func (h *Hunt) Discovery(schedules uint64) script.Discovery {
	return script.Discovery{Schedules: min(schedules, math.MaxUint32), Strategy: h.strategy(),
		Scenario: h.Scenario}
}

// strategy is the name of the hunt's strategy.
func (h *Hunt) strategy() string { return cmp.Or(h.Strategy, run.Portfolio) }

// again runs a schedule twice more, step by step, and compares the hashes. They can't
// differ if the run depends only on its script.
func (h *Hunt) again(r *run.Runner, t *run.Task, res sim.Result, watch oracle.PropertySet) error {
	r.World().KeepMarks(true)
	defer r.World().KeepMarks(false)
	first, err := r.Perform(t, watch)
	if err != nil {
		return err
	}
	marks := append([]uint64(nil), r.World().Marks()...)
	second, err := r.Perform(t, watch)
	if err != nil {
		return err
	}
	if first.Hash == second.Hash && first.Hash == res.Hash {
		return nil
	}
	return &DeterminismError{h.Pump.Name, t.N, diverge(marks, r.World().Marks())}
}

// diverge is the first step, from 1, at which two hash chains differ.
func diverge(a, b []uint64) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i + 1
		}
	}
	return min(len(a), len(b)) + 1
}
