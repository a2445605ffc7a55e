package shrink

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/wantwrite/wantwrite/sim/script"
)

// settings are the dimensions of a world, in the order in which they are made default.
var settings = script.Dimensions()

// defaultSeed is the seed of a world of defaults.
const defaultSeed = 1

// with is the script in a world in which a setting has another value.
func with(c *candidate, s *script.Dimension, v int) candidate {
	out := candidate{c.cfg, c.actions}
	s.Set(&out.cfg, v)
	if s.Adapt != nil {
		out.actions = s.Adapt(c.actions)
	}
	return out
}

// unusual counts the settings that are not default. The seed is counted too.
func unusual(c *script.Config) (n int) {
	for _, s := range settings {
		if s.Get(c) != s.Default {
			n++
		}
	}
	if c.Seed != defaultSeed {
		n++
	}
	return n
}

// tight counts the sizes that are not default.
func tight(cfg *script.Config) (n int) {
	for _, s := range settings {
		if s.Size && s.Get(cfg) != s.Default {
			n++
		}
	}
	return n
}

// smallest is the smallest tight buffer of a world, rounded up.
func smallest(cfg *script.Config) int {
	least := 1 << 14
	for _, s := range settings {
		if s.Size && s.Default > 1000 && s.Get(cfg) != s.Default {
			least = min(least, s.Get(cfg))
		}
	}
	return roundUp(least)
}

// compareWorlds compares two worlds setting by setting.
func compareWorlds(a, b *script.Config) int {
	for _, s := range settings {
		if c := cmp.Compare(rank(s.Get(a), s.Default), rank(s.Get(b), s.Default)); c != 0 {
			return c
		}
	}
	return 0
}

// byWorld compares two candidates by their worlds.
func byWorld(a, b candidate) int {
	return cmp.Or(cmp.Compare(unusual(&a.cfg), unusual(&b.cfg)), compareWorlds(&a.cfg, &b.cfg))
}

// defaultWorld is the script in a world in which all settings are default.
func defaultWorld(c *candidate) candidate {
	out := *c
	for _, s := range settings {
		if s.Get(&out.cfg) != s.Default {
			out = with(&out, s, s.Default)
		}
	}
	out.cfg.Seed = defaultSeed
	return out
}

// defaultSettings makes the settings of the world default, all at once or one after
// the other.
func (k *shrinker) defaultSettings() error {
	if better, err := k.try(defaultWorld(&k.best)); better || err != nil {
		return err
	}
	c := k.best
	c.cfg.Seed = defaultSeed
	if _, err := k.try(c); err != nil {
		return err
	}
	for _, s := range settings {
		if s.Get(&k.best.cfg) == s.Default {
			continue
		}
		if _, err := k.try(with(&k.best, s, s.Default)); err != nil {
			return err
		}
	}
	return nil
}

