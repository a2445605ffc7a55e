//go:build linux && amd64

package kernel

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/program/seccomp"
	"golang.org/x/sys/unix"
)

// A row is a system call: when a call is caught, and what answers it.
type row struct {
	name   string
	rule   seccomp.Rule
	answer func(k *Kernel, t *thread)
	about  string // in a clause: what is different from the system's
}

// always catches every call of a number, virtual those on a descriptor of ours.
func always(nr int) seccomp.Rule { return seccomp.Rule{Nr: nr} }
func virtual(nr int) seccomp.Rule {
	return seccomp.Rule{Nr: nr, When: []seccomp.All{{seccomp.Virtual(0)}}}
}

// when catches a call if one of the alternatives holds.
func when(nr int, alternatives ...seccomp.All) seccomp.Rule {
	return seccomp.Rule{Nr: nr, When: alternatives}
}

// refused is a call that the program is told does not exist.
func refused(k *Kernel, t *thread) { k.refuse(t, unix.ENOSYS) }

// strange is a call that we don't understand on a descriptor of ours.
func strange(k *Kernel, t *thread) { k.unsupported(t, "on a descriptor of ours") }

// futexTimed are futex waits with a time-out: FUTEX_WAIT, FUTEX_LOCK_PI, FUTEX_WAIT_BITSET,
// FUTEX_WAIT_REQUEUE_PI and FUTEX_LOCK_PI2.
func futexTimed() (list []seccomp.All) {
	for _, op := range []uint32{0, 6, 9, 11, 13} {
		for _, given := range seccomp.Given(3) {
			list = append(list, seccomp.All{{Arg: 1, Mask: futexOperation, Least: op, Most: op}, given})
		}
	}
	return list
}

