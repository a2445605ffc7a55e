package fuzz

import (
	"context"

	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"

	goflag "flag"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/sim"
)

// this package has a function of that name

// asInTest makes the flags that rapid's state machine asks for: it belongs into
// tests, and a command has none.
func asInTest() {
	if goflag.Lookup("test.short") == nil {
		testing.Init()
	}
	if !goflag.Parsed() {
		_ = goflag.CommandLine.Parse(nil)
	}
}

// A machine is rapid's state machine on a runner's world: an action for each
// verb, in as many rounds as the plan has steps.
type machine struct {
	*Runner
	draw   *sim.Draw
	result sim.Result
	over   bool
	failed error
}

// generator makes a storm of rapid's choices.
func (m *machine) generator() *rapid.Generator[int] {
	return rapid.Custom(func(t *rapid.T) int {
		below := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(t, label) }
		m.over = false
		if m.draw, m.failed = m.drawn(uint64(below(1<<16, "world")), below); m.failed != nil {
			return 0
		}
		actions := map[string]func(*rapid.T){}
		for v := range script.NumVerbs {
			actions[v.String()] = func(t *rapid.T) { m.act(t, v) }
		}
		for before := -1; !m.over && before < len(m.world.Actions()); {
			before = len(m.world.Actions())
			t.Repeat(actions)
		}
		m.result = m.world.End()
		return m.result.Steps
	})
}

// act is the action of a verb. When the storm is over it does nothing: an
// action that can't be done would make rapid look for another, in vain.
func (m *machine) act(t *rapid.T, v script.Verb) {
	if m.over {
		return
	}
	a, ok := m.draw.Of(m.world, v)
	if !ok {
		if len(m.world.Actions()) >= m.draw.Plan.Steps || !m.draw.Any(m.world) {
			m.over = true
			return
		}
		t.Skip(v, "is not enabled")
	}
	m.over = !m.world.Do(a)
}

// rapid runs schedules that rapid's state machine makes.
func (b *Bench) rapid(context.Context) (p pace, err error) {
	asInTest()
	spec := pumps.ReferenceSpec()
	r, err := NewRunner(b.Catalog, Options{Pump: &spec})
	if err != nil {
		return p, err
	}
	defer r.Close()
	m := &machine{Runner: r}
	g := m.generator()
	start := time.Now()
	for n := range max(1, b.Schedules/8) {
		p.steps += uint64(g.Example(int(n)))
		if m.failed != nil {
			return p, m.failed
		}
		p.schedules++
	}
	p.took = time.Since(start)
	return p, nil
}
