//go:build linux && amd64

package kernel

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

// A timer is a timerfd: timerfd_create(2).
type timer struct {
	real  bool          // of the real-time clock
	next  time.Duration // when it runs out; never
	every time.Duration // 0: once
}

// count is how often it has run out, and when it does next.
func (tm *timer) count(now time.Duration) (n uint64, next time.Duration) {
	if tm.next == never || tm.next > now {
		return 0, tm.next
	}
	if tm.every == 0 {
		return 1, never
	}
	n = 1 + uint64((now-tm.next)/tm.every)
	return n, tm.next + time.Duration(n)*tm.every
}

// poll implements node.
func (tm *timer) poll(k *Kernel) uint32 {
	if n, _ := tm.count(k.now); n > 0 {
		return pollIn
	}
	return 0
}

// read implements node: it gives how often the timer has run out.
func (tm *timer) read(k *Kernel, p []byte, _ bool) (int, unix.Errno) {
	if len(p) < 8 {
		return 0, unix.EINVAL
	}
	n, next := tm.count(k.now)
	if n == 0 {
		return 0, unix.EAGAIN
	}
	tm.next = next
	binary.LittleEndian.PutUint64(p, n)
	return 8, 0
}

// write implements node.
func (tm *timer) write(*Kernel, []byte) (int, unix.Errno) { return 0, unix.EINVAL }

// close implements node.
func (tm *timer) close(*Kernel, *file) {}

// newTimer is timerfd_create(2).
func (k *Kernel) newTimer(t *thread) {
	real, err := unix.Eventfd(0, unix.EFD_CLOEXEC|t.call.Int(1)&unix.TFD_NONBLOCK)
	if err != nil {
		k.refuse(t, err.(unix.Errno))
		return
	}
	clock := t.call.Int(0)
	k.open(t, &timer{real: isReal(clock), next: never}, real, t.call.Int(1)&unix.TFD_CLOEXEC != 0)
}

// isReal says whether a clock tells the real time, as clockCode of package seccomp has it.
func isReal(clock int) bool {
	switch clock {
	case unix.CLOCK_REALTIME, unix.CLOCK_REALTIME_COARSE, unix.CLOCK_REALTIME_ALARM, unix.CLOCK_TAI:
		return true
	}
	return false
}

// clock is the time of a clock. It is fast by a thousandth, as waits on Linux are late by as much
// (select_estimate_accuracy in fs/select.c).
//
// Story 191: each wait ended on the dot. Apache and libev take a timer that runs out at this very
// microsecond for one that has not: they asked without a time-out again and again, while no time
// passed, and were taken for spinning.
func (k *Kernel) clock(real bool) time.Duration {
	now := k.now + k.now/1000
	if real {
		return epoch + now
	}
	return uptime + now
}

// setClock has the program's processes see the time.
func (k *Kernel) setClock() { k.fail(k.prog.SetClock(k.clock(true), k.clock(false))) }

// timerOf is the timer of argument 0. If it is none the call is answered.
func (k *Kernel) timerOf(t *thread) *timer {
	f := t.file(0)
	if f == nil {
		k.through(t)
		return nil
	}
	tm, ok := f.node.(*timer)
	if !ok {
		k.refuse(t, unix.EINVAL)
		return nil
	}
	return tm
}

// setTimer is timerfd_settime(2).
func (k *Kernel) setTimer(t *thread) {
	tm := k.timerOf(t)
	if tm == nil {
		return
	}
	if !k.tellTimer(t, tm, 3) {
		return
	}
	every, errno := k.span(t, t.call.Args[2])
	first, errno2 := k.span(t, t.call.Args[2]+16)
	if errno != 0 || errno2 != 0 {
		k.refuse(t, unix.EFAULT)
		return
	}
	tm.every, tm.next = every, never
	switch {
	case first == 0:
	case t.call.Int(1)&unix.TFD_TIMER_ABSTIME != 0:
		tm.next = max(0, first-k.clock(tm.real)+k.now)
	default:
		tm.next = k.now + first
	}
	k.note("timerfd_settime", first.String(), 0)
	k.reply(t, 0)
}

// getTimer is timerfd_gettime(2).
func (k *Kernel) getTimer(t *thread) {
	if tm := k.timerOf(t); tm != nil && k.tellTimer(t, tm, 1) {
		k.reply(t, 0)
	}
}

// tellTimer writes a timer's interval and what is left of it where argument i points to. If that
// fails the call is answered.
func (k *Kernel) tellTimer(t *thread, tm *timer, i int) bool {
	at := t.call.Args[i]
	if at == 0 {
		return true
	}
	left := time.Duration(0)
	if _, next := tm.count(k.now); next != never {
		left = next - k.now
	}
	raw := append(timespec(tm.every), timespec(left)...)
	if errno := k.prog.Write(&t.call, at, raw); errno != 0 {
		k.refuse(t, errno)
		return false
	}
	return true
}

// timespec is a struct timespec.
func timespec(d time.Duration) []byte {
	raw := binary.LittleEndian.AppendUint64(nil, uint64(d/time.Second))
	return binary.LittleEndian.AppendUint64(raw, uint64(d%time.Second))
}

// span reads a struct timespec.
func (k *Kernel) span(t *thread, at uint64) (time.Duration, unix.Errno) {
	var raw [16]byte
	if errno := k.prog.Read(&t.call, at, raw[:]); errno != 0 {
		return 0, errno
	}
	seconds := int64(binary.LittleEndian.Uint64(raw[:]))
	nano := int64(binary.LittleEndian.Uint64(raw[8:]))
	if seconds < 0 || nano < 0 || nano >= 1e9 {
		return 0, unix.EINVAL
	}
	return time.Duration(min(seconds, 1<<32))*time.Second + time.Duration(nano), 0
}

