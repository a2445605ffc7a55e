package differential

import (
	"math/rand/v2"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/model"
)

// How many sequences Test runs, and how many with WANTWRITE_LONG=1.
const (
	sequences     = 1500
	longSequences = 100_000
)

// Test runs sequences with numbered seeds. None may differ without a trait that
// explains it.
func Test(t *testing.T, c *Comparison) { test(t, c, c.Sequence) }

// TestEarly is Test for early data.
func TestEarly(t *testing.T, c *Comparison) { test(t, c, c.Early) }

// TestFull is Test for output that is full to a few bytes.
func TestFull(t *testing.T, c *Comparison) { test(t, c, c.Full) }

// test runs sequences of a kind.
func test(t *testing.T, c *Comparison, sequence func(Choice) (*Difference, error)) {
	n := uint64(sequences)
	if os.Getenv("WANTWRITE_LONG") == "1" {
		n = longSequences
	}
	for seed := range n {
		r := rand.New(rand.NewPCG(seed, 1))
		check(t, sequence, func(n int, _ string) int { return r.IntN(n) })
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
	t.Logf("%d sequences, %d calls, ended early by a trait: %v", n, c.Calls, c.Ended)
}

// Property lets rapid draw a sequence's setting and calls, and shrink them.
func Property(t *testing.T, c *Comparison) {
	rapid.Check(t, func(rt *rapid.T) {
		check(rt, c.Sequence, func(n int, label string) int {
			return rapid.IntRange(0, n-1).Draw(rt, label)
		})
	})
}

// Fuzz is the fuzz target: two bytes a draw, and 0 when there are no more.
func Fuzz(f *testing.F, c *Comparison) {
	for seed := range uint64(16) {
		r := rand.New(rand.NewPCG(seed, 2))
		data := make([]byte, 1600)
		for i := range data {
			data[i] = byte(r.Uint64())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, c.Sequence, func(n int, _ string) int {
			if len(data) < 2 {
				return 0
			}
			at := int(data[0])<<8 | int(data[1])
			data = data[2:]
			return at % n
		})
	})
}

// check runs a sequence.
func check(t rapid.TB, sequence func(Choice) (*Difference, error), draw Choice) {
	t.Helper()
	d, err := sequence(draw)
	if err != nil {
		t.Fatal(err)
	}
	if d != nil {
		t.Fatal(d)
	}
}

// A Show is a sequence that shows a trait: with its last call the library is not
// like the model by default. Test, if not nil, is a test that shows it on a link
// of two libraries: what neither end can begin by itself.
type Show struct {
	Setting Setting
	Calls   []Call
	Test    func(*testing.T)
}

// Shows checks that each trait of a library is shown, and that the comparison
// knows it: the model with the library's traits does the same, or the
// difference is put down to the trait, or the call is not made. column is what
// Traits says of the library.
func Shows(t *testing.T, c *Comparison, column func(Trait) string, shows map[string]Show) {
	for _, trait := range Traits() {
		show, shown := shows[trait.Name]
		if differs := column(trait) != Same; differs != shown {
			t.Errorf("trait %s: the table says that it differs: %t; shown: %t", trait.Name, differs,
				shown)
		}
		if !shown {
			continue
		}
		t.Run(trait.Name, func(t *testing.T) {
			if show.Test != nil {
				show.Test(t)
				return
			}
			plain := &Comparison{Library: c.Library, mute: c.mute, queue: true}
			d, err := plain.Run(show.Setting, show.Calls)
			if err != nil {
				t.Fatal(err)
			}
			if d == nil || len(d.Calls) != len(show.Calls) {
				t.Fatalf("got %v; want a difference with the last of %d calls", d, len(show.Calls))
			}
			d, err = c.Run(show.Setting, show.Calls)
			if err != nil || d != nil && d.Trait != trait.Name {
				t.Errorf("got %v, %v; want none, or one that is put down to %s", d, err, trait.Name)
			}
		})
	}
}

// Shake are the calls of a handshake that has room for everything: the client's
// and the server's flights, twice for TLS 1.2.
func Shake() (calls []Call) {
	for range 3 {
		for _, role := range []model.Role{model.Client, model.Server} {
			calls = append(calls, Call{Feed, role, 1 << 15}, Call{Op: Handshake, On: role},
				Call{Drain, role, 1 << 15})
		}
	}
	return calls
}
