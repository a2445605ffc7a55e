package sim

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// saveAll saves every piece of a world.
func saveAll(w *World) (pieces [][]byte) {
	pieces = append(pieces, w.Save(SharedPiece, 0, nil))
	for id := range script.End(w.n) {
		for p := range SharedPiece {
			pieces = append(pieces, w.Save(p, id, nil))
		}
	}
	return pieces
}

// loadAll puts them back.
func loadAll(t *testing.T, w *World, pieces [][]byte) {
	t.Helper()
	load := func(p Piece, id script.End) {
		if err := w.Load(p, id, pieces[0]); err != nil {
			t.Fatal(err)
		}
		pieces = pieces[1:]
	}
	load(SharedPiece, 0)
	for id := range script.End(w.n) {
		for p := range SharedPiece {
			load(p, id)
		}
	}
	w.Settle()
}

// differ names the first piece that differs.
func differ(a, b [][]byte) string {
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return fmt.Sprintf("piece %d:\n%x\n%x", i, a[i], b[i])
		}
	}
	return ""
}

// A shadow follows a walk in another world: now and then it is put into the
// walk's state, and from then on it has to do as the walk does.
type shadow struct {
	walk
	other *World
	tuned bool // it has been put into a state
}

func (s *shadow) Next(w *World) (script.Action, bool) {
	if s.tuned {
		s.compareWorlds(w)
	}
	if s.rand.OneIn(9) {
		pieces := saveAll(w)
		loadAll(s.t, s.other, pieces)
		if d := differ(pieces, saveAll(s.other)); d != "" {
			s.t.Fatalf("step %d: what was put back is another state: %s", w.steps, d)
		}
		s.other.chain, s.tuned = w.chain, true
	}
	a, ok := s.walk.Next(w)
	if ok && s.tuned {
		before := w.chain
		s.other.chain = before
		s.other.Try(a)
	}
	return a, ok
}

// compareWorlds: the same pieces, the same choices, and as long as the clocks
// agree the same calls in the same order.
func (s *shadow) compareWorlds(w *World) {
	o := s.other
	if d := differ(saveAll(w), saveAll(o)); d != "" {
		s.t.Fatalf("step %d, %v: the same action led to another state: %s", w.steps,
			w.actions[len(w.actions)-1:], d)
	}
	if w.enabled != o.enabled {
		s.t.Fatalf("step %d, %v: %016x is enabled; want %016x", w.steps,
			w.actions[len(w.actions)-1:], o.enabled, w.enabled)
	}
	if w.now == o.now && w.chain != o.chain {
		s.t.Fatalf("step %d, %v: the calls differ", w.steps, w.actions[len(w.actions)-1:])
	}
}

// TestSnapshots: a state is put back into a world that has seen something else. From then
// on that world behaves like the one the state was taken from, action by action, to the
// verdict. It is tried with any world, any action and all pumps.
func TestSnapshots(t *testing.T) {
	w, other := NewWorld(), NewWorld()
	defer w.Close()
	defer other.Close()
	specs := append(pumps.Pumps(), pumps.ReferenceSpec(), pumps.ReferenceSpec())
	for _, m := range pumps.Mutants() {
		specs = append(specs, m.Spec)
	}
	var did [script.NumVerbs]int
	r := Rand(7)
	found := 0
	for n := range 900 {
		cfg := wild(&r)
		p := parts(specs[n%len(specs)])
		cfg.Suit(p.Pump.Restrictions)
		seed := r.Uint64()
		rebuild(t, other, wild(&r), parts(), 0)
		other.Run(&walk{t: t, rand: Rand(seed + 1), steps: 20, did: &did})
		rebuild(t, other, cfg, p, oracle.EveryProperty)
		rebuild(t, w, cfg, p, oracle.EveryProperty)
		w.now = restored
		s := &shadow{walk: walk{t: t, rand: Rand(seed), steps: 150, did: &did}, other: other}
		res := w.Run(s)
		if !s.tuned {
			continue
		}
		if !other.over {
			other.TryQuiesce()
		}
		if got, want := other.finding, w.finding; got != want && want.Property != oracle.Corruption &&
			want.Property != oracle.DataLoss {
			t.Fatalf("walk %d: the verdict is %+v; want %+v\n%s", n, got, want,
				(&script.Script{Config: cfg, Actions: w.Actions()}).Format())
		}
		if res.Found {
			found++
		}
	}
	if found < 60 {
		t.Errorf("%d walks came to a violation; want more, to compare", found)
	}
}
