//go:build linux && amd64

package seccomp

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Here is the CPU on which the calling goroutine is, or on which its other programs are.
//
// Story 146: programs ran on the first CPU that we may use, in real-time priority. Two hunts at once
// shared it, and the others stood idle.
const Here = -1

// A pin keeps a thread on the CPU of its programs, while it has any. All of them are there: else one
// would run while we do.
type pin struct {
	thread   int
	cpu      int
	programs int
	before   unix.CPUSet // where the thread was allowed
}

// pins are those of all threads that have programs.
var pins struct {
	sync.Mutex
	of map[int]*pin
}

// pinTo pins the calling goroutine to a CPU, for one more program.
func pinTo(cpu int) (*pin, error) {
	runtime.LockOSThread()
	pins.Lock()
	defer pins.Unlock()
	thread := unix.Gettid()
	p := pins.of[thread]
	if p == nil {
		var err error
		if p, err = newPin(thread, cpu); err != nil {
			runtime.UnlockOSThread()
			return nil, err
		}
		if pins.of == nil {
			pins.of = map[int]*pin{}
		}
		pins.of[thread] = p
	}
	if cpu != Here && cpu != p.cpu {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("seccomp: got cpu %d; want %d, where this goroutine has another program", cpu, p.cpu)
	}
	p.programs++
	return p, nil
}

// newPin pins a thread.
func newPin(thread, cpu int) (*pin, error) {
	p := &pin{thread: thread, cpu: cpu}
	if cpu == Here {
		p.cpu = current()
	}
	if err := unix.SchedGetaffinity(0, &p.before); err != nil {
		return nil, os.NewSyscallError("sched_getaffinity", err)
	}
	var one unix.CPUSet
	one.Set(p.cpu)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return nil, fmt.Errorf("seccomp: got cpu %d; want one that this process may use: %w", p.cpu, err)
	}
	return p, nil
}

// current is the CPU on which the calling thread is: getcpu(2).
func current() int {
	var cpu, node uint32
	_, _, _ = unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), uintptr(unsafe.Pointer(&node)), 0)
	return int(cpu)
}

// release gives the thread free, if the program was its last.
//
// Story 147: a thread had two programs, one for runs and one for quiet runs. When the first was
// closed to be started anew the thread was free, though the second still counted on its CPU.
func (p *pin) release() {
	pins.Lock()
	defer pins.Unlock()
	if p.programs--; p.programs == 0 {
		delete(pins.of, p.thread)
		_ = unix.SchedSetaffinity(p.thread, &p.before)
	}
	runtime.UnlockOSThread()
}
