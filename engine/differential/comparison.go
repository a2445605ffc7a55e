// Package differential compares a TLS library with the model of it. It makes the same calls in the
// same order on a pair of engines of each. They must look the same from outside. A difference is
// either a trait of the library, which has a name, or a defect of the model.
package differential

import (
	"cmp"
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
)

// A Comparison makes sequences of calls on the model and on a library. After each call it compares
// all that can be seen: the answer, plaintext, messages and alerts, and the queries of both ends.
// It belongs to one goroutine.
type Comparison struct {
	// library is compared with the model. traits are the library's differences that the model can
	// copy.
	library model.Library
	traits  model.Traits
	// calls counts the compared calls. ended counts, by trait, the sequences that a trait ended
	// early.
	calls int
	ended map[string]int

	// column returns the library's text in a Trait.
	column func(Trait) string
	// mute is for a library that reports records instead of messages and has no error queue. With
	// queue the model's error queue still counts.
	mute, queue bool
	// adapt removes from a setting what the library does not support.
	adapt func(*Setting)
	// avoid reports whether the library has nothing like a call. owed is the length in bytes of a
	// write that has to be repeated.
	avoid func(c call, owed int) bool
	// explain names the trait that explains different answers of the model and the library; "" if
	// none does. dead reports whether the model's engine has failed.
	explain func(c call, ours, theirs model.Status, dead bool) string
	// ends names the trait after which nothing can be compared, given a call and an answer of the
	// model or the library; "" if there is none.
	ends func(call, outcome) string

	models  *tls.Models
	lengths map[Setting]*tls.Lengths
}

// A difference is a sequence whose last call looks different or is ended by a trait.
type difference struct {
	setting Setting
	calls   []call
	// model and library are what was seen of the last call.
	model, library string
	// trait explains the difference; "" means a defect.
	trait string
}

// String is the setting, the calls and what differs.
func (d *difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "differential: after %d calls the library is not like the model\n  %+v\n",
		len(d.calls), d.setting)
	for i, c := range d.calls {
		fmt.Fprintf(&b, "  %3d %s\n", i+1, c)
	}
	fmt.Fprintf(&b, "  model:   %s\n  library: %s\n", d.model, d.library)
	return b.String()
}

// A drawer draws a sequence: the setting of a pair, and the calls.
type drawer func(choice, func(*Setting)) (Setting, []call)

// try compares one drawn sequence. It shrinks and returns a difference that no trait explains; nil
// means that there is none.
func (c *Comparison) try(t rapid.TB, drawn drawer, draw choice) *difference {
	t.Helper()
	s, calls := drawn(draw, c.adapt)
	d := c.run(t, s, calls)
	switch {
	case d == nil:
		return nil
	case d.trait == "":
		return c.shrink(t, d)
	}
	c.count(d.trait)
	return nil
}

// count counts a sequence that a trait has ended.
func (c *Comparison) count(trait string) {
	if c.ended == nil {
		c.ended = map[string]int{}
	}
	c.ended[trait]++
}

// run makes the calls on both, up to the first difference; nil means that there is none.
func (c *Comparison) run(t rapid.TB, s Setting, calls []call) *difference {
	t.Helper()
	m := c.meet(t, s)
	defer m.end()
	for i, call := range calls {
		if d := m.do(call); d != nil {
			d.calls = calls[:i+1]
			return d
		}
	}
	return nil
}

// A meeting is a link of the model's engines and one of the library's, which get the same calls.
type meeting struct {
	*Comparison
	setting Setting
	ours    *bench // the model's
	theirs  *bench
}

// meet makes both links, in a run of the library.
func (c *Comparison) meet(t rapid.TB, s Setting) *meeting {
	t.Helper()
	lengths := c.measure(t, &s)
	if c.models == nil {
		c.models = tls.NewModels()
	}
	c.library.Begin(1)
	m := &meeting{Comparison: c, setting: s}
	m.ours = newBench(t, c.models, &s, func(cfg *model.EngineConfig) { c.tune(cfg, lengths) })
	m.theirs = newBench(t, c.library, &s, nil)
	m.ours.mute, m.theirs.mute = c.mute, c.mute
	return m
}

