package check

import (
	"fmt"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Within are the bounds of a check, as a user says them. What a scenario does
// not do is not done, whatever they say.
type Within struct {
	// Writes, Renegotiations, KeyUpdates, Closes and Pauses are how often each
	// end's app may do that. In TLS 1.3 to renegotiate is to ask for the client's
	// certificate; Closes are half-closes too, each so often.
	Writes, Renegotiations, KeyUpdates, Closes, Pauses int
	// Faults is how often each fault may happen at each end: spurious readiness,
	// closed windows, resets, early ends, damaged records; and how often time may
	// pass. Below 0 it is 1 in a scenario that is about faults, and 0 in others.
	Faults int
	// Body and Answer are the sizes of messages and of their answers, in bytes.
	Body, Answer []int
	// Record is the most plaintext of a record in bytes, handshakes included.
	Record int
	// Least and Most are how many of the largest records the buffers hold: those
	// of engine and pump, and those of the link, each in all sizes between.
	Least, Most int
	// Deliver are the sizes in which bytes arrive: arguments of sim.Deliver.
	Deliver []uint32
	// Depth is the most actions; 0 is without limit.
	Depth int
	// Transport and Trigger as in package model.
	Transport model.Transport
	Trigger   model.Trigger
	// Under is the role of the end under test.
	Under model.Role
	// WholeWrites, FixedBuffer and Reentrant as in sim.Config.
	WholeWrites, FixedBuffer, Reentrant bool
}

// DefaultWithin is one of each, in buffers of one to three records; bytes arrive
// by records, or all at once. Parts of records make many more states.
func DefaultWithin() Within {
	return Within{Writes: 1, Renegotiations: 1, KeyUpdates: 1, Closes: 1, Pauses: 1, Faults: -1,
		Body: []int{16}, Answer: []int{16}, Record: 64, Least: 1, Most: 3,
		Deliver: []uint32{script.Record, script.All}, Under: model.Server}
}

// most bounds the counts: a state keeps each in a byte.
const most = 200

// check says what is wrong with the bounds.
func (w *Within) check() error {
	for _, n := range [...]struct {
		what       string
		is, lo, hi int
	}{
		{"writes", w.Writes, 0, most}, {"renegotiations", w.Renegotiations, 0, most},
		{"key updates", w.KeyUpdates, 0, most}, {"closes", w.Closes, 0, most},
		{"pauses", w.Pauses, 0, most}, {"faults", w.Faults, -1, most},
		{"bytes in a record", w.Record, 16, 16384},
		{"records in the smallest buffers", w.Least, 1, 64},
		{"records in the largest buffers", w.Most, w.Least, 64},
		{"actions", w.Depth, 0, 1 << 20},
	} {
		if n.is < n.lo || n.is > n.hi {
			return fmt.Errorf("fuzz: got bounds with %d %s; want %d to %d", n.is, n.what, n.lo, n.hi)
		}
	}
	for _, n := range append(append([]int(nil), w.Body...), w.Answer...) {
		if n < 0 || n > 1<<16 {
			return fmt.Errorf("fuzz: got a message of %d bytes; want 0 to %d", n, 1<<16)
		}
	}
	if len(w.Body) == 0 || len(w.Answer) == 0 {
		return fmt.Errorf("fuzz: got no sizes of messages, or of answers; want at least one of each")
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
	if o.Real() {
		return nil, fmt.Errorf("fuzz: got engine %q; want the model: another library's state can't "+
			"be saved and put back", o.Engine.Name())
	}
	if o.Scenario == "" {
		return nil, fmt.Errorf("fuzz: got no scenario to check; want one; see: wantwrite list")
	}
	outline := r.Outline()
	if w.Faults < 0 {
		w.Faults = outline.Faults()
	}
	s := &Search{Bounds: w.bounds(&outline), Parts: func(cfg *script.Config) (sim.Parts, error) {
		p, err := c.Parts(cfg)
		p.Engine = tls.NewModels() // each worker has its own
		p.PeerEngine = p.Engine
		return p, err
	}}
	for _, cfg := range outline.Configs {
		if cfg.Links > 1 {
			return nil, fmt.Errorf("fuzz: got scenario %s, which has %d links; want one with one link",
				cfg.Scenario, cfg.Links)
		}
		if cfg.EagerPeer || cfg.StrictReneg {
			return nil, fmt.Errorf("fuzz: got scenario %s, in which one action moves both ends; want "+
				"one in which it does not", cfg.Scenario)
		}
		s.Configs = append(s.Configs, w.worlds(cfg)...)
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

// messages are those with a body: a client's are answered.
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

// worlds are the kind's, in all sizes of buffers.
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
