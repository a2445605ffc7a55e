//go:build linux && amd64

package seccomp

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Read copies memory of the program, at an address of the calling thread, into p. The errno is
// what the call would have answered: EFAULT.
func (p *Program) Read(c *Call, at uint64, into []byte) syscall.Errno {
	return p.copyMemory(unix.SYS_PROCESS_VM_READV, c.Thread, at, into)
}

// Write copies into memory of the program.
func (p *Program) Write(c *Call, at uint64, from []byte) syscall.Errno {
	return p.copyMemory(unix.SYS_PROCESS_VM_WRITEV, c.Thread, at, from)
}

func (p *Program) copyMemory(nr uintptr, pid int, at uint64, b []byte) syscall.Errno {
	for len(b) > 0 {
		p.here = unix.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
		p.there = unix.RemoteIovec{Base: uintptr(at), Len: len(b)}
		n, _, errno := unix.RawSyscall6(nr, uintptr(pid), uintptr(unsafe.Pointer(&p.here)), 1,
			uintptr(unsafe.Pointer(&p.there)), 1, 0)
		switch {
		case errno == unix.EINTR:
			continue
		case errno != 0 || n == 0:
			return unix.EFAULT
		}
		b, at = b[n:], at+uint64(n)
	}
	return 0
}

// Text reads a string of C of at most most bytes.
func (p *Program) Text(c *Call, at uint64, most int) (string, syscall.Errno) {
	text := make([]byte, 0, most)
	for len(text) < most {
		piece := min(most-len(text), int(pageSize-at%pageSize), 64)
		text = text[:len(text)+piece]
		if errno := p.Read(c, at, text[len(text)-piece:]); errno != 0 {
			return "", errno
		}
		for i := len(text) - piece; i < len(text); i++ {
			if text[i] == 0 {
				return string(text[:i]), 0
			}
		}
		at += uint64(piece)
	}
	return string(text), unix.ENAMETOOLONG
}

const pageSize = 4096

// Borrow makes a copy of a descriptor of a process, for us.
func (p *Program) Borrow(pid, number int) (int, error) {
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return -1, os.NewSyscallError("pidfd_open", err)
	}
	defer unix.Close(process)
	fd, err := unix.PidfdGetfd(process, number, 0)
	return fd, os.NewSyscallError("pidfd_getfd", err)
}