// end gives all engines back.
func (m *meeting) end() {
	m.ours.Free()
	m.theirs.Free()
	m.library.End()
}

// do makes a call on both, and gives the difference; nil means that there is none. It leaves out a
// call whose result is not defined, or that the library lacks.
func (m *meeting) do(c call) *difference {
	e := &m.ours.ends[c.on]
	if e.impolite(c) || m.avoid != nil && m.avoid(c, e.owed) {
		return nil
	}
	c = e.again(c)
	if m.mute && !m.queue {
		e.engine.ClearErrors() // the library has no queue
	}
	x, y := m.ours.do(c), m.theirs.do(c)
	m.calls++
	trait := m.trait(c, x, y, e)
	if x == y && trait == "" {
		return nil
	}
	return &difference{setting: m.setting, model: x.String(), library: y.String(), trait: trait}
}

// trait names the trait that ends a sequence or explains its last difference; "" if none does. The
// model's end e has answered call with x, and the library's with y.
func (c *Comparison) trait(call call, x, y outcome, e *end) string {
	if c.ends != nil {
		if trait := cmp.Or(c.ends(call, x), c.ends(call, y)); trait != "" {
			return trait
		}
	}
	if c.explain == nil || x == y {
		return ""
	}
	return c.explain(call, x.Status, y.Status, e.failed())
}

// tune makes the model's engine like the library's.
func (c *Comparison) tune(cfg *model.EngineConfig, lengths *tls.Lengths) {
	policy := cfg.Traits.Renegotiation
	cfg.Traits, cfg.BodyLen = c.traits, lengths.Body
	cfg.Traits.Renegotiation = policy
	if c.mute {
		cfg.HandshakeRecord = 0
	}
}

// shrink removes calls from a difference as long as a difference remains.
func (c *Comparison) shrink(t rapid.TB, d *difference) *difference {
	for size := len(d.calls) / 2; size >= 1; {
		shorter := false
		for at := 0; at+size <= len(d.calls); {
			calls := append(append([]call(nil), d.calls[:at]...), d.calls[at+size:]...)
			less := c.run(t, d.setting, calls)
			if less == nil || less.trait != "" {
				at += size
				continue
			}
			d, shorter = less, true
		}
		if !shorter || size > len(d.calls) {
			size /= 2
		}
	}
	return d
}

// measure learns the lengths of the library's handshake messages. The model's must be as long, or
// buffers would fill at other moments. With a PSK they are always the same.
func (c *Comparison) measure(t rapid.TB, s *Setting) *tls.Lengths {
	t.Helper()
	key := Setting{Version: s.Version, Certs: s.Certs, Mutual: s.Mutual}
	if l := c.lengths[key]; l != nil || c.mute {
		return l
	}
	if c.lengths == nil {
		c.lengths = map[Setting]*tls.Lengths{}
	}
	c.lengths[key] = c.probe(t, key)
	return c.lengths[key]
}

// probe records the lengths on a link that has room for everything.
func (c *Comparison) probe(t rapid.TB, s Setting) *tls.Lengths {
	t.Helper()
	s.In, s.Out, s.Record, s.Tickets = 1<<16, 1<<16, 16384, 1
	c.library.Begin(1)
	defer c.library.End()
	lengths, again := &tls.Lengths{}, false
	b := newBench(t, c.library, &s, func(cfg *model.EngineConfig) {
		role := cfg.Role
		cfg.Watch = func(n model.Note) {
			if n.Sent {
				lengths.Learn(role, again, n)
			}
		}
	})
	defer b.Free()
	b.shake()
	again = true
	if s.Version == model.TLS12 {
		b.do(call{op: opRenegotiate})
		b.shake()
	}
	return lengths
}
