//go:build linux && amd64

package seccomp

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The call that receives a notification can't be told how long to wait. So a second goroutine looks
// whether we have been in it for long, and gets us out by a signal.

// patienceOfAwait is how often it looks: Await waits for at most twice as long.
const patienceOfAwait = 20 * time.Millisecond

// watch rings for the thread when it waits in Await, as it did when it last looked.
func (p *Program) watch(thread int, over <-chan struct{}) {
	tick := time.NewTicker(patienceOfAwait)
	defer tick.Stop()
	for last := uint64(0); ; {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		now := p.waits.Load()
		if waiting := now%2 == 1; waiting && now == last {
			ring(thread)
		}
		last = now
	}
}

// bell is a real-time signal, which nobody else uses. Go's runtime takes it and does nothing.
const bell = 0x2a

// restart is SA_RESTART of linux/signal.h.
const restart = 0x10000000

// A sigaction is the kernel's struct: rt_sigaction(2).
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

// ring ends the call of the system that a thread of ours is in. Go's runtime has all calls made
// again behind a signal (SA_RESTART), and sets that anew when somebody asks for signals.
func ring(thread int) {
	var a sigaction
	if sigactionOf(bell, nil, &a) != nil {
		return
	}
	if a.flags&restart != 0 {
		a.flags &^= restart
		if sigactionOf(bell, &a, nil) != nil {
			return
		}
	}
	_ = unix.Tgkill(unix.Getpid(), thread, bell)
}

func sigactionOf(signal int, now, before *sigaction) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(now)),
		uintptr(unsafe.Pointer(before)), unsafe.Sizeof(before.mask), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
