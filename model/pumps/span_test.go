package pumps

import "testing"

// Story 29: a span that was larger once takes no more than a new one.
func TestSpanForgetsItsSize(t *testing.T) {
	fill := func(s *span) (took int) {
		s.restart(8)
		s.put(make([]byte, 6), false)
		s.take(4)
		return s.put(make([]byte, 8), true)
	}
	var fresh, used span
	used.restart(100)
	if got, want := fill(&used), fill(&fresh); got != want {
		t.Errorf("a used span took %d bytes; want %d as a new one", got, want)
	}
}
