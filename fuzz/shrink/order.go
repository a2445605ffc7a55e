package shrink

import (
	"cmp"
	"math/bits"

	"github.com/wantwrite/wantwrite/sim/script"
)

// Scripts have a total order: first the fewest actions and settings that are not
// default, then the simplest actions, the roundest sizes, the simplest arguments. A
// shrink only goes down in this order, so it ends. It looks for the least script that
// fails for the same cause, so many failing runs end in one script.

// A candidate is a script to be tried.
type candidate struct {
	cfg     script.Config
	actions []script.Action
}

// simplerScript says whether a is a simpler script than b in the order of a shrink.
func simplerScript(a, b *script.Script) bool {
	return less(&candidate{a.Config, a.Actions}, &candidate{b.Config, b.Actions})
}

// less says whether a is simpler than b.
func less(a, b *candidate) bool { return compare(a, b) < 0 }

func compare(a, b *candidate) int {
	if c := cmp.Or(cmp.Compare(weight(a), weight(b)),
		cmp.Compare(len(a.actions), len(b.actions))); c != 0 {
		return c
	}
	return cmp.Or(compareEach(a.actions, b.actions, compareKinds),
		compareWorlds(&a.cfg, &b.cfg), compareEach(a.actions, b.actions, compareArguments))
}

// settingWeight is how many actions count as much as a setting that is not default.
const settingWeight = 8

func weight(c *candidate) int { return len(c.actions) + settingWeight*unusual(&c.cfg) }

// compareEach compares two lists of one length action by action.
func compareEach(a, b []script.Action, by func(a, b script.Action) int) int {
	for i := range a {
		if c := by(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

// compareKinds compares two actions without their arguments. A message that is not
// answered is simpler than one that is.
func compareKinds(a, b script.Action) int {
	return cmp.Or(cmp.Compare(a.Verb, b.Verb), cmp.Compare(answered(a), answered(b)),
		cmp.Compare(a.On, b.On))
}

// answered is 1 for a message that is answered.
func answered(a script.Action) int {
	if a.Verb == script.Write && a.Arg2 > 0 {
		return 1
	}
	return 0
}

func compareArguments(a, b script.Action) int {
	x, y := ranks(a), ranks(b)
	return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]))
}

// An argument describes the values of an action's argument.
type argument struct {
	// least is the simplest value.
	least int
	// words are the values that are simpler than any number, in order. A value that
	// is none of them is a number, and counts from base.
	words []int
	base  int
	// kinds: the values are names, of which the lower ones are simpler.
	kinds bool
}

var (
	portions = &argument{base: script.Bytes,
		words: []int{script.All, script.Record, script.Part, script.OneByte}}
	bytesOf   = &argument{}
	ticks     = &argument{least: 1}
	names     = &argument{kinds: true}
	room      = &argument{least: 512}
	firstName = &argument{kinds: true, least: 1}
)

// arguments are those of each verb; nil is none.
var arguments = [script.NumVerbs][2]*argument{
	script.Deliver:   {portions},
	script.Poll:      {names},
	script.Squeeze:   {room},
	script.Split:     {ticks},
	script.Thread:    {names},
	script.Write:     {bytesOf, bytesOf},
	script.KeyUpdate: {names, bytesOf},
	script.Spurious:  {firstName},
	script.Window:    {ticks},
	script.Mutate:    {names, bytesOf},
	script.Tick:      {ticks},
	script.Attack:    {names, bytesOf},
}

// ranks are those of an action's arguments.
func ranks(a script.Action) (r [2]uint64) {
	for i, arg := range arguments[a.Verb] {
		if arg != nil {
			r[i] = arg.rank(int([2]uint32{a.Arg, a.Arg2}[i]))
		}
	}
	return r
}

// rank says how far a value is from the simplest.
func (g *argument) rank(v int) uint64 {
	for i, word := range g.words {
		if v == word {
			return uint64(i)
		}
	}
	if g.kinds {
		return uint64(max(v-g.least, 0))
	}
	return uint64(len(g.words)) + rank(v-g.base, g.least)
}

// simpler lists the values that are simpler than v, the simplest first.
func (g *argument) simpler(v int) (out []int) {
	for _, word := range g.words {
		if word == v {
			return out
		}
		out = append(out, word)
	}
	if g.kinds {
		for n := g.least; n < v; n++ {
			out = append(out, n)
		}
		return out
	}
	for _, n := range simpler(v-g.base, g.least) {
		if n > 0 || g.base == 0 { // a delivery of 0 bytes is no action
			out = append(out, n+g.base)
		}
	}
	return out
}

// maxPower is the power of two that is the largest round size: 1 MiB.
const maxPower = 20

// odd is the first rank of a size that is not round.
const odd = 64

// rank orders the values of a size: first the default, then the powers of two, those
// near to the default first, then all others by their distance. Round values are the
// same wherever a shrink comes from.
func rank(v, preferred int) uint64 {
	switch {
	case v == preferred:
		return 0
	case v > preferred && v&(v-1) != 0:
		return odd + 2*uint64(v-preferred)
	case v <= 0 || v&(v-1) != 0:
		return odd + 2*uint64(preferred-v) + 1
	}
	way := bits.Len(uint(v)) - bits.Len(uint(preferred))
	if way > 0 {
		return uint64(2 * way)
	}
	return uint64(1 - 2*way)
}

// round is the power of two with a rank; ok is false if there is none.
func round(rank uint64, preferred int) (v int, ok bool) {
	way := int(rank / 2)
	if rank%2 == 1 {
		way = -way
	}
	power := bits.Len(uint(preferred)) - 1 + way
	if power < 0 || power > maxPower || 1<<power == preferred {
		return 0, false
	}
	return 1 << power, true
}

// simpler lists values of a size that are simpler than v, the simplest first: the
// default, the round ones, and then those on the way to the default, in steps that get
// smaller.
func simpler(v, preferred int) (out []int) {
	own := rank(v, preferred)
	if own == 0 {
		return nil
	}
	out = append(out, preferred)
	for r := uint64(1); r < min(own, odd); r++ {
		if p, ok := round(r, preferred); ok {
			out = append(out, p)
		}
	}
	if own < odd {
		return out
	}
	for step := max(v-preferred, preferred-v) / 2; step >= 1; step /= 2 {
		if v > preferred {
			out = append(out, v-step)
		} else {
			out = append(out, v+step)
		}
	}
	return out
}
