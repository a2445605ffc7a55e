package oracle

import "fmt"

// A Scale weighs a program: it is told how much memory a process has while one run is repeated in it.
// Buffers are kept and heaps have holes, so the first repetitions say little. A program that gives back
// what it has taken comes to rest then, for each run takes the same. One that does not grows for ever.
type Scale struct {
	repeats int
	memory  []uint64 // in bytes, behind the repetitions of weighedAt
	rests   bool     // it has not grown once
}

// weighedAt is when memory is weighed, in sixteenths of all repetitions. It must have grown each time.
// So what does not leak is known by the first two.
var weighedAt = [...]int{1, 3, 8, 10, 12, 14, 16}

const (
	// leastGrowth is by how many bytes at least. Less may be the holes of a heap.
	leastGrowth = 2 * 4096
	// settled is the weighing, from 0, from which on growth counts: after half of the repetitions.
	settled = 2
)

// NewScale is a scale for so many repetitions.
func NewScale(repeats int) *Scale { return &Scale{repeats: repeats} }

// due is the repetition, from 1, behind which memory is weighed for the i-th time.
func (s *Scale) due(i int) int { return s.repeats * weighedAt[i] / 16 }

// Due says whether memory is to be weighed behind repetition n, from 1.
func (s *Scale) Due(n int) bool { return len(s.memory) < len(weighedAt) && s.due(len(s.memory)) == n }

// Weigh takes in how many bytes of memory the process has. more says whether it can be a leak still.
func (s *Scale) Weigh(bytes uint64) (more bool) {
	s.memory = append(s.memory, bytes)
	last := len(s.memory) - 1
	s.rests = s.rests || last > 0 && bytes < s.memory[last-1]+leastGrowth
	return !s.rests
}

// Leak is the finding about the program at an end, if its memory has grown each time.
func (s *Scale) Leak(end int) (Finding, bool) {
	last := len(weighedAt) - 1
	if s.rests || len(s.memory) <= last {
		return Finding{}, false
	}
	runs := s.repeats - s.due(settled)
	return Finding{Property: UnboundedBuffer, End: end, Obligation: KeptMemory,
		Bytes: (s.memory[last] - s.memory[settled]) / uint64(runs),
		Detail: fmt.Sprintf("so much is left behind by each run of this script, with the reset of what is still open: "+
			"the mean of the last %d of %d repetitions in one process", runs, s.repeats)}, true
}
