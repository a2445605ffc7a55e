package sim

import (
	"fmt"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/sim/script"
)

// searchers are one of each.
func searchers() map[string]Searcher {
	return map[string]Searcher{"random": &Random{}, "pct": &PCT{}, "pos": &POS{}, "surw": &SURW{},
		"delay": &Delay{}, "variation": &Variation{}}
}

// An order is what the toys of one world have done, in order: a letter for each
// message that an app wrote, c or s for client and server.
type order struct{ events []byte }

// A toy is a pump that moves nothing: it takes what its app writes, and notes
// it. bug panics when the order is the one that it fails on.
type toy struct {
	role  model.Role
	order *order
	bug   func(events string) bool
}

func (p *toy) Ready(model.Events) {}
func (p *toy) PauseRead(bool)     {}
func (p *toy) CloseWrite()        {}
func (p *toy) Close()             {}

func (p *toy) Write(b []byte) int {
	p.order.events = append(p.order.events, "cs"[p.role])
	if p.bug != nil && p.bug(string(p.order.events)) {
		panic("the order that the toy fails on")
	}
	return len(b)
}

// toyWorld is a world of two toys, each of whose apps writes so many messages.
type toyWorld struct {
	*World
	cfg   script.Config
	parts Parts
	plan  Plan
	order order
}

func newToyWorld(writes int, bug func(events string) bool) *toyWorld {
	t := &toyWorld{World: NewWorld(), cfg: benchConfig()}
	spec := &model.Spec{Name: "toy", New: func(env model.Env) model.Pump {
		if env.Role == model.Client {
			t.order.events = nil
		}
		return &toy{env.Role, &t.order, bug}
	}}
	lib := tls.NewModels()
	t.parts = Parts{Pump: spec, Peer: spec, Engine: lib, PeerEngine: lib}
	t.plan = Plan{Steps: 2 * writes}
	for role := range 2 {
		t.plan.Weights[role][script.Write], t.plan.Budget[role][script.Write] = 8, uint16(writes)
	}
	return t
}

// workload runs one workload of the world.
func (t *toyWorld) workload(s Searcher, seed uint64) Result {
	s.Restart(&t.plan, seed)
	if trier, ok := s.(Trier); ok {
		t.mustReset()
		if res := t.Run(trier.Trial()); res.Found {
			return res
		}
	}
	t.mustReset()
	return t.Run(s)
}

func (t *toyWorld) mustReset() {
	if err := t.Reset(&t.cfg, &t.parts, oracle.EveryProperty.Only(oracle.Crash)); err != nil {
		panic(err)
	}
}

// inTheMiddle is a bug of depth 2: the server's first message comes after the
// client's 4th and before its 6th.
func inTheMiddle(events string) bool {
	c4, s1, c6 := at(events, 'c', 4), at(events, 's', 1), at(events, 'c', 6)
	return c4 < s1 && s1 < c6 && c6 < never
}

// interlocked is one of depth 3: a client's message, the server's 3rd, the
// client's next, the server's 4th, in this order, in the middle of the workload.
func interlocked(events string) bool {
	for c := 3; c <= 6; c++ {
		first, second := at(events, 'c', c), at(events, 'c', c+1)
		third, fourth := at(events, 's', 3), at(events, 's', 4)
		if first < third && third < second && second < fourth && fourth < never {
			return true
		}
	}
	return false
}

const never = 1 << 20

// at is where the nth of a letter stands, never if it has not come.
func at(events string, letter byte, n int) int {
	for i := range events {
		if events[i] == letter {
			if n--; n == 0 {
				return i
			}
		}
	}
	return never
}

func count(events string) (c, s int) {
	for i := range events {
		if events[i] == 'c' {
			c++
		} else {
			s++
		}
	}
	return c, s
}