// simplerSizes makes the sizes of the world simpler that can't be default.
func (k *shrinker) simplerSizes() error {
	for _, s := range settings {
		if s.Size {
			if err := k.simplerSize(s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *shrinker) simplerSize(s *script.Dimension) error {
	for again := true; again; {
		again = false
		for _, v := range simpler(s.Get(&k.best.cfg), s.Default) {
			if !s.Legal(v) {
				continue
			}
			better, err := k.try(with(&k.best, s, v))
			if err != nil {
				return err
			}
			if again = better; better {
				break
			}
		}
	}
	return nil
}

// scale makes tight sizes larger together with the messages that fill them: each size
// by itself, and all at once.
func (k *shrinker) scale() error {
	var tight []*script.Dimension
	for _, s := range settings {
		if v := s.Get(&k.best.cfg); s.Size && 0 < v && v < s.Default {
			tight = append(tight, s)
		}
	}
	for i := range tight {
		if err := k.scaleSizes(tight[i : i+1]); err != nil {
			return err
		}
	}
	return k.scaleSizes(tight)
}

// scaleSizes multiplies some sizes and all messages by a power of two, as large as
// possible.
func (k *shrinker) scaleSizes(sizes []*script.Dimension) error {
	for power := 12; power > 0 && len(sizes) > 0; power-- {
		c := candidate{k.best.cfg, slices.Clone(k.best.actions)}
		ok := true
		for _, s := range sizes {
			v := roundUp(s.Get(&c.cfg) << power)
			ok = ok && v <= s.Default
			s.Set(&c.cfg, v)
		}
		for i := range c.actions {
			if a := &c.actions[i]; a.Verb == script.Write {
				a.Arg, a.Arg2 = scaled(a.Arg, power), scaled(a.Arg2, power)
			}
		}
		if !ok {
			continue
		}
		if better, err := k.try(c); better || err != nil {
			return err
		}
	}
	return nil
}

// scaled is the length of a message multiplied by a power of two, and rounded up.
func scaled(n uint32, power int) uint32 {
	if n == 0 {
		return 0
	}
	return uint32(min(roundUp(int(n)<<power), 1<<16))
}

// roundUp is the least power of two that is not less than v.
func roundUp(v int) int { return 1 << bits.Len(uint(v-1)) }

// worlds are the worlds in which some of the best script's unusual settings are
// default, the simplest first. Sizes take the round values in turn.
func (k *shrinker) worlds() (out []candidate) {
	var odd []*script.Dimension
	for _, s := range settings {
		if s.Get(&k.best.cfg) != s.Default {
			odd = append(odd, s)
		}
	}
	if len(odd) > 8 {
		return nil
	}
	for set := range 1 << len(odd) {
		out = append(out, k.worldsOf(odd, set)...)
	}
	slices.SortFunc(out, byWorld)
	return out
}

func (k *shrinker) worldsOf(odd []*script.Dimension, set int) (out []candidate) {
	base, tight := k.best, false
	base.cfg.Seed = defaultSeed
	for i, s := range odd {
		if set>>i&1 == 0 {
			base = with(&base, s, s.Default)
		} else {
			tight = tight || s.Size
		}
	}
	if !tight {
		return append(out, base)
	}
	for r := uint64(1); r < 2*maxPower; r++ {
		ok := true
		w := base
		for i, s := range odd {
			if set>>i&1 != 0 && s.Size {
				v, has := round(r, s.Default)
				ok = ok && has && s.Legal(v)
				s.Set(&w.cfg, v)
			}
		}
		if ok {
			out = append(out, w)
		}
	}
	return append(out, base)
}

// tightSizes are the sizes that are tried. Single steps find those between.
var tightSizes = [...]int{1, 16, 64, 256, 1024, 4096, 16384, 65536}

// simpleWorlds are the script in worlds with no more unusual settings than its own, of
// which at most two are sizes, the simplest first. There are pairs of sizes only if
// the script's own world has several.
func simpleWorlds(c *candidate) (out []candidate) {
	for _, w := range kindsOf(c) {
		singles := withSize([]candidate{w}, c)
		out = append(append(out, w), singles...)
		if tight(&c.cfg) > 1 {
			out = append(out, withSize(singles, c)...)
		}
	}
	slices.SortFunc(out, byWorld)
	return slices.CompactFunc(out, func(a, b candidate) bool { return a.cfg == b.cfg })
}

// kindsOf are the script in worlds with default sizes, in which some of its other
// settings are default too.
func kindsOf(c *candidate) (out []candidate) {
	var odd []*script.Dimension
	base := *c
	base.cfg.Seed = defaultSeed
	for _, s := range settings {
		switch {
		case s.Get(&c.cfg) == s.Default:
		case s.Size:
			s.Set(&base.cfg, s.Default)
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
				w = with(&w, s, s.Default)
			}
		}
		out = append(out, w)
	}
	return out
}

// withSize are the worlds with one more tight size, as far as they have no more
// unusual settings than the script's.
func withSize(worlds []candidate, c *candidate) (out []candidate) {
	most := unusual(&c.cfg)
	for _, w := range worlds {
		if unusual(&w.cfg) >= most {
			continue
		}
		for _, s := range settings {
			if !s.Size || s.Get(&w.cfg) != s.Default {
				continue
			}
			for _, v := range tightSizes {
				if s.Legal(v) && v != s.Default {
					out = append(out, with(&w, s, v))
				}
			}
		}
	}
	return out
}
