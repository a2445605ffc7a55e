//go:build linux && amd64

package seccomp

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// firstExec lets the launcher become the program. The new program stands still in front of its
// first instruction while it gets its CPU and its clock.
func (p *Program) firstExec(l *launcher, socket *os.File) error {
	var c Call
	for {
		if !p.Receive(&c, 10*time.Second) {
			return fmt.Errorf("seccomp: the launcher makes no call: %s", l.last(socket))
		}
		if c.Nr == unix.SYS_EXECVE {
			break
		}
		if err := p.Continue(&c); err != nil {
			return err
		}
	}
	p.main = c.Thread
	if err := ptrace(unix.PTRACE_SEIZE, p.main, 0, unix.PTRACE_O_TRACEEXEC); err != nil {
		return fmt.Errorf("seccomp: the program can't be traced; want PTRACE to be allowed: %w", err)
	}
	if err := p.becomes(&c, l, socket); err != nil {
		finish(p.main)
		return err
	}
	return ptrace(unix.PTRACE_DETACH, p.main, 0, 0)
}

// becomes lets the launcher's execve go on, and makes the new program ready.
func (p *Program) becomes(c *Call, l *launcher, socket *os.File) error {
	if err := p.Continue(c); err != nil {
		return err
	}
	status, err := waitFor(p.main)
	// Story 133: a signal stopped the launcher in front of its execve, and that stop was taken for the
	// one behind it.
	for err == nil && status.Stopped() && status.TrapCause() != unix.PTRACE_EVENT_EXEC {
		if err = ptrace(unix.PTRACE_CONT, p.main, 0, uintptr(status.StopSignal())); err == nil {
			status, err = waitFor(p.main)
		}
	}
	if err != nil {
		return err
	}
	if !status.Stopped() {
		return fmt.Errorf("seccomp: %s", l.last(socket))
	}
	p.Realtime = p.schedule(p.main)
	if err := p.clock.attach(p.main); err != nil || hidden {
		return hide(p.main)
	}
	return nil
}

// hidden, in tests, has the vDSO hidden.
var hidden bool

// schedule keeps a process on our CPU, in front of us if we may do that.
func (p *Program) schedule(pid int) (realtime bool) {
	var one unix.CPUSet
	one.Set(p.pin.cpu)
	_ = unix.SchedSetaffinity(pid, &one)
	if p.plain {
		return false
	}
	const fifo = 1
	priority := int32(1)
	_, _, errno := unix.RawSyscall(unix.SYS_SCHED_SETSCHEDULER, uintptr(pid), fifo,
		uintptr(unsafe.Pointer(&priority)))
	return errno == 0
}

// A Death is how a process ended.
type Death struct {
	// Process is its number, in the namespace of the program.
	Process int
	Status  unix.WaitStatus
}

// Spun is the String of the death of a process that took all the time of a CPU and made no call that
// waits: RLIMIT_RTTIME in getrlimit(2).
const Spun = "it took all the time of a processor"

// Greedy says that all processes were killed, for they have taken too much memory.
func (d Death) Greedy() bool { return d.Process == 0 }

// String says how it died, in a clause.
func (d Death) String() string {
	switch {
	case d.Greedy():
		return "it took too much memory"
	case d.Status.Signaled() && d.Status.Signal() == unix.SIGXCPU:
		return Spun
	case d.Status.Signaled():
		return "it was killed by " + unix.SignalName(d.Status.Signal())
	}
	return fmt.Sprintf("it exited with %d", d.Status.ExitStatus())
}

// Main is the number of the first process.
func (p *Program) Main() int { return p.main }

// Deaths takes the deaths of processes that were told of since the last call.
func (p *Program) Deaths() (list []Death) {
	if !p.mourning {
		return nil
	}
	p.mourning = false
	fds := [...]unix.PollFd{{Fd: p.guardian.fd, Events: unix.POLLIN}}
	for {
		if n, err := unix.Poll(fds[:], 0); err == unix.EINTR {
			continue
		} else if n != 1 || err != nil {
			return list
		}
		var line [8]byte
		if _, err := io.ReadFull(p.guardian.control, line[:]); err != nil {
			return list
		}
		list = append(list, Death{int(binary.LittleEndian.Uint32(line[:])),
			unix.WaitStatus(binary.LittleEndian.Uint32(line[4:]))})
	}
}

// ptrace is ptrace(2).
func ptrace(request, pid int, addr, data uintptr) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(pid), addr, data, 0, 0)
	if errno != 0 {
		return os.NewSyscallError(fmt.Sprintf("ptrace %#x", request), errno)
	}
	return nil
}

// waitFor waits until a process that we trace stops or ends.
func waitFor(pid int) (status unix.WaitStatus, err error) {
	for {
		_, err = unix.Wait4(pid, &status, unix.WALL, nil)
		if err != unix.EINTR {
			return status, os.NewSyscallError("wait4", err)
		}
	}
}