// TestPCTKeepsItsBound: a bug of depth d in workloads of k steps of n sources is
// found at least as often as Burckhardt's bound 1/(n·k^(d-1)) says, and not at
// all with fewer change points than it takes, so that it has that depth.
func TestPCTKeepsItsBound(t *testing.T) {
	const runs, writes, sources = 1000, 8, 2
	steps := 2 * writes
	for _, bug := range []struct {
		depth int
		fails func(string) bool
		bound float64 // how often in all runs
	}{
		{2, inTheMiddle, runs / float64(sources*steps)},
		{3, interlocked, runs / float64(sources*steps*steps)},
	} {
		found := map[int]int{}
		for depth := 1; depth <= bug.depth; depth++ {
			w := newToyWorld(writes, bug.fails)
			pct := &PCT{Depth: depth}
			for seed := range uint64(runs) {
				if w.workload(pct, seed).Found {
					found[depth]++
				}
			}
			w.Close()
		}
		t.Logf("depth %d: found in %d of %d runs; the bound is %.1f", bug.depth, found[bug.depth],
			runs, bug.bound)
		if float64(found[bug.depth]) < bug.bound {
			t.Errorf("depth %d: found %d times; want at least %.1f", bug.depth, found[bug.depth],
				bug.bound)
		}
		for depth := 1; depth < bug.depth; depth++ {
			if found[depth] > 0 {
				t.Errorf("with depth %d the bug of depth %d was found %d times; want none", depth,
					bug.depth, found[depth])
			}
		}
	}
}

// TestSURWIsUniform: two apps write two messages each. Of the six orders each
// comes as often as the others, where a random walk prefers those that leave
// one app for the end: it makes two of them twice as often as the other four.
func TestSURWIsUniform(t *testing.T) {
	const runs = 12000
	w := newToyWorld(2, nil)
	defer w.Close()
	orders := func(s Searcher, skip func() bool) map[string]int {
		seen := map[string]int{}
		for seed, n := uint64(0), 0; n < runs; seed++ {
			w.workload(s, seed)
			if skip() {
				continue
			}
			seen[string(w.order.events)]++
			n++
		}
		return seen
	}
	surw := &SURW{}
	uniform := orders(surw, func() bool { return surw.class&starting == 0 })
	walk := orders(&Random{}, func() bool { return false })
	if len(uniform) != 6 || len(walk) != 6 {
		t.Fatalf("got %d and %d orders; want 6", len(uniform), len(walk))
	}
	for events, n := range uniform {
		if n < runs/6*85/100 || n > runs/6*115/100 {
			t.Errorf("%s: %d of %d; want about a sixth", events, n, runs)
		}
	}
	if n := walk["ccss"]; n < runs/4*90/100 {
		t.Errorf("the random walk made ccss %d times of %d; want a quarter, or the test shows nothing",
			n, runs)
	}
}

// walled is a comfortable world of two reference pumps with all kinds of
// events.
func walled() (cfg script.Config, parts Parts, plan Plan) {
	spec := pumps.ReferenceSpec()
	lib := tls.NewModels()
	cfg = benchConfig()
	cfg.Pump, cfg.Peer, cfg.Sizes.Hello = spec.Name, spec.Name, 16384
	parts = Parts{Pump: &spec, Peer: &spec, Engine: lib, PeerEngine: lib}
	plan = Plan{Steps: 200, Portions: [4]uint16{4, 8, 6, 2}, Body: 64, Answer: 64}
	for role := range 2 {
		for v := range script.NumVerbs {
			plan.Weights[role][v] = 4
		}
		plan.Weights[role][script.Deliver], plan.Weights[role][script.Poll] = 40, 60
		plan.Weights[role][script.Mutate], plan.Weights[role][script.Reset], plan.Weights[role][script.Fin] = 0, 0, 0
		plan.Weights[role][script.Close] = 1
		for _, v := range []script.Verb{script.Write, script.Pause, script.Renegotiate, script.Close, script.Spurious} {
			plan.Budget[role][v] = 3
		}
	}
	plan.Weights[1][script.Window] = 0
	return cfg, parts, plan
}

