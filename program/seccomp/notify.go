//go:build linux && amd64

package seccomp

import (
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Call is a system call that was caught. Its thread waits until it is answered.
type Call struct {
	id uint64
	// Thread is the number of the thread that makes it (gettid(2)), in our namespace.
	Thread int
	// Nr is its number and Args its arguments.
	Nr   int
	Args [6]uint64
	ip   uint64
}

// Int is argument i as an int of C.
func (c *Call) Int(i int) int { return int(int32(c.Args[i])) }

// The structs of linux/seccomp.h.
type (
	notification struct {
		id    uint64
		pid   uint32
		flags uint32
		nr    int32
		arch  uint32
		ip    uint64
		args  [6]uint64
	}
	response struct {
		id    uint64
		value int64
		errno int32
		flags uint32
	}
	addition struct {
		id       uint64
		flags    uint32
		from     uint32
		number   uint32
		fileFlag uint32
	}
)

const (
	ioctlReceive  = 0xc0502100
	ioctlSend     = 0xc0182101
	ioctlAdd      = 0x40182103
	ioctlSetFlags = 0x40082104

	flagContinue = 1 // SECCOMP_USER_NOTIF_FLAG_CONTINUE
	flagSync     = 1 // SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
	flagSetFD    = 1 // SECCOMP_ADDFD_FLAG_SETFD
)

// ioctl calls the listener, and once more when a signal has interrupted it.
func (p *Program) ioctl(request uintptr, arg unsafe.Pointer) (uintptr, syscall.Errno) {
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_IOCTL, uintptr(p.listener), request, uintptr(arg))
		if errno != unix.EINTR {
			return n, errno
		}
	}
}

// Pending says whether a call is there. It does not wait.
func (p *Program) Pending() bool { return p.ready(0) }

// ready waits for at most so long until a call is there.
func (p *Program) ready(wait time.Duration) bool {
	fds := [...]unix.PollFd{{Fd: int32(p.listener), Events: unix.POLLIN}, {Fd: p.guardian.fd, Events: unix.POLLIN}}
	span := unix.NsecToTimespec(int64(wait))
	for {
		var n uintptr
		var errno syscall.Errno
		if wait == 0 {
			n, _, errno = unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fds)), uintptr(len(fds)),
				uintptr(unsafe.Pointer(&span)), 0, 0, 0)
		} else {
			n, _, errno = unix.Syscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fds)), uintptr(len(fds)),
				uintptr(unsafe.Pointer(&span)), 0, 0, 0)
		}
		if errno != unix.EINTR {
			p.mourning = p.mourning || int(n) > 0 && fds[1].Revents != 0
			return int(n) > 0 && fds[0].Revents&unix.POLLIN != 0
		}
	}
}

// Receive takes the next call that is there, and waits for at most so long. It is not ok if none
// has come.
func (p *Program) Receive(c *Call, wait time.Duration) (ok bool) {
	return p.ready(wait) && p.take(c, syscall.RawSyscall)
}

// Await takes the next call of a program of which one thread runs, and all others wait for us. It is
// one call of the system, where Receive makes two. It is not ok if no call has come for some
// hundredths of a second: the thread sleeps in the system, takes its time, or is dead.
//
// Story 170: it told Go's scheduler nothing of a call that may wait. A collection of garbage had to
// stop all goroutines, could not stop this one, and so nobody was left to ring.
func (p *Program) Await(c *Call) (ok bool) {
	p.waits.Add(1)
	ok = p.take(c, syscall.Syscall)
	p.waits.Add(1)
	return ok
}

// take takes the next call, and waits for it until somebody rings.
func (p *Program) take(c *Call, by func(nr, a, b, c uintptr) (r, r2 uintptr, errno syscall.Errno)) (ok bool) {
	p.note = notification{}
	_, _, errno := by(unix.SYS_IOCTL, uintptr(p.listener), ioctlReceive, uintptr(unsafe.Pointer(&p.note)))
	if errno != 0 { // EINTR: see ring. ENOENT: the thread was killed meanwhile, or all are dead.
		return false
	}
	n := &p.note
	*c = Call{id: n.id, Thread: int(n.pid), Nr: int(n.nr), Args: n.args, ip: n.ip}
	return true
}

// respond sends a response. That the thread is dead is no error.
func (p *Program) respond(r *response) error {
	if _, errno := p.ioctl(ioctlSend, unsafe.Pointer(r)); errno != 0 && errno != unix.ENOENT {
		return fmt.Errorf("seccomp: a call can't be answered: %w", errno)
	}
	return nil
}

// Reply answers a call with a value, or with an errno that is not 0.
func (p *Program) Reply(c *Call, value int64, errno syscall.Errno) error {
	p.answer = response{id: c.id, value: value, errno: -int32(errno)}
	if errno != 0 {
		p.answer.value = 0
	}
	return p.respond(&p.answer)
}

// Continue lets the system carry a call out as if it had not been caught.
func (p *Program) Continue(c *Call) error {
	p.answer = response{id: c.id, flags: flagContinue}
	return p.respond(&p.answer)
}

// Install gives the program that makes a call a copy of our descriptor, under a number of our
// choice.
//
// Story 132: it answered the call in one go (SECCOMP_ADDFD_FLAG_SEND). A signal of Go's runtime, by
// which goroutines are preempted, came while the program's thread had not taken the descriptor yet.
// Made again, the ioctl said EINPROGRESS, for the call was answered: without the descriptor. In two
// steps each can be made again.
func (p *Program) Install(c *Call, fd, number int, closeOnExec bool) error {
	a := addition{id: c.id, flags: flagSetFD, from: uint32(fd), number: uint32(number)}
	if closeOnExec {
		a.fileFlag = unix.O_CLOEXEC
	}
	switch _, errno := p.ioctl(ioctlAdd, unsafe.Pointer(&a)); errno {
	case 0, unix.ENOENT, unix.ESRCH:
		return nil
	default:
		return fmt.Errorf("seccomp: descriptor %d can't be given to the program: %w", number, os.NewSyscallError("ioctl", errno))
	}
}