// table is all calls that are caught, by what they are about.
var table = []row{
	// Moving bytes.
	{"read", virtual(unix.SYS_READ), (*Kernel).read, ""},
	{"write", virtual(unix.SYS_WRITE), (*Kernel).write, ""},
	{"readv", virtual(unix.SYS_READV), (*Kernel).readVector, ""},
	{"writev", virtual(unix.SYS_WRITEV), (*Kernel).writeVector, "a split may take the first pieces alone"},
	{"recvfrom", virtual(unix.SYS_RECVFROM), (*Kernel).recvFrom, ""},
	{"sendto", virtual(unix.SYS_SENDTO), (*Kernel).sendTo, ""},
	{"recvmsg", virtual(unix.SYS_RECVMSG), (*Kernel).recvMessage, ""},
	{"sendmsg", virtual(unix.SYS_SENDMSG), (*Kernel).sendMessage, "as writev"},
	{"sendfile", virtual(unix.SYS_SENDFILE), (*Kernel).sendFile, ""},
	{"recvmmsg", virtual(unix.SYS_RECVMMSG), strange, "not understood"},
	{"sendmmsg", virtual(unix.SYS_SENDMMSG), strange, "not understood"},
	{"splice", when(unix.SYS_SPLICE, seccomp.All{seccomp.Virtual(0)}, seccomp.All{seccomp.Virtual(2)}), strange, "not understood"},
	{"ioctl", when(unix.SYS_IOCTL, seccomp.All{seccomp.Virtual(0), seccomp.Is(1, unix.TIOCINQ)}), (*Kernel).pendingBytes, "FIONREAD alone"},

	// Sockets.
	{"socket", always(unix.SYS_SOCKET), (*Kernel).newSocket, "TCP is ours, AF_UNIX the system's, and nothing else is allowed"},
	{"bind", virtual(unix.SYS_BIND), (*Kernel).bind, ""},
	{"listen", virtual(unix.SYS_LISTEN), (*Kernel).listen, ""},
	{"accept", virtual(unix.SYS_ACCEPT), func(k *Kernel, t *thread) { k.accept(t, 0) }, ""},
	{"accept4", virtual(unix.SYS_ACCEPT4), func(k *Kernel, t *thread) { k.accept(t, t.call.Int(3)) }, ""},
	{"connect", virtual(unix.SYS_CONNECT), (*Kernel).connect, ""},
	{"shutdown", virtual(unix.SYS_SHUTDOWN), (*Kernel).shutdown, ""},
	{"getsockname", virtual(unix.SYS_GETSOCKNAME), func(k *Kernel, t *thread) { k.name(t, false) }, ""},
	{"getpeername", virtual(unix.SYS_GETPEERNAME), func(k *Kernel, t *thread) { k.name(t, true) }, ""},
	{"getsockopt", when(unix.SYS_GETSOCKOPT, seccomp.All{seccomp.Virtual(0), seccomp.Is(1, unix.SOL_SOCKET), seccomp.Is(2, unix.SO_ERROR)}),
		(*Kernel).socketError, "SO_ERROR alone"},

	// Descriptors.
	{"close", virtual(unix.SYS_CLOSE), (*Kernel).close, ""},
	{"close_range", when(unix.SYS_CLOSE_RANGE, seccomp.All{{Arg: 0, Most: seccomp.Last}, {Arg: 1, Least: seccomp.First, Most: ^uint32(0)}}),
		(*Kernel).closeRange, ""},
	{"dup", virtual(unix.SYS_DUP), func(k *Kernel, t *thread) { k.dup(t, 0, false) }, "the copy stays in our range"},
	{"dup2", when(unix.SYS_DUP2, seccomp.All{seccomp.Virtual(0)}, seccomp.All{seccomp.Virtual(1)}), (*Kernel).dupTo, ""},
	{"dup3", when(unix.SYS_DUP3, seccomp.All{seccomp.Virtual(0)}, seccomp.All{seccomp.Virtual(1)}), (*Kernel).dupTo, ""},
	{"fcntl", when(unix.SYS_FCNTL, seccomp.All{seccomp.Virtual(0), seccomp.Is(1, unix.F_DUPFD)}, seccomp.All{seccomp.Virtual(0), seccomp.Is(1, unix.F_DUPFD_CLOEXEC)}),
		func(k *Kernel, t *thread) { k.dup(t, t.call.Int(2), t.call.Int(1) == unix.F_DUPFD_CLOEXEC) }, "F_DUPFD alone"},
	{"open", always(unix.SYS_OPEN), func(k *Kernel, t *thread) { k.openFile(t, 0, 1) }, "/dev/urandom alone"},
	{"openat", always(unix.SYS_OPENAT), func(k *Kernel, t *thread) { k.openFile(t, 1, 2) }, "/dev/urandom alone"},

	// Waits.
	{"epoll_create", always(unix.SYS_EPOLL_CREATE), func(k *Kernel, t *thread) { k.newEpoll(t, 0) }, ""},
	{"epoll_create1", always(unix.SYS_EPOLL_CREATE1), func(k *Kernel, t *thread) { k.newEpoll(t, t.call.Int(0)) }, ""},
	{"epoll_ctl", always(unix.SYS_EPOLL_CTL), (*Kernel).control, ""},
	{"epoll_wait", always(unix.SYS_EPOLL_WAIT), epollMillis, "returns when the world says so"},
	{"epoll_pwait", always(unix.SYS_EPOLL_PWAIT), epollMillis, "as epoll_wait"},
	{"epoll_pwait2", always(unix.SYS_EPOLL_PWAIT2), func(k *Kernel, t *thread) {
		if until, now, ok := k.within(t, t.call.Args[3]); ok {
			k.waitEpoll(t, until, now)
		}
	}, "as epoll_wait"},
	{"poll", always(unix.SYS_POLL), func(k *Kernel, t *thread) {
		until, now := k.millis(t.call.Int(2))
		k.waitPoll(t, until, now)
	}, "as epoll_wait"},
	{"ppoll", always(unix.SYS_PPOLL), func(k *Kernel, t *thread) {
		if until, now, ok := k.within(t, t.call.Args[2]); ok {
			k.waitPoll(t, until, now)
		}
	}, "as epoll_wait"},
	{"select", always(unix.SYS_SELECT), func(k *Kernel, t *thread) {
		if until, now, ok := k.withinMicros(t, t.call.Args[4]); ok {
			k.waitSelect(t, until, now)
		}
	}, "as epoll_wait"},
	{"pselect6", always(unix.SYS_PSELECT6), func(k *Kernel, t *thread) {
		if until, now, ok := k.within(t, t.call.Args[4]); ok {
			k.waitSelect(t, until, now)
		}
	}, "as epoll_wait"},

	// Time.
	{"nanosleep", always(unix.SYS_NANOSLEEP), (*Kernel).nanosleep, "in virtual time"},
	{"clock_nanosleep", always(unix.SYS_CLOCK_NANOSLEEP), (*Kernel).clockNanosleep, "in virtual time"},
	{"timerfd_create", always(unix.SYS_TIMERFD_CREATE), (*Kernel).newTimer, "in virtual time"},
	{"timerfd_settime", always(unix.SYS_TIMERFD_SETTIME), (*Kernel).setTimer, "in virtual time"},
	{"timerfd_gettime", always(unix.SYS_TIMERFD_GETTIME), (*Kernel).getTimer, "in virtual time"},
	{"clock_gettime", always(unix.SYS_CLOCK_GETTIME), (*Kernel).getClock, "virtual time"},
	{"gettimeofday", always(unix.SYS_GETTIMEOFDAY), (*Kernel).getDay, "virtual time"},
	{"time", always(unix.SYS_TIME), (*Kernel).getTime, "virtual time"},
	{"futex", when(unix.SYS_FUTEX, futexTimed()...), (*Kernel).futex, "waits with a time-out alone, in virtual time"},
	{"setitimer", always(unix.SYS_SETITIMER), (*Kernel).setAlarm, "to disarm alone"},
	{"timer_create", always(unix.SYS_TIMER_CREATE), strangeTimer, "not understood"},
	{"alarm", when(unix.SYS_ALARM, seccomp.All{{Arg: 0, Least: 1, Most: ^uint32(0)}}), strangeTimer, "not understood"},

	// Randomness.
	{"getrandom", always(unix.SYS_GETRANDOM), (*Kernel).getRandom, "from the seed"},

	// Processes.
	{"fork", always(unix.SYS_FORK), func(k *Kernel, t *thread) { k.clone(t, 0) }, "counted"},
	{"vfork", always(unix.SYS_VFORK), func(k *Kernel, t *thread) { k.clone(t, 0) }, "counted"},
	{"clone", when(unix.SYS_CLONE, seccomp.All{{Arg: 0, Mask: unix.CLONE_PARENT}}), func(k *Kernel, t *thread) { k.clone(t, t.call.Args[0]) }, "counted"},
	{"clone3", always(unix.SYS_CLONE3), (*Kernel).clone3, "counted"},
	{"execve", always(unix.SYS_EXECVE), (*Kernel).through, ""},
	{"execveat", always(unix.SYS_EXECVEAT), (*Kernel).through, ""},
	{"arch_prctl", when(unix.SYS_ARCH_PRCTL, seccomp.All{seccomp.Is(0, archSetFS)}), (*Kernel).replaced, "the first call of a new program"},
	{"io_uring_setup", always(unix.SYS_IO_URING_SETUP), refused, "does not exist: programs fall back"},
}

