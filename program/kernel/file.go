//go:build linux && amd64

package kernel

import (
	"time"

	"github.com/wantwrite/wantwrite/program/seccomp"
	"golang.org/x/sys/unix"
)

// A file is an open file description (open(2)): what descriptors stand for. Forks and dup share it.
type file struct {
	node node
	refs int
	real int // our copy of the descriptor that the program has; its O_NONBLOCK is the file's
	kept bool
	// outside: it was let out of the world, and its calls are those of the system: see leave.
	outside bool
	mode    mode
}

// A mode is whether a file has O_NONBLOCK.
type mode byte

const (
	unknown mode = iota // or changed since we knew it
	blocks
	asks
)

// A node is what a file is: a socket, an epoll set, a timer, a source of random bytes.
type node interface {
	// poll is its readiness as a poll mask.
	poll(k *Kernel) uint32
	// read and write move bytes, or say why not.
	read(k *Kernel, p []byte, peek bool) (n int, errno unix.Errno)
	write(k *Kernel, p []byte) (n int, errno unix.Errno)
	// close is called when the last descriptor is closed.
	close(k *Kernel, f *file)
}

// Poll masks: poll(2). Those of epoll(7) are the same numbers.
const (
	pollIn    = unix.POLLIN
	pollPri   = unix.POLLPRI
	pollOut   = unix.POLLOUT
	pollErr   = unix.POLLERR
	pollHup   = unix.POLLHUP
	pollRdHup = unix.POLLRDHUP
	pollNval  = unix.POLLNVAL

	pollRdNorm, pollWrNorm = 0x40, 0x100
)

// nonblocking says whether a file has O_NONBLOCK. The system knows; we ask it once, and again when
// the program may have changed it.
func (f *file) nonblocking() bool {
	if f.mode == unknown {
		f.mode = blocks
		if flags, _, errno := unix.RawSyscall(unix.SYS_FCNTL, uintptr(f.real), unix.F_GETFL, 0); errno == 0 && flags&unix.O_NONBLOCK != 0 {
			f.mode = asks
		}
	}
	return f.mode == asks
}

// changeMode lets the system carry out a call that may change O_NONBLOCK.
func (k *Kernel) changeMode(t *thread) {
	if f := t.file(0); f != nil {
		f.mode = unknown
	}
	k.through(t)
}

// file is the file of the descriptor that is argument i of a thread's call; nil if it is none of
// ours.
func (t *thread) file(i int) *file { return t.proc.at(t.call.Int(i)) }

func (p *process) at(number int) *file {
	if number < seccomp.First || number > seccomp.Last || p.fds[number] == nil || p.fds[number].outside {
		return nil
	}
	return p.fds[number]
}

// free is the lowest free number from least on, as open(2) promises; -1 if there is none.
func (p *process) free(least int) int {
	for n := max(least, seccomp.First); n <= seccomp.Last; n++ {
		if p.fds[n] == nil {
			return n
		}
	}
	return -1
}

// open gives a thread's process a descriptor for a new file, and answers the call with it. real is
// ours to close.
func (k *Kernel) open(t *thread, n node, real int, closeOnExec bool) *file {
	number := t.proc.free(0)
	if number < 0 {
		unix.Close(real)
		k.refuse(t, unix.EMFILE)
		return nil
	}
	f := &file{node: n, refs: 1, real: real}
	t.proc.fds[number] = f
	k.give(t, real, number, closeOnExec)
	return f
}

// drop takes a descriptor away.
func (k *Kernel) drop(p *process, number int) {
	f := p.fds[number]
	p.fds[number] = nil
	if f.refs--; f.refs == 0 {
		k.forget(f)
		f.node.close(k, f)
		if !f.kept {
			unix.Close(f.real)
		}
	}
}

// forget takes a file out of all epoll sets.
func (k *Kernel) forget(f *file) {
	for _, s := range k.sets {
		s.remove(f)
	}
}

// alarm is when a timer runs out; never, for other files too.
func (f *file) alarm() time.Duration {
	if t, ok := f.node.(*timer); ok {
		return t.next
	}
	return never
}

// close is close(2).
func (k *Kernel) close(t *thread) {
	number := t.call.Int(0)
	if f := t.file(0); f != nil {
		k.progress++
		k.note("close", k.nameOf(f), 0)
	}
	if number >= seccomp.First && number <= seccomp.Last && t.proc.fds[number] != nil {
		k.drop(t.proc, number)
	}
	k.through(t)
}

// closeRange is close_range(2).
func (k *Kernel) closeRange(t *thread) {
	const onExec = 1 << 2 // CLOSE_RANGE_CLOEXEC
	if t.call.Args[2]&onExec == 0 {
		first, last := t.call.Args[0]&0xffffffff, t.call.Args[1]&0xffffffff
		for n := max(first, seccomp.First); n <= min(last, seccomp.Last); n++ {
			if t.proc.fds[n] != nil {
				k.drop(t.proc, int(n))
			}
		}
	}
	k.through(t)
}

// fcntl is fcntl(2): F_DUPFD, and what changes the flags.
func (k *Kernel) fcntl(t *thread) {
	if cmd := t.call.Int(1); cmd == unix.F_SETFL {
		k.changeMode(t)
	} else {
		k.dup(t, t.call.Int(2), cmd == unix.F_DUPFD_CLOEXEC)
	}
}

// dup is dup(2), and fcntl(2) with F_DUPFD: the copy stays in our range.
func (k *Kernel) dup(t *thread, least int, closeOnExec bool) {
	f := t.file(0)
	if f == nil {
		k.through(t)
		return
	}
	number := t.proc.free(least)
	if number < 0 {
		k.refuse(t, unix.EMFILE)
		return
	}
	f.refs++
	t.proc.fds[number] = f
	k.give(t, f.real, number, closeOnExec)
}

// dupTo is dup2(2) and dup3(2): it may bring a descriptor of ours out of our range, which nobody
// would see any more.
func (k *Kernel) dupTo(t *thread) {
	from, to := t.call.Int(0), t.call.Int(1)
	f := t.file(0)
	switch {
	case f == nil && t.proc.at(to) != nil, f != nil && (to < seccomp.First || to > seccomp.Last):
		k.unsupported(t, "a descriptor that leaves the range of ours, or enters it")
	case f == nil || from == to:
		k.through(t)
	default:
		if t.proc.fds[to] != nil {
			k.drop(t.proc, to)
		}
		f.refs++
		t.proc.fds[to] = f
		k.through(t)
	}
}
