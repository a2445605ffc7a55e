package run

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// An Outline is what all schedules of a scenario have in common: which verbs may happen, and in
// which kinds of worlds. What is drawn in every scenario has its default.
type Outline struct {
	// Configs are the kinds of worlds, without their sizes.
	Configs []script.Config
	// Verbs are those that may happen, by the role of the end.
	Verbs [2][script.NumVerbs]bool
}

// outlines is how many schedules are drawn for an outline, so many that each choice comes up.
const outlines = 256

// Outline is the outline of the first of the runner's scenarios.
func (r *Runner) Outline() (o Outline) {
	d := &r.drawer
	sc := &r.menu[0]
	for n := range uint64(outlines) {
		d.rand, d.plan = sim.Rand(seedOf(1, n)), sim.Plan{}
		d.cfg = script.Config{Pump: r.Opts.Pump.Name, Engine: d.libs.engine,
			PeerEngine: d.libs.peerEngine, Scenario: sc.Name, Links: 1}
		if r.Opts.Pump.Dialogue != nil {
			d.cfg.Dialogue = r.Opts.Pump.Dialogue.Name
		}
		d.cfg.Version = d.drawVersion(sc, r.Opts.Pump.Restrictions)
		d.drawOdds()
		sc.shape(d)
		for role := range o.Verbs {
			for v := range script.NumVerbs {
				o.Verbs[role][v] = o.Verbs[role][v] || d.plan.Weights[role][v] > 0
			}
		}
		o.add(r.kind(&d.cfg))
	}
	return o
}

// Faults is 1 if resets or mutations may happen, otherwise 0.
func (o *Outline) Faults() int {
	for role := range o.Verbs {
		if o.Verbs[role][script.Reset] || o.Verbs[role][script.Mutate] {
			return 1
		}
	}
	return 0
}

// kind is a drawn world with the sizes left out.
func (r *Runner) kind(c *script.Config) script.Config {
	k := *c
	k.Seed, k.Peer, k.Under, k.Sizes = 1, r.parts.Peer.Name, model.Server, script.Sizes{}
	if c.Sizes.Chain > 0 { // the scenario is about flights: take the shortest chains
		least := dim.chain.Least
		k.Sizes.Chain, k.Sizes.ClientChain, k.Sizes.Tickets = least, least, int(c.Version)
	}
	if c.Early > 0 {
		k.Early = shortEarly
	}
	return k
}

// shortEarly is the early data in bytes that a client may send in an exhaustive search.
const shortEarly = 64

// add adds a kind of world, unless it is known.
func (o *Outline) add(k script.Config) {
	for _, known := range o.Configs {
		if known == k {
			return
		}
	}
	o.Configs = append(o.Configs, k)
}
