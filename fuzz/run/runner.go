package run

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Runner runs schedules and scripts in one world, again and again. It
// belongs to one goroutine.
type Runner struct {
	catalog   *Catalog
	Opts      Options
	menu      []Scenario
	world     *sim.World
	drawer    drawer
	cfg       script.Config  // of the last run
	searchers []sim.Searcher // of the strategy, by its methods
	script    sim.Scripted
	parts     sim.Parts // of schedules
	alike     sim.Parts // of schedules whose peer is the pump itself

	observer Observer // nil but in a child process
}

// An Observer is told of each run before it begins, and may stand between
// the world and the strategy.
type Observer interface {
	// World is told of a world before it is built.
	World(cfg *script.Config)
	// Follow gives the strategy to run in place of s.
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

// Observe lets an observer watch all runs from now on.
func (r *Runner) Observe(o Observer) { r.observer = o }

// NewRunner makes a runner for the options' schedules.
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
	if o.Engine == nil {
		if o.Engine, err = r.catalog.Engine(DefaultEngine); err != nil {
			return err
		}
	}
	if o.PeerEngine == nil {
		o.PeerEngine = o.Engine
	}
	if why := r.catalog.Compatible(o, nil); why != "" {
		return fmt.Errorf("fuzz: %s; see: wantwrite list", why)
	}
	r.menu, _ = r.catalog.menu(o)
	peer := o.Peer
	if peer == nil {
		if peer, err = r.catalog.Pump("reference"); err != nil {
			return err
		}
	}
	r.parts = sim.Parts{Pump: o.Pump, Peer: peer, Engine: o.Engine, PeerEngine: o.PeerEngine}
	r.alike = r.parts
	r.alike.Peer = o.Pump
	return nil
}

// Catalog is what the runner knows names by.
func (r *Runner) Catalog() *Catalog { return r.catalog }

// World is the runner's world, as the last run left it.
func (r *Runner) World() *sim.World { return r.world }

// Config is that of the last run.
func (r *Runner) Config() script.Config { return r.cfg }

// Close frees what the runner holds.
func (r *Runner) Close() { r.world.Close() }

// seedOf is the seed of a numbered schedule.
func seedOf(seed, schedule uint64) uint64 {
	mix := sim.Rand(seed ^ schedule*0x9e3779b97f4a7c15)
	return mix.Uint64()
}

// Draw draws the world of schedule number n of a seed, which is not run.
func (r *Runner) Draw(seed, n uint64) script.Config {
	r.drawer.draw(r.menu, seedOf(seed, n))
	return r.drawer.cfg
}

// Schedule runs schedule number n of a seed, at random or as Use has said, and
// looks for the watched properties. Of a strategy with several methods each has
// its turn.
func (r *Runner) Schedule(seed, n uint64, watch oracle.PropertySet) (sim.Result, error) {
	t := NewTask(seed, n, int(n%uint64(len(r.searchers))))
	return r.Perform(&t, watch)
}

// reset builds the world of the drawn schedule.
func (r *Runner) reset(watch oracle.PropertySet) error {
	parts := &r.parts
	if r.drawer.cfg.Peer == r.drawer.cfg.Pump {
		parts = &r.alike
	}
	return r.build(&r.drawer.cfg, parts, watch)
}

// Drawn runs a schedule whose choices come from a function, such as rapid's
// draws or a fuzzer's bytes.
func (r *Runner) Drawn(below func(n int, label string) int, watch oracle.PropertySet) (
	sim.Result, error) {

	r.drawer.draw(r.menu, uint64(below(1<<16, "world")))
	if err := r.reset(watch); err != nil {
		return sim.Result{}, err
	}
	return r.world.Run(&sim.Draw{Below: below, Plan: &r.drawer.plan}), nil
}

// Follow runs a strategy in the world of a configuration.
func (r *Runner) Follow(cfg *script.Config, s sim.Scheduler, watch oracle.PropertySet) (
	sim.Result, error) {

	parts, err := r.catalog.Parts(cfg)
	if err != nil {
		return sim.Result{}, err
	}
	if err := r.build(cfg, &parts, watch); err != nil {
		return sim.Result{}, err
	}
	return r.run(s), nil
}

// Actions runs a list of actions, skipping those that are not enabled if
// loose. stuck is the index of one that was not, -1 if none.
func (r *Runner) Actions(cfg *script.Config, actions []script.Action, o ScriptOptions) (
	res sim.Result, stuck int, err error) {

	r.world.SetTrace(o.Trace)
	defer r.world.SetTrace(nil)
	r.script.Restart(actions, o.Loose)
	if res, err = r.Follow(cfg, &r.script, o.Watch); err != nil {
		return res, -1, err
	}
	res.Skipped = r.script.Skipped
	return res, r.script.Stuck, nil
}

// ScriptOptions say how a list of actions is run.
type ScriptOptions struct {
	Watch oracle.PropertySet
	Loose bool
	Trace *sim.Trace
}