// TestSearchersKeepToThePlan: whatever a searcher does is enabled, allowed and
// within the budget, and the workload is no longer than the plan says. The same
// seed makes the same workload, another seed another one.
func TestSearchersKeepToThePlan(t *testing.T) {
	for name, s := range searchers() {
		t.Run(name, func(t *testing.T) {
			cfg, parts, plan := walled()
			w := NewWorld()
			defer w.Close()
			run := func(seed uint64, check func(a script.Action)) Result {
				s.Restart(&plan, seed)
				if err := w.Reset(&cfg, &parts, oracle.EveryProperty); err != nil {
					t.Fatal(err)
				}
				return w.Run(&checked{s, check})
			}
			kinds := map[uint64]bool{}
			for seed := range uint64(100) {
				var spent [2][script.NumVerbs]uint16
				first := run(seed, func(a script.Action) {
					if !w.Can(a) || plan.Weights[a.On&1][a.Verb] == 0 {
						t.Fatalf("seed %d: %s is not enabled, or not allowed", seed, a)
					}
					spent[a.On&1][a.Verb]++
				})
				for role := range spent {
					for v, n := range spent[role] {
						if most := plan.Budget[role][v]; most > 0 && n > most {
							t.Fatalf("seed %d: %d times %s; want at most %d", seed, n, script.Verb(v), most)
						}
					}
				}
				if first.Workload > plan.Steps {
					t.Fatalf("seed %d: a workload of %d actions; want at most %d", seed, first.Workload,
						plan.Steps)
				}
				if again := run(seed, nil); again != first {
					t.Fatalf("seed %d: got %+v, then %+v", seed, first, again)
				}
				kinds[first.Hash] = true
			}
			if len(kinds) < 90 {
				t.Errorf("got %d different workloads of 100 seeds", len(kinds))
			}
		})
	}
}

// checked is a scheduler whose actions are looked at.
type checked struct {
	Scheduler
	check func(a script.Action)
}

func (c *checked) Next(w *World) (script.Action, bool) {
	a, ok := c.Scheduler.Next(w)
	if ok && c.check != nil {
		c.check(a)
	}
	return a, ok
}

// TestNobodyStarves: in workloads of every searcher, taken together, each source
// has its turns: a clock, a spinning pump or a chatty app does not keep the
// others out of all of them.
func TestNobodyStarves(t *testing.T) {
	for name, s := range searchers() {
		cfg, parts, plan := walled()
		w := NewWorld()
		var done [numSources]int
		for seed := range uint64(200) {
			s.Restart(&plan, seed)
			if err := w.Reset(&cfg, &parts, 0); err != nil {
				t.Fatal(err)
			}
			w.Run(s)
			for _, a := range w.Actions() {
				done[sourceOf[bitOf(a)]]++
			}
		}
		w.Close()
		for _, of := range []source{loopSource, appSource, wireSource, faultSource,
			perEnd + loopSource, perEnd + appSource, perEnd + wireSource, perEnd + faultSource,
			clockSource} {
			if done[of] < 200 {
				t.Errorf("%s: source %d did %d actions in 200 workloads; want at least 200", name, of,
					done[of])
			}
		}
	}
}

// TestWeightsHoldForDelay: a verb of four times the weight comes about four
// times as often, as with Random.
func TestWeightsHoldForDelay(t *testing.T) {
	w := newToyWorld(1000, nil)
	defer w.Close()
	w.plan.Steps = 500
	w.plan.Weights[0][script.Write], w.plan.Weights[1][script.Write] = 40, 10
	for name, s := range map[string]Searcher{"random": &Random{},
		"delay": &Delay{Delays: 1}} {
		clients := 0
		for seed := range uint64(20) {
			w.workload(s, seed)
			c, _ := count(string(w.order.events))
			clients += c
		}
		if clients < 20*500*70/100 || clients > 20*500*90/100 {
			t.Errorf("%s: %d of %d writes are the client's; want about 80 %%", name, clients, 20*500)
		}
	}
}

