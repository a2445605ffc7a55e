package run

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A drawer draws a schedule's world and plan from its seed. The order of its draws is part of
// what a seed means: what is drawn anew goes behind, or has a stream of its own.
type drawer struct {
	opts  *Options
	libs  libraries // of opts
	rand  sim.Rand
	cfg   script.Config
	plan  sim.Plan
	tight bool    // the world's sizes are often tiny, which is where bugs are
	fixed []fixed // sizes that stay as they are

	// Storage of the plan's mutations and attacks, and what draws them.
	wild, assaults []script.Action
	damages        structured[damage]
	blows          structured[blow]
}

// draw makes the world and the plan of the schedule with this seed.
func (d *drawer) draw(menu []Scenario, seed uint64) {
	d.rand = sim.Rand(seed)
	sc := d.pick(menu)
	o := d.opts
	d.cfg = script.Config{Pump: o.Pump.Name, Peer: "reference", Engine: d.libs.engine,
		PeerEngine: d.libs.peerEngine, Scenario: sc.Name, Links: 1, Seed: d.rand.Uint64()}
	if o.Peer != nil {
		d.cfg.Peer = o.Peer.Name
	}
	if o.Pump.Dialogue != nil {
		d.cfg.Dialogue = o.Pump.Dialogue.Name
	}
	d.plan, d.fixed = sim.Plan{Mutations: d.wild[:0]}, d.fixed[:0]
	d.tight = d.rand.OneIn(3)
	if o.Program != nil {
		d.drawForeign(sc)
		return
	}
	d.drawKind(sc)
	d.drawSizes()
	d.drawOdds()
	sc.shape(d)
	if !d.libs.peer.UnderTest && !d.cfg.Hostile && d.rand.OneIn(2) {
		d.attacks()
	}
	d.identify()
	d.swarm()
	d.widen()
	d.hold()
}

// dim has the dimensions of worlds whose limits bound what is drawn.
var dim = struct{ bio, pipe, queue, flight, window, record, hello, chain, early *script.Dimension }{
	bio:    script.DimensionNamed("bio"),
	pipe:   script.DimensionNamed("pipe"),
	queue:  script.DimensionNamed("queue"),
	flight: script.DimensionNamed("flight"),
	window: script.DimensionNamed("window"),
	record: script.DimensionNamed("record"),
	hello:  script.DimensionNamed("hello"),
	chain:  script.DimensionNamed("chain"),
	early:  script.DimensionNamed("early"),
}

// widen makes buffers so large that what has to pass through them takes hundreds of steps, not
// thousands. One schedule in 64 may take thousands.
func (d *drawer) widen() {
	s := &d.cfg.Sizes
	most := max(d.plan.Body, d.plan.Answer)
	s.Chunk, s.Record = max(s.Chunk, most/64), max(s.Record, most/64)
	writes := max(1, int(d.plan.Budget[client][script.Write]+d.plan.Budget[server][script.Write]))
	volume := writes * (24 + (d.plan.Body+d.plan.Answer)/3)
	records := 1 + (d.plan.Body+d.plan.Answer)/3/min(s.Chunk, s.Record)
	volume += writes*records*30 + s.Chain + s.ClientChain + 700
	least := volume / 24
	if d.rand.OneIn(64) {
		least = volume / 512
	}
	least = min(least, script.MaxOnLink)
	s.Flight, s.Window = max(s.Flight, least), max(s.Window, least)
	if d.frames() {
		s.Queue = max(s.Queue, 24+most)
	}
}

// pick draws a scenario. A rare one is taken one time in three.
func (d *drawer) pick(menu []Scenario) *Scenario {
	for range 4 {
		sc := &menu[d.rand.Below(uint64(len(menu)))]
		if !sc.Rare || d.rand.OneIn(3) {
			return sc
		}
	}
	return &menu[0]
}

// drawKind draws what is not a size: version, role, transport, trigger, modes.
func (d *drawer) drawKind(sc *Scenario) {
	c, restricted := &d.cfg, d.opts.Pump.Restrictions
	c.Under = server
	if !restricted.NoClient && d.rand.OneIn(2) {
		c.Under = client
	}
	c.Version = d.drawVersion(sc, restricted)
	if restricted.NoPair || !restricted.NoAttached && d.rand.OneIn(3) {
		c.Transport = model.Attached
	}
	switch d.rand.Below(4) {
	case 0:
		if !restricted.NoEdge {
			c.Trigger = model.Edge
		}
	case 1:
		if !restricted.NoOneShot {
			c.Trigger = model.OneShot
		}
	}
	c.WholeWrites = d.rand.OneIn(3)
	c.FixedBuffer = d.rand.OneIn(3)
	c.Reentrant = d.rand.OneIn(2)
}

// drawVersion draws the TLS version, unless scenario, options or pump decide it.
func (d *drawer) drawVersion(sc *Scenario, restricted model.Restrictions) model.Version {
	switch {
	case sc.Only12 || d.opts.TLS == "1.2" || restricted.NoTLS13:
		return model.TLS12
	case sc.Only13 || d.opts.TLS == "1.3" || d.rand.OneIn(2):
		return model.TLS13
	}
	return model.TLS12
}

