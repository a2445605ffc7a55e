package check

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Counterexample is a workload whose run violates a watched property.
type Counterexample struct {
	Config  script.Config
	Actions []script.Action
	Finding oracle.Finding
}

// Script is the script of a counterexample.
func (c *Counterexample) Script() *script.Script {
	return &script.Script{Config: c.Config, Actions: c.Actions, Property: c.Finding.Violated()}
}

// convict makes a counterexample of what was found: a shortest workload, and a run of
// it.
//
// States do not know where they came from, for that would cost as much memory as all
// else. So the way is found backwards, level by level. Of several states the one with
// the lowest content is taken, so that the result does not depend on the workers'
// order.
func (r *exploration) convict() error {
	found := r.Worst
	level := len(r.space.levels) - 1
	if early, at := r.earliest(level); early != nil {
		found, level = early, at
	}
	c := &Counterexample{Config: r.space.config, Actions: make([]script.Action, level)}
	if !found.Quiesces {
		c.Actions = append(c.Actions, found.Action)
	}
	target := found.In
	for at := level - 1; at >= 0; at-- {
		back := r.scan(at, func(w *worker, id uint32) { w.seek(id, target) })
		if r.fault != nil {
			return r.fault
		}
		if back == nil {
			return fmt.Errorf("check: got a state at distance %d that nothing leads to; this is a "+
				"defect of the search", at+1)
		}
		c.Actions[at], target = back.Action, back.In
	}
	if err := r.confirm(c); err != nil {
		return err
	}
	if r.best == nil || len(c.Actions) < len(r.best.Actions) {
		r.best = c
	}
	return nil
}

// earliest finds the first level from which quiescing violates a property: it does by
// itself what a longer workload does before it.
func (r *exploration) earliest(level int) (*suspect, int) {
	for at := range level + 1 {
		if s := r.scan(at, func(w *worker, id uint32) { w.judge(w.states.get(id)) }); s != nil {
			return s, at
		}
	}
	return nil, 0
}

// scan lets the workers look at each state of a level, and returns what they suspect.
// It adds nothing to the counts of the search.
func (r *exploration) scan(level int, look func(w *worker, id uint32)) *suspect {
	counted := r.tally
	defer func() { r.tally = counted }()
	r.Worst = nil
	end := r.end
	if level+1 < len(r.space.levels) {
		end = r.space.levels[level+1]
	}
	size := uint32(max(1, r.room()/r.branch()))
	for at := r.space.levels[level]; at < end; at += size {
		r.space.halves.reserve(2*uint64(size)*r.branch(), len(r.workers))
		r.each(at, min(end, at+size), look)
	}
	return r.Worst
}

// seek suspects the actions of a state that lead to the target.
func (w *worker) seek(id uint32, target word) {
	at := w.states.get(id)
	w.steps(at, every, func(s *step) {
		if s.fate == goesOn && s.next == target {
			w.suspect(&suspect{In: at, Action: s.action, Rank: s.rank})
		}
	})
}

// confirm runs a counterexample as any script is run. If the run finds nothing the
// search was wrong.
func (r *exploration) confirm(c *Counterexample) error {
	parts, err := r.Parts(&c.Config)
	if err != nil {
		return err
	}
	w := sim.NewWorld()
	defer w.Close()
	if err := w.Reset(&c.Config, &parts, r.watch); err != nil {
		return err
	}
	script := &sim.Scripted{}
	script.Restart(c.Actions, false)
	res := w.Run(script)
	if !res.Found {
		return fmt.Errorf("check: got a counterexample of %d actions whose run finds nothing (%d "+
			"of them were possible); this is a defect of the search, or of a Snapshot that leaves "+
			"something out", len(c.Actions), len(w.Actions()))
	}
	c.Finding = res.Violation.Finding
	return nil
}