// TestVariation: a workload is varied up to the place, and what is done is done
// in the order of the workload that it varies.
func TestVariation(t *testing.T) {
	cfg, parts, plan := walled()
	w := NewWorld()
	defer w.Close()
	run := func(s Scheduler) []script.Action {
		if err := w.Reset(&cfg, &parts, 0); err != nil {
			t.Fatal(err)
		}
		w.Run(s)
		return append([]script.Action(nil), w.Actions()...)
	}
	random := &Random{}
	random.Restart(&plan, 1)
	parent := run(random)
	shared, same := 0, 0
	for seed := range uint64(200) {
		v := &Variation{}
		v.Restart(&plan, seed)
		v.Vary(parent, len(parent)/2)
		child := run(v)
		n := 0
		for n < min(len(child), len(parent)) && child[n] == parent[n] {
			n++
		}
		shared += n
		if n == len(parent) {
			same++
		}
	}
	if mean := shared / 200; mean < len(parent)/4 || mean > len(parent)*3/4 {
		t.Errorf("variations share %d of %d actions with their parent; want about half", mean,
			len(parent))
	}
	if same > 50 { // at its end a workload often has one way to go
		t.Errorf("%d of 200 variations of a workload of %d change nothing", same, len(parent))
	}
}

// TestVariationKeepsSizes: a workload of another world is cut to the sizes of the
// plan at hand.
func TestVariationKeepsSizes(t *testing.T) {
	cfg, parts, plan := walled()
	w := NewWorld()
	defer w.Close()
	parent := []script.Action{{Verb: script.Write, Arg: 9000, Arg2: 9000}, {Verb: script.Write, Arg: 5, Arg2: 6}}
	seen := 0
	for seed := range uint64(50) {
		v := &Variation{}
		v.Restart(&plan, seed)
		v.Vary(parent, 1)
		if err := w.Reset(&cfg, &parts, 0); err != nil {
			t.Fatal(err)
		}
		w.Run(&checked{v, func(a script.Action) {
			if a.Verb == script.Write && (a.Arg > uint32(plan.Body) || a.Arg2 > uint32(plan.Answer)) {
				t.Fatalf("seed %d: %s; want at most %d and %d", seed, a, plan.Body, plan.Answer)
			}
			if a.Verb == script.Write && a.Arg == uint32(plan.Body) {
				seen++
			}
		}})
	}
	if seen == 0 {
		t.Error("the large write was never made")
	}
}

// TestCoverSeesAndChangesNothing: a run with a cover has the same hash as
// without, and the same run reaches the same.
func TestCoverSeesAndChangesNothing(t *testing.T) {
	cfg, parts, plan := walled()
	w := NewWorld()
	defer w.Close()
	cover := &Cover{Atlas: &Atlas{}}
	run := func(c *Cover) Result {
		w.SetCover(c)
		if err := w.Reset(&cfg, &parts, oracle.EveryProperty); err != nil {
			t.Fatal(err)
		}
		s := &Random{}
		s.Restart(&plan, 5)
		return w.Run(s)
	}
	plain, covered := run(nil), run(cover)
	if plain != covered {
		t.Errorf("got %+v with a cover; want %+v", covered, plain)
	}
	first := cover.Sighting()
	if run(cover); fmt.Sprint(first) != fmt.Sprint(cover.Sighting()) {
		t.Error("the same run must reach the same")
	}
	if len(first.Fresh) < 20 || first.Around == 0 || first.Tested&oracle.EveryProperty == 0 {
		t.Errorf("got %d features, around %d, tested %b; want what a workload reaches", len(first.Fresh),
			first.Around, first.Tested)
	}
}
