package differential

import (
	"math/rand/v2"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
)

// Test compares sequences from numbered seeds. It fails at a difference that no trait explains.
func (c *Comparison) Test(t *testing.T) { c.test(t, drawSequence) }

// TestEarly is Test for early data.
func (c *Comparison) TestEarly(t *testing.T) { c.test(t, drawEarly) }

// TestFull is Test for output that is full except for a few bytes.
func (c *Comparison) TestFull(t *testing.T) { c.test(t, drawFull) }

// test compares sequences of one kind.
func (c *Comparison) test(t *testing.T, drawn drawer) {
	n := require.Fewer(require.Times(1500, 100_000))
	for seed := range n {
		r := rand.New(rand.NewPCG(seed, 1))
		if d := c.try(t, drawn, seeded(r)); d != nil {
			t.Fatalf("with seed %d: %s", seed, d)
		}
	}
	t.Logf("%d sequences, %d calls, ended early by a trait: %v", n, c.calls, c.ended)
}

// seeded draws from a generator.
func seeded(r *rand.Rand) choice { return func(n int, _ string) int { return r.IntN(n) } }

// Fuzz is the fuzz target. Each draw takes two bytes of the data; without data left it is 0.
func (c *Comparison) Fuzz(f *testing.F) {
	for seed := range uint64(16) {
		r := rand.New(rand.NewPCG(seed, 2))
		data := make([]byte, 1600)
		for i := range data {
			data[i] = byte(r.Uint64())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := c.try(t, drawSequence, func(n int, _ string) int {
			if len(data) < 2 {
				return 0
			}
			at := int(data[0])<<8 | int(data[1])
			data = data[2:]
			return at % n
		})
		if d != nil {
			t.Fatal(d)
		}
	})
}

// A Show is a sequence that shows a trait: at its last call the library differs from the model with
// its defaults.
type Show struct {
	Setting Setting
	// Calls has calls with commas between them. A call is an end, a verb and a number of bytes:
	// "shake, client write 10, client drain, server feed, server read". A call without a number
	// moves all bytes. "shake" is a whole handshake. The verbs are those of the reports of
	// differences.
	Calls string
	// Test, if not nil, shows the trait on a link of two libraries instead. It is for traits that
	// neither end can begin by itself.
	Test func(*testing.T)
}

// Shows checks that each trait of the library is shown and that the comparison knows it. Either the
// model with the library's traits does the same, or the difference is explained by the trait, or
// the call is not made.
func (c *Comparison) Shows(t *testing.T, shows map[string]Show) {
	for _, trait := range Traits() {
		show, shown := shows[trait.Name]
		if differs := c.column(trait) != same; differs != shown {
			t.Errorf("trait %s: the table says that it differs: %t; shown: %t", trait.Name, differs,
				shown)
		}
		switch {
		case !shown:
		case show.Test != nil:
			t.Run(trait.Name, show.Test)
		default:
			t.Run(trait.Name, func(t *testing.T) { c.show(t, trait.Name, show) })
		}
	}
}

// show checks that a sequence shows a trait.
func (c *Comparison) show(t *testing.T, trait string, show Show) {
	calls, err := parseCalls(show.Calls)
	if err != nil {
		t.Fatal(err)
	}
	byDefault := &Comparison{library: c.library, mute: c.mute, queue: true}
	d := byDefault.run(t, show.Setting, calls)
	if d == nil || len(d.calls) != len(calls) {
		t.Fatalf("got %v; want a difference with the last of %d calls", d, len(calls))
	}
	if d := c.run(t, show.Setting, calls); d != nil && d.trait != trait {
		t.Errorf("got %v; want none, or one that is put down to %s", d, trait)
	}
}