const archSetFS = 0x1002

func strangeTimer(k *Kernel, t *thread) { k.unsupported(t, "a timer that sends signals") }

func epollMillis(k *Kernel, t *thread) {
	until, now := k.millis(t.call.Int(3))
	k.waitEpoll(t, until, now)
}

// byNumber is the table by the numbers of the calls.
var byNumber [512]*row

func init() {
	for i := range table {
		byNumber[table[i].rule.Nr] = &table[i]
	}
}

// Rules are the rules of the table.
func Rules() (list []seccomp.Rule) {
	for i := range table {
		list = append(list, table[i].rule)
	}
	return list
}

// handle answers the call of a thread.
func (k *Kernel) handle(t *thread) {
	if nr := t.call.Nr; nr >= 0 && nr < len(byNumber) && byNumber[nr] != nil {
		byNumber[nr].answer(k, t)
		return
	}
	k.unsupported(t, "a call that is not in the table")
}

// unsupported ends the run with a call that we don't understand.
func (k *Kernel) unsupported(t *thread, what string) {
	name := fmt.Sprintf("call %d", t.call.Nr)
	if nr := t.call.Nr; nr >= 0 && nr < len(byNumber) && byNumber[nr] != nil {
		name = byNumber[nr].name
	}
	text := fmt.Sprintf("got %s(", name)
	for i, a := range t.call.Args {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%#x", a)
	}
	k.blame(foreign.Unsupported, text+"): "+what)
	k.refuse(t, unix.ENOSYS)
}
