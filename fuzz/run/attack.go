package run

import (
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/sim/script"
)

// puppetName is the library that attacks: engine/puppet.
const puppetName = "puppet"

// attacks says whether the peer's library can attack: a puppet, or the model.
func (o *Options) attacks() bool { return o.hostile() || !o.Real() }

// hostile says whether the peer's library is a puppet.
func (o *Options) hostile() bool {
	return o.PeerEngine != nil && o.PeerEngine.Name() == puppetName
}

// A blow is one structured attack, as gofuzz fills it: which one, and numbers of
// which the attack takes the one that makes sense.
type blow struct {
	Item  attack.Attack
	Count uint8
	Bytes uint16
	Limit uint8
	Code  uint8
}

// action is the blow as the arguments of an attack action.
func (b blow) action() script.Action {
	a := script.Action{Verb: script.Attack, Arg: uint32(b.Item)}
	switch b.Item {
	case attack.AttackSplit:
		a.Arg2 = 1 + uint32(b.Bytes)%64
	case attack.AttackInterleave, attack.AttackRenegotiation, attack.AttackDataAfterClose:
		a.Arg2 = uint32(b.Bytes) % 512
	case attack.AttackKeyUpdates, attack.AttackHelloRequests, attack.AttackWarnings,
		attack.AttackEmpties:
		a.Arg2 = counts[int(b.Count)%len(counts)]
	case attack.AttackAlertPieces:
		a.Arg2 = uint32(alertCodes[int(b.Code)%len(alertCodes)])
	case attack.AttackContent, attack.AttackSealed:
		if a.Arg2 = uint32(b.Bytes) % 512; b.Limit&1 == 0 {
			a.Arg2 = limits[int(b.Limit/2)%len(limits)]
		}
	}
	return a
}

// counts are how many a flood has: around what libraries bear (4 and 32 in
// OpenSSL, 16 in crypto/tls), and more.
var counts = [...]uint32{1, 2, 4, 5, 16, 17, 32, 33, 300}

// limits are lengths of records around what is legal (RFC 8446, sections 5.1 and
// 5.2; RFC 5246, section 6.2).
var limits = [...]uint32{1 << 14, 1<<14 + 1, 1<<14 + 17, 1<<14 + 24, 1<<14 + 256, 1<<14 + 257,
	1<<14 + 2048, 1<<14 + 2049}

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
