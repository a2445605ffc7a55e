package hunt

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A campaign is a running hunt. It goes generation by generation:
//
//	decide ──▶ run, each schedule on any worker ──▶ merge, in order
//
// Which worker ran a schedule changes nothing that is decided or reported.
type campaign struct {
	hunt     *Hunt
	rep      *Report
	search   *search
	watch    oracle.PropertySet // what is still looked for
	crew     []*scout
	attempts []attempt
	causes   []cause // that were told of a program
	hoard    hoard   // of the program's memory
	start    time.Time
}

// A scout is one worker of a hunt: a runner and the coverage of its last run.
type scout struct {
	*run.Runner
	cover sim.Cover
}

// An attempt is a task and its result.
type attempt struct {
	task     run.Task
	done     bool
	result   sim.Result
	sighting sim.Sighting
	actions  []script.Action // set only if it reached something new, or for a script
	cfg      script.Config   // as actions
	heavy    bool            // it is to be weighed
	err      error
	fault    any // a panic of the workbench, not of the pump
}

func newCampaign(h *Hunt, c *run.Catalog, rep *Report) (*campaign, error) {
	strategy, err := run.StrategyNamed(h.strategy())
	if err == nil {
		strategy, err = strategy.On(h.Can())
	}
	if err != nil {
		return nil, err
	}
	k := &campaign{hunt: h, rep: rep, search: newSearch(h.Seed, strategy),
		watch: h.watched(), causes: slices.Clone(h.known), start: time.Now()}
	if err := k.hire(c); err != nil {
		k.close()
		return nil, err
	}
	rep.Schedules, rep.Steps = h.Child.From, h.Child.Steps
	return k, nil
}

// hire makes the workers, each with its own library.
func (k *campaign) hire(c *run.Catalog) error {
	n := k.hunt.Workers
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	if !k.hunt.Can().InProcess || k.hunt.Program != nil {
		n = 1
	}
	for i := range n {
		o := k.hunt.Options
		if i > 0 {
			if err := another(c, &o); err != nil {
				return err
			}
		}
		r, err := run.NewRunner(c, o)
		if err != nil {
			return err
		}
		r.Observe(k.hunt.Child.Observe)
		r.Use(k.search.strategy)
		s := &scout{Runner: r}
		s.cover.Atlas = k.search.atlas
		r.World().SetCover(&s.cover)
		k.crew = append(k.crew, s)
	}
	return nil
}

// another gives a worker libraries of its own: each belongs to one goroutine. None stays none.
func another(c *run.Catalog, o *run.Options) (err error) {
	engine, peer := o.Engine, o.PeerEngine
	if o.Engine == nil {
		o.Engine, err = c.Another(run.DefaultEngine)
	} else {
		o.Engine, err = c.Another(engine.Name())
	}
	if err == nil && peer == engine {
		o.PeerEngine = o.Engine
	} else if err == nil && peer != nil {
		o.PeerEngine, err = c.Another(peer.Name())
	}
	return err
}

func (k *campaign) close() {
	for _, s := range k.crew {
		s.Close()
	}
}

// run goes on until the schedules, the watched properties or the context end.
func (k *campaign) run(ctx context.Context) error {
	for n := k.hunt.Child.From; k.hunt.Schedules == 0 || n < k.hunt.Schedules; n = k.rep.Schedules {
		k.rep.Elapsed = time.Since(k.start)
		k.rep.Reached(k.search.atlas)
		if k.rep.Interrupted = ctx.Err() != nil; k.rep.Interrupted {
			return nil
		}
		k.hunt.ReportProgress(*k.rep)
		if err := k.hunt.started(n, k.rep.Steps); err != nil {
			return err
		}
		k.decide(n)
		k.runAll(ctx)
		if over, err := k.merge(ctx); over || err != nil {
			return err
		}
		k.search.settle()
	}
	return nil
}

// decide makes the tasks of the generation that begins with schedule n. With a real
// library a generation is one schedule, because each is announced before it begins.
func (k *campaign) decide(n uint64) {
	size := min(generation, max(n, firstGeneration))
	if !k.hunt.Can().InProcess {
		size = 1
	}
	if k.hunt.Schedules != 0 {
		size = min(size, k.hunt.Schedules-n)
	}
	k.attempts = k.attempts[:0]
	for i := range size {
		k.attempts = append(k.attempts, attempt{task: k.search.task(n + i)})
	}
}

