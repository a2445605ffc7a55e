package run

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Options say what schedules are drawn for.
type Options struct {
	// Pump is the pump under test, Peer the other end's; nil means the
	// reference, or in some schedules the pump itself.
	Pump *model.Spec
	Peer *model.Spec
	// Engine and PeerEngine are the libraries; nil means the model's.
	Engine, PeerEngine model.Library
	// Scenario and TLS, if not empty, bind the schedules to one of these.
	Scenario, TLS string
	// Profile, if not empty, binds them to a way in which the ends know each
	// other: see Profiles.
	Profile string
}

// A drawer draws a schedule's world and plan from its seed.
type drawer struct {
	opts  *Options
	libs  libraries // of opts
	rand  sim.Rand
	cfg   script.Config
	plan  sim.Plan
	tight bool            // this world's sizes are where bugs live
	wild  []script.Action // storage of the plan's mutations
	zoo   structured[damage]

	assaults []script.Action // and of its attacks
	blows    structured[blow]
}

// draw makes the world and the plan of a schedule.
func (d *drawer) draw(menu []Scenario, seed uint64) {
	d.rand = sim.Rand(seed)
	sc := d.pick(menu)
	o := d.opts
	d.cfg = script.Config{Pump: o.Pump.Name, Peer: "reference", Engine: d.libs.engine,
		PeerEngine: d.libs.peerEngine, Scenario: sc.Name, Links: 1, Seed: d.rand.Uint64()}
	if o.Peer != nil {
		d.cfg.Peer = o.Peer.Name
	}
	d.plan = sim.Plan{Mutations: d.wild[:0]}
	d.tight = d.rand.OneIn(3)
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
}

// dim has the dimensions whose limits are those of what is drawn.
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

// widen keeps buffers from being so small that what has to pass through them
// takes thousands of steps; once in a while it does.
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

// pick draws a scenario; a rare one is drawn twice before it is taken.
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
	c, sup := &d.cfg, d.opts.Pump.Restrictions
	c.Under = server
	if !sup.NoClient && d.rand.OneIn(2) {
		c.Under = client
	}
	c.Version = d.drawVersion(sc, sup)
	if sup.NoPair || !sup.NoAttached && d.rand.OneIn(3) {
		c.Transport = model.Attached
	}
	switch d.rand.Below(4) {
	case 0:
		if !sup.NoEdge {
			c.Trigger = model.Edge
		}
	case 1:
		if !sup.NoOneShot {
			c.Trigger = model.OneShot
		}
	}
	c.WholeWrites = d.rand.OneIn(3)
	c.FixedBuffer = d.rand.OneIn(3)
	c.Reentrant = d.rand.OneIn(2)
}

func (d *drawer) drawVersion(sc *Scenario, sup model.Restrictions) model.Version {
	switch {
	case sc.Only12 || d.opts.TLS == "1.2" || sup.NoTLS13:
		return model.TLS12
	case sc.Only13 || d.opts.TLS == "1.3" || d.rand.OneIn(2):
		return model.TLS13
	}
	return model.TLS12
}

// drawSizes draws the sizes of the world: tiny ones often.
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
		s.Pipe = s.Bio // kv_engine: pipes and BIO pair have one size
	}
}

// upToDefault draws a size from its least value to its default.
func (d *drawer) upToDefault(of *script.Dimension) int { return d.size(of.Least, of.Default) }

// size draws from lo to hi. In a tight world it is often small and sometimes
// tiny; in the others it is comfortable, because tight ones cost more.
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

// body draws the largest body of a schedule's messages, up to most bytes: small
// ones are as likely as large ones.
func (d *drawer) body(most int) int {
	return 1 + most>>d.rand.Below(8)
}

// frames says whether the pump takes whole messages only.
func (d *drawer) frames() bool { return d.opts.Pump.Restrictions.FramesOnly }

// drawOdds sets what every storm has.
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

// swarm scales each verb's odds for this schedule, and forbids some: what one
// verb hides another's absence shows (Groce 2012, swarm testing).
func (d *drawer) swarm() {
	for role := range 2 {
		for v := range script.NumVerbs {
			if v == script.Attack {
				continue // what it is about stays
			}
			weight := &d.plan.Weights[role][v]
			*weight <<= d.rand.Below(3)
			if v > script.Poll && v != script.Resume && v != script.Renegotiate && d.rand.OneIn(8) {
				*weight = 0
			}
		}
	}
}