// drawSizes draws the sizes of the world, and what goes with a version.
func (d *drawer) drawSizes() {
	s := &d.cfg.Sizes
	s.Bio = d.upToDefault(dim.bio)
	s.Pipe = s.Bio
	if d.rand.OneIn(2) {
		s.Pipe = d.upToDefault(dim.pipe)
	}
	s.Queue = d.upToDefault(dim.queue)
	s.Chunk = d.size(1, dim.record.Most)
	s.Flight = d.upToDefault(dim.flight)
	s.Window = d.upToDefault(dim.window)
	s.Record = dim.record.Default
	if d.rand.OneIn(3) {
		s.Record = d.upToDefault(dim.record)
	}
	s.Hello = dim.hello.Default
	s.Linger = d.rand.Between(4, 64)
	if d.cfg.Version == model.TLS13 {
		s.Tickets = int(d.rand.Below(3))
		d.cfg.Retry = d.rand.OneIn(8)
	}
	d.cfg.Resume = d.rand.OneIn(8) && d.libs.shareSession()
	if d.rand.OneIn(6) {
		s.Chain = d.rand.Between(dim.chain.Least, mostChain)
	}
	if d.frames() {
		s.Pipe = s.Bio // as in kv_engine, whose pipes and BIO pair have one size
	}
}

// upToDefault draws a size from its least value to its default.
func (d *drawer) upToDefault(of *script.Dimension) int { return d.size(of.Least, of.Default) }

// size draws from lo to hi, both included. In a tight world it is often small and sometimes
// tiny. In others it is at least 512, because small buffers cost many steps.
func (d *drawer) size(lo, hi int) int {
	if !d.tight {
		lo = max(lo, 512)
		return d.rand.Between(min(lo, hi), hi)
	}
	top := hi
	switch d.rand.Below(8) {
	case 0:
		top = lo + 15
	case 1, 2:
		top = lo + 255
	case 3, 4, 5:
		lo, top = max(lo, 64), 2048
	}
	return d.rand.Between(min(lo, hi), max(min(lo, hi), min(top, hi)))
}

// body draws the largest body of a schedule's messages, in bytes, up to about most. Its
// logarithm is uniform.
func (d *drawer) body(most int) int {
	return 1 + most>>d.rand.Below(8)
}

// frames says whether the pump takes only whole messages.
func (d *drawer) frames() bool { return d.opts.Pump.Restrictions.FramesOnly }

// drawOdds sets the odds that all workloads begin with.
func (d *drawer) drawOdds() {
	d.plan.Steps = d.rand.Between(60, 600)
	d.both(script.Deliver, 40, 0)
	d.both(script.Poll, 60, 0)
	d.both(script.Resume, 10, 0)
	d.both(script.Spurious, 2, uint16(d.rand.Between(1, 8)))
	d.plan.Portions = [4]uint16{16, 12, 6, 2}
	if d.rand.OneIn(6) {
		d.plan.Portions = [4]uint16{24, 4, 2, 1}
	}
}

// swarm scales each verb's odds for this schedule, and forbids some verbs. A bug that one verb
// hides is found in schedules without it (Groce 2012, swarm testing).
func (d *drawer) swarm() {
	for role := range 2 {
		for v := range script.NumVerbs {
			if v == script.Attack || v.Foreign() && !d.plan.Programs[role] {
				continue // a hostile world stays hostile, and a pump's end can't do the others
			}
			weight := &d.plan.Weights[role][v]
			*weight <<= d.rand.Below(3)
			if v > script.Poll && v != script.Resume && v != script.Renegotiate && d.rand.OneIn(8) {
				*weight = 0
			}
		}
	}
}

const client, server = model.Client, model.Server

// set gives a verb its weight at one role's ends, and the most times that it may happen; 0 is
// no limit.
func (d *drawer) set(role model.Role, v script.Verb, weight, budget uint16) {
	d.plan.Weights[role][v], d.plan.Budget[role][v] = weight, budget
}

// both does so at both roles' ends.
func (d *drawer) both(v script.Verb, weight, budget uint16) {
	d.set(client, v, weight, budget)
	d.set(server, v, weight, budget)
}

// scale multiplies all odds so far. What is set afterwards is rarer by this factor.
func (d *drawer) scale(by uint16) {
	for role := range d.plan.Weights {
		for v := range d.plan.Weights[role] {
			d.plan.Weights[role][v] *= by
		}
	}
}

// traffic is some writes by both ends, for scenarios that are about something else.
func (d *drawer) traffic() {
	d.cfg.Stream = d.frames() && d.rand.OneIn(2)
	d.set(client, script.Write, 15, uint16(d.rand.Between(1, 60)))
	d.set(server, script.Write, 15, uint16(d.rand.Between(1, 40)))
	d.plan.Body, d.plan.Answer = d.body(1000), d.body(1000)
}
