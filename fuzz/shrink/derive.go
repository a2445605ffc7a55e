package shrink

import (
	"cmp"
	"slices"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Single steps end in a script that depends on where they began. So a shrink
// then looks for the least script of the same cause afresh, breadth first, in
// the simplest worlds first: failing runs that differ end in the same script.

const (
	// maxDepth is the longest script that is looked for in a simpler world.
	maxDepth = 12
	// A search in a world where a size is tight is a short one, and where several
	// are a very short one: there are many such worlds.
	strideDepth, tightDepth           = 6, 3
	plainRuns, tightRuns, tighterRuns = 8000, 400, 100
	// wideRuns bounds the search in single actions.
	wideRuns = 6000
)

// derive looks for the least script with the best one's cause. It leaves a
// third of the runs to the single steps that come after it.
func (k *shrinker) derive() error {
	k.limit = k.o.Runs * 2 / 3
	defer func() { k.limit = k.o.Runs }()
	before := k.best
	for _, search := range [...]func() error{k.brim, k.settled} {
		switch err := search(); {
		case k.stats.Interrupted:
			return err
		case err != nil || less(&k.best, &before): // single steps first
			return nil
		}
	}
	for _, search := range [...]func(*candidate) error{k.asItIs, k.strides, k.wide} {
		for _, w := range k.worlds() {
			if k.depthIn(&w.cfg) < 0 {
				break
			}
			switch err := search(&w); {
			case k.stats.Interrupted:
				return err
			case err != nil:
				return nil
			}
		}
	}
	return nil
}

// depthIn is how many actions a script in a world may have to be no longer than
// the best one; it is negative if there can be none.
func (k *shrinker) depthIn(cfg *script.Config) int {
	return min(maxDepth, weight(&k.best)-weight(&candidate{cfg: *cfg}))
}

// asItIs tries what the best script does in a world, the same with messages that
// fill its buffers, and nothing at all.
func (k *shrinker) asItIs(w *candidate) error {
	for _, actions := range [...][]script.Action{nil, w.actions, swollen(w.actions, plenty(&w.cfg))} {
		if _, err := k.try(candidate{w.cfg, actions}); err != nil {
			return err
		}
	}
	return nil
}

// swollen are actions in which what is not empty of a message is large.
func swollen(actions []script.Action, large uint32) []script.Action {
	out := slices.Clone(actions)
	for i := range out {
		for _, size := range [...]*uint32{&out[i].Arg, &out[i].Arg2} {
			if out[i].Verb == script.Write && *size > 0 {
				*size = large
			}
		}
	}
	return out
}

// strides searches a world with actions between which all is settled, or not:
// with what the best script does, and where nothing is tight then with all that
// is like it.
func (k *shrinker) strides(w *candidate) error {
	depth, runs, alphabets := strideDepth, plainRuns, k.alphabets(w)
	switch n := tight(&w.cfg); {
	case n == 0 || w.cfg == k.best.cfg:
	case n == 1:
		depth, runs, alphabets = tightDepth, tightRuns, alphabets[:1]
	default:
		depth, runs, alphabets = tightDepth, tighterRuns, alphabets[:1]
	}
	for _, letters := range alphabets {
		letters = append([]script.Action{{Verb: settle}}, letters...)
		k.restarts = worldRestarts
		if _, err := k.breadth(w.cfg, letters, min(depth, k.depthIn(&w.cfg)), runs); err != nil {
			return err
		}
	}
	return nil
}

// wide searches a world in which nothing is tight, or the best script's own, in
// single actions.
func (k *shrinker) wide(w *candidate) error {
	if tight(&w.cfg) > 0 && w.cfg != k.best.cfg {
		return nil
	}
	k.restarts = 0
	for _, letters := range k.alphabets(w) {
		if _, err := k.breadth(w.cfg, letters, k.depthIn(&w.cfg), wideRuns); err != nil {
			return err
		}
	}
	return nil
}

// tight counts the sizes that are not plain.
func tight(cfg *script.Config) (n int) {
	for i := range settings {
		if s := &settings[i]; s.size && s.get(cfg) != s.plain {
			n++
		}
	}
	return n
}

// worlds are the worlds in which some of the best script's unusual settings
// are plain, the simplest first. Sizes take the round values in turn.
func (k *shrinker) worlds() (out []candidate) {
	var odd []*setting
	for i := range settings {
		if s := &settings[i]; s.get(&k.best.cfg) != s.plain {
			odd = append(odd, s)
		}
	}
	if len(odd) > 8 {
		return nil
	}
	for set := range 1 << len(odd) {
		out = append(out, k.worldsOf(odd, set)...)
	}
	slices.SortFunc(out, plainer)
	return out
}

// plainer compares two candidates by their worlds.
func plainer(a, b candidate) int {
	return cmp.Or(cmp.Compare(unusual(&a.cfg), unusual(&b.cfg)), compareWorlds(&a.cfg, &b.cfg))
}

func (k *shrinker) worldsOf(odd []*setting, set int) (out []candidate) {
	base, tight := k.best, false
	base.cfg.Seed = plainSeed
	for i, s := range odd {
		if set>>i&1 == 0 {
			base = s.with(&base, s.plain)
		} else {
			tight = tight || s.size
		}
	}
	if !tight {
		return append(out, base)
	}
	for r := uint64(1); r < 2*maxPower; r++ {
		ok := true
		w := base
		for i, s := range odd {
			if set>>i&1 != 0 && s.size {
				v, has := round(r, s.plain)
				ok = ok && has && s.legal(v)
				s.set(&w.cfg, v)
			}
		}
		if ok {
			out = append(out, w)
		}
	}
	return append(out, base)
}

// A node is a list of actions that does not fail, and what can come next.
type node struct {
	actions []script.Action
	enabled sim.Enabled
	print   uint64
}

// plenty is a size that does not fit into the buffers of a world.
func plenty(cfg *script.Config) uint32 { return uint32(4 * smallest(cfg)) }

// smallest is the smallest tight buffer of a world, rounded up.
func smallest(cfg *script.Config) int {
	least := 1 << 14
	for i := range settings {
		if s := &settings[i]; s.size && s.plain > 1000 && s.get(cfg) != s.plain {
			least = min(least, s.get(cfg))
		}
	}
	return roundUp(least)
}

// alphabets are what a search in a world tries: deliveries and polls, and what
// the script does there; then all that is like it too, at all ends, with its own
// arguments, the simplest, and large ones, and plain messages.
func (k *shrinker) alphabets(w *candidate) [][]script.Action {
	ends := script.End(2 * w.cfg.Links)
	var own, like []script.Action
	for on := range ends {
		own = append(own, script.Action{Verb: script.Deliver, On: on, Arg: script.All},
			script.Action{Verb: script.Poll, On: on})
		like = append(like, script.Action{Verb: script.Write, On: on},
			script.Action{Verb: script.Write, On: on, Arg: plenty(&w.cfg) / 8},
			script.Action{Verb: script.Write, On: on, Arg: plenty(&w.cfg)})
	}
	for _, a := range w.actions {
		if a.Verb != script.Spurious { // most stand for a poll
			own = append(own, a)
		}
		for on := range ends {
			like = append(like, variants(a, on, plenty(&w.cfg))...)
		}
	}
	return [][]script.Action{inOrder(own), inOrder(append(like, own...))}
}

// inOrder are actions in order, each once.
func inOrder(actions []script.Action) []script.Action {
	slices.SortFunc(actions, func(a, b script.Action) int {
		return cmp.Or(compareKinds(a, b), compareArguments(a, b))
	})
	return slices.Compact(actions)
}

// variants are the actions at an end that a search tries where a script has one.
func variants(a script.Action, on script.End, large uint32) (out []script.Action) {
	b := a
	if a.Verb != script.Tick {
		b.On = on
	}
	add := func(v script.Verb, arg, arg2 uint32) {
		out = append(out, script.Action{Verb: v, On: on, Arg: arg, Arg2: arg2})
	}
	switch a.Verb {
	case script.Write:
		add(script.Write, 0, 0)
		add(script.Write, large, 0)
		if a.Arg2 > 0 {
			add(script.Write, 0, 1)
			add(script.Write, 0, large)
		}
	case script.KeyUpdate:
		add(script.KeyUpdate, 0, 0)
		add(script.KeyUpdate, 1, 0)
	case script.Close, script.Reset, script.Fin:
		add(script.Close, 0, 0)
		out = append(out, b)
	default:
		out = append(out, b)
	}
	return out
}

// can says whether an action can come next.
func (n *node) can(a script.Action) bool {
	return a.Verb == script.Tick || a.Verb == settle || n.enabled.Has(a.Verb, a.On)
}

// allows says whether a search may do a verb once more: not more often than the
// best script, or once more in a simpler world. Deliveries and polls are free, and
// so is a message, and one end for another.
func (k *shrinker) allows(cfg *script.Config, actions []script.Action, v script.Verb) bool {
	if v == script.Deliver || v == script.Poll || v == settle {
		return true
	}
	most := count(k.best.actions, v)
	switch v {
	case script.Write:
		most = max(most, 1)
	case script.Close:
		most = max(most, count(k.best.actions, script.Reset)+count(k.best.actions, script.Fin))
	}
	if unusual(cfg) < unusual(&k.best.cfg) {
		most++
	}
	return count(actions, v) < most
}

func count(actions []script.Action, v script.Verb) (n int) {
	for _, a := range actions {
		if a.Verb == v {
			n++
		}
	}
	return n
}

// breadth goes through all lists of actions of an alphabet, the short ones
// first, as far as the runs reach.
func (k *shrinker) breadth(cfg script.Config, alphabet []script.Action, depth, runs int) (
	better bool, err error) {

	seen := map[uint64]bool{}
	end := k.cost + runs
	n, better, err := k.visit(cfg, nil)
	if better || err != nil || n == nil {
		return better, err
	}
	for front := []*node{n}; len(front) > 0 && depth > 0; depth-- {
		var next []*node
		for _, n := range front {
			for _, a := range alphabet {
				if !n.can(a) || !k.allows(&cfg, n.actions, a.Verb) {
					continue
				}
				if k.cost >= end {
					return false, nil
				}
				m, better, err := k.visit(cfg, append(slices.Clip(n.actions), a))
				if better || err != nil {
					return better, err
				}
				if m != nil && !seen[m.print] {
					seen[m.print] = true
					next = append(next, m)
				}
			}
		}
		front = next
	}
	return false, nil
}

// visit runs a list of actions. The node is nil if it fails in another way.
func (k *shrinker) visit(cfg script.Config, actions []script.Action) (*node, bool, error) {
	if err := k.spent(); err != nil {
		return nil, false, err
	}
	c := candidate{cfg, actions}
	var n *node
	look := func(w *sim.World) { n = &node{actions, w.Enabled(), fingerprint(w)} }
	if k.fails(&c, look) {
		better, err := k.hit(cfg)
		return nil, better, err
	}
	return n, false, nil
}

// fingerprint sums up what is visible of a world: two lists of actions with
// the same one are taken for two ways to the same state. If they are not, a
// simpler script may be missed, no more.
func fingerprint(w *sim.World) uint64 {
	h := uint64(w.Enabled())
	ends := w.Ledger().Ends
	for i := range ends {
		a := &ends[i]
		for _, n := range [...]uint64{a.Accepted, a.Written, a.Drained, a.Sent, a.Received, a.Fed,
			a.Decrypted, a.Delivered, a.Backlog, flags(a)} {
			h = mix(h, n)
		}
	}
	var others uint64 // what was done but for deliveries and polls, in any order
	for _, a := range w.Actions() {
		if a.Verb != script.Poll && a != (script.Action{Verb: script.Deliver, On: a.On, Arg: script.All}) {
			others += mix(uint64(a.Verb)|uint64(a.On)<<8, uint64(a.Arg)|uint64(a.Arg2)<<32)
		}
	}
	return mix(h, others)
}

func flags(a *oracle.Account) (bits uint64) {
	for i, on := range [...]bool{a.Backpressure, a.Paused, a.Closing, a.HalfClosing, a.Told, a.Gone,
		a.Broken} {
		if on {
			bits |= 1 << i
		}
	}
	return bits | uint64(a.Idle)<<8
}
