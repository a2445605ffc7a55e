package check

import (
	"fmt"
	"slices"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Within are the bounds of a check, as a user gives them. What the scenario does not do
// is not done, whatever the bounds say.
type Within struct {
	// Writes, Renegotiations, KeyUpdates, Closes and Pauses are how often each end's
	// app may do that. In TLS 1.3 a renegotiation is a request for the client's
	// certificate. Closes bounds closes and half-closes, each by itself.
	Writes, Renegotiations, KeyUpdates, Closes, Pauses int
	// Faults is how often each fault may happen at each end: spurious readiness, closed
	// windows, resets, early ends, damaged records; and how often time may pass. A
	// negative value means 1 in a scenario that is about faults, and 0 in others.
	Faults int
	// Body and Answer are the sizes of messages and of their answers, in bytes.
	Body, Answer []int
	// Record is the most plaintext of a record in bytes, handshakes included.
	Record int
	// Least and Most are how many of the largest records the buffers hold. The buffers
	// of engine and pump, and those of the link, take all sizes from Least to Most.
	Least, Most int
	// Deliver are the sizes in which bytes arrive: arguments of script.Deliver.
	Deliver []uint32
	// Depth is the most actions; 0 means no limit.
	Depth int
	// Transport and Trigger as in package model.
	Transport model.Transport
	Trigger   model.Trigger
	// Under is the role of the end under test.
	Under model.Role
	// WholeWrites, FixedBuffer and Reentrant as in script.Config.
	WholeWrites, FixedBuffer, Reentrant bool
}

// DefaultWithin allows one of each, in buffers of one to three records. Bytes arrive by
// records, or all at once: parts of records make many more states.
func DefaultWithin() Within {
	return Within{Writes: 1, Renegotiations: 1, KeyUpdates: 1, Closes: 1, Pauses: 1, Faults: -1,
		Body: []int{16}, Answer: []int{16}, Record: 64, Least: 1, Most: 3,
		Deliver: []uint32{script.Record, script.All}, Under: model.Server}
}

const (
	// most bounds the counts: a state keeps each in a byte.
	most = 200
	// leastRecord is the shortest record of a check, in bytes: shorter ones only make
	// more states.
	leastRecord = 16
	// mostRecords is how many records a buffer holds at most.
	mostRecords = 64
	// mostDepth and mostBody bound the actions, and a message in bytes.
	mostDepth, mostBody = 1 << 20, 1 << 16
)

// check says what is wrong with the bounds.
func (w *Within) check() error {
	for _, n := range [...]struct {
		what       string
		is, lo, hi int
	}{
		{"writes", w.Writes, 0, most}, {"renegotiations", w.Renegotiations, 0, most},
		{"key updates", w.KeyUpdates, 0, most}, {"closes", w.Closes, 0, most},
		{"pauses", w.Pauses, 0, most}, {"faults", w.Faults, -1, most},
		{"bytes in a record", w.Record, leastRecord, script.DimensionNamed("record").Most},
		{"records in the smallest buffers", w.Least, 1, mostRecords},
		{"records in the largest buffers", w.Most, w.Least, mostRecords},
		{"actions", w.Depth, 0, mostDepth},
	} {
		if n.is < n.lo || n.is > n.hi {
			return fmt.Errorf("check: got bounds with %d %s; want %d to %d", n.is, n.what, n.lo, n.hi)
		}
	}
	for _, n := range append(append([]int(nil), w.Body...), w.Answer...) {
		if n < 0 || n > mostBody {
			return fmt.Errorf("check: got a message of %d bytes; want 0 to %d", n, mostBody)
		}
	}
	if len(w.Body) == 0 || len(w.Answer) == 0 {
		return fmt.Errorf("check: got no sizes of messages, or of answers; want at least one of each")
	}
	return nil
}

// Search makes an exhaustive search, within the bounds, of a scenario of the options.
func (w Within) Search(c *run.Catalog, o run.Options) (*Search, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	r, err := run.NewRunner(c, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if !o.Can().Snapshots {
		return nil, fmt.Errorf("check: got engine %q; want the model: another library's state can't "+
			"be saved and put back", o.Engine.Name())
	}
	if o.Scenario == "" {
		return nil, fmt.Errorf("check: got no scenario to check; want one; see: wantwrite list")
	}
	outline := r.Outline()
	if w.Faults < 0 {
		w.Faults = outline.Faults()
	}
	s := &Search{Bounds: w.bounds(&outline), Parts: func(cfg *script.Config) (sim.Parts, error) {
		p, err := c.Parts(cfg)
		if err != nil {
			return p, err
		}
		p.Engine, err = c.Another(cfg.Engine) // each worker has its own
		p.PeerEngine = p.Engine
		return p, err
	}}
	for _, cfg := range outline.Configs {
		if cfg.Links > 1 {
			return nil, fmt.Errorf("check: got scenario %s, which has %d links; want one with one link",
				cfg.Scenario, cfg.Links)
		}
		if cfg.EagerPeer || cfg.StrictReneg {
			return nil, fmt.Errorf("check: got scenario %s, in which one action moves both ends; want "+
				"one in which it does not", cfg.Scenario)
		}
		s.Configs = append(s.Configs, w.worlds(cfg)...)
	}
	for i := range s.Configs {
		if err := s.Configs[i].Check(); err != nil {
			return nil, fmt.Errorf("check: a world within these bounds is too large: %w", err)
		}
	}
	return s, nil
}

// bounds gives each verb of the scenario its budget.
func (w *Within) bounds(o *run.Outline) Bounds {
	b := Bounds{Deliver: w.Deliver, Depth: w.Depth, Ticks: []uint32{1, linger}}
	for role := range o.Verbs {
		for v, has := range o.Verbs[role] {
			if has {
				b.Budget[role][v] = uint8(w.budget(script.Verb(v)))
			}
		}
		for _, body := range w.Body {
			b.Writes[role] = append(b.Writes[role], w.messages(model.Role(role), body)...)
		}
	}
	for m := range script.NumMutations {
		b.Mutations = append(b.Mutations, [2]uint32{uint32(m), 0x0228}) // as an alert, fatal
	}
	return b
}

// messages are those with a body. A client's are answered.
func (w *Within) messages(role model.Role, body int) (list [][2]uint32) {
	if role == model.Server {
		return [][2]uint32{{uint32(body), 0}}
	}
	for _, answer := range w.Answer {
		list = append(list, [2]uint32{uint32(body), uint32(answer)})
	}
	return list
}

func (w *Within) budget(v script.Verb) int {
	switch v {
	case script.Write:
		return w.Writes
	case script.Renegotiate:
		return w.Renegotiations
	case script.KeyUpdate:
		return w.KeyUpdates
	case script.Close, script.Shut:
		return w.Closes
	case script.Pause:
		return w.Pauses
	case script.Deliver, script.Poll, script.Resume:
		return 0 // they are not counted
	}
	return w.Faults
}

// linger is how many ticks a close waits in a check.
const linger = 16

// worlds are those of a kind, in all sizes of buffers.
func (w *Within) worlds(k script.Config) (list []script.Config) {
	k.Transport, k.Trigger, k.Under = w.Transport, w.Trigger, w.Under
	k.WholeWrites, k.FixedBuffer, k.Reentrant = w.WholeWrites, w.FixedBuffer, w.Reentrant
	record := w.Record + wire.HeaderLen + tls.Overhead(model.TLS12)
	largest := 24
	for _, n := range append(append([]int(nil), w.Body...), w.Answer...) {
		largest = max(largest, 24+n)
	}
	for inside := w.Least; inside <= w.Most; inside++ {
		for link := w.Least; link <= w.Most; link++ {
			c := k
			z := &c.Sizes
			z.Bio, z.Pipe, z.Flight, z.Window = inside*record, inside*record, link*record, link*record
			z.Queue, z.Chunk, z.Record, z.Hello = max(w.Record, largest), w.Record, w.Record, w.Record
			z.Linger = linger
			list = append(list, c)
		}
	}
	return list
}

// Bounds say what may happen in a search, and how often. Deliveries, polls and the end
// of a pause are not counted: they may always happen.
type Bounds struct {
	// Deliver are the sizes in which bytes arrive: arguments of script.Deliver, at most
	// 6 of them.
	Deliver []uint32 `json:"deliver"`
	// Budget is how often each verb may happen, by the role of the end.
	Budget [2][verbs]uint8 `json:"budget"`
	// Writes are the messages that an app may write, by role: body, answer.
	Writes [2][][2]uint32 `json:"writes"`
	// Mutations are the arguments of Mutate.
	Mutations [][2]uint32 `json:"mutations,omitempty"`
	// Ticks are those of Tick and Window.
	Ticks []uint32 `json:"ticks,omitempty"`
	// Depth is the most actions of a workload; 0 means no limit.
	Depth int `json:"depth,omitempty"`
}

// verbs is how many there are at a pump's end. The state of a program can't be saved, so that
// none is searched.
const verbs = script.Attack + 1

// maxActs is how many different actions an end can have.
const maxActs = 200

// turns are the verbs that call a pump or an app. What they do follows from what the
// end can see.
const turns = 1<<script.Poll | 1<<script.Write | 1<<script.Pause | 1<<script.Resume |
	1<<script.Renegotiate | 1<<script.KeyUpdate | 1<<script.Shut | 1<<script.Close |
	1<<script.Spurious

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
	for v := script.Write; v < verbs; v++ {
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
