//go:build linux && amd64

package kernel

import (
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// A pollWait is a thread in poll(2) or select(2).
type pollWait struct {
	items []item
	tell  func(t *thread) (count int, errno unix.Errno) // writes what the items have got
}

// An item is a descriptor that a pollWait watches. It is ours, or we have a copy of the system's.
type item struct {
	number    int
	f         *file
	real      int
	want, got uint32
}

// watch implements waiter.
func (w *pollWait) watch(k *Kernel, l int) (ready, interest uint32) {
	for i := range w.items {
		if it := &w.items[i]; it.f != nil && k.about(it.f, l) {
			ready |= it.now(k)
			interest |= it.want & (inMask | outMask)
		}
	}
	return ready, interest
}

// now is what the item would get.
func (it *item) now(k *Kernel) uint32 {
	if it.f != nil {
		return it.f.node.poll(k) & (it.want | pollErr | pollHup)
	}
	if it.real < 0 {
		return pollNval
	}
	fds := []unix.PollFd{{Fd: int32(it.real), Events: int16(it.want)}}
	if n, err := unix.Poll(fds, 0); n != 1 || err != nil {
		return 0
	}
	return uint32(uint16(fds[0].Revents))
}

// inner implements waiter.
func (w *pollWait) inner(k *Kernel, _ *thread) bool {
	for i := range w.items {
		if it := &w.items[i]; (it.f == nil || !k.worldly(it.f)) && it.now(k) != 0 {
			return true
		}
	}
	return false
}

// alarm implements waiter.
func (w *pollWait) alarm() time.Duration {
	next := never
	for i := range w.items {
		if it := &w.items[i]; it.f != nil {
			next = sooner(next, it.f.alarm())
		}
	}
	return next
}

// finish implements waiter.
func (w *pollWait) finish(k *Kernel, t *thread, by wakeup) {
	some := false
	for i := range w.items {
		it := &w.items[i]
		ours := it.f != nil && k.about(it.f, by.link)
		switch {
		case by.spurious != 0 && ours:
			it.got = it.now(k) | by.spurious&it.want
		case by.spurious != 0, by.alone && !ours, by.inner && it.f != nil && k.worldly(it.f):
			it.got = 0
		default:
			it.got = it.now(k)
		}
		some = some || it.got != 0
	}
	if !some && !by.expired {
		k.hold(t, w, t.until)
		return
	}
	w.report(k, t)
}

// report answers the call.
func (w *pollWait) report(k *Kernel, t *thread) {
	for _, it := range w.items {
		if it.f == nil && it.real >= 0 {
			unix.Close(it.real)
		}
	}
	count, errno := w.tell(t)
	if errno != 0 {
		k.refuse(t, errno)
		return
	}
	k.note("poll", fmt.Sprint(count), int64(count))
	k.reply(t, int64(count))
}

// watchItem makes an item of a descriptor.
func (k *Kernel) watchItem(t *thread, number int, want uint32) item {
	it := item{number: number, want: want, f: t.proc.at(number), real: -1}
	if it.f == nil {
		if real, err := k.prog.Borrow(t.proc.pid, number); err == nil {
			it.real = real
		}
	}
	return it
}

// begin starts the wait, or with now reports at once.
func (w *pollWait) begin(k *Kernel, t *thread, until time.Duration, now bool) {
	if now {
		w.finish(k, t, wakeup{link: -1, expired: true})
		return
	}
	k.hold(t, w, until)
}

// waitPoll is poll(2) and ppoll(2).
func (k *Kernel) waitPoll(t *thread, until time.Duration, now bool) {
	const size = 8 // of struct pollfd
	at, count := t.call.Args[0], int(t.call.Args[1])
	if count < 0 || count > 1<<16 {
		k.refuse(t, unix.EINVAL)
		return
	}
	raw := make([]byte, size*count)
	if errno := k.prog.Read(&t.call, at, raw); errno != 0 {
		k.refuse(t, errno)
		return
	}
	w := &pollWait{}
	for i := range count {
		number := int(int32(binary.LittleEndian.Uint32(raw[size*i:])))
		want := uint32(binary.LittleEndian.Uint16(raw[size*i+4:]))
		if number < 0 {
			w.items = append(w.items, item{number: -1, real: -1})
			continue
		}
		w.items = append(w.items, k.watchItem(t, number, want))
	}
	w.tell = func(t *thread) (n int, errno unix.Errno) {
		for i, it := range w.items {
			if it.number < 0 {
				it.got = 0
			}
			binary.LittleEndian.PutUint16(raw[size*i+6:], uint16(it.got))
			if it.got != 0 {
				n++
			}
		}
		return n, k.prog.Write(&t.call, at, raw)
	}
	w.begin(k, t, until, now)
}

// selectMasks are the events of select's three sets: select(2), "Correspondence between select()
// and poll() notifications".
var selectMasks = [3]struct{ want, means uint32 }{
	{pollRdNorm | pollIn, pollIn | pollRdNorm | pollHup | pollErr},
	{pollWrNorm | pollOut, pollOut | pollWrNorm | pollErr},
	{pollPri, pollPri},
}

// waitSelect is select(2) and pselect6(2).
func (k *Kernel) waitSelect(t *thread, until time.Duration, now bool) {
	count := t.call.Int(0)
	if count < 0 || count > 1024 {
		k.refuse(t, unix.EINVAL)
		return
	}
	var sets [3][]byte
	for i := range sets {
		if at := t.call.Args[1+i]; at != 0 {
			sets[i] = make([]byte, (count+63)/64*8)
			if errno := k.prog.Read(&t.call, at, sets[i]); errno != 0 {
				k.refuse(t, errno)
				return
			}
		}
	}
	w := &pollWait{}
	for n := range count {
		want := uint32(0)
		for i, set := range sets {
			if set != nil && set[n/8]>>(n%8)&1 != 0 {
				want |= selectMasks[i].want
			}
		}
		if want == 0 {
			continue
		}
		it := k.watchItem(t, n, want)
		if it.f == nil && it.real < 0 {
			k.refuse(t, unix.EBADF)
			return
		}
		w.items = append(w.items, it)
	}
	w.tell = func(t *thread) (n int, errno unix.Errno) { return k.tellSets(t, w.items, sets) }
	w.begin(k, t, until, now)
}

// tellSets writes the three sets with what the items have got, and counts the bits.
func (k *Kernel) tellSets(t *thread, items []item, sets [3][]byte) (bits int, errno unix.Errno) {
	for i, set := range sets {
		if set == nil {
			continue
		}
		out := make([]byte, len(set))
		for _, it := range items {
			if it.got&selectMasks[i].means != 0 && set[it.number/8]>>(it.number%8)&1 != 0 {
				out[it.number/8] |= 1 << (it.number % 8)
				bits++
			}
		}
		if errno := k.prog.Write(&t.call, t.call.Args[1+i], out); errno != 0 {
			return 0, errno
		}
	}
	return bits, 0
}
