package shrink_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// What the shrinker promises is checked here with code that shares nothing with it but
// the table of dimensions: what a step is, is written down a second time.

// nearer are the values of a number that are a step simpler than v: the default, the
// powers of two that are as near to it or nearer, and if v is none, all of them and the
// next number on the way.
func nearer(v, preferred int) (out []int) {
	if v == preferred {
		return nil
	}
	far := func(v int) int { return max(log2(v)-log2(preferred), log2(preferred)-log2(v)) }
	isRound := v > 0 && v&(v-1) == 0
	out = append(out, preferred)
	for p := 1; p <= 1<<20; p *= 2 {
		if p != preferred && (!isRound || far(p) < far(v)) {
			out = append(out, p)
		}
	}
	if isRound {
		return out
	}
	if v > preferred {
		return append(out, v-1)
	}
	return append(out, v+1)
}

// log2 is the number of bits of a number.
func log2(v int) (n int) {
	for ; v > 0; v >>= 1 {
		n++
	}
	return n
}

// steps calls try with every script that is one step simpler.
func steps(s *script.Script, try func(what string, simpler script.Script)) {
	for i := range s.Actions {
		c := *s
		c.Actions = slices.Delete(slices.Clone(s.Actions), i, i+1)
		try(fmt.Sprintf("without action %d", i+1), c)
		for _, a := range simplerActions(s.Actions[i]) {
			c.Actions = slices.Clone(s.Actions)
			c.Actions[i] = a
			try(fmt.Sprintf("with %q for action %d", a, i+1), c)
		}
	}
	for _, d := range script.Dimensions() {
		if !d.Size {
			continue
		}
		for _, v := range nearer(d.Get(&s.Config), d.Default) {
			if d.Legal(v) {
				c := *s
				d.Set(&c.Config, v)
				try(fmt.Sprintf("with %s=%d", d.Key, v), c)
			}
		}
	}
	stepsOfKind(s, try)
}

// stepsOfKind are the steps that make a setting default that is no size.
func stepsOfKind(s *script.Script, try func(what string, simpler script.Script)) {
	turn := func(what string, change func(*script.Config)) {
		c := *s
		if change(&c.Config); c.Config != s.Config {
			try("with default "+what, c)
		}
	}
	turn("seed", func(c *script.Config) { c.Seed = 1 })
	for _, d := range script.Dimensions() {
		if !d.Size && d.Key != "under" { // which needs the other end's actions: see below
			turn(d.Key, func(c *script.Config) { d.Set(c, d.Default) })
		}
	}
	if s.Config.Under == model.Client {
		c := *s
		c.Config.Under, c.Actions = model.Server, slices.Clone(s.Actions)
		for i := range c.Actions {
			if c.Actions[i].Verb != script.Tick {
				c.Actions[i].On ^= 1
			}
		}
		try("mirrored", c)
	}
}

// simplerActions are the actions whose arguments are a step simpler.
func simplerActions(a script.Action) (out []script.Action) {
	with := func(arg, arg2 int) {
		out = append(out, script.Action{Verb: a.Verb, On: a.On, Arg: uint32(arg), Arg2: uint32(arg2)})
	}
	n, m := int(a.Arg), int(a.Arg2)
	switch a.Verb {
	case script.Deliver:
		for p := range script.Bytes {
			if n >= script.Bytes || p > n {
				with(p, 0)
			}
		}
		if n > script.Bytes+1 {
			with(n-1, 0)
		}
	case script.Write:
		for _, v := range nearer(n, 0) {
			with(v, m)
		}
		for _, v := range nearer(m, 0) {
			with(n, v)
		}
	case script.KeyUpdate:
		if n > 0 {
			with(0, 0)
		}
	case script.Spurious:
		for v := 1; v < n; v++ {
			with(v, 0)
		}
	case script.Window, script.Tick:
		for _, v := range nearer(n, 1) {
			with(v, 0)
		}
	case script.Mutate:
		for v := range n {
			with(v, m)
		}
		for _, v := range nearer(m, 0) {
			with(n, v)
		}
	}
	return out
}

// minimal fails the test if a script that is a step simpler fails for the same
// reason.
func minimal(t *testing.T, r *run.Runner, s *script.Script) {
	t.Helper()
	why, ok := reasonOf(r, s)
	if !ok {
		t.Fatalf("the shrunk script does not fail:\n%s", s.Format())
	}
	tried := 0
	steps(s, func(what string, c script.Script) {
		tried++
		if got, ok := reasonOf(r, &c); ok && got == why {
			t.Errorf("%s it fails for the same reason:\n%s", what, s.Format())
		}
	})
	if len(s.Actions) > 0 && tried < len(s.Actions) {
		t.Errorf("got %d steps of %d actions", tried, len(s.Actions))
	}
}

// TestShrinksAreMinimal: for every property's mutant, and the kv pumps, no
// single action can be left out and no size, setting or argument be simpler.
func TestShrinksAreMinimal(t *testing.T) {
	if require.Race {
		t.Skip("takes too long with the race detector, which has nothing to see here")
	}
	type prey struct {
		spec model.Spec
		id   oracle.PropertyID
	}
	var all []prey
	for _, m := range fuzztest.Exemplars(t) {
		all = append(all, prey{m.Spec, m.Breaks})
	}
	for _, spec := range []model.Spec{pumps.Named("kv-original"), pumps.Named("kv-speculative"), pumps.Named("kv-landed")} {
		for _, id := range []oracle.PropertyID{oracle.Stall, oracle.BusyLoop, oracle.DataLoss,
			oracle.SpuriousFailure} {
			all = append(all, prey{spec, id})
		}
	}
	many := 1
	if fuzztest.Long() {
		many = 20
	}
	for _, p := range all {
		t.Run(p.spec.Name+"/"+p.id.String(), func(t *testing.T) {
			q := quarry{options: run.Options{Pump: &p.spec}, property: p.id}
			n := q.caught(t, many, func(r *run.Runner, s *script.Script) {
				before, _ := reasonOf(r, s)
				if st := shrunk(t, r, s); !st.Minimal {
					t.Errorf("got %+v; want all steps tried", st)
				}
				if after, ok := reasonOf(r, s); !ok || after != before {
					t.Errorf("got %+v; want %+v as before", after, before)
				}
				minimal(t, r, s)
			})
			if n == 0 {
				t.Errorf("%s must break %s", p.spec.Name, p.id)
			}
		})
	}
}

