//go:build linux && amd64

package kernel

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/wantwrite/wantwrite/model/splitmix"
	"golang.org/x/sys/unix"
)

// An epoll is an epoll set: epoll(7). Descriptors of the system are in a real set, which is the
// descriptor that the program has, and ours in a list beside it.
type epoll struct {
	entries []entry
	real    int // our copy of the real set
	system  bool
	told    []unix.EpollEvent    // by the real set, and not yet to the program
	news    *[64]unix.EpollEvent // where the real set tells it
}

// An entry is a descriptor of ours in a set.
type entry struct {
	number int
	f      *file
	events uint32
	data   uint64
	off    bool  // one-shot, and reported
	fresh  bool  // edge-triggered: to be looked at, whatever the counts say
	moved  bool  // it was reported by this call
	seen   edges // edge-triggered: the socket's when it was reported
}

const (
	epollEdge    = 1 << 31
	epollOneShot = 1 << 30
	// inMask and outMask are the events that come from bytes and their end, and from room.
	inMask  = pollIn | pollRdNorm | pollPri | pollRdHup
	outMask = pollOut | pollWrNorm
	// exclusiveMask is what may go with EPOLLEXCLUSIVE: epoll_ctl(2).
	exclusiveMask = pollIn | pollOut | pollErr | pollHup | epollEdge | unix.EPOLLWAKEUP | unix.EPOLLEXCLUSIVE
)

// now is what the set would report of the entry.
func (e *entry) now(k *Kernel) uint32 {
	if e.off {
		return 0
	}
	m := e.f.node.poll(k) & (e.events | pollErr | pollHup)
	if m == 0 || e.events&epollEdge == 0 || e.fresh {
		return m
	}
	s, ok := e.f.node.(*socket)
	if !ok {
		return m
	}
	n := &s.news
	if n.changes != e.seen.changes || n.ins != e.seen.ins && e.events&(inMask&^pollRdHup) != 0 ||
		n.outs != e.seen.outs && e.events&outMask != 0 {
		return m
	}
	return 0
}

// interest is what it may report later.
func (e *entry) interest() uint32 {
	if e.off {
		return 0
	}
	return e.events & (inMask | outMask)
}

// reported notes that the program was told of the entry.
func (e *entry) reported() {
	e.fresh, e.moved = false, true
	if s, ok := e.f.node.(*socket); ok {
		e.seen = s.news
	}
	if e.events&epollOneShot != 0 {
		e.off = true
	}
}

// rotate puts the entries that were reported behind the others, so that a caller who takes fewer
// than there are meets them all in turn: epoll_wait(2), NOTES.
func (s *epoll) rotate() {
	slices.SortStableFunc(s.entries, func(a, b entry) int {
		switch {
		case a.moved == b.moved:
			return 0
		case b.moved:
			return -1
		}
		return 1
	})
	for i := range s.entries {
		s.entries[i].moved = false
	}
}

// poll implements node: a set can be in another set.
func (s *epoll) poll(k *Kernel) uint32 {
	s.ask()
	if len(s.told) > 0 {
		return pollIn
	}
	for i := range s.entries {
		if s.entries[i].now(k) != 0 {
			return pollIn
		}
	}
	return 0
}

// ask takes what the real set has to tell. It does not wait.
func (s *epoll) ask() {
	if !s.system {
		return
	}
	if s.news == nil {
		s.news = new([64]unix.EpollEvent)
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_WAIT, uintptr(s.real), uintptr(unsafe.Pointer(s.news)),
		uintptr(len(s.news)), 0, 0, 0)
	if errno == 0 {
		s.told = append(s.told, s.news[:n]...)
	}
}

// read and write implement node.
func (s *epoll) read(*Kernel, []byte, bool) (int, unix.Errno) { return 0, unix.EINVAL }
func (s *epoll) write(*Kernel, []byte) (int, unix.Errno)      { return 0, unix.EINVAL }

// close implements node.
func (s *epoll) close(k *Kernel, _ *file) {
	for i := range k.sets {
		if k.sets[i] == s {
			k.sets = append(k.sets[:i], k.sets[i+1:]...)
			return
		}
	}
}

// remove takes a file that is closed out of the set.
func (s *epoll) remove(f *file) {
	kept := s.entries[:0]
	for _, e := range s.entries {
		if e.f != f {
			kept = append(kept, e)
		}
	}
	s.entries = kept
}

