//go:build linux && amd64

package kernel

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// Memory is how much memory the program's processes have to themselves, in bytes: their anonymous
// pages, which are their heaps and stacks. It is asked of a program that waits.
//
// The system counts pages as they come and go, and kernels differ in how many of them it may miss
// (Documentation/filesystems/proc.rst: "inaccurate"). With exact it walks through all pages instead,
// which takes up to a millisecond.
func (k *Kernel) Memory(exact bool) (sum uint64) {
	for _, p := range k.procs {
		if exact {
			sum += p.walked()
		} else {
			sum += p.counted()
		}
	}
	return sum
}

// walked reads smaps_rollup; 0 of a process that is gone.
func (p *process) walked() uint64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.pid))
	_, rest, _ := bytes.Cut(text, []byte("\nAnonymous:"))
	kB, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
	n, _ := strconv.ParseUint(string(kB), 10, 64)
	return n << 10
}

// counted reads statm, whose file stays open, for it is read behind each run: what is resident, and
// what of that is shared with a file.
func (p *process) counted() uint64 {
	if p.statm == nil {
		p.statm, _ = os.Open(fmt.Sprintf("/proc/%d/statm", p.pid))
	}
	var buf [128]byte
	n, _ := p.statm.ReadAt(buf[:], 0) // of a process that is gone: nothing
	words := bytes.Fields(buf[:n])
	if len(words) < 3 {
		return 0
	}
	resident, _ := strconv.ParseUint(string(words[1]), 10, 64)
	shared, _ := strconv.ParseUint(string(words[2]), 10, 64)
	return (resident - min(shared, resident)) * uint64(os.Getpagesize())
}
