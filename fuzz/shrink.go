package fuzz

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
)

// maxShrinks is how many runs a shrink may take.
const maxShrinks = 6000

// A shrinker makes a failing script shorter and simpler, as long as the same
// property fails for the same reason.
type shrinker struct {
	r     *Runner
	s     *sim.Script
	watch model.PropertySet
	cause model.Finding
	runs  int
}

// Shrink drops actions and lowers sizes while the violation stays the same:
// its property, its end and what is owed. It works on s in place.
func Shrink(r *Runner, s *sim.Script, v sim.Violation) {
	k := &shrinker{r: r, s: s, cause: v.Finding,
		watch: model.EveryProperty.Only(v.Property)}
	if !k.try(s.Config, s.Actions) {
		// Without the other properties in the way the run goes on, and the
		// same property may fail for another reason first. Any is good.
		k.cause = model.Finding{Property: v.Property}
		if !k.try(s.Config, s.Actions) {
			return
		}
	}
	for changed := true; changed && k.runs < maxShrinks; {
		before := k.weight()
		k.dropActions()
		k.simplifyWorld()
		k.simplifyActions()
		changed = k.weight() < before
	}
}

// weight is what a shrink lowers.
func (k *shrinker) weight() int {
	n := 1000 * len(k.s.Actions)
	for _, a := range k.s.Actions {
		n += complexity(a)
	}
	for _, simpler := range worldSteps(&k.s.Config) {
		if simpler != k.s.Config {
			n++
		}
	}
	return n
}

// try runs a candidate; if it fails in the same way it is the script.
func (k *shrinker) try(cfg sim.Config, actions []sim.Action) bool {
	if k.runs++; k.runs > maxShrinks {
		return false
	}
	res, _, err := k.r.Actions(&cfg, actions, ScriptOptions{Watch: k.watch, Loose: true})
	if err != nil || !res.Found || !k.same(res.Violation) {
		return false
	}
	k.s.Config = cfg
	k.s.Actions = append([]sim.Action(nil), k.r.World().Actions()...)
	k.s.Lines = nil
	return true
}

// same says whether a violation has the same cause.
func (k *shrinker) same(v sim.Violation) bool {
	if k.cause.Obligation == model.NoObligation && k.cause.Detail == "" {
		return true
	}
	return v.Obligation == k.cause.Obligation && v.End&1 == k.cause.End&1
}

// dropActions removes runs of actions, long ones first, then single ones.
func (k *shrinker) dropActions() {
	for size := len(k.s.Actions) / 2; size >= 1; size /= 2 {
		for at := len(k.s.Actions) - size; at >= 0; at -= size {
			if at+size > len(k.s.Actions) {
				continue
			}
			k.try(k.s.Config, without(k.s.Actions, at, size))
		}
	}
	k.dropPairs()
}

// dropPairs removes two actions at a time: one alone may only make sense with
// the other, such as pause and resume.
func (k *shrinker) dropPairs() {
	if len(k.s.Actions) > 40 {
		return
	}
	for i := len(k.s.Actions) - 1; i > 0; i-- {
		for j := i - 1; j >= 0 && i < len(k.s.Actions); j-- {
			k.try(k.s.Config, without(without(k.s.Actions, i, 1), j, 1))
		}
	}
}

// without is a copy of actions less n of them.
func without(actions []sim.Action, at, n int) []sim.Action {
	out := make([]sim.Action, 0, len(actions)-n)
	return append(append(out, actions[:at]...), actions[at+n:]...)
}

// simplifyActions makes the arguments of each action simpler.
func (k *shrinker) simplifyActions() {
	for i := range k.s.Actions {
		for _, arg := range simpler(k.s.Actions, i) {
			changed := append([]sim.Action(nil), k.s.Actions...)
			changed[i] = arg
			if k.try(k.s.Config, changed) && i >= len(k.s.Actions) {
				return
			}
		}
	}
}

// complexity ranks the arguments of an action.
func complexity(a sim.Action) int {
	if a.Verb == sim.Deliver {
		return sim.All - min(int(a.Arg), sim.All)
	}
	return min(int(a.Arg), 400) + min(int(a.Arg2), 400)
}

