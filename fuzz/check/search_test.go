package check

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// small is a world of records of 256 bytes, with buffers of so many of them.
func small(pump string, records int) script.Config {
	n := records * 285
	return script.Config{Pump: pump, Peer: "reference", Engine: "model", PeerEngine: "model",
		Scenario: "test", Under: model.Server, Links: 1, Seed: 1,
		Sizes: script.Sizes{Bio: n, Pipe: n, Queue: 256, Chunk: 256, Flight: n, Window: n,
			Record: 256, Hello: 256, Linger: 16}}
}

// partsOf makes worlds with that pump under test.
func partsOf(spec model.Spec) func(*script.Config) (sim.Parts, error) {
	return func(*script.Config) (sim.Parts, error) {
		peer, lib := pumps.ReferenceSpec(), tls.NewModels()
		return sim.Parts{Pump: &spec, Peer: &peer, Engine: lib, PeerEngine: lib}, nil
	}
}

// allPumps lists the pumps and the mutants, the reference most often.
func allPumps() []model.Spec {
	list := append(pumps.Pumps(), pumps.ReferenceSpec(), pumps.ReferenceSpec())
	for _, m := range pumps.Mutants() {
		list = append(list, m.Spec)
	}
	return list
}

// drawn is a small random search: a pump, a world that is tight more often
// than not, and a few things to do in it.
func drawn(r *sim.Rand) Search {
	specs := allPumps()
	spec := specs[r.Below(uint64(len(specs)))]
	size := func(lo, hi int) int { return r.Between(lo, r.Between(lo, hi)) }
	c := small(spec.Name, 1)
	c.Version, c.Seed = model.Version(r.Below(2)), r.Uint64()
	c.Under, c.Transport = model.Role(r.Below(2)), model.Transport(r.Below(2))
	c.Trigger = model.Trigger(r.Below(3))
	c.Suit(spec.Restrictions)
	c.AnswerAtRead, c.Reentrant = r.OneIn(2), r.OneIn(2)
	c.WholeWrites, c.FixedBuffer = r.OneIn(2), r.OneIn(2)
	c.RefuseReneg, c.SoftRefusal = r.OneIn(4), r.OneIn(2)
	z := &c.Sizes
	z.Bio, z.Pipe, z.Queue, z.Chunk = size(1, 400), size(1, 400), size(30, 300), size(1, 300)
	z.Flight, z.Window, z.Record = size(40, 400), size(40, 400), size(16, 256)
	s := Search{Configs: []script.Config{c}, Parts: partsOf(spec), States: 1500}
	s.Bounds = drawnBounds(r, spec)
	return s
}

func drawnBounds(r *sim.Rand, spec model.Spec) Bounds {
	b := Bounds{Deliver: []uint32{script.All}, Ticks: []uint32{1, 20}}
	for _, n := range []uint32{script.Record, script.Part, script.Bytes + 7} {
		if r.OneIn(2) {
			b.Deliver = append(b.Deliver, n)
		}
	}
	for role := range b.Budget {
		b.Writes[role] = [][2]uint32{{uint32(r.Below(60)), uint32(r.Below(60))}}
		for _, v := range []script.Verb{script.Write, script.Renegotiate, script.KeyUpdate, script.Close, script.Shut,
			script.Pause, script.Spurious} {
			b.Budget[role][v] = uint8(r.Below(5) / 4)
		}
		for _, v := range []script.Verb{script.Window, script.Reset, script.Fin, script.Mutate, script.Tick} {
			b.Budget[role][v] = uint8(r.Below(16) / 15)
		}
	}
	b.Budget[0][script.Write] = 1
	if spec.Restrictions.NoPause {
		b.Budget[1][script.Pause] = 0
	}
	b.Mutations = [][2]uint32{{uint32(r.Below(uint64(script.NumMutations))), uint32(r.Below(500))}}
	return b
}

// explore runs a search.
func explore(t *testing.T, s Search) Report {
	t.Helper()
	rep, err := s.Run(context.Background())
	if err != nil {
		t.Fatalf("%v (plain %v, unreduced %v)\n%+v\n%+v", err, s.Plain, s.Unreduced, s.Configs[0],
			s.Bounds)
	}
	return rep
}

