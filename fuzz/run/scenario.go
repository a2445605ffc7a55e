package run

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Scenario is a workload and the faults that are allowed.
type Scenario struct {
	// Name is the word of --scenario and of the scripts' header.
	Name string
	// Why says in a clause what it is for.
	Why string
	// Barred are the restrictions with which a pump can't take part.
	Barred model.Restrictions
	// Only12 and Only13 bind it to a TLS version.
	Only12, Only13 bool
	// Needs are what it asks of the libraries of both ends; Attacks only of the peer's.
	Needs model.Capabilities
	// Rare scenarios are drawn less often: they cost more.
	Rare bool
	// shape sets what is particular to it.
	shape func(d *drawer)
}

// Scenarios lists them all.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "request-response", shape: requestResponse,
			Why: "pipelined requests and their answers"},
		{Name: "bulk-both-ways", shape: bulkBothWays,
			Why: "both ends send all they can at once"},
		{Name: "slow-reader", shape: slowReader,
			Why: "a one-way stream to a reader that pauses"},
		{Name: "upload-and-close", shape: uploadAndClose,
			Why: "the client sends and closes at once"},
		{Name: "renegotiation", shape: renegotiation, Only12: true,
			Needs: model.Capabilities{Renegotiation: true},
			Why:   "either end renegotiates at any moment"},
		{Name: "idle-renegotiation", shape: idleRenegotiation, Only12: true,
			Needs: model.Capabilities{Renegotiation: true},
			Why:   "an idle link is renegotiated"},
		{Name: "refused-renegotiation", shape: refusedRenegotiation, Only12: true,
			Needs: model.Capabilities{Renegotiation: true},
			Why:   "a renegotiation that is refused or ignored"},
		{Name: "key-update", shape: keyUpdate, Only13: true,
			Why: "either end updates its keys at any moment"},
		{Name: "awaited-key-update", shape: awaitedKeyUpdate, Only13: true,
			Why: "who asks for a KeyUpdate waits for it, and the other end is idle"},
		{Name: "post-handshake-auth", shape: postHandshakeAuth, Only13: true,
			Needs:  model.Capabilities{PostAuth: true},
			Barred: model.Restrictions{NoClient: true},
			Why:    "the server asks for the client's certificate at any moment"},
		{Name: "early-data", shape: earlyData, Only13: true,
			Needs: model.Capabilities{EarlyData: true},
			Why:   "the client sends before the handshake, and the server may reject that"},
		{Name: "mutual-close", shape: mutualClose,
			Why: "both ends close"},
		{Name: "half-close", shape: halfClose, Only13: true, Barred: model.Restrictions{NoHalfClose: true},
			Why: "one end stops writing, the other goes on"},
		{Name: "two-links", shape: twoLinks,
			Why: "two links share a loop, a thread and its error queue"},
		{Name: "long-handshake", shape: longHandshake, Rare: true,
			Why: "flights longer than the buffers, client certificates"},
		{Name: "network-faults", shape: networkFaults,
			Why: "resets, early ends, closed windows, spurious readiness"},
		{Name: "hostile-peer", shape: hostilePeer, Needs: model.Capabilities{Attacks: true},
			Why: "the peer's engine sends what no honest library would"},
		{Name: "record-faults", shape: recordFaults, Rare: true,
			Why: "records that are damaged, repeated, lost, split or injected"},
		{Name: "close-in-handshake", shape: closeInHandshake,
			Why: "either end closes at any moment, before the handshake is done too"},
		{Name: "pause-and-close", shape: pauseAndClose,
			Why: "ends that pause, and close meanwhile"},
		{Name: "unanswered-close", shape: unansweredClose, Barred: model.Restrictions{NoLocalClose: true},
			Why: "one end closes, or fails, and the other never closes"},
		{Name: "reset-in-traffic", shape: resetInTraffic,
			Why: "a reset meets data that has arrived, and writes"},
		{Name: "lasting-pause", shape: lastingPause,
			Why: "a pause that nobody ends, from before the handshake too"},
		{Name: "strict-renegotiation", shape: strictRenegotiation, Only12: true,
			Needs:  model.Capabilities{Renegotiation: true, AllTraits: true},
			Barred: model.Restrictions{NoClient: true},
			Why:    "libraries that take no data in a renegotiation, as crypto/tls"},
		{Name: "eager-peer", shape: eagerPeer,
			Why: "a peer that sends as fast as it is read"},
	}
}