// TestStepsAreSeen: a script that is not minimal is seen to be none, on each
// axis. Else the test above could not fail.
func TestStepsAreSeen(t *testing.T) {
	spec := pumps.Named("kv-original")
	r := fuzztest.Runner(t, spec)
	stall := strings.ReplaceAll(handshake12, "; ", "\n") + "\nrenegotiate client\n"
	header := func(from, to string) *script.Script {
		return scriptOf(t, spec.Name, "stall", stall, from, to)
	}
	action := func(from, to string) *script.Script {
		return scriptOf(t, spec.Name, "stall", strings.Replace(stall, from, to, 1))
	}
	for what, s := range map[string]*script.Script{
		"without action 1":                action("poll", "tick 5\npoll"),
		"with linger=16":                  header("linger=16", "linger=5"),
		"with default seed":               header("0x1", "0x2"),
		"with default reentrant":          header("0x1", "0x1\ntraits: reentrant"),
		`with "deliver server all"`:       action("all", "500"),
		`with "spurious server read" for`: action("poll server", "spurious server read+write"),
	} {
		why, _ := reasonOf(r, s)
		seen := false
		steps(s, func(step string, c script.Script) {
			got, ok := reasonOf(r, &c)
			seen = seen || ok && got == why && strings.HasPrefix(step, what)
		})
		if !seen {
			t.Errorf("the step %q is not seen in\n%s", what, s.Format())
		}
	}
}

// deafPump is the example with two mistakes: it does not send what a read answered, and
// after a pause it does nothing any more.
func deafPump() model.Spec {
	spec := fuzztest.Broken()
	broken := spec.New
	spec.Restrictions.NoPause = false
	spec.New = func(env model.Env) model.Pump { return &deaf{Pump: broken(env)} }
	return spec
}

// A deaf pump is one that its loop calls in vain after a pause.
type deaf struct {
	model.Pump
	paused bool
}

func (p *deaf) PauseRead(bool) { p.paused = true }

func (p *deaf) Ready(ev model.Events) {
	if !p.paused {
		p.Pump.Ready(ev)
	}
}

func (p *deaf) Renegotiate() { p.Pump.(model.Initiator).Renegotiate() }

func (p *deaf) KeyUpdate(requested bool) { p.Pump.(model.Initiator).KeyUpdate(requested) }

// TestShrinkKeepsTheCause: of a pump with two mistakes that break one property,
// a shrink keeps to that which it was given, though the other is in the same
// script and takes less.
func TestShrinkKeepsTheCause(t *testing.T) {
	spec := deafPump()
	r := fuzztest.Runner(t, spec)
	answer := "poll client\ndeliver server all\npoll server\npoll server\ndeliver client all\n" +
		"poll client\ndeliver server all\npoll server\nkeyupdate client requested\n" +
		"keyupdate client quiet\ndeliver server all\npoll server\n"
	for _, test := range []struct{ actions, want string }{
		{answer, "keyupdate"},
		{answer + "pause server\n", "keyupdate"},
		{"tick 3\n" + answer + "write client 10 0\npause server\ntick 1\n", "keyupdate"},
		{"pause server\n", "pause"},
		{"pause server\n" + answer, "pause"},
	} {
		s := scriptOf(t, spec.Name, "stall", test.actions, "tls: 1.2", "tls: 1.3")
		before, _ := reasonOf(r, s)
		shrunk(t, r, s)
		if after, ok := reasonOf(r, s); !ok || after != before {
			t.Errorf("got %+v; want %+v as before\n%s", after, before, s.Format())
		}
		got := actionsOf(s)
		if one := "pause keyupdate"; !strings.Contains(got, test.want) ||
			strings.Contains(got, strings.TrimSpace(strings.Replace(one, test.want, "", 1))) {
			t.Errorf("got %q of %q; want %s and not the other mistake", got, test.actions, test.want)
		}
	}
}

// TestShrinksOfTwoMistakes: so do the scripts of hunts in that pump.
func TestShrinksOfTwoMistakes(t *testing.T) {
	if require.Race {
		t.Skip("takes too long with the race detector, which has nothing to see here")
	}
	spec := deafPump()
	seen := map[string]reason{}
	q := quarry{options: run.Options{Pump: &spec}, property: oracle.Stall}
	q.caught(t, 12, func(r *run.Runner, s *script.Script) {
		before, _ := reasonOf(r, s)
		shrunk(t, r, s)
		if after, ok := reasonOf(r, s); !ok || after != before {
			t.Errorf("got %+v; want %+v as before\n%s", after, before, s.Format())
		}
		s.Config.Scenario = "any"
		if other, ok := seen[string(s.Format())]; ok && other != before {
			t.Errorf("%+v and %+v shrink to the same:\n%s", other, before, s.Format())
		}
		seen[string(s.Format())] = before
	})
	if len(seen) < 2 {
		t.Errorf("got %d causes; want both", len(seen))
	}
}
