//go:build linux && amd64

package seccomp

import "golang.org/x/sys/unix"

// First and Last bound the virtual descriptors of a program, both included. They lie below
// FD_SETSIZE (select(2)), and above what a program opens by itself.
const First, Last = 100, 999

// A Rule says when a system call is caught. Without an alternative it always is.
type Rule struct {
	Nr   int // the number of the call
	When []All
}

// All is tests that must all hold.
type All []Test

// A Test compares an argument of a call: it holds if Least <= (arg & Mask) <= Most. A Mask of 0
// leaves the argument as it is. Only the low 32 bits are looked at, or with High the other half.
type Test struct {
	Arg         int // from 0
	High        bool
	Mask        uint32
	Least, Most uint32
}

// Virtual holds if the argument is a virtual descriptor.
func Virtual(arg int) Test { return Test{Arg: arg, Least: First, Most: Last} }

// Is holds if the argument is n.
func Is(arg int, n uint32) Test { return Test{Arg: arg, Least: n, Most: n} }

// Given holds if an argument that is a pointer is not NULL.
func Given(arg int) []Test {
	return []Test{{Arg: arg, Least: 1, Most: ^uint32(0)}, {Arg: arg, High: true, Least: 1, Most: ^uint32(0)}}
}

// Offsets in struct seccomp_data, see seccomp(2).
const (
	offsetNr   = 0
	offsetArch = 4
	offsetArgs = 16
)

const (
	load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	mask   = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
	jumpEq = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	jumpGe = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	jumpGt = unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K
	answer = unix.BPF_RET | unix.BPF_K
)

const (
	retAllow  = 0x7fff0000
	retNotify = 0x7fc00000
	retNoSys  = 0x00050000 | uint32(unix.ENOSYS)

	archAMD64 = 0xc000003e
	x32Bit    = 0x40000000
)

// compile makes the filter of the rules. Calls of other ABIs, as by int 0x80, do not exist for
// the program: nobody would see them.
func compile(rules []Rule) []unix.SockFilter {
	f := []unix.SockFilter{
		{Code: load, K: offsetArch},
		{Code: jumpEq, K: archAMD64, Jt: 1},
		{Code: answer, K: retNoSys},
		{Code: load, K: offsetNr},
		{Code: jumpGe, K: x32Bit, Jf: 1},
		{Code: answer, K: retNoSys},
	}
	for _, r := range rules {
		body := compileRule(r)
		f = append(f, unix.SockFilter{Code: jumpEq, K: uint32(r.Nr), Jf: uint8(len(body))})
		f = append(f, body...)
	}
	return append(f, unix.SockFilter{Code: answer, K: retAllow})
}

// compileRule is what is done with a call of the rule's number.
func compileRule(r Rule) (f []unix.SockFilter) {
	if len(r.When) == 0 {
		return []unix.SockFilter{{Code: answer, K: retNotify}}
	}
	for _, alternative := range r.When {
		f = append(f, compileAll(alternative)...)
	}
	return append(f, unix.SockFilter{Code: answer, K: retAllow})
}

// compileAll catches the call if all tests hold, and otherwise goes on behind itself.
func compileAll(tests All) (f []unix.SockFilter) {
	const each = 4
	left := each*len(tests) + 1
	for _, t := range tests {
		at := uint32(offsetArgs + 8*t.Arg)
		if t.High {
			at += 4
		}
		bits := t.Mask
		if bits == 0 {
			bits = ^uint32(0)
		}
		f = append(f,
			unix.SockFilter{Code: load, K: at},
			unix.SockFilter{Code: mask, K: bits},
			unix.SockFilter{Code: jumpGe, K: t.Least, Jf: uint8(left - 3)},
			unix.SockFilter{Code: jumpGt, K: t.Most, Jt: uint8(left - 4)})
		left -= each
	}
	return append(f, unix.SockFilter{Code: answer, K: retNotify})
}