// runAll lets the workers run the tasks. When the context ends, the tasks that have
// begun are finished; they are the first ones of the generation.
func (k *campaign) runAll(ctx context.Context) {
	var next atomic.Int64
	work := func(s *scout) {
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= len(k.attempts) {
				return
			}
			k.attempt(s, &k.attempts[i])
		}
	}
	if len(k.crew) == 1 || len(k.attempts) == 1 {
		work(k.crew[0])
		return
	}
	var all sync.WaitGroup
	for _, s := range k.crew {
		all.Go(func() { work(s) })
	}
	all.Wait()
}

// attempt runs a task. Now and then it runs it twice more and compares.
func (k *campaign) attempt(s *scout, a *attempt) {
	defer func() {
		if fault := recover(); fault != nil { // World.Run has caught the pump's
			a.fault = fault
		}
		a.done = true
	}()
	a.result, a.err = s.Perform(&a.task, k.watch)
	if a.err != nil {
		return
	}
	a.sighting = s.cover.Sighting()
	a.heavy = k.hoards(s, a)
	if k.hunt.Ran != nil && !a.result.Found {
		ran := &script.Script{Config: s.Config(), Actions: append([]script.Action(nil), s.World().Actions()...),
			Property: oracle.NoProperty.String()}
		a.err = k.hunt.Ran(ran, s.World().Ledger().Ends)
	}
	if a.sighting.Around > 0 && k.search.learns || k.hunt.Program != nil && (a.result.Found || a.heavy) {
		a.cfg, a.actions = s.Config(), append([]script.Action(nil), s.World().Actions()...)
	}
	if a.task.N%repeatEvery == repeatEvery-1 && k.hunt.Program == nil {
		a.err = k.hunt.again(s.Runner, &a.task, a.result, k.watch)
	}
}

// merge takes in a generation's results in the order of the schedules. over says that
// the hunt is done.
func (k *campaign) merge(ctx context.Context) (over bool, err error) {
	for i := range k.attempts {
		a := &k.attempts[i]
		if a.done && a.err == nil && a.result.Found && !k.watch.Has(a.result.Violation.Property) {
			// An earlier schedule of this generation broke the same property, which
			// is not watched any more. Run again, as if they had run one by one.
			k.attempt(k.crew[0], a)
		}
		if !a.done { // the context has ended
			return false, nil
		}
		if a.fault != nil {
			panic(a.fault)
		}
		if a.err != nil {
			return true, a.err
		}
		k.rep.Schedules, k.rep.Steps = a.task.N+1, k.rep.Steps+uint64(a.result.Steps)
		if err := k.tell(a); err != nil {
			return true, err
		}
		k.search.learn(&a.task, a)
		act := k.found
		switch {
		case a.heavy:
			act = k.weigh
		case !a.result.Found:
			continue
		}
		if over, err := act(ctx, a); over || err != nil {
			return true, err
		}
	}
	return false, nil
}

// tell reports what a schedule reached that others have not, or not often.
func (k *campaign) tell(a *attempt) error {
	s := &a.sighting
	if k.hunt.Child.Saw == nil || len(s.Fresh) == 0 && s.Tested&^k.search.atlas.Tested() == 0 {
		return nil
	}
	return k.hunt.Child.Saw(a.task.N, *s)
}

// found makes a failure of an attempt and reports it.
func (k *campaign) found(ctx context.Context, a *attempt) (over bool, err error) {
	if rate := k.hunt.counted; rate != nil {
		rate.Found++
		return k.hunt.First || rate.Found >= measuredFailures, nil
	}
	k.rep.Elapsed = time.Since(k.start)
	if k.hunt.Program != nil {
		return k.foundProgram(ctx, a)
	}
	s := k.crew[0]
	s.World().SetCover(nil)
	defer s.World().SetCover(&s.cover)
	if _, err := s.Perform(&a.task, k.watch); err != nil { // another worker may have run it
		return true, err
	}
	find, err := k.hunt.make(ctx, s.Runner, &a.task, a.result, k.rep)
	if err != nil {
		return true, err
	}
	return k.told(a, find)
}

// told reports a failure, and says whether the hunt is over.
func (k *campaign) told(a *attempt, find *Failure) (over bool, err error) {
	k.rep.Interrupted = find.Shrunk.Interrupted
	find.Strategy = k.search.strategy.Methods()[a.task.Method]
	if err := k.hunt.ReportFailure(find, k.rep); err != nil {
		return true, err
	}
	property := a.result.Violation.Property
	if k.hunt.Program == nil {
		k.watch = k.watch.Without(property)
	}
	return k.hunt.Enough(property) || k.watch == 0 || k.rep.Interrupted, nil
}

// Enough says whether the hunt ends with a failure of this property.
func (h *Hunt) Enough(p oracle.PropertyID) bool { return h.First || h.Until.Has(p) }
