//go:build linux && amd64

package kernel

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

// Operations of futex(2).
const (
	futexWait       = 0
	futexWaitBitset = 9
	futexOperation  = 0x7f // without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME
	futexRealtime   = 256
)

// A futex is a thread that waits for a word of memory to change, with a time-out. Waits without
// one are the system's. Nobody tells us of a wake, but whoever wakes has changed the word: a wait
// that finds it changed answers EAGAIN, after which every caller looks again (futex(2), RETURN
// VALUE).
type futex struct {
	at    uint64
	value uint32
}

// futex is futex(2), of which only waits with a time-out are caught.
func (k *Kernel) futex(t *thread) {
	op := t.call.Int(1)
	if kind := op & futexOperation; kind != futexWait && kind != futexWaitBitset {
		k.unsupported(t, "a futex operation with a time-out")
		return
	}
	d, errno := k.span(t, t.call.Args[3])
	if errno != 0 {
		k.refuse(t, errno)
		return
	}
	until := k.now + d
	if op&futexOperation == futexWaitBitset {
		until = max(0, d-k.clock(op&futexRealtime != 0)+k.now)
	}
	f := &futex{t.call.Args[0], uint32(t.call.Args[2])}
	switch {
	case f.changed(k, t):
		k.refuse(t, unix.EAGAIN)
	case until <= k.now:
		k.refuse(t, unix.ETIMEDOUT)
	default:
		k.hold(t, f, until)
	}
}

func (f *futex) changed(k *Kernel, t *thread) bool {
	var raw [4]byte
	errno := k.prog.Read(&t.call, f.at, raw[:])
	return errno != 0 || binary.LittleEndian.Uint32(raw[:]) != f.value
}

// watch implements waiter.
func (f *futex) watch(*Kernel, int) (ready, interest uint32) { return 0, 0 }

// inner implements waiter.
func (f *futex) inner(k *Kernel, t *thread) bool { return f.changed(k, t) }

// alarm implements waiter.
func (f *futex) alarm() time.Duration { return never }

// finish implements waiter.
func (f *futex) finish(k *Kernel, t *thread, by wakeup) {
	switch {
	case f.changed(k, t):
		k.refuse(t, unix.EAGAIN)
	case by.expired:
		k.refuse(t, unix.ETIMEDOUT)
	default:
		k.hold(t, f, t.until)
	}
}
