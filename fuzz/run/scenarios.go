package run

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Scenario is a workload, and the faults that may happen in it. Adding one takes a row of
// scenarios and a shape.
type Scenario struct {
	// Name is the word of --scenario and of the scripts' header.
	Name string
	// Why says in a clause what happens in it.
	Why string
	// Barred are the restrictions with which a pump can't take part.
	Barred model.Restrictions
	// Only12 and Only13 bind it to a TLS version.
	Only12, Only13 bool
	// Needs are what both ends' libraries must be able to do. Attacks only the peer's must.
	Needs model.Capabilities
	// Rare scenarios are drawn one time in three, because they cost more.
	Rare bool
	// shape changes the world and the plan that were drawn to those of the scenario.
	shape func(d *drawer)
	// own is what the pump's author has written, and like what that is composed of. The
	// workbench's have neither.
	own  *own.Scenario
	like []Scenario
}

// scenarios lists them all.
func scenarios() []Scenario {
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

// scenarioNames lists the names of the workbench's.
func scenarioNames() []string { return namesOf(scenarios()) }

func namesOf(list []Scenario) (names []string) {
	for i := range list {
		names = append(names, list[i].Name)
	}
	return names
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

func renegotiation(d *drawer) {
	d.traffic()
	d.set(client, script.Renegotiate, 15, uint16(d.rand.Between(1, 3)))
	d.set(server, script.Renegotiate, 15, uint16(d.rand.Between(1, 2)))
	if d.rand.OneIn(4) {
		d.pileUp()
	}
}

// pileUp makes a client send requests, stop reading, and renegotiate, over a link that is
// shorter than a handshake's flight. Answers pile up, and both directions fill.
//
// Story 69: when all this had to come together by chance, one schedule in 100,000 found the
// deadlock of kv_engine's pumps.
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

// postHandshakeAuth is drawn with a server certificate or without, and with a client that has
// a certificate or none.
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

// earlyData makes the client write first, and much: what it has at its first turn is sent
// early.
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
		d.mutations()
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
	d.mutations()
}

// hostilePeer is traffic with attacks in the middle.
func hostilePeer(d *drawer) {
	d.traffic()
	d.both(script.KeyUpdate, 4, 1)
	d.both(script.Pause, 4, 2)
	d.attacks()
	if d.rand.OneIn(3) {
		d.scale(4)
		d.both(script.Close, 2, 1)
	}
	if d.rand.OneIn(4) {
		d.cfg.Links = 2
	}
	if d.rand.OneIn(4) {
		d.besiege()
	}
}

// besiege lets floods come as fast as they are read, in small pieces.
func (d *drawer) besiege() {
	d.hurries()
	s := &d.cfg.Sizes
	s.Bio, s.Chunk = d.rand.Between(8, 64), d.rand.Between(8, 32)
	if s.Pipe = s.Bio; !d.frames() {
		s.Pipe = d.rand.Between(8, 32)
	}
	d.plan.Body, d.plan.Answer = min(d.plan.Body, 500), min(d.plan.Answer, 500)
}

// closeInHandshake lets an end close before the handshake is done. It then waits for the
// handshake or gives it up, perhaps on a thread that another link shares.
func closeInHandshake(d *drawer) {
	d.traffic()
	d.cfg.Hasty = true
	if d.rand.OneIn(3) {
		d.cfg.Links = 2
	}
	d.both(script.Close, 6, 1)
	if d.rand.OneIn(3) {
		d.both(script.Shut, 6, 1)
	}
	if s := &d.cfg.Sizes; d.rand.OneIn(3) {
		s.Chain = d.rand.Between(dim.chain.Least, 3000)
	}
}

func pauseAndClose(d *drawer) {
	d.traffic()
	d.both(script.Pause, 20, 12)
	d.scale(4)
	d.both(script.Close, 4, 1)
	if d.rand.OneIn(3) {
		d.both(script.Shut, 4, 1)
	}
}

// unansweredClose makes the end under test close, or fail, while the other one goes on.
func unansweredClose(d *drawer) {
	d.traffic()
	d.cfg.KeepsOpen = true
	d.scale(4)
	d.set(d.cfg.Under, script.Close, 8, 1)
	switch d.rand.Below(3) {
	case 0:
		d.both(script.Tick, 16, 0)
	case 1: // its engine fails
		d.set(d.cfg.Under, script.Mutate, 8, 1)
		d.mutations()
	}
}

// resetInTraffic makes the pump's buffers smaller than the link's now and then, so that
// received data waits in the link.
func resetInTraffic(d *drawer) {
	d.traffic()
	d.both(script.Write, 30, uint16(d.rand.Between(2, 40)))
	d.scale(8)
	d.both(script.Reset, 2, 1)
	s := &d.cfg.Sizes
	if d.rand.OneIn(2) {
		s.Bio = d.rand.Between(1, 512)
		s.Pipe = s.Bio
	}
}

func lastingPause(d *drawer) {
	d.traffic()
	d.cfg.LastingPause = true
	d.both(script.Pause, 15, 4)
	d.both(script.Resume, 4, 0)
	full := d.rand.OneIn(2)
	if full { // the link is soon full and stays so, and a close has to wait
		d.cfg.Sizes.Flight, d.cfg.Sizes.Window = d.size(1, 1024), d.size(1, 1024)
		d.set(d.cfg.Under, script.Write, 60, 30)
		d.set(d.cfg.Under.Peer(), script.Resume, 0, 0)
	}
	d.scale(4)
	d.both(script.Close, 1, 1)
	if full {
		d.set(d.cfg.Under, script.Close, 4, 1)
	}
}

// strictRenegotiation makes the client send requests, and renegotiate once it has the answers.
// No buffer is tiny, so that one turn reads all that has come.
func strictRenegotiation(d *drawer) {
	requestResponse(d)
	d.cfg.StrictReneg = true
	d.set(client, script.Renegotiate, 60, uint16(d.rand.Between(1, 4)))
	s := &d.cfg.Sizes
	for _, size := range [...]*int{&s.Bio, &s.Pipe, &s.Chunk, &s.Record} {
		*size = max(*size, leastStrict)
	}
}

// leastStrict is the smallest buffer, in bytes, with which the rounds of a turn read all that a
// link holds.
const leastStrict = 512

// eagerPeer has small pieces and many messages, so that the peer has more to send than one turn
// should take.
func eagerPeer(d *drawer) {
	d.hurries()
	d.cfg.Stream = d.frames()
	d.set(d.cfg.Under, script.Write, 10, uint16(d.rand.Between(1, 8)))
	d.set(d.cfg.Under.Peer(), script.Write, 60, uint16(d.rand.Between(4, 24)))
	d.plan.Body, d.plan.Answer = d.body(4000), d.body(4000)
	s := &d.cfg.Sizes
	s.Bio, s.Chunk = d.rand.Between(8, 128), d.rand.Between(8, 64)
	if s.Pipe = s.Bio; !d.frames() && d.rand.OneIn(2) {
		s.Pipe = d.rand.Between(8, 128)
	}
	s.Flight, s.Window = d.rand.Between(64, 4096), d.rand.Between(64, 4096)
	if d.rand.OneIn(2) {
		d.cfg.Links = 2
	}
}

// hurries makes the peer eager: its engine is called while the end under test calls its socket.
// An attached engine calls its socket from inside the library, which few libraries allow.
func (d *drawer) hurries() {
	if !d.libs.own.Nested && !d.opts.Pump.Restrictions.NoPair {
		d.cfg.Transport = model.Pair
	}
	d.cfg.EagerPeer = d.libs.own.Nested || d.cfg.Transport == model.Pair
}
