package shrink

import (
	"cmp"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A setting is a part of a world: a number, which is plain if nothing depends
// on it.
type setting struct {
	get   func(*script.Config) int
	set   func(*script.Config, int)
	plain int
	// size: it has values between, from least to most if not plain; the others
	// are plain or not.
	size        bool
	least, most int
	// adapt, if not nil, makes the actions fit a world in which it is plain.
	adapt func([]script.Action) []script.Action
}

// settings are those of a world, in the order in which they are made plain.
// The sizes of a plain world are such that nothing is tight.
var settings = []setting{
	{get: func(c *script.Config) int { return c.Links }, plain: 1,
		set: func(c *script.Config, v int) { c.Links = v }, adapt: onFirstLink},
	{plain: 0, size: true, least: 1, most: 600, get: func(c *script.Config) int { return c.Early },
		set: func(c *script.Config, v int) { c.Early = v }},
	flag(func(c *script.Config) *bool { return &c.RejectEarly }),
	flag(func(c *script.Config) *bool { return &c.Resume }),
	flag(func(c *script.Config) *bool { return &c.Retry }),
	flag(func(c *script.Config) *bool { return &c.PostAuth }),
	flag(func(c *script.Config) *bool { return &c.Auth }),
	flag(func(c *script.Config) *bool { return &c.Reentrant }),
	flag(func(c *script.Config) *bool { return &c.Stream }),
	flag(func(c *script.Config) *bool { return &c.SoftRefusal }),
	flag(func(c *script.Config) *bool { return &c.RefuseReneg }),
	flag(func(c *script.Config) *bool { return &c.IgnoreReneg }),
	flag(func(c *script.Config) *bool { return &c.AwaitUpdate }),
	flag(func(c *script.Config) *bool { return &c.Hasty }),
	flag(func(c *script.Config) *bool { return &c.KeepsOpen }),
	flag(func(c *script.Config) *bool { return &c.LastingPause }),
	flag(func(c *script.Config) *bool { return &c.StrictReneg }),
	flag(func(c *script.Config) *bool { return &c.EagerPeer }),
	flag(func(c *script.Config) *bool { return &c.Hostile }),
	flag(func(c *script.Config) *bool { return &c.AnswerAtRead }),
	flag(func(c *script.Config) *bool { return &c.WholeWrites }),
	flag(func(c *script.Config) *bool { return &c.FixedBuffer }),
	choice(func(c *script.Config) *model.Trigger { return &c.Trigger }, model.Level),
	choice(func(c *script.Config) *model.Transport { return &c.Transport }, model.Pair),
	{get: otherPeer, set: func(c *script.Config, _ int) { c.Peer = plainPeer }},
	size(0, 300, 20000, func(s *script.Sizes) *int { return &s.ClientChain }),
	size(0, 300, 20000, func(s *script.Sizes) *int { return &s.Chain }),
	size(0, 0, 255, func(s *script.Sizes) *int { return &s.Tickets }),
	size(16, 0, 1<<16, func(s *script.Sizes) *int { return &s.Linger }),
	size(8192, 1, 1<<16, func(s *script.Sizes) *int { return &s.Queue }),
	size(8192, 1, 1<<16, func(s *script.Sizes) *int { return &s.Chunk }),
	size(16384, 1, 1<<14, func(s *script.Sizes) *int { return &s.Record }),
	size(16384, 1, 1<<14, func(s *script.Sizes) *int { return &s.Hello }),
	size(16384, 1, 1<<16, func(s *script.Sizes) *int { return &s.Window }),
	size(16384, 1, 1<<16, func(s *script.Sizes) *int { return &s.Flight }),
	size(8192, 1, 1<<16, func(s *script.Sizes) *int { return &s.Pipe }),
	size(8192, 1, 1<<16, func(s *script.Sizes) *int { return &s.Bio }),
	choice(func(c *script.Config) *model.Version { return &c.Version }, model.TLS13),
	choiceAdapted(func(c *script.Config) *model.Role { return &c.Under }, model.Server, mirrored),
}

// plainPeer is the pump that the other end has in a plain world.
const plainPeer = "reference"

// plainSeed is the seed of a plain world.
const plainSeed = 1

func flag(at func(*script.Config) *bool) setting {
	return setting{
		get: func(c *script.Config) int {
			if *at(c) {
				return 1
			}
			return 0
		},
		set: func(c *script.Config, v int) { *at(c) = v != 0 },
	}
}

func choice[T ~uint8 | ~uint16](at func(*script.Config) *T, plain T) setting {
	return setting{plain: int(plain),
		get: func(c *script.Config) int { return int(*at(c)) },
		set: func(c *script.Config, v int) { *at(c) = T(v) }}
}

func choiceAdapted[T ~uint8 | ~uint16](at func(*script.Config) *T, plain T,
	adapt func([]script.Action) []script.Action) setting {

	s := choice(at, plain)
	s.adapt = adapt
	return s
}

func size(plain, least, most int, at func(*script.Sizes) *int) setting {
	return setting{plain: plain, size: true, least: least, most: most,
		get: func(c *script.Config) int { return *at(&c.Sizes) },
		set: func(c *script.Config, v int) { *at(&c.Sizes) = v }}
}

// legal says whether the size can have a value.
func (s *setting) legal(v int) bool { return v == s.plain || s.least <= v && v <= s.most }

func otherPeer(c *script.Config) int {
	if c.Peer == plainPeer {
		return 0
	}
	return 1
}

// onFirstLink moves what happens on the second link to the first, and leaves
// the rest out, if it is on the second that most happens.
func onFirstLink(actions []script.Action) (out []script.Action) {
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
		if a.On > 1 || a.Verb == script.Tick {
			a.On &= 1
			out = append(out, a)
		}
	}
	return out
}

// mirrored gives each end the other's actions.
func mirrored(actions []script.Action) (out []script.Action) {
	for _, a := range actions {
		if a.Verb != script.Tick {
			a.On = a.On.Peer()
		}
		out = append(out, a)
	}
	return out
}

// unusual counts the settings that are not plain. The seed, which gives keys
// and randoms, counts too.
func unusual(c *script.Config) (n int) {
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
func compareWorlds(a, b *script.Config) int {
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
