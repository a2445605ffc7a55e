//go:build linux && amd64

package seccomp

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Inject has a thread that waits in a call make another call first, which must not be one that is
// caught, and returns what that answers. Then the thread makes its own call again.
func (p *Program) Inject(c *Call, nr int, args [6]uint64) (answer uint64, err error) {
	regs, err := p.halt(c, unix.PTRACE_O_TRACESYSGOOD)
	if err != nil {
		return 0, err
	}
	other := regs
	other.Rax, other.Rdi, other.Rsi, other.Rdx = uint64(nr), args[0], args[1], args[2]
	other.R10, other.R8, other.R9 = args[3], args[4], args[5]
	if err := p.setRegs(c.Thread, &other); err != nil {
		return 0, err
	}
	for range 2 { // in front of the call, and behind it
		if err := ptrace(unix.PTRACE_SYSCALL, c.Thread, 0, 0); err != nil {
			return 0, err
		}
		if status, err := waitFor(c.Thread); err != nil || !status.Stopped() {
			return 0, fmt.Errorf("seccomp: the thread did not stand still: %v, %w", status, err)
		}
	}
	if err := ptrace(unix.PTRACE_GETREGS, c.Thread, 0, uintptr(unsafe.Pointer(&other))); err != nil {
		return 0, err
	}
	if err := p.setRegs(c.Thread, &regs); err != nil {
		return 0, err
	}
	return other.Rax, ptrace(unix.PTRACE_DETACH, c.Thread, 0, 0)
}
