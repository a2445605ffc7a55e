package sim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// foreignWorld is a world with a fake, drawn from a seed.
func foreignWorld(m mistake, seed uint64) (script.Config, *Parts) {
	r := Rand(seed)
	c := benchConfig()
	c.Pump, c.Program, c.ProgramVersion, c.Dialogue = "", "fake", "1", echoed.Name
	c.Seed, c.Links, c.Version = r.Uint64(), 1+int(r.Below(2)), model.Version(r.Below(2))
	c.Sizes.Flight, c.Sizes.Window = r.Between(100, 3000), r.Between(100, 3000)
	c.Sizes.Chain = int(r.Below(2)) * 600
	c.LastingPause = r.OneIn(4)
	p := parts()
	p.Pump, p.Engine, p.Dialogue = nil, nil, &echoed
	p.Program, p.Quiet = newFake(&c, m), newFake(&c, m)
	return c, p
}

// foreignPlan is what happens there: no faults but those that a program has to bear.
func foreignPlan(seed uint64) *Plan {
	r := Rand(seed ^ 0xf0)
	p := &Plan{Steps: r.Between(30, 200), Portions: [4]uint16{2, 4, 4, 8}, Body: 3000, Most: 2000,
		Programs: [2]bool{1: true}}
	for role := range 2 {
		p.Weights[role][script.Deliver], p.Weights[role][script.Poll] = 40, 60
	}
	client, server := &p.Weights[0], &p.Weights[1]
	client[script.Write], p.Budget[0][script.Write] = 10, uint16(r.Between(1, 6))
	client[script.Pause], client[script.Resume] = 2, 4
	if r.OneIn(2) {
		client[script.KeyUpdate], client[script.Shut] = 1, uint16(r.Below(2))
		client[script.Close] = 1
	}
	server[script.Spurious], server[script.Squeeze], server[script.Ease] = 3, 3, 2
	server[script.Split], server[script.Thread] = 3, 3
	return p
}

// strategies are all that draw workloads.
func strategies() map[string]Searcher {
	return map[string]Searcher{"random": &Random{}, "pct": &PCT{}, "pos": &POS{}, "surw": &SURW{},
		"delay": &Delay{}, "variation": &Variation{}}
}

// seek runs schedules of a fake until one finds something.
func seek(t *testing.T, m mistake, name string, s Searcher, n uint64) (w *World, cfg script.Config, p *Parts,
	r Result) {

	t.Helper()
	w = NewWorld()
	t.Cleanup(w.Close)
	for seed := range n {
		cfg, p = foreignWorld(m, seed)
		s.Restart(foreignPlan(seed), seed)
		schedulers := []Scheduler{s}
		if trier, ok := s.(Trier); ok {
			schedulers = []Scheduler{trier.Trial(), s}
		}
		for _, scheduler := range schedulers {
			rebuild(t, w, cfg, p, oracle.EveryProperty)
			if r = w.Run(scheduler); r.Found || w.Err() != nil {
				return w, cfg, p, r
			}
		}
	}
	return w, cfg, p, r
}

// TestMistakesOfPrograms: each mistake is found by its property, with every strategy.
func TestMistakesOfPrograms(t *testing.T) {
	for _, c := range []struct {
		mistake  mistake
		property oracle.PropertyID
		detail   string
		also     oracle.PropertyID // where it strikes at another moment
	}{
		{forgetsWrite, oracle.Stall, "", 0},
		{forgetsForTime, oracle.Stall, "until a timer of the program, ", 0},
		{forgetsRead, oracle.Stall, "", 0},
		{keepsSocket, oracle.Stall, "", 0},
		{spins, oracle.BusyLoop, "no byte moves", 0},
		{garbles, oracle.Corruption, "other bytes", oracle.DataLoss},
		{repeats, oracle.Corruption, "other bytes", oracle.DataLoss},
		{dropsAll, oracle.DataLoss, "an answer is missing", 0},
		{cutsOff, oracle.Truncation, "without close_notify", oracle.DataLoss},
		{startles, oracle.SpuriousFailure, "nobody closed", oracle.DataLoss},
		{dies, oracle.Crash, "SIGSEGV", 0},
		{leaks, oracle.UnboundedBuffer, "grows", 0},
	} {
		for name, s := range strategies() {
			w, cfg, _, r := seek(t, c.mistake, name, s, 400)
			if err := w.Err(); err != nil {
				t.Fatal(err)
			}
			f := &r.Violation
			if c.also != 0 && r.Found && f.Property == c.also && f.End&1 == 1 {
				continue
			}
			if !r.Found || f.Property != c.property || !strings.Contains(f.Detail, c.detail) || f.End&1 != 1 {
				t.Errorf("mistake %d, %s: got %v, %s; want %s: %s\n%s", c.mistake, name, r.Found, f, c.property,
					c.detail, (&script.Script{Config: cfg, Actions: w.Actions()}).Format())
			}
		}
	}
}

// TestWaysOfPrograms: nothing is found in a correct program, whatever its ways are.
func TestWaysOfPrograms(t *testing.T) {
	for _, m := range []mistake{none, closesBare, answersOnce, takesItsTime, hangsUp, ticks} {
		for name, s := range strategies() {
			w, cfg, _, r := seek(t, m, name, s, 300)
			if r.Found || w.Err() != nil {
				t.Errorf("way %d, %s: got %s, %v\n%s", m, name, &r.Violation, w.Err(),
					(&script.Script{Config: cfg, Actions: w.Actions()}).Format())
			}
		}
	}
}

var _ = fmt.Sprint
