package run

import (
	"fmt"
	"slices"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Confirmation is the result of a failure's script on another library. The model explores,
// and a real library confirms.
type Confirmation struct {
	// Engine is the other library, which stands at both ends, and Own the script's.
	Engine, Own string
	// Confirmed: the same property is violated there, at the end of the same role.
	Confirmed bool
	// Skipped is how many actions were left out because they were not enabled there.
	Skipped int
	// Step, from 1, is the first at which the two runs differ, and What says in a clause how.
	// Step 0 means that the script can't run there.
	Step int
	What string
}

// String is the line that the script's story gets.
func (c *Confirmation) String() string {
	switch {
	case c.Confirmed && c.Skipped > 0:
		return fmt.Sprintf("confirmed on %s, where %d of its actions were not enabled and left out",
			c.Engine, c.Skipped)
	case c.Confirmed:
		return "confirmed on " + c.Engine
	}
	return c.Own + " only: " + c.Why()
}

// Why says why the failure is not confirmed.
func (c *Confirmation) Why() string {
	if c.Step == 0 {
		return c.What
	}
	return fmt.Sprintf("on %s it goes another way at step %d: %s", c.Engine, c.Step, c.What)
}

// Confirm replays a failure's script with another library at both ends and compares. The library
// runs in this process; Guard.Confirm runs it in another. A library that can't be loaded is an
// error. One that can't run the script's world does not confirm.
func Confirm(r *Runner, s *script.Script, engine string) (*Confirmation, error) {
	c := &Confirmation{Engine: engine, Own: s.Config.Engine}
	if _, err := r.catalog.Engine(engine); err != nil {
		return nil, err
	}
	own, err := Replay(r, s, ReplayOptions{Trace: true})
	if err != nil {
		return nil, err
	}
	there, err := Replay(r, s, ReplayOptions{Trace: true, Loose: true, Engine: engine,
		PeerEngine: engine})
	if err != nil {
		c.What = fmt.Sprintf("%s can't run it: %v", engine, err)
		return c, nil
	}
	d := differ{s: s, names: [2]string{c.Own, engine}, runs: [2]*Outcome{&own, &there}}
	if c.Confirmed = d.agrees(); c.Confirmed {
		c.Skipped = there.Result.Skipped
		return c, nil
	}
	if err = d.strictly(r); err != nil {
		return nil, err
	}
	c.Step, c.What = d.apart()
	return c, nil
}

// strictly replaces the other library's loose run by one that ends with the first action that is
// not enabled.
//
// Story 89: of a row of polls one was skipped. The runs seemed to differ only where the row
// ended, and the action behind it was called not enabled.
func (d *differ) strictly(r *Runner) (err error) {
	d.stuck = -1
	there := d.runs[1]
	if there.Result.Skipped == 0 {
		return nil
	}
	cfg := d.s.Config
	cfg.Engine, cfg.PeerEngine = d.names[1], d.names[1]
	there.Trace = &sim.Trace{}
	there.Result, d.stuck, err = r.actions(&cfg, d.s.Actions, false, oracle.EveryProperty, there.Trace)
	return err
}

// A differ looks for the first step at which two replays of a script differ.
type differ struct {
	s     *script.Script
	names [2]string
	runs  [2]*Outcome
	stuck int // the first action that the other library does not allow, or -1
}

// agrees says whether both runs violate the same property, at the end of the same role.
func (d *differ) agrees() bool {
	a, b := &d.runs[0].Result, &d.runs[1].Result
	return a.Found && b.Found && a.Violation.Property == b.Violation.Property &&
		a.Violation.End&1 == b.Violation.End&1
}

// apart is the first step that differs, from 1, and a clause that says how.
func (d *differ) apart() (step int, what string) {
	steps := [2][]stepTrace{bySteps(d.runs[0].Trace), bySteps(d.runs[1].Trace)}
	n := max(len(steps[0]), len(steps[1]))
	for _, run := range d.runs {
		if g := &run.Trace.Gap; g.At > 0 {
			n = min(n, g.From-1)
		}
	}
	for i := range n {
		if what := d.compare(i, steps); what != "" {
			return i + 1, what
		}
	}
	if n < len(steps[0]) || n < len(steps[1]) {
		return n + 1, "from there on the runs are too long to be kept"
	}
	return d.verdicts()
}

// compare says how step i differs, from 0; empty if it does not.
func (d *differ) compare(i int, steps [2][]stepTrace) string {
	if i == d.stuck {
		return fmt.Sprintf("%q is not enabled on %s", d.s.Actions[i], d.names[1])
	}
	for k := range steps {
		if i >= len(steps[k]) {
			return fmt.Sprintf("%s is done, and %s goes on with %q", d.names[k], d.names[1-k],
				steps[1-k][i].action)
		}
	}
	a, b := &steps[0][i], &steps[1][i]
	if a.action == b.action {
		return d.calls(a, b)
	}
	return fmt.Sprintf("%s goes on with %q, %s with %q", d.names[0], a.action, d.names[1], b.action)
}

// calls says how the answers in a step differ; empty if they do not.
func (d *differ) calls(a, b *stepTrace) string {
	for i := range max(len(a.answers), len(b.answers)) {
		switch {
		case i >= len(a.answers):
			return fmt.Sprintf("%s on %s only", b.answers[i], d.names[1])
		case i >= len(b.answers):
			return fmt.Sprintf("%s on %s only", a.answers[i], d.names[0])
		case a.answers[i] != b.answers[i]:
			return fmt.Sprintf("%s on %s, %s on %s", a.answers[i], d.names[0], b.answers[i],
				d.names[1])
		}
	}
	return ""
}

// verdicts tells two runs apart whose steps differ at most in sizes.
func (d *differ) verdicts() (step int, what string) {
	own, there := &d.runs[0].Result, &d.runs[1].Result
	step = max(1, own.Violation.Step)
	if there.Found {
		return step, fmt.Sprintf("all answers are the same, and %s ends with %s", d.names[1],
			there.Violation)
	}
	owed := own.Violation.Detail
	if o := own.Violation.Obligation; o != oracle.NoObligation {
		owed = o.What()
	}
	return step, fmt.Sprintf("all answers are the same, and only on %s: %s", d.names[0], owed)
}

// A stepTrace is a step of a run, with no sizes.
type stepTrace struct {
	action  string
	answers []string // of engines to pumps, and of pumps to apps
}

// bySteps cuts a trace into steps, of which those up to a gap have their numbers. A call that is repeated with the same answer counts once,
// because the number of calls depends on sizes.
func bySteps(t *sim.Trace) (steps []stepTrace) {
	for _, ev := range t.Events {
		if ev.IsAction() {
			steps = append(steps, stepTrace{action: ev.Action.String()})
			continue
		}
		text, ok := ev.Answer()
		if !ok || len(steps) == 0 {
			continue
		}
		last := &steps[len(steps)-1]
		text = fmt.Sprintf("the %s's %s", ev.End, text)
		if !slices.Contains(last.answers, text) {
			last.answers = append(last.answers, text)
		}
	}
	return steps
}
