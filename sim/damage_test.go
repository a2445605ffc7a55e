package sim

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim/script"
)

// resized is a record whose header says n.
func resized(rec []byte, n int) []byte {
	rec = append([]byte(nil), rec...)
	binary.BigEndian.PutUint16(rec[3:], uint16(n))
	return rec
}

// join is the concatenation of pieces.
func join(pieces ...[]byte) (all []byte) {
	for _, p := range pieces {
		all = append(all, p...)
	}
	return all
}

// with is a copy of a record with one byte changed.
func with(rec []byte, at int, value byte) []byte {
	rec = append([]byte(nil), rec...)
	rec[at] = value
	return rec
}

// mutations are what each must make of two sealed records a and b, and what
// the receiver's engine then reads: all of it, or the beginning and an error.
var mutations = []struct {
	line string
	want func(a, b []byte) []byte
	read string
	err  string
}{
	{"flip 83", func(a, b []byte) []byte { return join(with(a, 10, a[10]^1<<3), b) },
		"", "bad_record_mac"},
	{"flip 83000", func(a, b []byte) []byte { // wraps around the record's bits
		bit := 83000 % (8 * len(a))
		return join(with(a, bit/8, a[bit/8]^1<<(bit%8)), b)
	}, "", "bad_record_mac"},
	{"truncate 7", func(a, b []byte) []byte { return join(a[:7], b) }, "", "bad_record_mac"},
	{"extend 2", func(a, b []byte) []byte {
		return join(resized(a, len(a)-wire.HeaderLen+3), []byte{0, 0, 0}, b)
	}, "", "bad_record_mac"},
	{"repeat", func(a, b []byte) []byte { return join(a, a, b) }, "first", "bad_record_mac"},
	{"drop", func(a, b []byte) []byte { return b }, "", "bad_record_mac"},
	{"reorder", func(a, b []byte) []byte { return join(b, a) }, "", "bad_record_mac"},
	{"split 3", func(a, b []byte) []byte {
		body := a[wire.HeaderLen:]
		return join(resized(a[:5], 3), body[:3], resized(a[:5], len(body)-3), body[3:], b)
	}, "", "bad_record_mac"},
	{"merge", func(a, b []byte) []byte {
		both := join(a, b[wire.HeaderLen:])
		return resized(both, len(both)-wire.HeaderLen)
	}, "", "bad_record_mac"},
	{"type 99", func(a, b []byte) []byte { return join(with(a, 0, 99), b) }, "", "bad_record_mac"},
	{"version 512", func(a, b []byte) []byte { return join(with(with(a, 1, 2), 2, 0), b) },
		"", "version"},
	{"oversize 5", func(a, b []byte) []byte { return join(resized(a, 1<<14+2049+5), b) },
		"", "record_overflow"},
	{"alert 552", func(a, b []byte) []byte { // fatal handshake_failure, not sealed
		return join([]byte{21, 3, 3, 0, 2, 2, 40}, a, b)
	}, "", "bad_record_mac"},
	{"empties 1", func(a, b []byte) []byte {
		return join([]byte{23, 3, 3, 0, 0, 23, 3, 3, 0, 0}, a, b)
	}, "", "bad_record_mac"},
}

// TestMutations does each to a real record on its way. What arrives is what
// the mutation's comment says, and the receiver reads nothing that was not
// written.
func TestMutations(t *testing.T) {
	done := map[script.Mutation]bool{}
	for _, tc := range mutations {
		t.Run(tc.line, func(t *testing.T) {
			b := newBench(t, nil)
			b.shake()
			first, second := b.seal("first"), b.seal("second!")
			b.client().send(join(first, second))
			b.sync()
			b.do("mutate server "+tc.line, "deliver server all")
			got, _ := b.server().recv()
			if diff := cmp.Diff(tc.want(first, second), got); diff != "" {
				t.Errorf("other bytes arrive (-want +got):\n%s", diff)
			}
			if !b.tainted[0] {
				t.Error("a mutation must taint its link")
			}
			b.server().Engine.Feed(got)
			b.reads(tc.read, tc.err)
			done[script.Mutation(b.action("mutate server "+tc.line).Arg)] = true
		})
	}
	for m := range script.NumMutations {
		if !done[m] {
			t.Errorf("%s has no case", m)
		}
	}
}

// seal lets the client's engine write, and gives the record.
func (b *bench) seal(text string) []byte {
	b.t.Helper()
	e := b.client().Engine
	if n, st := e.Write([]byte(text)); n != len(text) {
		b.t.Fatalf("write gives %d, %s", n, st)
	}
	buf := make([]byte, 1000)
	return buf[:e.Drain(buf)]
}

// reads lets the server's engine read to the end and wants that text and then
// an error that has that word.
func (b *bench) reads(want, word string) {
	b.t.Helper()
	e := b.server().Engine
	var got []byte
	buf := make([]byte, 100)
	for {
		n, st := e.Read(buf)
		if got = append(got, buf[:n]...); st == model.OK {
			continue
		}
		if string(got) != want || st != model.Failed || e.Err() == nil ||
			!strings.Contains(e.Err().Error(), word) {
			b.t.Errorf("the server reads %q, then %s (%v); want %q, then failed with %s", got, st,
				e.Err(), want, word)
		}
		return
	}
}

// TestMutateStandsAtARecord: it is enabled where a record begins with its
// header in flight, and nowhere else.
func TestMutateStandsAtARecord(t *testing.T) {
	b := newBench(t, nil)
	rec := record(23, 10)
	b.client().send(rec[:4])
	b.sync()
	b.cannot("mutate server drop") // not even a header
	b.client().send(rec[4:])
	b.client().send(rec)
	b.sync()
	b.do("deliver server byte")
	b.cannot("mutate server drop") // in the middle of a record
	b.do("deliver server record", "mutate server drop")
	b.cannot("mutate server drop", "deliver server all")
}

// TestMutateAHalfSentRecord: the last record may have only begun to leave.
// What is there is changed, and what follows is appended to it.
func TestMutateAHalfSentRecord(t *testing.T) {
	for line, want := range map[string]int{"drop": 6, "repeat": 9 + 9 + 6, "truncate 6": 6 + 6,
		"merge": 9 + 6, "reorder": 9 + 6, "split 2": 5 + 2 + 5 + 2 + 6} {
		b := newBench(t, nil)
		rec := record(23, 10)
		b.client().send(rec[:9])
		b.sync()
		b.do("mutate server " + line)
		b.client().send(rec[9:])
		b.sync()
		b.do("deliver server all")
		if got, _ := b.server().recv(); len(got) != want {
			t.Errorf("%s: %d bytes arrive; want %d", line, len(got), want)
		}
	}
}

// TestMutationsInAFullLink: a flood may exceed what the link holds; the sender
// then waits until it is gone, and nothing is lost in the bookkeeping.
func TestMutationsInAFullLink(t *testing.T) {
	b := newBench(t, func(c *script.Config) { c.Sizes.Flight, c.Sizes.Window = 20, 20 })
	rec := record(23, 10)
	b.client().send(rec)
	b.sync()
	b.do("mutate server empties 63")
	if n := b.client().send(rec); n != 0 {
		t.Fatalf("%d bytes taken by a link that holds too many; want 0", n)
	}
	var got []byte
	for b.Can(b.action("deliver server all")) {
		b.do("deliver server all")
		more, _ := b.server().recv()
		got = append(got, more...)
		b.sync()
	}
	if len(got) != 64*5+15 || b.client().send(rec) != 15 {
		t.Errorf("%d bytes arrived; want all %d, and then room again", len(got), 64*5+15)
	}
}
