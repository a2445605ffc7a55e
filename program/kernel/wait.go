//go:build linux && amd64

package kernel

import (
	"time"

	"golang.org/x/sys/unix"
)

// A waiter is why a thread does not go on: the wait that its call asks for.
type waiter interface {
	// watch says what it would report about a link now, and what it would if it came, as poll
	// masks.
	watch(k *Kernel, link int) (ready, interest uint32)
	// inner says whether it ends by something inside the program.
	inner(k *Kernel, t *thread) bool
	// finish ends the wait: it answers the call, or has the thread wait on.
	finish(k *Kernel, t *thread, w wakeup)
	// alarm is when a timer that it watches runs out; never.
	alarm() time.Duration
}

// A wakeup is how a wait ends.
type wakeup struct {
	link     int  // whose events come first; -1: none's
	inner    bool // something inside the program has happened, and nothing else is told
	alone    bool
	spurious uint32
	expired  bool // its time has come
}

// hold has a thread wait. until is when the clock ends it; never.
func (k *Kernel) hold(t *thread, w waiter, until time.Duration) {
	t.wait, t.until, t.pending = w, until, false
}

// wake ends a thread's wait.
func (k *Kernel) wake(t *thread, w wakeup) {
	wait := t.wait
	t.wait, t.pending = nil, true
	wait.finish(k, t, w)
	if t.wait == nil {
		t.until = never
	}
}

// A blocked is the wait of a call that blocks on one file, such as a read. It ends by making the
// call again.
type blocked struct {
	f      *file
	events uint32
}

// watch implements waiter.
func (b *blocked) watch(k *Kernel, l int) (ready, interest uint32) {
	if !k.about(b.f, l) {
		return 0, 0
	}
	return b.f.node.poll(k) & (b.events | pollErr | pollHup), b.events
}

// inner implements waiter.
func (b *blocked) inner(k *Kernel, _ *thread) bool {
	return !k.worldly(b.f) && b.f.node.poll(k)&(b.events|pollErr|pollHup) != 0
}

// finish implements waiter.
func (b *blocked) finish(k *Kernel, t *thread, w wakeup) {
	if w.spurious == 0 && w.expired {
		k.refuse(t, unix.EAGAIN)
		return
	}
	k.handle(t)
}

// alarm implements waiter.
func (b *blocked) alarm() time.Duration { return b.f.alarm() }

// due is when the clock wakes a thread: at the end of its wait, or by a timer that it watches.
func (t *thread) due() time.Duration { return sooner(t.until, t.wait.alarm()) }

// sooner is the earlier of two times, either of which may be never.
func sooner(a, b time.Duration) time.Duration {
	if a == never || b != never && b < a {
		return b
	}
	return a
}

// expired says whether the clock wakes a thread now.
func (k *Kernel) expired(t *thread) bool {
	due := t.due()
	return due != never && due <= k.now
}

// about says whether a file is the program's end of a link, or the listener where it is accepted.
func (k *Kernel) about(f *file, l int) bool {
	if l < 0 || l >= len(k.links) {
		return false
	}
	if s := k.links[l].socket; s != nil {
		return f.node == s
	}
	s, ok := f.node.(*socket)
	return ok && s.listens && s.port == k.opts.Port
}

// worldly says whether the world decides when something happens at a file: on a link, or by time.
func (k *Kernel) worldly(f *file) bool {
	switch n := f.node.(type) {
	case *socket:
		return n.wire != nil || n.listens
	case *timer:
		return true
	}
	return false
}
