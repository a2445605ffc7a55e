package check

import (
	"fmt"
	"slices"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Bounds say what may happen in a search, and how often. Delivering, polling
// and the end of a pause are not counted: they always may.
type Bounds struct {
	// Deliver are the sizes in which bytes arrive: arguments of sim.Deliver, at
	// most 6 of them.
	Deliver []uint32 `json:"deliver"`
	// Budget is how often each verb may happen, by the role of the end.
	Budget [2][script.NumVerbs]uint8 `json:"budget"`
	// Writes are the messages that an app may write, by role: body, answer.
	Writes [2][][2]uint32 `json:"writes"`
	// Mutations are the arguments of Mutate.
	Mutations [][2]uint32 `json:"mutations,omitempty"`
	// Ticks are those of Tick and Window.
	Ticks []uint32 `json:"ticks,omitempty"`
	// Depth is the most actions of a storm; 0 is without limit.
	Depth int `json:"depth,omitempty"`
}

// maxActs is how many different actions an end can have.
const maxActs = 200

// turns are the verbs that call a pump or an app: what they do follows from
// what the end can see.
const turns = 1<<script.Poll | 1<<script.Write | 1<<script.Pause | 1<<script.Resume | 1<<script.Renegotiate |
	1<<script.KeyUpdate | 1<<script.Shut | 1<<script.Close | 1<<script.Spurious

// check says what is wrong with the bounds.
func (b *Bounds) check() error {
	if len(b.Deliver) == 0 || len(b.Deliver) > maxSizes {
		return fmt.Errorf("check: got %d delivery sizes; want 1 to %d", len(b.Deliver), maxSizes)
	}
	for _, n := range b.Deliver {
		if n == script.Bytes {
			return fmt.Errorf("check: got a delivery of 0 bytes; want at least 1")
		}
	}
	for role := range model.Role(2) {
		if n := len(b.acts(script.End(role))); n > maxActs {
			return fmt.Errorf("check: got %d different actions of the %s; want at most %d", n, role,
				maxActs)
		}
	}
	return nil
}

// acts lists what can be done at an end, deliveries apart: turns first.
func (b *Bounds) acts(e script.End) []script.Action {
	list := []script.Action{{Verb: script.Poll, On: e}}
	for v := script.Write; v < script.NumVerbs; v++ {
		if v == script.Resume && b.Budget[e][script.Pause] > 0 || b.Budget[e][v] > 0 {
			for _, args := range b.arguments(v, e) {
				list = append(list, script.Action{Verb: v, On: e, Arg: args[0], Arg2: args[1]})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b script.Action) int { return whole(a) - whole(b) })
	return list
}

// whole is 1 for an action that is done in the whole world, 0 for a turn.
func whole(a script.Action) int { return 1 - turns>>a.Verb&1 }

// arguments lists those that a verb is tried with.
func (b *Bounds) arguments(v script.Verb, e script.End) (list [][2]uint32) {
	switch v {
	case script.Write:
		return b.Writes[e]
	case script.KeyUpdate:
		return [][2]uint32{{0, 0}, {1, 0}}
	case script.Spurious:
		return [][2]uint32{{uint32(model.Readable), 0}, {uint32(model.Writable), 0},
			{uint32(model.Readable | model.Writable), 0}}
	case script.Window, script.Tick:
		if v == script.Tick && e != 0 {
			return nil // time is everybody's
		}
		for _, n := range b.Ticks {
			list = append(list, [2]uint32{n, 0})
		}
		return list
	case script.Mutate:
		return b.Mutations
	}
	return [][2]uint32{{0, 0}}
}