// A sleep is a thread that waits for time alone.
type sleep struct{}

// watch implements waiter.
func (sleep) watch(*Kernel, int) (ready, interest uint32) { return 0, 0 }

// inner implements waiter.
func (sleep) inner(*Kernel, *thread) bool { return false }

// alarm implements waiter.
func (sleep) alarm() time.Duration { return never }

// finish implements waiter.
func (s sleep) finish(k *Kernel, t *thread, by wakeup) {
	if !by.expired {
		k.hold(t, s, t.until)
		return
	}
	k.reply(t, 0)
}

// nanosleep is nanosleep(2), and clock_nanosleep(2) by the other.
func (k *Kernel) nanosleep(t *thread) { k.sleepFor(t, 0, false, false) }

func (k *Kernel) clockNanosleep(t *thread) {
	const absolute = 1 // TIMER_ABSTIME
	k.sleepFor(t, 2, t.call.Int(1)&absolute != 0, isReal(t.call.Int(0)))
}

func (k *Kernel) sleepFor(t *thread, i int, absolute, real bool) {
	d, errno := k.span(t, t.call.Args[i])
	if errno != 0 {
		k.refuse(t, errno)
		return
	}
	until := k.now + d
	if absolute {
		until = d - k.clock(real) + k.now
	}
	if until <= k.now {
		k.reply(t, 0)
		return
	}
	k.hold(t, sleep{}, until)
}

// getClock is clock_gettime(2), for who makes the call.
func (k *Kernel) getClock(t *thread) {
	k.tell(t, t.call.Args[1], timespec(k.clock(isReal(t.call.Int(0)))))
}

// getDay is gettimeofday(2).
func (k *Kernel) getDay(t *thread) {
	now := k.clock(true)
	raw := binary.LittleEndian.AppendUint64(nil, uint64(now/time.Second))
	k.tell(t, t.call.Args[0], binary.LittleEndian.AppendUint64(raw, uint64(now%time.Second/time.Microsecond)))
}

// getTime is time(2).
func (k *Kernel) getTime(t *thread) {
	seconds := uint64(k.clock(true) / time.Second)
	if at := t.call.Args[0]; at != 0 {
		if errno := k.prog.Write(&t.call, at, binary.LittleEndian.AppendUint64(nil, seconds)); errno != 0 {
			k.refuse(t, errno)
			return
		}
	}
	k.reply(t, int64(seconds))
}

// tell writes bytes where the program wants them, unless that is NULL, and answers 0.
func (k *Kernel) tell(t *thread, at uint64, raw []byte) {
	if at != 0 {
		if errno := k.prog.Write(&t.call, at, raw); errno != 0 {
			k.refuse(t, errno)
			return
		}
	}
	k.reply(t, 0)
}

// millis is a time-out in milliseconds, as poll and epoll_wait have it: when it ends, and whether
// there is no wait at all.
func (k *Kernel) millis(n int) (until time.Duration, now bool) {
	if n < 0 {
		return never, false
	}
	return k.now + time.Duration(n)*time.Millisecond, n == 0
}

// within is a time-out as a struct timespec, NULL for never. If it can't be read the call is
// answered and ok is false.
func (k *Kernel) within(t *thread, at uint64) (until time.Duration, now, ok bool) {
	if at == 0 {
		return never, false, true
	}
	d, errno := k.span(t, at)
	if errno != 0 {
		k.refuse(t, errno)
		return 0, false, false
	}
	return k.now + d, d == 0, true
}

// withinMicros is one as a struct timeval, which select has.
func (k *Kernel) withinMicros(t *thread, at uint64) (until time.Duration, now, ok bool) {
	if at == 0 {
		return never, false, true
	}
	var raw [16]byte
	if errno := k.prog.Read(&t.call, at, raw[:]); errno != 0 {
		k.refuse(t, errno)
		return 0, false, false
	}
	d := time.Duration(min(binary.LittleEndian.Uint64(raw[:]), 1<<32))*time.Second +
		time.Duration(min(binary.LittleEndian.Uint64(raw[8:]), 1e9))*time.Microsecond
	return k.now + d, d == 0, true
}

// setAlarm is setitimer(2), which may only disarm: signals come from outside of virtual time.
func (k *Kernel) setAlarm(t *thread) {
	var value [32]byte // struct itimerval: the interval, and the time to the first signal
	if at := t.call.Args[1]; at != 0 {
		if errno := k.prog.Read(&t.call, at, value[:]); errno != 0 {
			k.refuse(t, errno)
			return
		}
	}
	if [16]byte(value[16:]) != [16]byte{} {
		strangeTimer(k, t)
		return
	}
	k.tell(t, t.call.Args[2], make([]byte, 32))
}

// newCPUTimer is timer_create(2) with a clock of CPU time (clock_getres(2)), such as a watchdog has.
// What the program itself uses is no time of the world's, so that timer is the system's.
func (k *Kernel) newCPUTimer(t *thread) {
	clock := t.call.Int(0)
	const dynamic = 3 // the lowest bits of one that is a device: FD_TO_CLOCKID in clock_getres(2)
	if clock == unix.CLOCK_PROCESS_CPUTIME_ID || clock == unix.CLOCK_THREAD_CPUTIME_ID || clock < 0 && clock&7 != dynamic {
		k.through(t)
		return
	}
	strangeTimer(k, t)
}
