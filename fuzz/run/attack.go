package run

import (
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A blow is one structured attack, as gofuzz fills it: which one, and the numbers of
// which its argument is made.
type blow struct {
	Item attack.Attack
	attack.Draw
}

// action is the blow as the arguments of an attack action.
func (b blow) action() script.Action {
	return script.Action{Verb: script.Attack, Arg: uint32(b.Item), Arg2: uint32(b.Item.Usual(b.Draw))}
}

// attacks lets the peer's engine attack a few times.
func (d *drawer) attacks() {
	d.cfg.Hostile = true
	d.assaults = d.assaults[:0]
	for _, b := range d.blows.draw(d.rand.Uint64()) {
		d.assaults = append(d.assaults, b.action())
	}
	d.plan.Attacks = d.assaults
	d.set(d.cfg.Under.Peer(), script.Attack, 16, uint16(d.rand.Between(1, 6)))
	s := &d.cfg.Sizes
	s.Flight, s.Window = max(s.Flight, 256), max(s.Window, 256) // a record is 16 KiB, and more
}

// hostilePeer: a little of everything, and attacks in the middle.
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

// besiege lets floods come as fast as they are read, in pieces that are small.
func (d *drawer) besiege() {
	d.hurries()
	s := &d.cfg.Sizes
	s.Bio, s.Chunk = d.rand.Between(8, 64), d.rand.Between(8, 32)
	if s.Pipe = s.Bio; !d.frames() {
		s.Pipe = d.rand.Between(8, 32)
	}
	d.plan.Body, d.plan.Answer = min(d.plan.Body, 500), min(d.plan.Answer, 500)
}