// outcome is what two searches of the same world have to agree on. An edge that
// was noted and is gone again has two forms when it comes back, one of which
// only the search in pieces meets: there the number of states is not compared, nor which of
// several shortest scripts is taken, for that goes by the states' contents.
func outcome(s *Search, rep *Report) string {
	edges := s.Configs[0].Trigger == model.Edge
	text := fmt.Sprintf("%s, depth %d", rep.Stop, rep.Depth)
	if !edges {
		text += fmt.Sprintf(", %d states", rep.States)
	}
	if c := rep.Counterexample; c != nil && edges {
		text += fmt.Sprintf(", %d actions: %v", len(c.Actions), c.Finding)
	} else if c != nil {
		text += fmt.Sprintf(", %v: %v", c.Actions, c.Finding)
	}
	return text
}

// TestReductionAgrees: over 200 small random scenarios the reduced search comes
// to the same as the unreduced one, with any number of workers: the same states
// at the same depth, the same verdict by the same shortest script. And so does,
// in every fifth, a search that does every action in the whole world.
func TestReductionAgrees(t *testing.T) {
	r := sim.Rand(3)
	var kinds [5]int
	saved, scenarios := 0, 200
	if require.Race {
		scenarios = 12 // there it is only about workers that meet
	}
	for n := 0; n < scenarios; {
		s := drawn(&r)
		s.Workers = 2
		full := s
		full.Unreduced, full.Workers = true, 1
		want := explore(t, full)
		if uint64(want.States) >= full.States {
			continue // where a search is stopped is nobody's verdict
		}
		n++
		kinds[want.Stop]++
		searches := []Search{s}
		if n%5 == 0 {
			full.Plain = true
			searches = append(searches, full)
		}
		for _, search := range searches {
			got := explore(t, search)
			if outcome(&s, &got) != outcome(&s, &want) {
				t.Fatalf("scenario %d: plain %v: %s; want %s\n%+v\n%+v", n, search.Plain,
					outcome(&s, &got), outcome(&s, &want), s.Configs[0], s.Bounds)
			}
			switch {
			case search.Plain && got.Transitions != want.Transitions &&
				s.Configs[0].Trigger != model.Edge:
				t.Fatalf("scenario %d: %d transitions; want %d", n, got.Transitions, want.Transitions)
			case got.Transitions < want.Transitions:
				saved++
			}
		}
	}
	if kinds[complete] < scenarios/10 || kinds[violation] < scenarios/5 || saved < scenarios/2 {
		t.Errorf("%d complete, %d violations, %d reduced; want more of each", kinds[complete],
			kinds[violation], saved)
	}
}

// TestPiecesAreTheWholeWorld: in states of a tight world, where headers arrive
// in halves and both ends are alike, what a worker does with the pieces that an
// action needs, and with what it remembers, is what the action does in a world
// of its own into which the whole state was put.
func TestPiecesAreTheWholeWorld(t *testing.T) {
	s := Search{Configs: []script.Config{small("reference", 1)}, Workers: 2,
		Parts:  partsOf(pumps.ReferenceSpec()),
		Bounds: Bounds{Deliver: []uint32{script.Part, script.Record, script.All}}}
	c := &s.Configs[0]
	c.Version, c.AwaitUpdate = model.TLS13, true
	c.Sizes.Record, c.Sizes.Hello = 64, 64
	c.Sizes.Bio, c.Sizes.Pipe, c.Sizes.Flight, c.Sizes.Window = 93, 93, 93, 93
	for role := range s.Bounds.Budget {
		s.Bounds.Budget[role][script.Write], s.Bounds.Budget[role][script.KeyUpdate] = 1, 1
		s.Bounds.Writes[role] = [][2]uint32{{16, 16}}
	}
	r := &exploration{Search: &s, ctx: context.Background(), watch: oracle.EveryProperty}
	if err := r.open(c); err != nil {
		t.Fatal(err)
	}
	parts, _ := s.Parts(c)
	whole, err := newWorker(r.space, parts, r.watch)
	if err != nil {
		t.Fatal(err)
	}
	compared, levels := 0, 21
	if require.Race {
		levels = 12
	}
	for len(r.space.levels) < levels {
		first := r.at
		for r.at < r.end {
			r.batch()
		}
		for id := first; id < r.end; id++ {
			if at := r.space.states.get(id); at != 0 && id%7 == 0 {
				compared++
				r.space.reserve(r.branch(), 3)
				sameSteps(t, r.workers[id&1], whole, at)
			}
		}
		r.settle()
		r.space.levels = append(r.space.levels, r.end)
		r.at, r.end = r.end, r.space.states.next.Load()+1
	}
	if compared < 2000 && !require.Race {
		t.Errorf("%d states were compared; want more", compared)
	}
}

