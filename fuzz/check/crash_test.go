package check

import (
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// TestASearchGoesOnBehindACrash: a pump that panics in the middle of its app's
// Write leaves nothing behind in the world that the search goes on in, and so the
// way back to the crash is found (story 54).
func TestASearchGoesOnBehindACrash(t *testing.T) {
	spec := mutantNamed(t, "write-after-close-notify")
	c := small(spec.Name, 1)
	c.Under, c.Transport, c.Trigger = model.Client, model.Attached, model.OneShot
	c.Reentrant, c.FixedBuffer = true, true
	c.Sizes.Queue, c.Sizes.Chunk, c.Sizes.Record, c.Sizes.Window = 31, 10, 71, 115
	s := Search{Configs: []script.Config{c}, Parts: partsOf(spec), Workers: 1, States: 1500,
		Unreduced: true}
	s.Bounds = Bounds{Deliver: []uint32{script.All, script.Record, script.Part}, Ticks: []uint32{1}}
	s.Bounds.Budget[model.Client] = [script.Attack + 1]uint8{script.Write: 1, script.Pause: 1}
	s.Bounds.Budget[model.Server] = [script.Attack + 1]uint8{script.Close: 1}
	s.Bounds.Writes = [2][][2]uint32{{{54, 6}}, {{41, 47}}}
	rep := explore(t, s)
	if found := rep.Counterexample; found == nil || found.Finding.Property != oracle.Crash {
		t.Errorf("got %+v; want the crash, by a shortest script", rep)
	}
}

// mutantNamed finds a mutant.
func mutantNamed(t *testing.T, name string) model.Spec {
	t.Helper()
	for _, m := range pumps.Mutants() {
		if m.Name == name {
			return m.Spec
		}
	}
	t.Fatalf("no mutant %s", name)
	return model.Spec{}
}
