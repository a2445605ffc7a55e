package run

import (
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim/script"

	gofuzz "github.com/google/gofuzz"

	"github.com/wantwrite/wantwrite/sim"
)

// A damage is one structured mutation of a record, as gofuzz fills it.
type damage struct {
	Kind  script.Mutation
	Byte  uint8
	Word  uint16
	Level uint8
	Code  uint8
	Type  uint8
}

// structured makes structures of a kind from a seed with gofuzz.
type structured[T any] struct {
	fuzzer *gofuzz.Fuzzer
	source source
	drawn  [8]T
}

// source is a sim.Rand as math/rand's Source, which gofuzz wants.
type source struct{ sim.Rand }

// Int63 implements rand.Source.
func (s *source) Int63() int64 { return int64(s.Uint64() >> 1) }

// Seed implements rand.Source.
func (s *source) Seed(seed int64) { s.Rand = sim.Rand(seed) }

// draw fills the structures anew.
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

// action is the damage as the arguments of a mutate action.
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

// drawMutations gives the plan its mutations.
func (d *drawer) drawMutations() {
	d.wild = d.wild[:0]
	for _, g := range d.zoo.draw(d.rand.Uint64()) {
		d.wild = append(d.wild, g.action())
	}
	d.plan.Mutations = d.wild
}