// newEpoll is epoll_create1(2).
func (k *Kernel) newEpoll(t *thread, flags int) {
	real, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		k.refuse(t, err.(unix.Errno))
		return
	}
	s := &epoll{real: real}
	k.sets = append(k.sets, s)
	k.open(t, s, real, flags&unix.EPOLL_CLOEXEC != 0)
}

// control is epoll_ctl(2).
func (k *Kernel) control(t *thread) {
	f := t.file(0)
	if f == nil {
		k.through(t)
		return
	}
	s, ok := f.node.(*epoll)
	if !ok {
		k.refuse(t, unix.EINVAL)
		return
	}
	number := t.call.Int(2)
	target := t.proc.at(number)
	if target == nil { // one of the system's
		s.system = true
		k.through(t)
		return
	}
	var raw [12]byte // struct epoll_event is packed
	op := t.call.Int(1)
	if op != unix.EPOLL_CTL_DEL {
		if errno := k.prog.Read(&t.call, t.call.Args[3], raw[:]); errno != 0 {
			k.refuse(t, errno)
			return
		}
	}
	e := entry{number: number, f: target, events: binary.LittleEndian.Uint32(raw[:]),
		data: binary.LittleEndian.Uint64(raw[4:]), fresh: true}
	if errno := s.change(op, e); errno != 0 {
		k.note("epoll_ctl", k.nameOf(target), -int64(errno))
		k.refuse(t, errno)
		return
	}
	k.note("epoll_ctl", controlText(op, k.nameOf(target), e.events), 0)
	k.reply(t, 0)
}

// change does an operation of epoll_ctl.
func (s *epoll) change(op int, e entry) unix.Errno {
	at := -1
	for i := range s.entries {
		if s.entries[i].number == e.number && s.entries[i].f == e.f {
			at = i
		}
	}
	exclusive := e.events&unix.EPOLLEXCLUSIVE != 0
	_, nested := e.f.node.(*epoll)
	switch {
	case op != unix.EPOLL_CTL_ADD && op != unix.EPOLL_CTL_MOD && op != unix.EPOLL_CTL_DEL, e.f.node == s:
		return unix.EINVAL
	case exclusive && (op == unix.EPOLL_CTL_MOD || nested || e.events&^exclusiveMask != 0):
		return unix.EINVAL
	case op == unix.EPOLL_CTL_ADD && nested && e.f.node.(*epoll).leadsTo(s):
		return unix.ELOOP
	case op == unix.EPOLL_CTL_ADD && at >= 0:
		return unix.EEXIST
	case op == unix.EPOLL_CTL_ADD:
		s.entries = append(s.entries, e)
	case at < 0:
		return unix.ENOENT
	case op == unix.EPOLL_CTL_DEL:
		s.entries = append(s.entries[:at], s.entries[at+1:]...)
	case s.entries[at].events&unix.EPOLLEXCLUSIVE != 0:
		return unix.EINVAL
	default:
		s.entries[at] = e
	}
	return 0
}

// registrations is a hash of what all sets watch.
//
// Story 152: each call of epoll_ctl counted as a change. A program on libevent that met the end of a
// link again and again took its descriptor out and put it in each time, and passed for one that
// gets on.
func (k *Kernel) registrations() (sum uint64) {
	for _, s := range k.sets {
		for i := range s.entries { // their order tells what was reported: see rotate
			word := uint64(s.entries[i].number)<<32 | uint64(s.entries[i].events)
			sum += splitmix.Next(&word)
		}
	}
	return sum
}

// leadsTo says whether a set has another in it, or in a set that is in it.
func (s *epoll) leadsTo(other *epoll) bool {
	for i := range s.entries {
		if in, ok := s.entries[i].f.node.(*epoll); ok && (in == other || in.leadsTo(other)) {
			return true
		}
	}
	return false
}

// controlText tells an operation in words: "add link read+write, edge".
func controlText(op int, name string, events uint32) string {
	if op == unix.EPOLL_CTL_DEL {
		return "delete " + name
	}
	word := "change "
	if op == unix.EPOLL_CTL_ADD {
		word = "add "
	}
	return word + name + " " + maskText(events)
}