// sameSteps compares what two workers do in a state, the second in plain.
func sameSteps(t *testing.T, a, b *worker, at word) {
	t.Helper()
	got := map[script.Action]step{}
	a.steps(at, every, func(s *step) { got[s.action] = *s })
	b.forget()
	b.plain = true
	defer func() { b.plain = false }()
	b.steps(at, every, func(want *step) {
		have, ok := got[want.action]
		if !ok || have.fate != want.fate || have.next != want.next ||
			have.quiet != want.quiet && want.action.Verb == script.Poll {
			t.Fatalf("state %x, %v: got %+v; want %+v", at, want.action, have, *want)
		}
		delete(got, want.action)
	})
	if len(got) > 0 {
		t.Fatalf("state %x: %v can't happen in the whole world", at, got)
	}
}

// TestOtherCodeIsRefused: a checkpoint is not gone on with by a pump that does
// something else under the same name.
func TestOtherCodeIsRefused(t *testing.T) {
	s := tight()
	s.Checkpoint, s.States = t.TempDir()+"/check", 2000
	explore(t, s)
	other := mutantNamed(t, "write-armed-for-ever")
	s.Parts = func(cfg *script.Config) (sim.Parts, error) {
		p, err := partsOf(other)(cfg)
		p.Peer = &other
		return p, err
	}
	_, err := s.Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "other code") {
		t.Errorf("got %v; want an error that says that other code has written it", err)
	}
}

// TestPumpsWithoutSnapshotAreRefused, with what to implement.
func TestPumpsWithoutSnapshotAreRefused(t *testing.T) {
	spec := pumps.ReferenceSpec()
	spec.New = func(env model.Env) model.Pump { return struct{ model.Pump }{pumps.NewReference(env)} }
	s := tight()
	s.Parts = partsOf(spec)
	_, err := s.Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "Snapshot(*model.Snapshot)") {
		t.Errorf("got %v; want an error that names the method", err)
	}
}

// TestACycleIsFound: a pump that goes round two states for ever, and seems to
// move something each time, is in no state twice in a row and never rests.
func TestACycleIsFound(t *testing.T) {
	spec := pumps.ReferenceSpec()
	spec.New = func(env model.Env) model.Pump {
		return &restless{Reference: pumps.NewReference(env), env: env}
	}
	s := tight()
	s.Parts, s.Configs = partsOf(spec), s.Configs[:1]
	rep := explore(t, s)
	if c := rep.Counterexample; c == nil || c.Finding.Property != oracle.BusyLoop ||
		!strings.Contains(c.Finding.Detail, "does not rest") {
		t.Errorf("got %+v; want a busy-loop", rep)
	}
}

// A restless pump wakes itself with a different mask each time, and asks its
// engine for a KeyUpdate that it does not get.
type restless struct {
	*pumps.Reference
	env model.Env
	odd bool
}

func (p *restless) Ready(ev model.Events) {
	p.Reference.Ready(ev)
	p.odd = !p.odd
	p.env.Engine.KeyUpdate(false)
	p.env.Engine.ClearErrors()
	p.env.Loop.Wake()
}

func (p *restless) Snapshot(s *model.Snapshot) {
	p.Reference.Snapshot(s)
	s.Flags(&p.odd)
}
