package check

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Search explores worlds: from each first state all that can happen within the
// bounds, nearest first.
type Search struct {
	// Configs are the worlds. Each is explored by itself.
	Configs []script.Config
	// Parts makes the code that a world runs, once for each worker, for a library
	// belongs to one goroutine.
	Parts func(*script.Config) (sim.Parts, error)
	// Bounds are the same for all of them.
	Bounds Bounds
	// Watch is the properties to look for; 0 means all.
	Watch oracle.PropertySet
	// Workers is how many work at once; 0 means one for each processor.
	Workers int
	// Memory is the most that a world's search may take, in bytes; 0 is without
	// limit. States is the most states of it.
	Memory, States uint64
	// Unreduced turns the partial-order reduction off. Plain also turns the caches
	// off: each action is then done in the whole world. Both are for tests.
	Unreduced, Plain bool
	// Checkpoint, if not empty, is a file. A search that is interrupted or at its
	// limit is saved there, and a search that is saved there is continued. Every is
	// how often it is saved on the way.
	Checkpoint string
	Every      time.Duration
	// Progress, if not nil, is called now and then.
	Progress func(Stats)
}

// Stats is how far a search has come.
type Stats struct {
	// States counts the distinct states of all worlds together, Transitions those
	// that were done.
	States, Transitions uint64
	// Quiesced is how often a world was quiesced from a state, and judged.
	Quiesced uint64 `json:"Healed"`
	// Depth is the most actions between the first state and another.
	Depth int
	// Worlds is how many are done, Of how many there are.
	Worlds, Of int
	// Elapsed is the time that it took, earlier runs of a checkpoint included.
	Elapsed time.Duration
	// Memory is the most bytes that the search of a world took, caches included.
	// Largest is how many states it had then.
	Memory, Largest uint64
}

// A Stop is why a search ended.
type Stop uint8

const (
	complete    Stop = iota // all that can happen within the bounds was explored
	violation               // a counterexample was found
	interrupted             // the context ended
	memoryLimit             // the search reached Search.Memory
	stateLimit              // the search reached Search.States
)

var stopText = [...]string{"complete", "violation", "interrupted", "memory-limit", "state-limit"}

// String is the reason as reports have it.
func (s Stop) String() string { return stopText[s] }

// A Report is the result of a search.
type Report struct {
	Stats
	Stop Stop
	// Counterexample is a shortest one, or nil.
	Counterexample *Counterexample
	// Partial is where the search of an unfinished world stands, or nil.
	Partial *Partial
}

// Holds says whether all was explored and nothing found.
func (r *Report) Holds() bool { return r.Stop == complete }

// Unfinished says why the search stopped before it was done: empty if it was done, or
// has found a violation.
func (r *Report) Unfinished() string {
	return [...]string{interrupted: "interrupted", memoryLimit: "the memory limit is reached",
		stateLimit: "the states are used up"}[r.Stop]
}

// A Partial is a world that is not explored to the end.
type Partial struct {
	Config   script.Config
	Level    int    // all states at less than this distance are explored
	Frontier uint64 // states that were reached but are not explored
}

// An exploration is a search at work.
type exploration struct {
	*Search
	ctx     context.Context
	watch   oracle.PropertySet
	began   time.Time
	saved   time.Time
	before  time.Duration // how long earlier runs took
	done    Stats         // of the worlds that are finished
	best    *Counterexample
	space   *space
	workers []*worker
	at, end uint32 // the next state to expand, and where its level ends
	fault   error  // a worker's
	tally          // of this world
}

// Run explores until all is explored, or something stops it.
func (s *Search) Run(ctx context.Context) (rep Report, err error) {
	if err := s.Bounds.check(); err != nil {
		return rep, err
	}
	r := &exploration{Search: s, ctx: ctx, watch: s.Watch, began: time.Now(), saved: time.Now()}
	if r.watch == 0 {
		r.watch = oracle.EveryProperty
	}
	r.done.Of = len(s.Configs)
	if err := r.resume(); err != nil {
		return rep, err
	}
	for r.done.Worlds < len(s.Configs) {
		if r.space == nil {
			if err := r.open(&s.Configs[r.done.Worlds]); err != nil {
				return rep, err
			}
		}
		rep.Stop, err = r.world()
		if err != nil || rep.Stop != complete {
			break
		}
		r.close()
	}
	if err == nil && rep.Stop == complete {
		err = r.finish()
	}
	return r.report(rep), err
}

// report sums the search up.
func (r *exploration) report(rep Report) Report {
	rep.Stats = r.stats()
	rep.Counterexample = r.best
	if r.best != nil && rep.Stop == complete {
		rep.Stop = violation
	}
	if r.space != nil {
		level := len(r.space.levels) - 1
		rep.Partial = &Partial{Config: r.space.config, Level: level,
			Frontier: r.space.states.count.Load() - r.expanded()}
	}
	return rep
}

// expanded is how many states of the world are explored.
func (r *exploration) expanded() (n uint64) {
	for id := uint32(1); id < r.at; id++ {
		if r.space.states.get(id) != 0 {
			n++
		}
	}
	return n
}

// stats adds the world at work to those that are finished.
func (r *exploration) stats() Stats {
	s := r.done
	s.States += r.Fresh
	s.Transitions += r.Transitions
	s.Quiesced += r.Quiesced
	s.Elapsed = r.before + time.Since(r.began)
	if r.space != nil {
		s.Depth = max(s.Depth, len(r.space.levels)-1)
		if m := r.bytes(); m > s.Memory {
			s.Memory, s.Largest = m, r.space.states.count.Load()
		}
	}
	return s
}

// bytes is the memory that the world's search takes.
func (r *exploration) bytes() uint64 {
	n := r.space.bytes()
	for _, w := range r.workers {
		n += w.cacheBytes()
	}
	return n
}