// simpler lists simpler arguments for action i, the simplest first.
func simpler(actions []sim.Action, i int) (out []sim.Action) {
	if i >= len(actions) {
		return nil
	}
	a := actions[i]
	add := func(arg, arg2 uint32) {
		b := sim.Action{Verb: a.Verb, On: a.On, Arg: arg, Arg2: arg2}
		if complexity(b) < complexity(a) {
			out = append(out, b)
		}
	}
	switch a.Verb {
	case sim.Deliver:
		add(sim.All, 0)
		add(sim.Record, 0)
		add(sim.Part, 0)
	case sim.Write:
		for _, n := range [...]uint32{0, 1, a.Arg / 2, a.Arg - 1} {
			add(n, 0)
			add(n, a.Arg2)
		}
		for _, n := range [...]uint32{1, a.Arg2 / 2, a.Arg2 - 1} {
			add(a.Arg, n)
		}
	case sim.Window, sim.Tick:
		add(1, 0)
		add(a.Arg/2, 0)
	case sim.Mutate:
		add(a.Arg, 0)
		add(a.Arg, a.Arg2/2)
	case sim.KeyUpdate:
		add(0, 0)
	}
	return out
}

// simplifyWorld makes the header simpler, one setting at a time.
func (k *shrinker) simplifyWorld() {
	for i := range worldSteps(&k.s.Config) {
		if cfg := worldSteps(&k.s.Config)[i]; cfg != k.s.Config {
			k.try(cfg, k.s.Actions)
		}
	}
}

// worldSteps are the configurations that differ from c in one simpler setting.
func worldSteps(c *sim.Config) []sim.Config {
	var out []sim.Config
	step := func(change func(*sim.Config)) {
		simple := *c
		change(&simple)
		out = append(out, simple)
	}
	step(func(c *sim.Config) { c.Links = 1 })
	step(func(c *sim.Config) { c.Peer = "reference" })
	step(func(c *sim.Config) { c.Transport = model.Pair })
	step(func(c *sim.Config) { c.Trigger = model.Level })
	step(func(c *sim.Config) { c.Auth = false })
	step(func(c *sim.Config) { c.AnswerAtRead = false })
	step(func(c *sim.Config) { c.WholeWrites = false })
	step(func(c *sim.Config) { c.FixedBuffer = false })
	step(func(c *sim.Config) { c.Reentrant = false })
	step(func(c *sim.Config) { c.Stream = false })
	step(func(c *sim.Config) { c.SoftRefusal = false })
	step(func(c *sim.Config) { c.Retry = false })
	step(func(c *sim.Config) { c.Early = 0 })
	step(func(c *sim.Config) { c.RejectEarly = false })
	step(func(c *sim.Config) { c.Resume = false })
	step(func(c *sim.Config) { c.PostAuth = false })
	step(func(c *sim.Config) { c.Seed = 1 })
	for i := range plain {
		step(func(c *sim.Config) { *plain[i].size(&c.Sizes) = plain[i].value })
	}
	return out
}

// plain are the sizes of a world in which nothing is tight.
var plain = [...]struct {
	size  func(*sim.Sizes) *int
	value int
}{
	{func(s *sim.Sizes) *int { return &s.Chain }, 0},
	{func(s *sim.Sizes) *int { return &s.ClientChain }, 0},
	{func(s *sim.Sizes) *int { return &s.Tickets }, 0},
	{func(s *sim.Sizes) *int { return &s.Flight }, 16384},
	{func(s *sim.Sizes) *int { return &s.Window }, 16384},
	{func(s *sim.Sizes) *int { return &s.Bio }, 8192},
	{func(s *sim.Sizes) *int { return &s.Pipe }, 8192},
	{func(s *sim.Sizes) *int { return &s.Queue }, 8192},
	{func(s *sim.Sizes) *int { return &s.Chunk }, 8192},
	{func(s *sim.Sizes) *int { return &s.Record }, 16384},
	{func(s *sim.Sizes) *int { return &s.Hello }, 16384},
	{func(s *sim.Sizes) *int { return &s.Linger }, 16},
}