// scenarioNames are the names of all of them.
func scenarioNames() (names []string) {
	for _, s := range Scenarios() {
		names = append(names, s.Name)
	}
	return names
}

const client, server = model.Client, model.Server

// set gives a verb its weight, and how often it may happen (0: no limit), at
// one role's ends.
func (d *drawer) set(role model.Role, v script.Verb, weight, budget uint16) {
	d.plan.Weights[role][v], d.plan.Budget[role][v] = weight, budget
}

// both does so at both.
func (d *drawer) both(v script.Verb, weight, budget uint16) {
	d.set(client, v, weight, budget)
	d.set(server, v, weight, budget)
}

func requestResponse(d *drawer) {
	d.set(client, script.Write, 30, uint16(d.rand.Between(1, 80)))
	d.plan.Body, d.plan.Answer = d.body(1000), d.body(2000)
}

func bulkBothWays(d *drawer) {
	d.cfg.Stream = d.frames()
	d.both(script.Write, 40, uint16(d.rand.Between(2, 24)))
	d.plan.Body, d.plan.Answer = 100+d.body(16000), d.body(4000)
	d.cfg.Sizes.Flight = d.size(1, 4096)
	d.cfg.Sizes.Window = d.size(1, 4096)
	if !d.opts.Pump.Restrictions.NoClient && d.opts.Peer == nil && d.rand.OneIn(2) {
		d.cfg.Peer = d.cfg.Pump
	}
}

func slowReader(d *drawer) {
	d.cfg.Stream = d.frames()
	reader := client
	if !d.frames() && d.rand.OneIn(2) {
		reader = server
	}
	d.set(client, script.Write, 10, 2)
	d.set(reader.Peer(), script.Write, 40, uint16(d.rand.Between(2, 40)))
	d.set(reader, script.Pause, 10, 12)
	d.set(reader, script.Resume, 10, 0)
	d.set(reader, script.Window, 10, 4)
	d.both(script.Tick, 10, 0)
	d.plan.Body = d.body(4000)
}

func uploadAndClose(d *drawer) {
	d.set(client, script.Write, 40, uint16(d.rand.Between(1, 60)))
	d.set(client, script.Close, 1, 1)
	d.plan.Body = d.body(4000)
}

// scale multiplies all odds, so that what is set afterwards is rarer.
func (d *drawer) scale(by uint16) {
	for role := range d.plan.Weights {
		for v := range d.plan.Weights[role] {
			d.plan.Weights[role][v] *= by
		}
	}
}

// traffic is a little of everything, for scenarios about something else.
func (d *drawer) traffic() {
	d.cfg.Stream = d.frames() && d.rand.OneIn(2)
	d.set(client, script.Write, 15, uint16(d.rand.Between(1, 60)))
	d.set(server, script.Write, 15, uint16(d.rand.Between(1, 40)))
	d.plan.Body, d.plan.Answer = d.body(1000), d.body(1000)
}

func renegotiation(d *drawer) {
	d.traffic()
	d.set(client, script.Renegotiate, 15, uint16(d.rand.Between(1, 3)))
	d.set(server, script.Renegotiate, 15, uint16(d.rand.Between(1, 2)))
	if d.rand.OneIn(4) {
		d.pileUp()
	}
}

// pileUp is a client that asks and does not read, over a link shorter than a
// handshake's flight, and then renegotiates: answers pile up, and both directions
// fill. Story 69: where all this had to come together by chance, one schedule in
// 100,000 found the deadlock of kv_engine's pumps.
func (d *drawer) pileUp() {
	d.cfg.Stream = false
	s := &d.cfg.Sizes
	s.Bio = d.rand.Between(16, 128)
	if d.frames() {
		s.Pipe = s.Bio
	}
	s.Flight, s.Window = d.rand.Between(8, 64), d.rand.Between(8, 64)
	d.set(client, script.Write, 30, uint16(d.rand.Between(1, 3)))
	d.set(server, script.Write, 15, 1)
	d.set(client, script.Pause, 10, 2)
	d.set(client, script.Resume, 1, 0)
	d.set(client, script.Renegotiate, 3, 1)
	d.set(server, script.Renegotiate, 0, 0)
	d.plan.Body, d.plan.Answer = d.body(100), 200+d.body(400)
	d.plan.Steps, d.plan.Portions = d.rand.Between(200, 600), [4]uint16{1, 2, 6, 24}
}

