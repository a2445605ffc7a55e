package shrink

import (
	"slices"

	"github.com/wantwrite/wantwrite/sim/script"
)

// reduce tries all steps that make the best script simpler, until no step does. Then
// the script is 1-minimal.
func (k *shrinker) reduce() error {
	for {
		before := k.best
		for _, pass := range [...]func() error{k.dropActions, k.defaultSettings, k.merge,
			k.writers, k.simplerArguments, k.order, k.simplerSizes, k.scale} {
			if err := pass(); err != nil {
				return err
			}
		}
		if !less(&k.best, &before) {
			return nil
		}
	}
}

// dropActions leaves runs of actions out, long ones first, then single ones.
func (k *shrinker) dropActions() error {
	for n := len(k.best.actions); n >= 1; n /= 2 {
		for at := len(k.best.actions) - n; at >= 0; at = min(at-n, len(k.best.actions)-n) {
			if _, err := k.try(k.without(at, n)); err != nil {
				return err
			}
		}
	}
	return k.dropPairs()
}

// maxPairs is the longest script from which pairs are left out: their number is about
// half the square of its length.
const maxPairs = 32

// dropPairs leaves two actions out at a time: one may make sense only with the other,
// such as pause and resume.
func (k *shrinker) dropPairs() error {
	if len(k.best.actions) > maxPairs {
		return nil
	}
	for i := len(k.best.actions) - 1; i > 0; i-- {
		for j := i - 1; j >= 0 && i < len(k.best.actions); j-- {
			c := k.without(i, 1)
			c.actions = slices.Delete(c.actions, j, j+1)
			if _, err := k.try(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// without is the best script without the n actions from an index on.
func (k *shrinker) without(at, n int) candidate {
	actions := make([]script.Action, 0, len(k.best.actions)-n)
	actions = append(append(actions, k.best.actions[:at]...), k.best.actions[at+n:]...)
	return candidate{k.best.cfg, actions}
}

// changed is the best script with one action replaced.
func (k *shrinker) changed(at int, a script.Action) candidate {
	actions := slices.Clone(k.best.actions)
	actions[at] = a
	return candidate{k.best.cfg, actions}
}

const (
	// headerLen is what a message has in front of its body, in bytes.
	headerLen = 24
	// maxMerged is the longest body or answer of a write that is made of two. Longer
	// ones take too long in a world with small buffers.
	maxMerged = 1 << 14
)

// merge makes one write of two at the same end.
func (k *shrinker) merge() error {
	for i := 0; i < len(k.best.actions); i++ {
		for j := i + 1; j < len(k.best.actions); j++ {
			a, b := k.best.actions[i], k.best.actions[j]
			if a.Verb != script.Write || b.Verb != script.Write || a.On != b.On {
				continue
			}
			a.Arg, a.Arg2 = min(a.Arg+b.Arg+headerLen, maxMerged), min(a.Arg2+b.Arg2, maxMerged)
			c := k.changed(i, a)
			c.actions = slices.Delete(c.actions, j, j+1)
			if better, err := k.try(c); err != nil {
				return err
			} else if better {
				j--
			}
		}
	}
	return nil
}

// writers replaces a write by one of the same length: either end writes it, or asks
// the other end for it.
func (k *shrinker) writers() error {
	for i := 0; i < len(k.best.actions); i++ {
		a := k.best.actions[i]
		n := max(a.Arg, a.Arg2)
		if a.Verb != script.Write || n == 0 {
			continue
		}
		for _, on := range [...]script.End{a.On &^ 1, a.On | 1} {
			for _, b := range [...]script.Action{{Verb: a.Verb, On: on, Arg2: n},
				{Verb: a.Verb, On: on, Arg: n}} {
				if better, err := k.try(k.changed(i, b)); err != nil {
					return err
				} else if better && i >= len(k.best.actions) {
					return nil
				}
			}
		}
	}
	return nil
}

// simplerArguments makes the arguments of each action simpler.
func (k *shrinker) simplerArguments() error {
	for i := 0; i < len(k.best.actions); i++ {
		for which, arg := range arguments[k.best.actions[i].Verb] {
			if arg == nil {
				continue
			}
			if err := k.simplerArgument(i, which, arg); err != nil {
				return err
			}
			if i >= len(k.best.actions) {
				return nil
			}
		}
	}
	return nil
}

func (k *shrinker) simplerArgument(i, which int, arg *argument) error {
	for again := true; again; {
		again = false
		a := k.best.actions[i]
		at := [2]*uint32{&a.Arg, &a.Arg2}[which]
		for _, v := range arg.simpler(int(*at)) {
			*at = uint32(v)
			better, err := k.try(k.changed(i, a))
			if err != nil {
				return err
			}
			if better {
				again = i < len(k.best.actions) && k.best.actions[i].Verb == a.Verb
				break
			}
		}
	}
	return nil
}

// order swaps neighbours that are not in the canonical order.
func (k *shrinker) order() error {
	for i := 0; i+1 < len(k.best.actions); i++ {
		actions := slices.Clone(k.best.actions)
		actions[i], actions[i+1] = actions[i+1], actions[i]
		better, err := k.try(candidate{k.best.cfg, actions})
		if err != nil {
			return err
		}
		if better {
			i = max(i-2, -1)
		}
	}
	return nil
}
