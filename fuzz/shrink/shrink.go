package shrink

import (
	"context"
	"errors"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

const (
	// maxShrinkRuns is how many runs a shrink may take; maxRealRuns is how many with a
	// real library, which is slower.
	maxShrinkRuns = 300_000
	maxRealRuns   = 6_000
	// maxProgramRuns is how many with a real program, each of which has a new process.
	maxProgramRuns = 1_500
	// firstRuns is how many runs of the first script's length a shrink may take more, to
	// make a very long script short.
	firstRuns = 64
	// usualSteps steps, or usualBytes bytes, cost as much as an empty run. So a long run
	// counts for several.
	usualSteps, usualBytes = 32, 1 << 15
	// fewRepeats repetitions of a program's run count as one more run. That is too little, but a
	// shrink has to have some.
	fewRepeats = 32
	// shrinkReportEvery is how many runs pass between reports of progress.
	shrinkReportEvery = 64
)

// Options say how a script is shrunk.
type Options struct {
	// Runs is how many runs it may take, of which long ones count for several. 0 means
	// a number that fits the engine and the script.
	Runs int
	// Afresh ignores the scripts of the project's own corpus.
	Afresh bool
	// Progress, if not nil, is called now and then.
	Progress func(Shrunk)
}

// A Shrunk is how far a shrink has come.
type Shrunk struct {
	// Fails says that the script violates its property to begin with.
	Fails bool
	// Before and After count the actions.
	Before, After int
	// Runs is how many runs it took.
	Runs int
	// Minimal: all steps were tried. No single action can be left out, and no single
	// size, setting or argument can be made simpler.
	Minimal bool
	// Interrupted: the context was cancelled. The script is the best so far.
	Interrupted bool
}

// A shrinker makes a failing script simpler for as long as it fails for the same cause.
type shrinker struct {
	ctx      context.Context
	r        *run.Runner
	o        Options
	watch    oracle.PropertySet
	cause    cause
	best     candidate
	stats    Shrunk
	cost     int // of the runs, in empty runs
	limit    int // of the cost
	restarts int // how many hits may still be made simpler before they count
	tried    map[uint64]struct{}
	cfgs     map[script.Config]uint64
}

// errSpent ends a shrink whose runs are used up, or that was interrupted.
var errSpent = errors.New("shrink: no more runs")

// Shrink makes a script simpler on three axes at once, its actions, its records and its
// world, for as long as it violates its property for the same cause. It changes s in
// place. The caller has to renew the hash and the story.
//
// If the context is cancelled the shrink ends with the best script so far. A deadline
// does not end it: a shrink takes a bounded number of runs, and what a hunt found in
// time should become short.
func Shrink(ctx context.Context, r *run.Runner, s *script.Script, o Options) (Shrunk, error) {
	watch, err := r.Catalog().Watched(s, s.Config.Pump)
	if err != nil {
		return Shrunk{}, err
	}
	k := &shrinker{ctx: ctx, r: r, o: o, watch: watch, tried: map[uint64]struct{}{},
		cfgs: map[script.Config]uint64{}}
	k.stats.Before, k.stats.After = len(s.Actions), len(s.Actions)
	if err := k.adopt(s); err != nil || !k.stats.Fails {
		return k.stats, err
	}
	if k.o.Runs == 0 {
		k.o.Runs = budget(r, &s.Config) + firstRuns*k.cost
	}
	k.limit = k.o.Runs
	k.stats.Minimal = k.shrink() == nil
	k.report()
	s.Config, s.Actions, s.Lines = k.best.cfg, k.best.actions, nil
	s.Property = k.cause.name
	return k.stats, nil
}

// budget is how many runs a shrink in a world may take.
func budget(r *run.Runner, c *script.Config) int {
	if c.Program != "" {
		return maxProgramRuns
	}
	if can, err := r.Catalog().Can(c.Engine, c.PeerEngine); err != nil || !can.InProcess {
		return maxRealRuns
	}
	return maxShrinkRuns
}

// adopt runs the script as it is and takes its cause.
func (k *shrinker) adopt(s *script.Script) error {
	k.best = candidate{s.Config, s.Actions}
	res, err := k.run(&k.best, nil)
	if err != nil || !res.Found {
		return err
	}
	k.stats.Fails = true
	k.watch = k.watch.Only(res.Violation.Property)
	k.cause = causeOf(&k.best.cfg, &res.Violation, k.r.World())
	k.take(&k.best)
	return nil
}

// shrink makes the best script simpler until no step and no search does.
func (k *shrinker) shrink() error {
	for {
		if err := k.reduce(); err != nil {
			return err
		}
		before := k.best
		search := k.derive
		if !k.o.Afresh {
			search = k.recall
		}
		if err := search(); err != nil || !less(&k.best, &before) {
			return err
		}
	}
}

// run runs a candidate. A look, if not nil, sees the world before it quiesces.
func (k *shrinker) run(c *candidate, look func(*sim.World)) (res sim.Result, err error) {
	k.stats.Runs++
	if k.stats.Runs%shrinkReportEvery == 0 {
		k.report()
	}
	res, err = k.r.Follow(&c.cfg, &probe{actions: c.actions, look: look}, k.watch)
	if err != nil {
		return res, err
	}
	k.cost += costOf(&c.cfg, &res, k.r.World())
	return res, nil
}

// costOf is what a run costs, in empty runs of about the same time.
func costOf(cfg *script.Config, res *sim.Result, w *sim.World) int {
	n := uint64(0)
	for i := range w.Ledger().Ends {
		a := &w.Ledger().Ends[i]
		n += a.Accepted + a.Sent + a.Received
	}
	return (1 + res.Steps/usualSteps + int(n/usualBytes)) * (1 + cfg.Repeats/fewRepeats)
}

// A probe is the strategy of a script that is being tried. It skips what is not
// enabled, and looks at the world where the script ends.
type probe struct {
	actions []script.Action
	at      int
	settled int // how many actions settling took so far
	look    func(*sim.World)
}

// settle is an action of searches only: everything is delivered and polled until
// nothing is left to do, or maxSettle actions were done. If its Arg is not 0, nothing
// is delivered to its end.
const (
	settle    = script.NumVerbs
	maxSettle = 48
)

// Next implements sim.Strategy.
func (p *probe) Next(w *sim.World) (script.Action, bool) {
	for p.at < len(p.actions) {
		a := p.actions[p.at]
		if a.Verb == settle {
			if step, ok := p.sweep(w, a); ok {
				return step, true
			}
			p.settled = 0
		}
		p.at++
		if w.Can(a) {
			return a, true
		}
	}
	if p.look != nil {
		p.look(w)
	}
	return script.Action{}, false
}

// sweep is the next action on the way to a settled world.
func (p *probe) sweep(w *sim.World, as script.Action) (script.Action, bool) {
	p.settled++
	for on := range script.End(2 * script.MaxLinks) {
		if p.settled > maxSettle {
			break
		}
		for _, a := range [...]script.Action{{Verb: script.Deliver, On: on, Arg: script.All},
			{Verb: script.Poll, On: on}} {
			withheld := a.Verb == script.Deliver && as.Arg != 0 && as.On == on
			if !withheld && w.Can(a) {
				return a, true
			}
		}
	}
	return script.Action{}, false
}

// try runs a candidate if it is simpler than the best one. If it fails for the same
// cause it becomes the best.
func (k *shrinker) try(c candidate) (better bool, err error) {
	if err := k.spent(); err != nil {
		return false, err
	}
	if !less(&c, &k.best) || !k.fresh(&c) {
		return false, nil
	}
	return k.fails(&c, nil) && k.take(&c), nil
}

// spent is errSpent if the shrink has to end.
func (k *shrinker) spent() error {
	k.stats.Interrupted = errors.Is(k.ctx.Err(), context.Canceled)
	if k.stats.Interrupted || k.cost >= k.limit {
		return errSpent
	}
	return nil
}

// fails says whether a candidate fails for the same cause. In a world that can't be
// built it does not.
func (k *shrinker) fails(c *candidate, look func(*sim.World)) bool {
	res, err := k.run(c, look)
	return err == nil && res.Found && causeOf(&c.cfg, &res.Violation, k.r.World()) == k.cause
}

// take makes the candidate that was run last the best. Its actions become those that
// were done, which may be fewer.
func (k *shrinker) take(c *candidate) bool {
	k.best.cfg = c.cfg
	k.best.actions = append([]script.Action(nil), k.r.World().Actions()...)
	k.stats.After = len(k.best.actions)
	return true
}

func (k *shrinker) report() {
	if k.o.Progress != nil {
		k.o.Progress(k.stats)
	}
}

// fresh says whether a candidate was not tried before, and notes it.
func (k *shrinker) fresh(c *candidate) bool {
	world, known := k.cfgs[c.cfg]
	if !known {
		world = uint64(len(k.cfgs))
		k.cfgs[c.cfg] = world
	}
	key := mix(world, uint64(len(c.actions)))
	for _, a := range c.actions {
		key = mix(mix(key, uint64(a.Verb)|uint64(a.On)<<8), uint64(a.Arg)|uint64(a.Arg2)<<32)
	}
	if _, tried := k.tried[key]; tried {
		return false
	}
	k.tried[key] = struct{}{}
	return true
}

// mix folds a word into a key.
func mix(h, x uint64) uint64 {
	r := sim.Rand(h ^ x)
	return r.Uint64()
}

// A cause is what stays the same in a shrink: the obligation, and the wakeup that it
// lacks.
type cause struct {
	property oracle.PropertyID
	// name is the property's.
	name string
	// under: the end under test failed, not its peer.
	under      bool
	obligation oracle.Obligation
	// detail is the finding's without its numbers, which depend on sizes.
	detail string
	// mask and spins are the wakeups that were there at rest, where a
	// violation is judged then.
	mask  model.Events
	spins bool
}

func causeOf(cfg *script.Config, v *sim.Violation, w *sim.World) cause {
	c := cause{property: v.Property, name: v.Violated(), under: model.Role(v.End&1) == cfg.Under,
		obligation: v.Obligation, detail: v.Gist()}
	if v.Property == oracle.Stall || v.Property == oracle.Deadlock {
		rest := &w.Ledger().Ends[v.End].Quiescence
		c.mask, c.spins = rest.Mask, rest.Spins
	}
	return c
}
