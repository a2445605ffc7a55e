// Package differential holds a TLS library against the model that stands for
// it: the same calls, in the same order, on a pair of engines of each, have to
// look the same from outside. What differs is a trait of the library, which has
// a name, or a mistake of the model.
package differential

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
)

// A Comparison runs sequences of calls on the model and on a library, and
// compares all that can be seen after each: what it answered, the plaintext,
// messages and alerts, and what the queries of both ends say. It belongs to one
// goroutine.
type Comparison struct {
	// Library is held against the model.
	Library model.Library
	// Traits are what the library does differently and the model can do too.
	Traits model.Traits
	// Calls counts the calls that were compared, Ended the sequences that ended
	// early, by the trait.
	Calls int
	Ended map[string]int

	// What is particular to the library: mute, it tells of records and not of
	// messages, and has no queue, but with queue the model's counts all the same.
	mute, queue bool
	// adapt leaves out of a setting what it can't be made for.
	adapt func(*Setting)
	// avoid says that it has no counterpart for a call.
	avoid func(c Call, owed int) bool
	// explain names the trait behind a difference; empty if there is none.
	explain func(c Call, a, b model.Status, dead bool) string
	// ends names the trait behind which nothing can be compared, if the model or the
	// library has answered a call like this.
	ends func(Call, outcome) string

	models  *tls.Models
	lengths map[Setting]*tls.Lengths
}

// A Difference is a sequence whose last call looked different, or by a trait ends it.
type Difference struct {
	Setting Setting
	Calls   []Call
	// Model and Library are what was seen of it.
	Model, Library string
	// Trait is the one that it is owed to; empty for a defect.
	Trait string
}

// Error implements error: setting, calls, and what differs.
func (d *Difference) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "differential: after %d calls the library is not like the model\n  %+v\n",
		len(d.Calls), d.Setting)
	for i, c := range d.Calls {
		fmt.Fprintf(&b, "  %3d %s\n", i+1, c)
	}
	fmt.Fprintf(&b, "  model:   %s\n  library: %s\n", d.Model, d.Library)
	return b.String()
}

// Sequence draws a setting and 50 to 200 calls, and runs them. A difference
// that no trait explains is shrunk and returned; nil means that there was none.
func (c *Comparison) Sequence(draw Choice) (*Difference, error) {
	s := DrawSetting(draw)
	if c.adapt != nil {
		c.adapt(&s)
	}
	return c.settle(c.Run(s, DrawCalls(draw, 50+draw(151, "calls"))))
}

// Early is Sequence for early data, of which ordinary sequences try little: calls
// in the middle of it, and a small buffer or a slow socket that it has to go through.
func (c *Comparison) Early(draw Choice) (*Difference, error) {
	return c.settle(c.Run(drawEarly(draw)))
}

// Full is Sequence for output that is full to a few bytes.
func (c *Comparison) Full(draw Choice) (*Difference, error) {
	return c.settle(c.Run(drawFull(draw)))
}

// settle shrinks a difference, or counts the trait that explains it.
func (c *Comparison) settle(d *Difference, err error) (*Difference, error) {
	switch {
	case d == nil || err != nil:
		return nil, err
	case d.Trait == "":
		return c.shrink(d)
	case c.Ended == nil:
		c.Ended = map[string]int{}
	}
	c.Ended[d.Trait]++
	return nil, nil
}

// Run makes the calls on both, up to the first that differs; nil means that none
// did.
func (c *Comparison) Run(s Setting, calls []Call) (*Difference, error) {
	var benches [2]*bench
	if err := c.open(&benches, &s); err != nil {
		return nil, err
	}
	defer c.close(&benches)
	a, b := benches[0], benches[1]
	for i, call := range calls {
		e := &a.ends[call.On]
		if e.impolite(call) || c.avoid != nil && c.avoid(call, e.owed) {
			continue
		}
		call = e.again(call)
		if c.mute && !c.queue {
			e.engine.ClearErrors() // it has no queue
		}
		x, y := a.do(call), b.do(call)
		c.Calls++
		trait := c.trait(call, x, y, e)
		if x == y && trait == "" {
			continue
		}
		return &Difference{Setting: s, Calls: calls[:i+1], Model: x.String(), Library: y.String(),
			Trait: trait}, nil
	}
	return nil, nil
}

