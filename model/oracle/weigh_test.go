package oracle

import "testing"

const page = 4096

// weigh repeats a run that leaves so much memory behind, in pages, and says how many were made.
func weigh(repeats int, after func(n int) uint64) (f Finding, made int) {
	l := programLedger()
	var memory []uint64
	next := 1
	for next > 0 {
		if f, next = l.Weigh(repeats, memory); next > 0 {
			made = next
			memory = append(memory, page*after(made))
		}
	}
	return f, made
}

// TestWeigh: what grows to the end is a leak, and nothing else.
func TestWeigh(t *testing.T) {
	for _, c := range []struct {
		name    string
		repeats int
		after   func(n int) uint64 // pages behind run n
		each    uint64             // bytes that are found; 0: nothing
		made    int
	}{
		{"a page a run", 128, func(n int) uint64 { return uint64(300 + n) }, page, 128},
		{"a page in eight runs", 128, func(n int) uint64 { return uint64(300 + n/8) }, page / 8, 128},
		{"a page in four runs", 64, func(n int) uint64 { return uint64(300 + n/4) }, page / 4, 64},
		{"a number that is no power of two", 100, func(n int) uint64 { return uint64(n) }, page, 100},
		{"nothing", 128, func(int) uint64 { return 300 }, 0, 24},
		{"a page in sixteen runs", 128, func(n int) uint64 { return uint64(300 + n/16) }, 0, 24},
		{"a buffer that is kept", 128, func(n int) uint64 { return uint64(300 + min(n, 30)) }, 0, 80},
		{"a cache that gets full", 128, func(n int) uint64 { return uint64(300 + min(n, 112)) }, 0, 128},
		{"garbage that is collected", 128, func(n int) uint64 { return uint64(300 + n%100) }, 0, 112},
		{"another process", 128, func(n int) uint64 { return uint64(300 + n%20) }, 0, 24},
	} {
		f, made := weigh(c.repeats, c.after)
		leaks := f.Property != NoProperty
		if leaks != (c.each > 0) || f.Bytes != c.each || made != c.made {
			t.Errorf("%s: got a leak %v of %d bytes after %d runs; want %d bytes after %d", c.name, leaks, f.Bytes, made, c.each, c.made)
		}
		if leaks && (f.Property != UnboundedBuffer || !f.Obligation.Kept() || f.End != 1) {
			t.Errorf("%s: got %+v", c.name, f)
		}
	}
}
