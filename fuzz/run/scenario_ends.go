package run

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim/script"
)

// This file has the scenarios about ends at the wrong moment, pauses that last, and
// peers that do not wait.

// closeInHandshake: an end that closes has to wait for the handshake, or to give
// it up; on a thread that others share.
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

// unansweredClose: the end under test closes, and the other one goes on.
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
		d.drawMutations()
	}
}

// resetInTraffic: in buffers of the pump that are smaller than those of the link,
// so that data may wait in front of them.
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
	if full { // a link that is soon full, and stays so: a close has to wait
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

// strictRenegotiation: the client asks, and renegotiates when it has its answers.
// What has come is read in one turn, so buffers are not tiny.
func strictRenegotiation(d *drawer) {
	requestResponse(d)
	d.cfg.StrictReneg = true
	d.set(client, script.Renegotiate, 60, uint16(d.rand.Between(1, 4)))
	s := &d.cfg.Sizes
	for _, size := range [...]*int{&s.Bio, &s.Pipe, &s.Chunk, &s.Record} {
		*size = max(*size, leastStrict)
	}
}

// leastStrict is so much that the rounds of a turn read all that a link holds.
const leastStrict = 512

// eagerPeer: pieces are small and messages are many, so that what the peer has to
// send is more than a turn should take.
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

// hurries makes the peer eager. Its library is then entered while the end under test
// calls its socket; in an attached engine of the machine that would be from inside it.
func (d *drawer) hurries() {
	if !d.libs.own.Nested && !d.opts.Pump.Restrictions.NoPair {
		d.cfg.Transport = model.Pair
	}
	d.cfg.EagerPeer = d.libs.own.Nested || d.cfg.Transport == model.Pair
}
