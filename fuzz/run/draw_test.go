package run

import (
	"testing"

	"github.com/wantwrite/wantwrite/model/pumps"
)

// TestWhatIsDrawnIsLegal: each world that is drawn is one that a script can have.
func TestWhatIsDrawnIsLegal(t *testing.T) {
	for _, spec := range pumps.Pumps() {
		r, err := NewRunner(NewCatalog(), Options{Pump: &spec})
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(2000) {
			r.drawer.draw(r.menu, seed)
			if err := r.drawer.cfg.Check(); err != nil {
				t.Fatalf("%s, seed %d, scenario %s: %v", spec.Name, seed, r.drawer.cfg.Scenario, err)
			}
		}
		r.Close()
	}
}
