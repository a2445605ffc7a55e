package shrink

import (
	"math/bits"
	"slices"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A find does what it does in a world of its own, between deliveries and polls
// that happened to be drawn, and the buffer that is too small is the one that
// happened to be. Its settled forms do the same with everything delivered and
// polled in between, or not. A shrink tries them in all simple worlds, whichever
// sizes are tight there: finds that fill different buffers end in one script.

const (
	// settledRuns bounds the search for a settled form.
	settledRuns = 24_000
	// From what fails but is longer, up to so many actions, single steps go down
	// too, in so many runs, and so often in a world.
	restartSlack, restartRuns, worldRestarts = 8, 1000, 2
	// maxGaps is up to how many places of a script between its apps' actions are
	// settled in all combinations.
	maxGaps = 4
	// maxKinds is up to how many settings of a world that are no sizes are made
	// plain in all combinations.
	maxKinds = 4
)

// tightSizes are the sizes that are tried; single steps find those between.
var tightSizes = [...]int{1, 16, 64, 256, 1024, 4096, 16384, 65536}

// settled tries the settled forms of the best script in the simple worlds.
func (k *shrinker) settled() error {
	best, end := k.best, k.cost+settledRuns
	for _, w := range simpleWorlds(&best) {
		k.restarts = worldRestarts
		for _, actions := range settledForms(&w) {
			if k.cost >= end {
				return nil
			}
			if err := k.tryForm(&candidate{w.cfg, actions}); err != nil {
				return err
			}
		}
	}
	return nil
}

// tryForm runs a candidate with settles in it, which is the best one if what it
// does is simpler.
func (k *shrinker) tryForm(c *candidate) error {
	if err := k.spent(); err != nil {
		return err
	}
	least := settingWeight*unusual(&c.cfg) + len(c.actions) - count(c.actions, settle)
	if least > weight(&k.best) || !k.fresh(c) || !k.fails(c, nil) {
		return nil
	}
	_, err := k.hit(c.cfg)
	return err
}

// hit makes the candidate that was run last, and that failed for the same cause,
// the best if what it did is simpler, or becomes so in single steps.
//
// Story 67: a settled form of 16 actions that single steps make one of 10 lost to a
// script of 12 that they leave as it is, so that each seed kept its own. A hit that is
// somewhat longer is made simpler before it is compared.
func (k *shrinker) hit(cfg script.Config) (better bool, err error) {
	c, best := candidate{cfg, k.r.World().Actions()}, k.best
	if less(&c, &best) {
		return k.take(&c), nil
	}
	if k.restarts == 0 || weight(&c) > weight(&best)+restartSlack {
		return false, nil
	}
	k.restarts--
	k.take(&c)
	limit := k.limit
	k.limit = min(limit, k.cost+restartRuns)
	err = k.reduce()
	if k.limit = limit; k.cost < limit && !k.stats.Interrupted {
		err = nil
	}
	if better = less(&k.best, &best); !better {
		k.best = best
		k.stats.After = len(best.actions)
	}
	return better, err
}

// settledForms are what a script's apps do, with settles between in many ways,
// and messages of several lengths.
func settledForms(c *candidate) (out [][]script.Action) {
	var apps, direct []script.Action
	for _, a := range c.actions {
		switch {
		case a.Verb == script.Deliver || a.Verb == script.Poll:
			continue
		case a.Verb == script.Write && a.Arg2 > 0: // instead of the answer the peer writes
			direct = append(direct, script.Action{Verb: a.Verb, On: a.On.Peer(), Arg: a.Arg2})
		default:
			direct = append(direct, a)
		}
		apps = append(apps, a)
	}
	for _, gaps := range gapsOf(len(apps) + 1) {
		for _, form := range [...][]script.Action{withSettles(apps, gaps), withSettles(direct, gaps)} {
			out = append(out, form)
			for _, times := range [...]int{4, 64} {
				large := uint32(min(times*smallest(&c.cfg), 1<<16))
				out = append(out, swollen(form, large), flooded(form, large))
			}
		}
	}
	return out
}

// gapsOf are sets of places of n to settle, all combinations if they are few.
func gapsOf(n int) (sets []uint64) {
	if n <= maxGaps {
		for set := range uint64(1) << n {
			sets = append(sets, set)
		}
		return sets
	}
	n = min(n, 64)
	all := uint64(1)<<n - 1
	sets = append(sets, 0, 1, all)
	for i := range n {
		sets = append(sets, all&^(1<<i), uint64(1)<<i-1)
	}
	slices.Sort(sets)
	return slices.Compact(sets)
}

// withSettles are actions with settles in a set of the places between them.
func withSettles(apps []script.Action, gaps uint64) (out []script.Action) {
	for i := range len(apps) + 1 {
		if gaps>>i&1 != 0 {
			out = append(out, script.Action{Verb: settle})
		}
		if i < len(apps) {
			out = append(out, apps[i])
		}
	}
	return out
}

// flooded are actions in which all messages are large.
func flooded(actions []script.Action, large uint32) []script.Action {
	out := slices.Clone(actions)
	for i := range out {
		if out[i].Verb == script.Write {
			out[i].Arg = large
		}
	}
	return out
}

// simpleWorlds are the worlds with no more unusual settings than the script's,
// of which at most two are sizes: with the actions as they are there, simple
// ones first. There are pairs of sizes only if one is not enough for the script.
func simpleWorlds(c *candidate) (out []candidate) {
	for _, w := range kindsOf(c) {
		singles := withSize([]candidate{w}, c)
		out = append(append(out, w), singles...)
		if tight(&c.cfg) > 1 {
			out = append(out, withSize(singles, c)...)
		}
	}
	slices.SortFunc(out, plainer)
	return slices.CompactFunc(out, func(a, b candidate) bool { return a.cfg == b.cfg })
}

// kindsOf are the script's worlds with plain sizes, and some of the other
// settings plain.
func kindsOf(c *candidate) (out []candidate) {
	var odd []*setting
	base := *c
	base.cfg.Seed = plainSeed
	for i := range settings {
		switch s := &settings[i]; {
		case s.get(&c.cfg) == s.plain:
		case s.size:
			s.set(&base.cfg, s.plain)
		default:
			odd = append(odd, s)
		}
	}
	for set := range 1 << len(odd) {
		if n := bits.OnesCount(uint(set)); len(odd) > maxKinds && n > 1 && n < len(odd)-1 {
			continue
		}
		w := base
		for i, s := range odd {
			if set>>i&1 != 0 {
				w = s.with(&w, s.plain)
			}
		}
		out = append(out, w)
	}
	return out
}

// withSize are the worlds with one tight size more, as far as they are not less
// plain than the script's.
func withSize(worlds []candidate, c *candidate) (out []candidate) {
	most := unusual(&c.cfg)
	for _, w := range worlds {
		if unusual(&w.cfg) >= most {
			continue
		}
		for i := range settings {
			s := &settings[i]
			if !s.size || s.get(&w.cfg) != s.plain {
				continue
			}
			for _, v := range tightSizes {
				if s.least <= v && v <= s.most && v != s.plain {
					out = append(out, s.with(&w, v))
				}
			}
		}
	}
	return out
}

// brimStep is the step in which messages that fill a link to the brim get longer:
// less than what has to find no room is long.
const brimStep = 64

// brim looks for a deadlock in a world with plain sizes: an end lets an answer pile
// up, fills what leads to its peer, almost, and then does what the script does last.
//
// Story 66: four finds of one deadlock ended in four scripts of 16 to 51 actions, in
// worlds with buffers of 16 to 64 bytes: what must find no room is some 100 bytes long,
// and no single step leads from a link that small to one that is nearly full.
func (k *shrinker) brim() error {
	best := k.best
	if k.cause.property != oracle.Deadlock || len(best.actions) == 0 {
		return nil
	}
	for _, w := range kindsOf(&best) {
		last := w.actions[len(w.actions)-1]
		still := script.Action{Verb: settle, On: last.On, Arg: 1}
		k.restarts = 1
		for n := uint32(0); n < 1<<16 && k.restarts > 0; n += brimStep {
			c := candidate{w.cfg, []script.Action{{Verb: settle},
				{Verb: script.Write, On: last.On, Arg2: 1 << 16}, still,
				{Verb: script.Write, On: last.On, Arg: n}, still, last}}
			if err := k.tryForm(&c); err != nil {
				return err
			}
			if less(&k.best, &best) {
				return nil
			}
		}
	}
	return nil
}
