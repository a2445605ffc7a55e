package check

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
)

// small is a world of records of 256 bytes, with buffers of so many of them.
func small(pump string, records int) sim.Config {
	n := records * 285
	return sim.Config{Pump: pump, Peer: "reference", Engine: "model", PeerEngine: "model",
		Scenario: "test", Under: model.Server, Links: 1, Seed: 1,
		Sizes: sim.Sizes{Bio: n, Pipe: n, Queue: 256, Chunk: 256, Flight: n, Window: n,
			Record: 256, Hello: 256, Linger: 16}}
}

// partsOf makes worlds with that pump under test.
func partsOf(spec model.Spec) func(*sim.Config) (sim.Parts, error) {
	return func(*sim.Config) (sim.Parts, error) {
		peer, lib := model.ReferenceSpec(), model.NewModels()
		return sim.Parts{Pump: &spec, Peer: &peer, Engine: lib, PeerEngine: lib}, nil
	}
}

// allPumps lists the pumps and the mutants, the reference most often.
func allPumps() []model.Spec {
	list := append(model.Pumps(), model.ReferenceSpec(), model.ReferenceSpec())
	for _, m := range model.Mutants() {
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
	if spec.Support&model.NoClient == 0 {
		c.Under, c.Transport = model.Role(r.Below(2)), model.Transport(r.Below(2))
		c.Trigger = model.Trigger(r.Below(3))
	}
	c.AnswerAtRead, c.Reentrant = r.OneIn(2), r.OneIn(2)
	c.WholeWrites, c.FixedBuffer = r.OneIn(2), r.OneIn(2)
	c.RefuseReneg, c.SoftRefusal = r.OneIn(4), r.OneIn(2)
	z := &c.Sizes
	z.Bio, z.Pipe, z.Queue, z.Chunk = size(1, 400), size(1, 400), size(30, 300), size(1, 300)
	z.Flight, z.Window, z.Record = size(40, 400), size(40, 400), size(16, 256)
	s := Search{Configs: []sim.Config{c}, Parts: partsOf(spec), States: 4000}
	s.Bounds = drawnBounds(r, spec)
	return s
}

func drawnBounds(r *sim.Rand, spec model.Spec) Bounds {
	b := Bounds{Deliver: []uint32{sim.All}, Ticks: []uint32{1, 20}}
	for _, n := range []uint32{sim.Record, sim.Part, sim.Bytes + 7} {
		if r.OneIn(2) {
			b.Deliver = append(b.Deliver, n)
		}
	}
	for role := range b.Budget {
		b.Writes[role] = [][2]uint32{{uint32(r.Below(60)), uint32(r.Below(60))}}
		for _, v := range []sim.Verb{sim.Write, sim.Renegotiate, sim.KeyUpdate, sim.Close, sim.Shut,
			sim.Pause, sim.Spurious} {
			b.Budget[role][v] = uint8(r.Below(5) / 4)
		}
		for _, v := range []sim.Verb{sim.Window, sim.Reset, sim.Fin, sim.Mutate, sim.Tick} {
			b.Budget[role][v] = uint8(r.Below(16) / 15)
		}
	}
	b.Budget[0][sim.Write] = 1
	if spec.Support&model.NoPause != 0 {
		b.Budget[1][sim.Pause] = 0
	}
	b.Mutations = [][2]uint32{{uint32(r.Below(uint64(sim.NumMutations))), uint32(r.Below(500))}}
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
// only the search in pieces meets: there the number of states is not compared.
func outcome(s *Search, rep *Report) string {
	text := fmt.Sprintf("%s, depth %d", rep.Stop, rep.Depth)
	if s.Configs[0].Trigger != model.Edge {
		text += fmt.Sprintf(", %d states", rep.States)
	}
	if c := rep.Counterexample; c != nil {
		text += fmt.Sprintf(", %v: %v", c.Actions, c.Finding)
	}
	return text
}

// TestReductionAgrees: over 200 small random scenarios the reduced search, with
// its caches and any number of workers, comes to the same as the unreduced one
// that does every action in the whole world: the same states at the same depth,
// the same verdict by the same shortest script.
func TestReductionAgrees(t *testing.T) {
	r := sim.Rand(3)
	var kinds [5]int
	saved := 0
	for n := 0; n < 200; {
		s := drawn(&r)
		s.Workers = 1
		plainly := s
		plainly.Plain = true
		want := explore(t, plainly)
		if want.Stop == StateLimit {
			continue // where a search is stopped is nobody's verdict
		}
		n++
		kinds[want.Stop]++
		full := s
		full.Unreduced, full.Workers = true, 3
		s.Workers = 2
		for _, search := range []Search{full, s} {
			got := explore(t, search)
			if outcome(&s, &got) != outcome(&s, &want) {
				t.Fatalf("scenario %d: reduced %v: %s; want %s\n%+v\n%+v", n, !search.Unreduced,
					outcome(&s, &got), outcome(&s, &want), s.Configs[0], s.Bounds)
			}
			switch {
			case search.Unreduced && got.Transitions != want.Transitions &&
				s.Configs[0].Trigger != model.Edge:
				t.Fatalf("scenario %d: %d transitions; want %d", n, got.Transitions, want.Transitions)
			case got.Transitions < want.Transitions:
				saved++
			}
		}
	}
	if kinds[Complete] < 40 || kinds[Violation] < 40 || saved < 100 {
		t.Errorf("%d complete, %d violations, %d reduced; want more of each", kinds[Complete],
			kinds[Violation], saved)
	}
	t.Log(kinds, saved)
}

var _ = slices.Sort[[]int]
