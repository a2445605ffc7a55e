package sim

import (
	"fmt"
	"math/bits"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A walk is a scheduler without a plan: it does any enabled action, the fatal ones rarely
// enough to leave time for the others. It checks on its way that the enabled set keeps
// its promises.
type walk struct {
	t     *testing.T
	rand  Rand
	steps int
	did   *[script.NumVerbs]int
}

func (s *walk) Next(w *World) (script.Action, bool) {
	if s.steps--; s.steps < 0 || w.Enabled().Len() == 0 {
		return script.Action{}, false
	}
	s.compare(w)
	v, e := s.pick(w)
	for !s.rand.OneIn(oddsOf(v)) {
		v, e = s.pick(w)
	}
	s.did[v]++
	return s.arguments(v, e), true
}

// pick draws one of the enabled bits.
func (s *walk) pick(w *World) (script.Verb, script.End) {
	m := uint64(w.Enabled())
	for n := s.rand.Below(uint64(w.Enabled().Len())); n > 0; n-- {
		m &= m - 1
	}
	return enabledAt(bits.TrailingZeros64(m))
}

// oddsOf is how rarely a verb that was drawn is done: once in so many draws.
func oddsOf(v script.Verb) uint64 {
	switch v {
	case script.Deliver, script.Poll:
		return 1
	case script.Reset, script.Fin, script.Mutate, script.Close, script.Shut:
		return 100
	}
	return 8
}

// compare checks the enabled set, which is brought up to date piece by piece,
// against one made from scratch; and Can against it, for every verb and end,
// also those that are not there.
func (s *walk) compare(w *World) {
	kept := w.enabled
	for i := range w.ends[:w.n] {
		w.ends[i].open = w.ends[i].inside.choices()
	}
	if w.refreshAll(); kept != w.enabled {
		s.t.Fatalf("step %d: enabled is %016x after %v; from scratch it is %016x", w.steps, kept,
			w.actions[max(0, len(w.actions)-1):], w.enabled)
	}
	for e := range script.End(2*script.MaxLinks + 1) {
		for v := range script.NumVerbs + 1 {
			here := int(e) < w.n && v < script.NumVerbs
			a := script.Action{Verb: v, On: e}
			want := here && a.Fits(w.cfg.Foreign(e)) && (v == script.Tick || w.Enabled().Has(v, e))
			if got := w.Can(a); got != want {
				s.t.Fatalf("step %d: can %s %s is %v; want %v", w.steps, v, e, got, want)
			}
		}
	}
	for i := range w.ends[:w.n] {
		e := &w.ends[i]
		if got := w.Enabled().Has(script.Poll, script.End(i)); got != (e.ready() != 0) {
			s.t.Fatalf("step %d: poll %s is %v and ready is %s", w.steps, script.End(i), got, e.ready())
		}
		if got := w.Enabled().Has(script.Deliver, script.End(i)); got != e.in.deliverable(w.now) {
			s.t.Fatalf("step %d: deliver %s is %v", w.steps, script.End(i), got)
		}
	}
}

func (s *walk) arguments(v script.Verb, e script.End) script.Action {
	a := script.Action{Verb: v, On: e}
	below := func(n uint64) uint32 { return uint32(s.rand.Below(n)) }
	switch v {
	case script.Deliver:
		if a.Arg = below(script.Bytes + 30); a.Arg == script.Bytes {
			a.Arg = script.OneByte // nobody delivers 0 bytes
		}
	case script.Write:
		a.Arg, a.Arg2 = below(300), below(300)
	case script.KeyUpdate:
		a.Arg = below(2)
	case script.Spurious:
		a.Arg = 1 + below(3)
	case script.Window, script.Tick:
		a.Arg = 1 + below(8)
	case script.Mutate:
		a.Arg, a.Arg2 = below(uint64(script.NumMutations)), below(1<<16)
	case script.Attack:
		a.Arg, a.Arg2 = below(uint64(attack.Count)), below(100)
	}
	return a
}

// wild draws a world for a walk, small more often than not.
func wild(r *Rand) script.Config {
	c := benchConfig()
	size := func(most int) int { return 1 + int(r.Below(1<<r.Below(uint64(bits.Len(uint(most)))))) }
	c.Version, c.Transport = model.Version(r.Below(2)), model.Transport(r.Below(2))
	c.Trigger, c.Under = model.Trigger(r.Below(3)), model.Role(r.Below(2))
	c.Links, c.Seed = 1+int(r.Below(2)), r.Uint64()
	c.AnswerAtRead, c.SoftRefusal, c.Reentrant = r.OneIn(2), r.OneIn(2), r.OneIn(2)
	c.RefuseReneg, c.WholeWrites, c.FixedBuffer = r.OneIn(4), r.OneIn(2), r.OneIn(2)
	c.Stream, c.Retry, c.Resume, c.PostAuth = r.OneIn(4), r.OneIn(4), r.OneIn(4), r.OneIn(2)
	c.Early, c.RejectEarly = int(r.Below(3)*150), r.OneIn(3)
	z := &c.Sizes
	z.Bio, z.Pipe, z.Queue, z.Chunk = size(8192), size(8192), size(8192), size(8192)
	z.Flight, z.Window, z.Record = 64+size(8192), 64+size(8192), 32+size(8192)
	if r.OneIn(3) {
		z.Chain, z.ClientChain, c.Auth = 300, 300, r.OneIn(2)
	}
	c.Hostile, c.Hasty, c.KeepsOpen = r.OneIn(4), r.OneIn(4), r.OneIn(4)
	c.LastingPause, c.StrictReneg, c.EagerPeer = r.OneIn(4), r.OneIn(8), r.OneIn(8)
	return c
}

// TestWalks: whatever is enabled can be done, in any order and world. No run
// panics, each ends by itself, and the reference neither loops nor hands over
// a wrong byte. The other properties need a scenario, which says what may be
// asked of pumps.
func TestWalks(t *testing.T) {
	w, p := NewWorld(), parts()
	p.PeerEngine = &rebels{Models: tls.NewModels()}
	defer w.Close()
	watch := oracle.PropertySet(0).With(oracle.Crash).With(oracle.Corruption).With(oracle.BusyLoop)
	var did [script.NumVerbs]int
	r := Rand(1)
	for n := range 6000 {
		cfg := wild(&r)
		rebuild(t, w, cfg, p, watch)
		res := w.Run(&walk{t: t, rand: Rand(r.Uint64()), steps: 300, did: &did})
		if res.Found {
			t.Fatalf("walk %d: %v\n%s", n, res.Violation, (&script.Script{Config: cfg,
				Actions: w.Actions()}).Format())
		}
	}
	for v, times := range did {
		if times < 50 && !script.Verb(v).Foreign() {
			t.Errorf("%s was done %d times; want it often", script.Verb(v), times)
		}
	}
}

// A rogue is the reference until its nth turn, and then does what it must not.
func rogue(n int, act func(env model.Env)) model.Spec {
	spec := pumps.ReferenceSpec()
	spec.Name = "rogue"
	spec.New = func(env model.Env) model.Pump {
		return &rogues{Pump: pumps.NewReference(env), env: env, left: n, act: act}
	}
	return spec
}

type rogues struct {
	model.Pump
	env  model.Env
	left int
	act  func(env model.Env)
}

func (p *rogues) Ready(ev model.Events) {
	if p.left--; p.left < 0 {
		p.act(p.env)
	}
	p.Pump.Ready(ev)
}

// TestRoguesAreCaught: a pump that does not return, that panics, or that asks
// to be called for ever is found, named and survived: the world is as good as
// new for the next run.
func TestRoguesAreCaught(t *testing.T) {
	w := NewWorld()
	clean := func() Result {
		rebuild(t, w, benchConfig(), parts(), oracle.EveryProperty)
		return w.Run(newScripted(scripted(t, talk), true))
	}
	want := clean()
	for _, tc := range []struct {
		name   string
		act    func(env model.Env)
		breaks oracle.PropertyID
		detail string
	}{
		{"loops", func(env model.Env) {
			for {
				env.Socket.Recv(make([]byte, 1))
			}
		}, oracle.BusyLoop, "did not return"},
		{"panics", func(model.Env) { panic("index out of range") }, oracle.Crash,
			"panic: index out of range"},
		{"panics at run time", func(env model.Env) {
			var list []int
			list[env.Limits.Queue]++
		}, oracle.Crash, "panic: runtime error: index out of range"},
		{"panics with an address", func(env model.Env) { panic(fmt.Sprintf("lost %p", env.App)) },
			oracle.Crash, "panic: lost 0x…"},
		{"wakes itself", func(env model.Env) { env.Loop.Wake() }, oracle.BusyLoop, "turn after turn"},
	} {
		rebuild(t, w, benchConfig(), parts(rogue(2, tc.act)), oracle.EveryProperty)
		r := w.Run(newScripted(scripted(t, talk), true))
		if v := r.Violation; !r.Found || v.Property != tc.breaks || v.End != 1 ||
			!strings.Contains(v.Detail, tc.detail) {
			t.Errorf("a pump that %s: %v; want %s at the server, %q", tc.name, v, tc.breaks, tc.detail)
		}
		if got := clean(); got != want {
			t.Fatalf("after a pump that %s a clean run gives %+v; want %+v", tc.name, got, want)
		}
	}
}

// TestAPumpThatCanNotStart: a panic of New or Configure is a finding too, and so is a New that
// makes nothing. The world can be used again.
func TestAPumpThatCanNotStart(t *testing.T) {
	w := NewWorld()
	for said, spec := range map[string]model.Spec{
		"no memory":            {New: func(model.Env) model.Pump { panic("no memory") }},
		"no config":            {New: parts().Pump.New, Configure: func(*model.EngineConfig) { panic("no config") }},
		"New returned no pump": {New: func(model.Env) model.Pump { return nil }},
	} {
		spec.Name = "stillborn"
		for range 2 {
			rebuild(t, w, benchConfig(), parts(spec), oracle.EveryProperty)
			r := w.Run(newScripted(scripted(t, talk), true))
			if v := r.Violation; !r.Found || v.Property != oracle.Crash || v.End != 1 ||
				v.Detail != "panic: "+said {
				t.Errorf("got %v; want a crash at the server: panic: %s", v, said)
			}
		}
	}
	rebuild(t, w, benchConfig(), parts(), oracle.EveryProperty)
	if r := w.Run(newScripted(scripted(t, talk), true)); r.Found {
		t.Errorf("afterwards a clean run gives %v", r.Violation)
	}
}

// TestUnwatchedRoguesEndTheRun: a violation that is not looked for is not reported. Nothing
// after it is reported either, and no run goes on for ever.
func TestUnwatchedRoguesEndTheRun(t *testing.T) {
	stall := oracle.PropertySet(0).With(oracle.Stall)
	for name, act := range map[string]func(env model.Env){
		"panics":       func(model.Env) { panic("here") },
		"wakes itself": func(env model.Env) { env.Loop.Wake() },
		"spins":        func(env model.Env) { env.Loop.Spin() },
		"sets timers":  func(env model.Env) { env.Loop.Timer(1) },
	} {
		w := NewWorld()
		rebuild(t, w, benchConfig(), parts(rogue(0, act)), stall)
		r := w.Run(newScripted(scripted(t, talk), true))
		if r.Found || r.Steps > 1000 {
			t.Errorf("a pump that %s: found %v in %d steps; want nothing, soon", name, r.Violation,
				r.Steps)
		}
	}
}

// TestRunsAllocateNothing: whole schedules of the reference, once buffers have
// grown: 0 allocations a step, 0 a schedule.
func TestRunsAllocateNothing(t *testing.T) {
	if require.Race {
		t.Skip("the race detector allocates")
	}
	for _, version := range []model.Version{model.TLS12, model.TLS13} {
		cfg := benchConfig()
		cfg.Version, cfg.Links = version, 2
		cfg.PostAuth, cfg.Resume, cfg.Early = true, true, 100
		cfg.Sizes.Bio, cfg.Sizes.Flight, cfg.Sizes.Record = 300, 2000, 400
		plan := &Plan{Steps: 300, Portions: [4]uint16{1, 2, 6, 12}, Body: 600, Answer: 600}
		for role := range 2 {
			for _, v := range []script.Verb{script.Deliver, script.Poll, script.Write, script.Pause, script.Resume, script.Renegotiate, script.KeyUpdate,
				script.Window, script.Tick, script.Spurious} {
				plan.Weights[role][v] = 2
			}
			plan.Weights[role][script.Deliver], plan.Weights[role][script.Poll] = 60, 60
		}
		w, p, workload := NewWorld(), parts(), &Random{}
		seed, steps := uint64(0), 0
		schedule := func() {
			seed = seed%50 + 1
			rebuild(t, w, cfg, p, oracle.EveryProperty)
			workload.Restart(plan, seed)
			r := w.Run(workload)
			if steps += r.Steps; r.Found {
				t.Fatalf("seed %d: %v", seed, r.Violation)
			}
		}
		for range 50 {
			schedule()
		}
		steps = 0
		if n := testing.AllocsPerRun(50, schedule); n != 0 {
			t.Errorf("TLS %s: %v allocations a schedule; want 0", version, n)
		}
		t.Logf("TLS %s: %d steps measured", version, steps)
	}
}
