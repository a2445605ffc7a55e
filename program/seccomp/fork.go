//go:build linux && amd64

package seccomp

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A template is a process that stands still in front of a call, and of which copies are made.
type template struct {
	pid  int
	regs unix.PtraceRegs
}

// Freeze makes a template of a process with a single thread, which waits in a call: it stands
// still in front of that call from now on. See Copy.
func (p *Program) Freeze(c *Call) error {
	const options = unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	regs, err := p.halt(c, options)
	if err == nil {
		p.template = template{c.Thread, regs}
	}
	return err
}

// halt makes a thread that waits in a call stand still in front of that call, traced with such
// options. regs are those with which it makes the call.
func (p *Program) halt(c *Call, options uintptr) (regs unix.PtraceRegs, err error) {
	if err := ptrace(unix.PTRACE_SEIZE, c.Thread, 0, options); err != nil {
		return regs, err
	}
	if err := ptrace(unix.PTRACE_INTERRUPT, c.Thread, 0, 0); err != nil {
		return regs, err
	}
	// The stop comes when the call returns. It never sees the answer, for it is made again.
	if err := p.Reply(c, 0, unix.EINTR); err != nil {
		return regs, err
	}
	status, err := waitFor(c.Thread)
	if err != nil || !status.Stopped() {
		return regs, fmt.Errorf("seccomp: the process did not stand still: %v, %w", status, err)
	}
	if err := ptrace(unix.PTRACE_GETREGS, c.Thread, 0, uintptr(unsafe.Pointer(&regs))); err != nil {
		return regs, err
	}
	const syscallLen = 2
	if regs.Rip != c.ip {
		return regs, fmt.Errorf("seccomp: the process stands at %#x; want %#x, behind its call", regs.Rip, c.ip)
	}
	regs.Rip -= syscallLen
	regs.Rax, regs.Orig_rax = uint64(c.Nr), ^uint64(0)
	return regs, nil
}

// Copy makes a copy of the template (fork(2)), which goes on with the template's call, and returns
// its number. Its parent is the guardian.
func (p *Program) Copy() (pid int, err error) {
	t := &p.template
	regs := t.regs
	regs.Rax, regs.Rdi = unix.SYS_CLONE, unix.CLONE_PARENT|uint64(unix.SIGCHLD)
	regs.Rsi, regs.Rdx, regs.R10, regs.R8 = 0, 0, 0, 0
	if err := p.setRegs(t.pid, &regs); err != nil {
		return 0, err
	}
	if err := ptrace(unix.PTRACE_CONT, t.pid, 0, 0); err != nil {
		return 0, err
	}
	status, err := waitFor(t.pid)
	if err != nil || !status.Stopped() || status.TrapCause() <= 0 {
		return 0, fmt.Errorf("seccomp: the process made no copy: %v, %w", status, err)
	}
	var number uint64
	if err := ptrace(unix.PTRACE_GETEVENTMSG, t.pid, 0, uintptr(unsafe.Pointer(&number))); err != nil {
		return 0, err
	}
	// Only behind the call may its registers be set again: the call's result would overwrite them.
	if err := ptrace(unix.PTRACE_SYSCALL, t.pid, 0, 0); err != nil {
		return 0, err
	}
	if status, err = waitFor(t.pid); err != nil || !status.Stopped() {
		return 0, fmt.Errorf("seccomp: the process did not stand still: %v, %w", status, err)
	}
	pid = int(number)
	if status, err = waitFor(pid); err != nil || !status.Stopped() {
		return 0, fmt.Errorf("seccomp: the copy did not stand still: %v, %w", status, err)
	}
	if err := p.setRegs(pid, &t.regs); err != nil {
		return 0, err
	}
	return pid, ptrace(unix.PTRACE_DETACH, pid, 0, 0)
}

func (p *Program) setRegs(pid int, regs *unix.PtraceRegs) error {
	return ptrace(unix.PTRACE_SETREGS, pid, 0, uintptr(unsafe.Pointer(regs)))
}

// Kill kills a process. That it is dead already is no error.
func (p *Program) Kill(pid int) error {
	if err := unix.Kill(pid, unix.SIGKILL); err != nil && err != unix.ESRCH {
		return fmt.Errorf("seccomp: process %d can't be killed: %w", pid, err)
	}
	p.Detach(pid)
	return nil
}

// release kills the template.
func (p *Program) release() {
	if p.template.pid != 0 {
		finish(p.template.pid)
		p.template = template{}
	}
}

// finish kills a process that we trace, and reaps it: nobody else is told of its death, and its
// namespace would not end before.
func finish(pid int) {
	_ = unix.Kill(pid, unix.SIGKILL)
	for {
		status, err := waitFor(pid)
		if err != nil || status.Exited() || status.Signaled() {
			return
		}
	}
}
