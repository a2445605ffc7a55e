package run

import (
	"errors"
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Options say what schedules are drawn for.
type Options struct {
	// Pump is the pump under test.
	Pump *model.Spec
	// Program, if not nil, is the real program under test, in the place of Pump.
	Program *Program
	// Peer is the other end's pump. nil means the reference pump, and in some schedules the pump
	// under test.
	Peer *model.Spec
	// Engine is the library under the pump; nil means DefaultEngine. PeerEngine is the other
	// end's; nil means the same.
	Engine, PeerEngine model.Library
	// Scenario, TLS (1.2 or 1.3) and Profile, if not empty, allow only that one. See Catalog.Scenarios
	// and Profiles.
	Scenario, TLS, Profile string
}

// A Runner runs schedules and scripts, all in one world that is reset for each. It belongs to
// one goroutine.
type Runner struct {
	// Opts are those of NewRunner, with the libraries that it chose.
	Opts Options
	// Mode is how a program is made new for a script. Schedules have one that lives on.
	Mode foreign.Mode

	catalog   *Catalog
	menu      []Scenario // that fit Opts
	world     *sim.World
	drawer    drawer
	cfg       script.Config  // of the last run
	searchers []sim.Searcher // of the strategy, by its methods
	script    sim.Scripted
	parts     sim.Parts  // of schedules
	alike     sim.Parts  // of schedules whose peer is the pump itself
	sessions  []session  // of programs
	inside    bool       // a program's TLS library is watched
	scales    *sim.World // of runs that are repeated

	observer Observer // nil except in a child process
}

// An Observer is told of each run before it begins, and may replace its scheduler.
type Observer interface {
	// World is called before a world is built.
	World(cfg *script.Config)
	// Follow returns the scheduler that runs in place of s.
	Follow(s sim.Scheduler) sim.Scheduler
}

// run runs the world that has been reset.
func (r *Runner) run(s sim.Scheduler) sim.Result {
	if r.observer != nil {
		s = r.observer.Follow(s)
	}
	return r.world.Run(s)
}

// build resets the world.
func (r *Runner) build(cfg *script.Config, parts *sim.Parts, watch oracle.PropertySet) error {
	if r.observer != nil {
		r.observer.World(cfg)
	}
	r.cfg = *cfg
	return r.world.Reset(cfg, parts, watch)
}

// Observe makes an observer watch all runs from now on.
func (r *Runner) Observe(o Observer) { r.observer = o }

// NewRunner makes a runner for the options' schedules. It fails if Compatible says why.
func NewRunner(c *Catalog, o Options) (*Runner, error) {
	r := &Runner{catalog: c, Opts: o, world: sim.NewWorld(),
		searchers: []sim.Searcher{&sim.Random{}}}
	if err := r.equip(); err != nil {
		return nil, err
	}
	r.drawer.opts, r.drawer.libs = &r.Opts, r.Opts.libraries()
	return r, nil
}

// equip finds the parts and the scenarios of the schedules.
func (r *Runner) equip() (err error) {
	o := &r.Opts
	if o.Program != nil {
		o.Pump = &o.Program.spec
		if o.Engine == nil {
			if o.Engine, err = r.catalog.programPeer(); err != nil {
				return err
			}
		}
	}
	if err = r.catalog.err; err == nil && o.Program == nil {
		err = checkSpec(o.Pump)
	}
	if err != nil {
		return err
	}
	if o.Engine == nil {
		if o.Engine, err = r.catalog.Engine(DefaultEngine); err != nil {
			return err
		}
	}
	if o.PeerEngine == nil {
		o.PeerEngine = o.Engine
	}
	if why := r.catalog.Compatible(o, nil); why != "" {
		return errors.New("fuzz: " + why)
	}
	r.menu, _ = r.catalog.menu(o)
	peer := o.Peer
	if peer == nil {
		if peer, err = r.catalog.Pump("reference"); err != nil {
			return err
		}
	}
	r.parts = sim.Parts{Pump: o.Pump, Peer: peer, Engine: o.Engine, PeerEngine: o.PeerEngine,
		Dialogue: o.Pump.Dialogue, Properties: properties(o.Pump)}
	if o.Program != nil {
		r.parts.Properties = nil // what is owed by a program is a stall
		r.partsOf(o.Program, foreign.Living, &r.parts)
	}
	r.alike = r.parts
	r.alike.Peer = o.Pump
	return nil
}

// Catalog is the catalog of NewRunner.
func (r *Runner) Catalog() *Catalog { return r.catalog }

// World is the runner's world, as the last run left it.
func (r *Runner) World() *sim.World { return r.world }

// Config is the world of the last run.
func (r *Runner) Config() script.Config { return r.cfg }

// Close frees what the runner holds.
func (r *Runner) Close() {
	if r.scales != nil {
		r.scales.Close()
	}
	r.world.Close()
	for _, s := range r.sessions {
		s.Close()
	}
	r.sessions = nil
}

// seedOf is the seed of one schedule of a hunt's seed.
func seedOf(seed, schedule uint64) uint64 {
	mix := sim.Rand(seed ^ schedule*0x9e3779b97f4a7c15)
	return mix.Uint64()
}

// Draw draws the world of schedule number n of a seed. It runs nothing.
func (r *Runner) Draw(seed, n uint64) script.Config {
	r.drawer.draw(r.menu, seedOf(seed, n))
	return r.drawer.cfg
}

// Schedule runs schedule number n of a seed and looks for the watched properties. The strategy
// is that of Use, or else random. Methods of a strategy take turns.
func (r *Runner) Schedule(seed, n uint64, watch oracle.PropertySet) (sim.Result, error) {
	t := NewTask(seed, n, int(n%uint64(len(r.searchers))))
	return r.Perform(&t, watch)
}

// reset builds the world of the drawn schedule.
func (r *Runner) reset(watch oracle.PropertySet) error {
	parts := &r.parts
	if r.drawer.cfg.Peer == r.drawer.cfg.Pump && r.Opts.Program == nil {
		parts = &r.alike
	}
	return r.build(&r.drawer.cfg, parts, watch)
}

// Drawn runs a schedule whose choices come from a function, such as rapid's draws or a fuzzer's
// bytes. below returns a number from 0 to n-1; the label says what for.
func (r *Runner) Drawn(below func(n int, label string) int, watch oracle.PropertySet) (
	sim.Result, error) {

	r.drawer.draw(r.menu, uint64(below(1<<16, "world")))
	if err := r.reset(watch); err != nil {
		return sim.Result{}, err
	}
	return r.world.Run(&sim.Draw{Below: below, Plan: &r.drawer.plan}), nil
}

// mostWork bounds a script's run: a script may come from a stranger. It is some seconds, and a
// hundred times what the longest schedule takes.
const mostWork = 20_000_000

// Follow runs a scheduler in the world of a configuration. A run that does not end in time is a
// *script.InputError.
func (r *Runner) Follow(cfg *script.Config, s sim.Scheduler, watch oracle.PropertySet) (
	sim.Result, error) {

	parts, err := r.catalog.Parts(cfg)
	if err != nil {
		return sim.Result{}, err
	}
	var p *Program
	if cfg.Program != "" {
		if p, err = r.catalog.Program(cfg.Program); err != nil {
			return sim.Result{}, err
		}
		r.partsOf(p, r.Mode, &parts)
	}
	if err := r.build(cfg, &parts, watch); err != nil {
		return sim.Result{}, err
	}
	r.world.SetLimit(mostWork)
	defer r.world.SetLimit(0)
	res := r.run(s)
	if err := r.world.Err(); err != nil {
		return res, err
	}
	if res.Spent {
		return res, &script.InputError{Msg: fmt.Sprintf("got a run of more than %d steps, and calls "+
			"that move something; want one that ends earlier", uint64(mostWork))}
	}
	if p != nil && cfg.Repeats > 0 && !res.Found && watch.Has(oracle.UnboundedBuffer) {
		err = r.weigh(p, cfg, parts, &res)
	}
	return res, err
}

// actions runs a list of actions. With loose, those that are not enabled are skipped. Otherwise
// stuck is the index of the first one; it is -1 if there was none. trace may be nil.
func (r *Runner) actions(cfg *script.Config, actions []script.Action, loose bool,
	watch oracle.PropertySet, trace *sim.Trace) (res sim.Result, stuck int, err error) {

	r.world.SetTrace(trace)
	defer r.world.SetTrace(nil)
	r.script.Restart(actions, loose)
	if res, err = r.Follow(cfg, &r.script, watch); err != nil {
		return res, -1, err
	}
	res.Skipped = r.script.Skipped
	return res, r.script.Stuck, nil
}