// open begins the search of a world.
func (r *exploration) open(cfg *script.Config) error {
	if cfg.Links != 1 {
		return fmt.Errorf("check: got a world with %d links; want 1", cfg.Links)
	}
	r.space = &space{config: *cfg, bounds: r.Bounds, unreduced: r.Unreduced || r.Plain,
		plain: r.Plain}
	for e := range script.End(2) {
		r.space.acts[e] = r.Bounds.acts(e)
	}
	if err := r.hire(); err != nil {
		return err
	}
	r.tally = tally{Fresh: 1}
	r.space.reserve(1, len(r.workers))
	w := r.workers[0]
	first, _ := r.space.states.intern(w.first(), &w.statePool)
	r.space.wake(first, nothing)
	r.settle()
	r.space.levels, r.at, r.end = []uint32{first}, first, r.space.states.next.Load()+1
	return nil
}

// crew is how many workers there are.
func (s *Search) crew() int {
	if s.Workers > 0 {
		return s.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// hire makes the workers.
func (r *exploration) hire() error {
	n := r.crew()
	r.workers = nil
	for range n {
		parts, err := r.Parts(&r.space.config)
		if err != nil {
			return err
		}
		r.space.halves.reserve(2, n)
		w, err := newWorker(r.space, parts, r.watch)
		if err != nil {
			return err
		}
		r.workers = append(r.workers, w)
	}
	return nil
}

// close ends the search of a world, and adds it to what is done.
func (r *exploration) close() {
	r.done = r.stats()
	r.done.Elapsed = 0
	r.done.Worlds++
	r.discharge()
	large := r.space.bytes() > 1<<28
	if r.space, r.tally = nil, (tally{}); large {
		debug.FreeOSMemory() // before the next world takes as much
	}
}

// discharge lets the workers go.
func (r *exploration) discharge() {
	for _, w := range r.workers {
		w.world.Close()
	}
	r.workers = nil
}

// settle ends a level: its states are those up to the last number. Numbers that a
// worker has in stock are not used for the next level.
func (r *exploration) settle() {
	for _, w := range r.workers {
		w.statePool = pool{}
	}
}

// world explores the world that is open.
func (r *exploration) world() (Stop, error) {
	for {
		for r.at < r.end {
			if stop := r.stopped(); stop != complete {
				return stop, r.save()
			}
			if r.batch(); r.fault != nil {
				return complete, r.fault
			}
		}
		r.settle()
		if r.Worst != nil {
			return complete, r.convict()
		}
		deep := r.Bounds.Depth > 0 && len(r.space.levels) > r.Bounds.Depth
		if deep || r.space.states.next.Load() < r.end {
			return complete, nil
		}
		r.space.levels = append(r.space.levels, r.end)
		r.end = r.space.states.next.Load() + 1
	}
}

// stopped says whether something ends the search here. It also reports progress.
func (r *exploration) stopped() Stop {
	now := time.Now()
	if r.Progress != nil {
		r.Progress(r.stats())
	}
	if r.Checkpoint != "" && r.Every > 0 && now.Sub(r.saved) > r.Every {
		if err := r.save(); err == nil {
			r.saved = now
		}
	}
	more := r.room()
	switch {
	case r.ctx.Err() != nil:
		return interrupted
	case r.States > 0 && r.Fresh >= r.States:
		return stateLimit
	case r.space.full(more), r.Memory > 0 && r.bytes() > r.Memory-r.Memory/16:
		return memoryLimit
	}
	return complete
}

// branch is more than the number of states that one leads to, on average.
func (r *exploration) branch() uint64 {
	return uint64(len(r.space.acts[0]) + len(r.space.acts[1]) + 2*len(r.Bounds.Deliver))
}

// room is how many states the next batch may find.
func (r *exploration) room() uint64 {
	return max(1<<14, r.space.states.count.Load()/64, r.branch())
}

// batch expands some more states, with all workers.
func (r *exploration) batch() {
	size := uint32(max(1, r.room()/r.branch()))
	end, next := min(r.end, r.at+size), r.end
	r.space.reserve(uint64(end-r.at)*r.branch(), len(r.workers))
	r.each(r.at, end, func(w *worker, id uint32) { w.expand(id, next) })
	r.at = end
}

// each lets the workers do something with the states from number at up to end, and
// adds their tallies.
func (r *exploration) each(at, end uint32, do func(w *worker, id uint32)) {
	share := max(1, min(64, (end-at)/uint32(4*len(r.workers))))
	lines := r.space.states.count.Load()
	var next atomic.Uint32
	next.Store(at)
	var all sync.WaitGroup
	for _, w := range r.workers {
		w.tally = tally{}
		all.Go(func() {
			defer w.survive()
			w.resize(lines)
			for from := next.Add(share) - share; from < end; from = next.Add(share) - share {
				for id := from; id < min(end, from+share); id++ {
					if w.states.get(id) != 0 {
						do(w, id)
					}
				}
			}
		})
	}
	all.Wait()
	for _, w := range r.workers {
		r.add(&w.tally)
		if w.fault != nil {
			r.fault = w.fault
		}
	}
}

// survive makes an error of a panic. It means that a pump's Snapshot leaves something
// out, or that the search has a defect. A pump's own panics are findings.
func (w *worker) survive() {
	if fault := recover(); fault != nil {
		w.fault = fmt.Errorf("check: the search can't go on: %v", fault)
	}
}

// add adds a worker's tally.
func (t *tally) add(o *tally) {
	t.Fresh += o.Fresh
	t.Transitions += o.Transitions
	t.Quiesced += o.Quiesced
	if o.Worst != nil && o.Worst.before(t.Worst) {
		t.Worst = o.Worst
	}
}