func idleRenegotiation(d *drawer) {
	d.set(client, script.Renegotiate, 30, 1)
	if d.rand.OneIn(3) {
		d.set(client, script.Write, 10, 1)
		d.plan.Answer = d.body(100)
	}
}

func refusedRenegotiation(d *drawer) {
	renegotiation(d)
	d.cfg.SoftRefusal = true
	d.cfg.RefuseReneg = d.rand.OneIn(2)
	d.cfg.IgnoreReneg = !d.cfg.RefuseReneg
	if !d.libs.both.AllTraits {
		d.cfg.RefuseReneg, d.cfg.IgnoreReneg, d.cfg.SoftRefusal = true, false, false
	}
}

func keyUpdate(d *drawer) {
	d.traffic()
	d.both(script.KeyUpdate, 15, uint16(d.rand.Between(1, 6)))
	d.cfg.AnswerAtRead = d.rand.OneIn(2) && d.libs.both.AllTraits
}

func awaitedKeyUpdate(d *drawer) {
	d.cfg.AwaitUpdate = true
	d.set(client, script.Write, 5, 2)
	d.both(script.KeyUpdate, 15, uint16(d.rand.Between(1, 8)))
	d.plan.Body = d.body(100)
	d.cfg.AnswerAtRead = d.rand.OneIn(4) && d.libs.both.AllTraits
}

// postHandshakeAuth: with certificates or without, to a client that has one or
// has none.
func postHandshakeAuth(d *drawer) {
	d.traffic()
	d.cfg.PostAuth = true
	d.set(server, script.Renegotiate, 15, uint16(d.rand.Between(1, 4)))
	d.both(script.KeyUpdate, 4, 1)
	s := &d.cfg.Sizes
	if s.Chain = 0; d.rand.OneIn(2) {
		s.Chain = d.rand.Between(dim.chain.Least, mostChain)
	}
	if d.rand.OneIn(2) {
		s.ClientChain = d.rand.Between(dim.chain.Least, 3000)
	}
	if d.rand.OneIn(3) {
		d.scale(4)
		d.both(script.Close, 2, 1)
	}
}

// earlyData: a client sends early what it has at its first turn, so it writes
// first and much.
func earlyData(d *drawer) {
	d.traffic()
	d.cfg.Resume, d.cfg.Early = true, d.rand.Between(dim.early.Least, dim.early.Most)
	d.cfg.RejectEarly = d.rand.OneIn(3)
	d.set(client, script.Write, 400, uint16(d.rand.Between(1, 40)))
	d.plan.Body = d.body(600)
	if d.rand.OneIn(3) {
		d.set(server, script.Pause, 10, 4)
	}
	if d.rand.OneIn(4) {
		d.scale(4)
		d.both(script.Close, 2, 1)
	}
}

func mutualClose(d *drawer) {
	d.traffic()
	d.scale(4)
	d.both(script.Close, 3, 1)
}

func halfClose(d *drawer) {
	d.traffic()
	d.scale(4)
	d.both(script.Shut, 4, 1)
	d.both(script.Close, 2, 1)
}

func twoLinks(d *drawer) {
	d.cfg.Links = 2
	d.traffic()
	d.both(script.Close, 2, 1)
	if d.rand.OneIn(2) {
		d.set(d.cfg.Under, script.Mutate, 4, 1)
		d.drawMutations()
	}
}

func longHandshake(d *drawer) {
	d.traffic()
	s := &d.cfg.Sizes
	s.Chain = d.rand.Between(dim.chain.Least, 3000)
	if d.rand.OneIn(8) {
		s.Chain = dim.chain.Most
	}
	d.cfg.Auth = d.rand.OneIn(2)
	s.ClientChain = d.rand.Between(dim.chain.Least, 3000)
	s.Tickets = d.rand.Between(0, 4)
	d.cfg.Retry = d.cfg.Version == model.TLS13 && d.rand.OneIn(3)
	s.Hello = d.size(64, dim.hello.Default)
	s.Bio = d.size(1, 4096)
}

func networkFaults(d *drawer) {
	d.traffic()
	d.both(script.Window, 6, 0)
	d.both(script.Tick, 6, 0)
	d.both(script.Spurious, 8, 40)
	d.both(script.Close, 1, 1)
	d.scale(16)
	d.both(script.Reset, 1, 1)
	d.both(script.Fin, 1, 1)
}

func recordFaults(d *drawer) {
	d.traffic()
	d.scale(4)
	d.both(script.Mutate, 3, uint16(d.rand.Between(1, 3)))
	d.drawMutations()
}
