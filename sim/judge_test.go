package sim

import (
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/sim/script"
)

// parting is an echo's client that says one message, and no more.
type parting struct{ echo }

func (p *parting) Begins() bool   { return p.begun == 0 }
func (p *parting) HalfOver() bool { return p.begun > 0 }

// TestHalfOver: an app whose speaker to a program has said its last half-closes, where TLS can, and
// the program's answer still comes.
func TestHalfOver(t *testing.T) {
	halved := map[model.Version]int{}
	for seed := range uint64(40) {
		cfg, p := foreignWorld(none, seed)
		p.Dialogue = &own.Dialogue{Name: cfg.Dialogue, New: func(own.Place) own.Speaker { return &parting{} }}
		w := NewWorld()
		rebuild(t, w, cfg, p, oracle.EveryProperty)
		random := &Random{}
		plan := foreignPlan(seed)
		plan.Steps, plan.Weights[0][script.Shut] = 200, 0
		random.Restart(plan, seed)
		if r := w.Run(random); r.Found || w.Err() != nil {
			t.Fatalf("seed %d: %+v, %v", seed, r, w.Err())
		}
		if w.ends[0].acct.HalfClosing {
			halved[cfg.Version]++
		}
		w.Close()
	}
	if halved[model.TLS13] == 0 || halved[model.TLS12] > 0 {
		t.Errorf("half-closed links: %v; want some of TLS 1.3, none of TLS 1.2", halved)
	}
}
