package oracle

import "fmt"

// A program is weighed by repeating one run in one process. Buffers are kept and heaps have holes, so the
// first repetitions say little. A program that gives back what it has taken comes to rest then, for each
// run takes the same. One that does not grows for ever.

// weighedAt is when memory is read, in sixteenths of all repetitions. It must have grown each time.
// So what does not leak is known by the first two.
var weighedAt = [...]int{1, 3, 8, 10, 12, 14, 16}

const (
	// leastGrowth is by how many bytes at least. Less may be the holes of a heap.
	leastGrowth = 2 * 4096
	// settled is the reading, from 0, from which on growth counts: after half of the repetitions.
	settled = 2
)

// Weigh judges the program of a ledger by its memory in bytes, as it was read so far while a run is
// repeated so often. next is the repetition, from 1, behind which it is to be read again, and 0 if
// that is no use any more. A leak has a finding then, and what does not leak has none.
func (l *Ledger) Weigh(repeats int, memory []uint64) (f Finding, next int) {
	n := len(memory)
	switch {
	case n > 1 && memory[n-1] < memory[n-2]+leastGrowth:
		return f, 0
	case n < len(weighedAt):
		return f, repeats * weighedAt[n] / 16
	}
	for i := range l.Ends {
		if l.Ends[i].Foreign {
			f.End = i
			break
		}
	}
	runs := repeats - repeats*weighedAt[settled]/16
	f.Property, f.Obligation, f.Bytes = UnboundedBuffer, keptMemory, (memory[n-1]-memory[settled])/uint64(runs)
	f.Detail = fmt.Sprintf("so much is left behind by each run of this script, with the reset of what is still open: "+
		"the mean of the last %d of %d repetitions in one process", runs, repeats)
	return f, 0
}
