package shrink

import (
	"bytes"
	"cmp"
	"slices"
	"sync"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Single steps end in a script that depends on where they began. So a shrink then
// looks for the least script of the same cause from scratch: breadth first, in the
// simplest worlds first. Then different failing runs end in the same script.

const (
	// maxDepth is the longest script that is looked for in a simpler world.
	maxDepth = 12
	// There are many worlds in which a size is tight, and more in which several are.
	// So a search there is short, or very short.
	strideDepth, tightDepth           = 6, 3
	looseRuns, tightRuns, tighterRuns = 8000, 400, 100
	// wideRuns bounds the search in single actions.
	wideRuns = 6000
)

// knownScripts are the scripts of the project's own corpus, by property.
var knownScripts = sync.OnceValue(func() map[string][]candidate {
	known := map[string][]candidate{}
	for _, name := range corpus.Names() {
		s, err := script.Parse(bytes.NewReader(corpus.Text(name)), name)
		if err != nil {
			panic("shrink: an embedded script can't be parsed: " + err.Error())
		}
		known[s.Property] = append(known[s.Property], candidate{s.Config, s.Actions})
	}
	return known
})

// recall looks for the least script of the best one's cause among the known ones, in
// the worlds in which they failed. So a known mistake ends in the script that is known
// for it, whichever run found it. If no known script is as simple as the best one, it
// searches from scratch.
func (k *shrinker) recall() error {
	before := k.best
	for _, old := range knownScripts()[k.cause.name] {
		if !akin(&old, &before) {
			continue
		}
		c := k.inThisWorld(&old)
		if _, err := k.try(c); err != nil {
			return err
		}
		if compare(&c, &before) == 0 {
			return nil
		}
	}
	if less(&k.best, &before) {
		return nil // single steps first
	}
	return k.derive()
}

// akin says whether a known script has the candidate's scenario, or does nothing that
// the candidate does not do. A script with a renegotiation must not become one with a
// KeyUpdate.
func akin(old, c *candidate) bool {
	if old.cfg.Scenario == c.cfg.Scenario {
		return true
	}
	var does [script.NumVerbs]bool
	for _, a := range c.actions {
		does[a.Verb] = true
	}
	return !slices.ContainsFunc(old.actions, func(a script.Action) bool {
		return a.Verb != script.Deliver && a.Verb != script.Poll && !does[a.Verb]
	})
}

// inThisWorld is a known script with the best one's pump and engines.
func (k *shrinker) inThisWorld(old *candidate) candidate {
	c := candidate{k.best.cfg, old.actions}
	c.cfg.Seed = defaultSeed
	for _, s := range settings {
		s.Set(&c.cfg, s.Default)
		s.Set(&c.cfg, s.Get(&old.cfg))
	}
	if old.cfg.Peer == old.cfg.Pump { // the mistake is at both ends
		c.cfg.Peer = c.cfg.Pump
	}
	return c
}

// derive looks for the least script with the best one's cause. It leaves a third of
// the runs to the single steps that come after it.
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

// depthIn is how many actions a script in a world may have without being longer than
// the best one; negative if there can be none.
func (k *shrinker) depthIn(cfg *script.Config) int {
	return min(maxDepth, weight(&k.best)-weight(&candidate{cfg: *cfg}))
}

// asItIs tries three scripts in a world: nothing at all, what the best script does
// there, and the same with messages that fill its buffers.
func (k *shrinker) asItIs(w *candidate) error {
	for _, actions := range [...][]script.Action{nil, w.actions, swollen(w.actions, plenty(&w.cfg))} {
		if _, err := k.try(candidate{w.cfg, actions}); err != nil {
			return err
		}
	}
	return nil
}

// swollen are actions in which the parts of messages that are not empty are large.
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

// plenty is a length that does not fit into the buffers of a world.
func plenty(cfg *script.Config) uint32 { return uint32(4 * smallest(cfg)) }

// A failing run has deliveries and polls that happened to be drawn, and a buffer that
// happened to be too small. Its settled forms do the same with everything delivered
// and polled in between, or not. A shrink tries them in all simple worlds, whichever
// sizes are tight there. So runs that fill different buffers end in one script.

const (
	// settledRuns bounds the search for a settled form.
	settledRuns = 24_000
	// A failing script that is at most restartSlack actions longer than the best is
	// made simpler in single steps too: restartRuns runs each, and worldRestarts times
	// in a world.
	restartSlack, restartRuns, worldRestarts = 8, 1000, 2
	// maxGaps is how many places between the apps' actions are settled in all
	// combinations. With more only some combinations are tried.
	maxGaps = 4
	// maxKinds is how many settings that are no sizes are made default in all
	// combinations. With more only some are tried.
	maxKinds = 4
)

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

// tryForm runs a candidate with settles in it. It becomes the best one if what it did
// is simpler.
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

// hit is called when the candidate that was run last failed for the same cause. It
// becomes the best if what it did is simpler, or becomes simpler in single steps.
//
// Story 67: a settled form of 16 actions, which single steps shorten to 10, lost to a
// script of 12 that they can't shorten. So each seed kept its own script. A hit that is
// somewhat longer is now made simpler before it is compared.
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

// settledForms are what a script's apps do, with settles between the actions in many
// ways, and with messages of several lengths.
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

// gapsOf are sets of places to settle, out of n: all combinations if n is small.
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

// withSettles are actions with settles in a set of places between them.
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

// brimStep is the step in which messages that fill a link get longer. It is less than
// the length of what must find no room.
const brimStep = 64

// brim looks for a deadlock in a world with default sizes: an end lets an answer pile
// up, almost fills the way to its peer, and then does what the script does last.
//
// Story 66: four failing runs of one deadlock ended in four scripts of 16 to 51
// actions, in worlds with buffers of 16 to 64 bytes. What must find no room is some 100
// bytes long, and no single step leads from so small a link to one that is nearly full.
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

// strides searches a world in actions and settles: first in the actions of the best
// script, and where nothing is tight then in all that are like them.
func (k *shrinker) strides(w *candidate) error {
	depth, runs, alphabets := strideDepth, looseRuns, k.alphabets(w)
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

// wide searches a world in single actions, if nothing is tight there or it is the best
// script's own.
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

// alphabets are the actions that a search in a world tries. The first has deliveries,
// polls, and the script's own actions. The second also has those that are like them:
// at all ends, with their own, the simplest and large arguments; and simple messages.
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

// inOrder sorts actions and drops those that come twice.
func inOrder(actions []script.Action) []script.Action {
	slices.SortFunc(actions, func(a, b script.Action) int {
		return cmp.Or(compareKinds(a, b), compareArguments(a, b))
	})
	return slices.Compact(actions)
}

// variants are the actions at an end that a search tries in the place of one.
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
		if a.Arg2 > 0 {
			out = append(out, b)
		}
	case script.Close, script.Reset, script.Fin:
		add(script.Close, 0, 0)
		out = append(out, b)
	default:
		out = append(out, b)
	}
	return out
}

// A node is a list of actions that does not fail, and the actions that can follow.
type node struct {
	actions []script.Action
	enabled sim.Enabled
	print   uint64
}

// can says whether an action can follow.
func (n *node) can(a script.Action) bool {
	return a.Verb == script.Tick || a.Verb == settle || n.enabled.Has(a.Verb, a.On)
}

// allows says whether a search may do a verb once more: not more often than the best
// script does, and once more in a simpler world. Deliveries and polls are not counted.
// One message is always allowed, and a close in the place of a reset or fin.
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

// breadth goes through all lists of actions of an alphabet, the short ones first, until
// the runs are used up.
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

// visit runs a list of actions. The node is nil if they fail.
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

// fingerprint sums up what is visible of a world. Two lists of actions with the same
// fingerprint are taken for two ways to the same state. If they are not, a simpler
// script may be missed, and nothing worse.
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
	var others uint64 // all actions but deliveries and polls, in any order
	for _, a := range w.Actions() {
		whole := script.Action{Verb: script.Deliver, On: a.On, Arg: script.All}
		if a.Verb != script.Poll && a != whole {
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
