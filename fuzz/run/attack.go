package run

import (
	gofuzz "github.com/google/gofuzz"

	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// What goes wrong on the wire is drawn in structures: attacks by the peer's engine, and
// mutations of records on their way. gofuzz fills the structures, so the order of their fields
// is part of what a seed means.

// A blow is one attack: which one, and the numbers that its argument is made of.
type blow struct {
	Item attack.Attack
	attack.Draw
}

// action is the script action of the blow.
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
	s.Flight, s.Window = max(s.Flight, 256), max(s.Window, 256) // records have 16 KiB and more
}

// A damage is one mutation of a record.
type damage struct {
	Kind  script.Mutation
	Byte  uint8
	Word  uint16
	Level uint8
	Code  uint8
	Type  uint8
}

// A structured makes structures of one type from a seed. It keeps its storage.
type structured[T any] struct {
	fuzzer *gofuzz.Fuzzer
	source source
	drawn  [8]T
}

// A source is a sim.Rand as the rand.Source that gofuzz wants.
type source struct{ sim.Rand }

// Int63 implements rand.Source.
func (s *source) Int63() int64 { return int64(s.Uint64() >> 1) }

// Seed implements rand.Source.
func (s *source) Seed(seed int64) { s.Rand = sim.Rand(seed) }

// draw fills the structures again. They are valid until the next draw.
func (m *structured[T]) draw(seed uint64) []T {
	m.source.Rand = sim.Rand(seed)
	if m.fuzzer == nil {
		m.fuzzer = gofuzz.New().NilChance(0).RandSource(&m.source).Funcs(
			func(k *script.Mutation, c gofuzz.Continue) {
				*k = script.Mutation(c.Intn(int(script.NumMutations)))
			},
			func(a *attack.Attack, c gofuzz.Continue) {
				*a = attack.Attack(c.Intn(int(attack.Count)))
			})
	}
	m.fuzzer.Fuzz(&m.drawn)
	return m.drawn[:]
}

// action is the script action of the damage.
func (g damage) action() script.Action {
	a := script.Action{Verb: script.Mutate, Arg: uint32(g.Kind), Arg2: uint32(g.Word)}
	switch g.Kind {
	case script.Flip:
		if g.Level&1 == 0 {
			a.Arg2 &= 63 // in the header, or just behind it
		}
	case script.WrongType:
		a.Arg2 = uint32(wrongTypes[int(g.Type)%len(wrongTypes)])
	case script.WrongVersion:
		a.Arg2 = uint32(wrongVersions[int(g.Byte)%len(wrongVersions)])
	case script.Alert:
		a.Arg2 = uint32(1+g.Level&1)<<8 | uint32(wire.CommonAlerts[int(g.Code)%len(wire.CommonAlerts)])
	}
	return a
}

var (
	wrongTypes    = [...]byte{0, 19, 20, 21, 22, 23, 24, 255}
	wrongVersions = [...]uint16{0x0000, 0x0200, 0x0300, 0x0301, 0x0304, 0x0403, 0xffff}
)

// mutations gives the plan its mutations.
func (d *drawer) mutations() {
	d.wild = d.wild[:0]
	for _, g := range d.damages.draw(d.rand.Uint64()) {
		d.wild = append(d.wild, g.action())
	}
	d.plan.Mutations = d.wild
}
