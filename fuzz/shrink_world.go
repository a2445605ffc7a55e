package fuzz

import (
	"cmp"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
)

// A setting is a part of a world: a number, which is plain if nothing depends
// on it.
type setting struct {
	get   func(*sim.Config) int
	set   func(*sim.Config, int)
	plain int
	// size: it has values between, from least to most if not plain; the others
	// are plain or not.
	size        bool
	least, most int
	// adapt, if not nil, makes the actions fit a world in which it is plain.
	adapt func([]sim.Action) []sim.Action
}

// settings are those of a world, in the order in which they are made plain.
// The sizes of a plain world are such that nothing is tight.
var settings = []setting{
	{get: func(c *sim.Config) int { return c.Links }, plain: 1,
		set: func(c *sim.Config, v int) { c.Links = v }, adapt: onFirstLink},
	{plain: 0, size: true, least: 1, most: 600, get: func(c *sim.Config) int { return c.Early },
		set: func(c *sim.Config, v int) { c.Early = v }},
	flag(func(c *sim.Config) *bool { return &c.RejectEarly }),
	flag(func(c *sim.Config) *bool { return &c.Resume }),
	flag(func(c *sim.Config) *bool { return &c.Retry }),
	flag(func(c *sim.Config) *bool { return &c.PostAuth }),
	flag(func(c *sim.Config) *bool { return &c.Auth }),
	flag(func(c *sim.Config) *bool { return &c.Reentrant }),
	flag(func(c *sim.Config) *bool { return &c.Stream }),
	flag(func(c *sim.Config) *bool { return &c.SoftRefusal }),
	flag(func(c *sim.Config) *bool { return &c.RefuseReneg }),
	flag(func(c *sim.Config) *bool { return &c.IgnoreReneg }),
	flag(func(c *sim.Config) *bool { return &c.AwaitUpdate }),
	flag(func(c *sim.Config) *bool { return &c.Hasty }),
	flag(func(c *sim.Config) *bool { return &c.KeepsOpen }),
	flag(func(c *sim.Config) *bool { return &c.LastingPause }),
	flag(func(c *sim.Config) *bool { return &c.StrictReneg }),
	flag(func(c *sim.Config) *bool { return &c.EagerPeer }),
	flag(func(c *sim.Config) *bool { return &c.Hostile }),
	flag(func(c *sim.Config) *bool { return &c.AnswerAtRead }),
	flag(func(c *sim.Config) *bool { return &c.WholeWrites }),
	flag(func(c *sim.Config) *bool { return &c.FixedBuffer }),
	choice(func(c *sim.Config) *model.Trigger { return &c.Trigger }, model.Level),
	choice(func(c *sim.Config) *model.Transport { return &c.Transport }, model.Pair),
	{get: otherPeer, set: func(c *sim.Config, _ int) { c.Peer = plainPeer }},
	size(0, 300, 20000, func(s *sim.Sizes) *int { return &s.ClientChain }),
	size(0, 300, 20000, func(s *sim.Sizes) *int { return &s.Chain }),
	size(0, 0, 255, func(s *sim.Sizes) *int { return &s.Tickets }),
	size(16, 0, 1<<16, func(s *sim.Sizes) *int { return &s.Linger }),
	size(8192, 1, 1<<16, func(s *sim.Sizes) *int { return &s.Queue }),
	size(8192, 1, 1<<16, func(s *sim.Sizes) *int { return &s.Chunk }),
	size(16384, 1, 1<<14, func(s *sim.Sizes) *int { return &s.Record }),
	size(16384, 1, 1<<14, func(s *sim.Sizes) *int { return &s.Hello }),
	size(16384, 1, 1<<16, func(s *sim.Sizes) *int { return &s.Window }),
	size(16384, 1, 1<<16, func(s *sim.Sizes) *int { return &s.Flight }),
	size(8192, 1, 1<<16, func(s *sim.Sizes) *int { return &s.Pipe }),
	size(8192, 1, 1<<16, func(s *sim.Sizes) *int { return &s.Bio }),
	choice(func(c *sim.Config) *model.Version { return &c.Version }, model.TLS13),
	choiceAdapted(func(c *sim.Config) *model.Role { return &c.Under }, model.Server, mirrored),
}

// plainPeer is the pump that the other end has in a plain world.
const plainPeer = "reference"

// plainSeed is the seed of a plain world.
const plainSeed = 1

func flag(at func(*sim.Config) *bool) setting {
	return setting{
		get: func(c *sim.Config) int {
			if *at(c) {
				return 1
			}
			return 0
		},
		set: func(c *sim.Config, v int) { *at(c) = v != 0 },
	}
}

func choice[T ~uint8 | ~uint16](at func(*sim.Config) *T, plain T) setting {
	return setting{plain: int(plain),
		get: func(c *sim.Config) int { return int(*at(c)) },
		set: func(c *sim.Config, v int) { *at(c) = T(v) }}
}

func choiceAdapted[T ~uint8 | ~uint16](at func(*sim.Config) *T, plain T,
	adapt func([]sim.Action) []sim.Action) setting {

	s := choice(at, plain)
	s.adapt = adapt
	return s
}

func size(plain, least, most int, at func(*sim.Sizes) *int) setting {
	return setting{plain: plain, size: true, least: least, most: most,
		get: func(c *sim.Config) int { return *at(&c.Sizes) },
		set: func(c *sim.Config, v int) { *at(&c.Sizes) = v }}
}

// legal says whether the size can have a value.
func (s *setting) legal(v int) bool { return v == s.plain || s.least <= v && v <= s.most }

func otherPeer(c *sim.Config) int {
	if c.Peer == plainPeer {
		return 0
	}
	return 1
}

// onFirstLink moves what happens on the second link to the first, and leaves
// the rest out, if it is on the second that most happens.
func onFirstLink(actions []sim.Action) (out []sim.Action) {
	second := 0
	for _, a := range actions {
		if a.On > 1 {
			second++
		}
	}
	if 2*second < len(actions) {
		return actions
	}
	for _, a := range actions {
		if a.On > 1 || a.Verb == sim.Tick {
			a.On &= 1
			out = append(out, a)
		}
	}
	return out
}

// mirrored gives each end the other's actions.
func mirrored(actions []sim.Action) (out []sim.Action) {
	for _, a := range actions {
		if a.Verb != sim.Tick {
			a.On = a.On.Peer()
		}
		out = append(out, a)
	}
	return out
}

// unusual counts the settings that are not plain. The seed, which gives keys
// and randoms, counts too.
func unusual(c *sim.Config) (n int) {
	for i := range settings {
		if settings[i].get(c) != settings[i].plain {
			n++
		}
	}
	if c.Seed != plainSeed {
		n++
	}
	return n
}

// compareWorlds compares two worlds setting by setting.
func compareWorlds(a, b *sim.Config) int {
	for i := range settings {
		s := &settings[i]
		if c := cmp.Compare(rank(s.get(a), s.plain), rank(s.get(b), s.plain)); c != 0 {
			return c
		}
	}
	return 0
}

// with is the script in a world in which a setting has another value.
func (s *setting) with(c *candidate, v int) candidate {
	out := candidate{c.cfg, c.actions}
	s.set(&out.cfg, v)
	if s.adapt != nil {
		out.actions = s.adapt(c.actions)
	}
	return out
}

// plainWorld is the script in a world in which all is plain.
func plainWorld(c *candidate) candidate {
	out := *c
	for i := range settings {
		if s := &settings[i]; s.get(&out.cfg) != s.plain {
			out = s.with(&out, s.plain)
		}
	}
	out.cfg.Seed = plainSeed
	return out
}