// maskText tells a poll mask in words.
func maskText(m uint32) string {
	var words []string
	for _, w := range []struct {
		bit  uint32
		word string
	}{{pollIn, "read"}, {pollOut, "write"}, {pollRdHup, "rdhup"}, {pollErr, "error"}, {pollHup, "hup"}} {
		if m&w.bit != 0 {
			words = append(words, w.word)
		}
	}
	text := strings.Join(words, "+")
	if text == "" {
		text = "nothing"
	}
	if m&epollEdge != 0 {
		text += ", edge"
	}
	if m&epollOneShot != 0 {
		text += ", one-shot"
	}
	return text
}

// An epollWait is a thread in epoll_wait(2).
type epollWait struct {
	set *epoll
	at  uint64 // where the events go
	max int
}

// waitEpoll is epoll_wait(2), epoll_pwait(2) and epoll_pwait2(2). until is when the clock ends it;
// with now it does not wait.
func (k *Kernel) waitEpoll(t *thread, until time.Duration, now bool) {
	f := t.file(0)
	if f == nil {
		k.through(t)
		return
	}
	s, ok := f.node.(*epoll)
	if !ok || t.call.Int(2) <= 0 {
		k.refuse(t, unix.EINVAL)
		return
	}
	w := &epollWait{set: s, at: t.call.Args[1], max: t.call.Int(2)}
	if now {
		w.report(k, t, w.collect(k, wakeup{link: -1}))
		return
	}
	k.hold(t, w, until)
}

// watch implements waiter.
func (w *epollWait) watch(k *Kernel, l int) (ready, interest uint32) {
	for i := range w.set.entries {
		if e := &w.set.entries[i]; k.about(e.f, l) {
			ready |= e.now(k)
			interest |= e.interest()
		}
	}
	return ready, interest
}

// inner implements waiter.
func (w *epollWait) inner(k *Kernel, _ *thread) bool {
	if w.set.ask(); len(w.set.told) > 0 {
		return true
	}
	for i := range w.set.entries {
		if e := &w.set.entries[i]; !k.worldly(e.f) && e.now(k) != 0 {
			return true
		}
	}
	return false
}

// alarm implements waiter.
func (w *epollWait) alarm() time.Duration {
	next := never
	for i := range w.set.entries {
		if e := &w.set.entries[i]; !e.off {
			next = sooner(next, e.f.alarm())
		}
	}
	return next
}

// finish implements waiter.
func (w *epollWait) finish(k *Kernel, t *thread, by wakeup) {
	list := w.collect(k, by)
	if len(list) == 0 && !by.expired {
		k.hold(t, w, t.until)
		return
	}
	w.report(k, t, list)
}

// collect takes what the set has to report: the events of the wakeup's link first.
func (w *epollWait) collect(k *Kernel, by wakeup) (list []unix.EpollEvent) {
	take := func(e *entry, m uint32) {
		if m != 0 && len(list) < w.max {
			list = append(list, unix.EpollEvent{Events: m, Fd: int32(e.data), Pad: int32(e.data >> 32)})
			e.reported()
		}
	}
	defer w.set.rotate()
	for i := range w.set.entries {
		if e := &w.set.entries[i]; k.about(e.f, by.link) {
			// Story 142: a spurious wakeup told the spurious event alone, and took the edge of what
			// had arrived with it. nginx was blamed for bytes that nobody had told it of.
			take(e, e.now(k)|by.spurious&e.interest())
		}
	}
	if by.alone || by.spurious != 0 {
		return list
	}
	if by.link < 0 { // when a link's turn came nothing ran any more, and the set was asked then: inner
		w.set.ask()
	}
	for len(w.set.told) > 0 && len(list) < w.max {
		list = append(list, w.set.told[0])
		w.set.told = w.set.told[1:]
	}
	for i := range w.set.entries {
		e := &w.set.entries[i]
		if !k.about(e.f, by.link) && !(by.inner && k.worldly(e.f)) {
			take(e, e.now(k))
		}
	}
	return list
}

// report answers the call with the events.
func (w *epollWait) report(k *Kernel, t *thread, list []unix.EpollEvent) {
	raw := make([]byte, 0, 12*len(list))
	for _, ev := range list {
		raw = binary.LittleEndian.AppendUint32(raw, ev.Events)
		raw = binary.LittleEndian.AppendUint32(raw, uint32(ev.Fd))
		raw = binary.LittleEndian.AppendUint32(raw, uint32(ev.Pad))
	}
	if errno := k.prog.Write(&t.call, w.at, raw); errno != 0 {
		k.refuse(t, errno)
		return
	}
	k.note("epoll_wait", fmt.Sprint(len(list)), int64(len(list)))
	k.reply(t, int64(len(list)))
}
