package shrink

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/sim/script"
)

// TestSimplerValues: the values that are tried in the place of a size, in order.
func TestSimplerValues(t *testing.T) {
	for _, test := range []struct {
		v, preferred int
		want         []int
	}{
		{8192, 8192, nil},
		{4096, 8192, []int{8192, 16384}},
		{16, 16384, []int{16384, 32768, 8192, 65536, 4096, 131072, 2048, 262144, 1024, 524288, 512,
			1048576, 256, 128, 64, 32}},
		{0, 0, nil},
		{1, 0, []int{0}},
		{8, 0, []int{0, 1, 2, 4}},
		{2, 1, []int{1}},
	} {
		if got := simpler(test.v, test.preferred); !slices.Equal(got, test.want) {
			t.Errorf("got %v for %d of %d; want %v", got, test.v, test.preferred, test.want)
		}
	}
	got := simpler(237, 8192)
	if n := len(got); got[0] != 8192 || got[n-1] != 238 || !slices.Contains(got, 128) {
		t.Errorf("got %v for 237; want 8192 first, the round ones, and 238 last", got)
	}
}

// TestSimplerIsLower: whatever is tried is lower in the order than what it is
// tried for, so that a shrink comes to an end, and there is always a way down
// but from the default.
func TestSimplerIsLower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		preferred := rapid.SampledFrom([]int{0, 1, 16, 8192, 16384}).Draw(t, "preferred")
		v := rapid.IntRange(0, 1<<17).Draw(t, "value")
		w := rapid.IntRange(0, 1<<17).Draw(t, "other")
		if v != w && rank(v, preferred) == rank(w, preferred) {
			t.Errorf("got the same rank for %d and %d", v, w)
		}
		if w := 2*preferred - v; v != preferred && w > 0 && rank(v, preferred) == rank(w, preferred) {
			t.Errorf("got the same rank for %d and %d, on both sides of %d", v, w, preferred)
		}
		values := simpler(v, preferred)
		for _, n := range values {
			if n < 0 || rank(n, preferred) >= rank(v, preferred) {
				t.Errorf("got %d for %d; want one that is simpler", n, v)
			}
		}
		if (len(values) == 0) != (v == preferred) {
			t.Errorf("got %v for %d of %d", values, v, preferred)
		}
	})
}

// TestArgumentsOfPrograms: a wait that reports all is simpler than one that does not, a send buffer
// as large as half a kilobyte than any other, few pieces than many, and thread 0 than the others.
func TestArgumentsOfPrograms(t *testing.T) {
	at := func(v script.Verb, arg uint32) script.Action { return script.Action{Verb: v, On: 1, Arg: arg} }
	for _, test := range []struct {
		simple, odd script.Action
		next        int // what is tried first in the place of the odd one
	}{
		{at(script.Poll, 0), at(script.Poll, 1), 0},
		{at(script.Squeeze, 512), at(script.Squeeze, 400), 512},
		{at(script.Squeeze, 256), at(script.Squeeze, 400), 512},
		{at(script.Split, 1), at(script.Split, 7), 1},
		{at(script.Thread, 0), at(script.Thread, 3), 0},
	} {
		if compareArguments(test.simple, test.odd) >= 0 {
			t.Errorf("%s is no simpler than %s", test.simple, test.odd)
		}
		if got := arguments[test.odd.Verb][0].simpler(int(test.odd.Arg)); got[0] != test.next {
			t.Errorf("in the place of %s is tried %v; want %d first", test.odd, got, test.next)
		}
	}
	if arguments[script.Ease][0] != nil {
		t.Error("ease has an argument")
	}
}

// TestOrderIsTotal: of two scripts that differ one is simpler, and the order has
// no circles.
func TestOrderIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawCandidate(t), drawCandidate(t), drawCandidate(t)
		same := a.cfg == b.cfg && slices.Equal(a.actions, b.actions)
		if less(&a, &b) == less(&b, &a) && !same {
			t.Errorf("got no order of\n%v\n%v", a, b)
		}
		if less(&a, &b) && less(&b, &c) && !less(&a, &c) {
			t.Errorf("got a circle of\n%v\n%v\n%v", a, b, c)
		}
	})
}

// drawCandidate draws a script out of few, so that many are alike.
func drawCandidate(t *rapid.T) (c candidate) {
	for _, s := range settings {
		s.Set(&c.cfg, s.Default)
		if s.Get(&c.cfg) == s.Default && rapid.IntRange(0, 7).Draw(t, "odd") == 0 {
			s.Set(&c.cfg, rapid.IntRange(0, 3).Draw(t, "value"))
		}
	}
	c.cfg.Seed = defaultSeed
	for range rapid.IntRange(0, 3).Draw(t, "actions") {
		verbs := []script.Verb{script.Deliver, script.Poll, script.Write, script.Tick,
			script.Squeeze, script.Ease, script.Split, script.Thread}
		a := script.Action{Verb: rapid.SampledFrom(verbs).Draw(t, "verb")}
		if a.Verb != script.Tick {
			a.On = script.End(rapid.IntRange(0, 1).Draw(t, "end"))
		}
		for i, arg := range arguments[a.Verb] {
			if arg != nil {
				*[2]*uint32{&a.Arg, &a.Arg2}[i] = rapid.Uint32Range(0, 9).Draw(t, "argument")
			}
		}
		c.actions = append(c.actions, a)
	}
	return c
}