// trait names what ends a sequence with a call that the model's end has answered
// with x, and the library's with y; empty if nothing does.
func (c *Comparison) trait(call Call, x, y outcome, e *end) string {
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

// open makes both pairs: the model's, then the library's.
func (c *Comparison) open(benches *[2]*bench, s *Setting) error {
	lengths, err := c.measure(s)
	if err != nil {
		return err
	}
	if c.models == nil {
		c.models = tls.NewModels()
	}
	c.Library.Begin(1)
	for i, lib := range []model.Library{c.models, c.Library} {
		benches[i], err = newBench(lib, s, func(cfg *model.EngineConfig) {
			if lib == c.models {
				c.tune(cfg, lengths)
			}
		})
		if err != nil {
			c.close(benches)
			return err
		}
		benches[i].mute = c.mute
	}
	return nil
}

// tune makes the model's engine like the library's.
func (c *Comparison) tune(cfg *model.EngineConfig, lengths *tls.Lengths) {
	policy := cfg.Traits.Renegotiation
	cfg.Traits, cfg.BodyLen = c.Traits, lengths.Body
	cfg.Traits.Renegotiation = policy
	if c.mute {
		cfg.HandshakeRecord = 0
	}
}

// close frees what open made.
func (c *Comparison) close(benches *[2]*bench) {
	for _, b := range benches {
		if b != nil {
			b.free()
		}
	}
	c.Library.End()
}

// shrink leaves calls of a difference out, as long as there is one.
func (c *Comparison) shrink(d *Difference) (*Difference, error) {
	for size := len(d.Calls) / 2; size >= 1; {
		shorter := false
		for at := 0; at+size <= len(d.Calls); {
			calls := append(append([]Call(nil), d.Calls[:at]...), d.Calls[at+size:]...)
			less, err := c.Run(d.Setting, calls)
			if err != nil {
				return d, err
			}
			if less == nil || less.Trait != "" {
				at += size
				continue
			}
			d, shorter = less, true
		}
		if !shorter || size > len(d.Calls) {
			size /= 2
		}
	}
	return d, nil
}

// measure learns how long the library's handshake messages are: the model has to
// make its own as long, or buffers would fill at other moments. With a PSK they
// are always the same.
func (c *Comparison) measure(s *Setting) (*tls.Lengths, error) {
	key := Setting{Version: s.Version, Certs: s.Certs, Mutual: s.Mutual}
	if l := c.lengths[key]; l != nil || c.mute {
		return l, nil
	}
	lengths, err := c.probe(key)
	if err != nil {
		return nil, err
	}
	if c.lengths == nil {
		c.lengths = map[Setting]*tls.Lengths{}
	}
	c.lengths[key] = lengths
	return lengths, nil
}

// probe runs a link with room for everything, and listens.
func (c *Comparison) probe(s Setting) (*tls.Lengths, error) {
	s.In, s.Out, s.Record, s.Tickets = 1<<16, 1<<16, 16384, 1
	c.Library.Begin(1)
	defer c.Library.End()
	lengths, again := &tls.Lengths{}, false
	b, err := newBench(c.Library, &s, func(cfg *model.EngineConfig) {
		role := cfg.Role
		cfg.Watch = func(n model.Note) {
			if n.Sent {
				lengths.Learn(role, again, n)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	defer b.free()
	b.shake()
	again = true
	if s.Version == model.TLS12 {
		b.do(Call{Op: Renegotiate})
		b.shake()
	}
	return lengths, nil
}
