//go:build linux && amd64

package kernel

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/program/seccomp"
	"golang.org/x/sys/unix"
)

// A row is a system call: when a call is caught, and what answers it.
type row struct {
	rule   seccomp.Rule
	answer func(k *Kernel, t *thread)
	about  string // in a clause: what is different from the system's
}

// always catches every call of a number, virtual those on a descriptor of ours.
func always(nr int) seccomp.Rule { return seccomp.Rule{Nr: nr} }
func virtual(nr int) seccomp.Rule {
	return seccomp.Rule{Nr: nr, When: []seccomp.All{{seccomp.Virtual(0)}}}
}

// virtualWith is a command (ioctl, fcntl) on a descriptor of ours.
func virtualWith(command uint32) seccomp.All {
	return seccomp.All{seccomp.Virtual(0), seccomp.Is(1, command)}
}

// fionbio is FIONBIO: ioctl_fionbio(2).
const fionbio = 0x5421

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
	{virtual(unix.SYS_READ), (*Kernel).read, ""},
	{virtual(unix.SYS_WRITE), (*Kernel).write, ""},
	{virtual(unix.SYS_READV), (*Kernel).readVector, ""},
	{virtual(unix.SYS_WRITEV), (*Kernel).writeVector, "a split may take the first pieces alone"},
	{virtual(unix.SYS_RECVFROM), (*Kernel).recvFrom, ""},
	{when(unix.SYS_SENDTO, seccomp.All{seccomp.Virtual(0)}, seccomp.All{seccomp.Given(4)[0]}, seccomp.All{seccomp.Given(4)[1]}),
		(*Kernel).sendTo, ""},
	{virtual(unix.SYS_RECVMSG), (*Kernel).recvMessage, ""},
	{virtual(unix.SYS_SENDMSG), (*Kernel).sendMessage, "as writev"},
	{virtual(unix.SYS_SENDFILE), (*Kernel).sendFile, ""},
	{virtual(unix.SYS_RECVMMSG), strange, "not understood"},
	{virtual(unix.SYS_SENDMMSG), strange, "not understood"},
	{when(unix.SYS_SPLICE, seccomp.All{seccomp.Virtual(0)}, seccomp.All{seccomp.Virtual(2)}), strange, "not understood"},
	{when(unix.SYS_IOCTL, virtualWith(unix.TIOCINQ), virtualWith(fionbio)), (*Kernel).ioctl, "FIONREAD alone, and FIONBIO is heard of"},

	// Sockets.
	{always(unix.SYS_SOCKET), (*Kernel).newSocket, "TCP is ours, AF_UNIX the system's, and nothing else is allowed, but by Options.Network"},
	{virtual(unix.SYS_BIND), (*Kernel).bind, ""},
	{virtual(unix.SYS_LISTEN), (*Kernel).listen, ""},
	{virtual(unix.SYS_ACCEPT), func(k *Kernel, t *thread) { k.accept(t, 0) }, ""},
	{virtual(unix.SYS_ACCEPT4), func(k *Kernel, t *thread) { k.accept(t, t.call.Int(3)) }, ""},
	{always(unix.SYS_CONNECT), (*Kernel).connect, "to the services that we play, and to sockets of its own directory"},
	{virtual(unix.SYS_SHUTDOWN), (*Kernel).shutdown, ""},
	{virtual(unix.SYS_GETSOCKNAME), func(k *Kernel, t *thread) { k.name(t, false) }, ""},
	{virtual(unix.SYS_GETPEERNAME), func(k *Kernel, t *thread) { k.name(t, true) }, ""},
	{when(unix.SYS_GETSOCKOPT, seccomp.All{seccomp.Virtual(0), seccomp.Is(1, unix.SOL_SOCKET), seccomp.Is(2, unix.SO_ERROR)}),
		(*Kernel).socketError, "SO_ERROR alone"},

	// Descriptors.
	{virtual(unix.SYS_CLOSE), (*Kernel).close, ""},
	{when(unix.SYS_CLOSE_RANGE, seccomp.All{{Arg: 0, Most: seccomp.Last}, {Arg: 1, Least: seccomp.First, Most: ^uint32(0)}}),
		(*Kernel).closeRange, ""},
	{virtual(unix.SYS_DUP), func(k *Kernel, t *thread) { k.dup(t, 0, false) }, "the copy stays in our range"},
	{when(unix.SYS_DUP2, seccomp.All{seccomp.Virtual(0)}, seccomp.All{seccomp.Virtual(1)}), (*Kernel).dupTo, ""},
	{when(unix.SYS_DUP3, seccomp.All{seccomp.Virtual(0)}, seccomp.All{seccomp.Virtual(1)}), (*Kernel).dupTo, ""},
	{when(unix.SYS_FCNTL, virtualWith(unix.F_DUPFD), virtualWith(unix.F_DUPFD_CLOEXEC), virtualWith(unix.F_SETFL)),
		(*Kernel).fcntl, "F_DUPFD alone, and F_SETFL is heard of"},
	{always(unix.SYS_OPEN), func(k *Kernel, t *thread) { k.openFile(t, 0, 1) }, "/dev/urandom alone"},
	{always(unix.SYS_OPENAT), func(k *Kernel, t *thread) { k.openFile(t, 1, 2) }, "/dev/urandom alone"},

	// Waits.
	{always(unix.SYS_EPOLL_CREATE), func(k *Kernel, t *thread) { k.newEpoll(t, 0) }, ""},
	{always(unix.SYS_EPOLL_CREATE1), func(k *Kernel, t *thread) { k.newEpoll(t, t.call.Int(0)) }, ""},
	{always(unix.SYS_EPOLL_CTL), (*Kernel).control, ""},
	{always(unix.SYS_EPOLL_WAIT), epollMillis, "returns when the world says so"},
	{always(unix.SYS_EPOLL_PWAIT), epollMillis, "as epoll_wait"},
	{always(unix.SYS_EPOLL_PWAIT2), func(k *Kernel, t *thread) {
		if until, now, ok := k.within(t, t.call.Args[3]); ok {
			k.waitEpoll(t, until, now)
		}
	}, "as epoll_wait"},
	{always(unix.SYS_POLL), func(k *Kernel, t *thread) {
		until, now := k.millis(t.call.Int(2))
		k.waitPoll(t, until, now)
	}, "as epoll_wait"},
	{always(unix.SYS_PPOLL), func(k *Kernel, t *thread) {
		if until, now, ok := k.within(t, t.call.Args[2]); ok {
			k.waitPoll(t, until, now)
		}
	}, "as epoll_wait"},
	{always(unix.SYS_SELECT), func(k *Kernel, t *thread) {
		if until, now, ok := k.withinMicros(t, t.call.Args[4]); ok {
			k.waitSelect(t, until, now)
		}
	}, "as epoll_wait"},
	{always(unix.SYS_PSELECT6), func(k *Kernel, t *thread) {
		if until, now, ok := k.within(t, t.call.Args[4]); ok {
			k.waitSelect(t, until, now)
		}
	}, "as epoll_wait"},

	// Time.
	{always(unix.SYS_NANOSLEEP), (*Kernel).nanosleep, "in virtual time"},
	{always(unix.SYS_CLOCK_NANOSLEEP), (*Kernel).clockNanosleep, "in virtual time"},
	{always(unix.SYS_TIMERFD_CREATE), (*Kernel).newTimer, "in virtual time"},
	{always(unix.SYS_TIMERFD_SETTIME), (*Kernel).setTimer, "in virtual time"},
	{always(unix.SYS_TIMERFD_GETTIME), (*Kernel).getTimer, "in virtual time"},
	{always(unix.SYS_CLOCK_GETTIME), (*Kernel).getClock, "virtual time"},
	{always(unix.SYS_GETTIMEOFDAY), (*Kernel).getDay, "virtual time"},
	{always(unix.SYS_TIME), (*Kernel).getTime, "virtual time"},
	{when(unix.SYS_FUTEX, futexTimed()...), (*Kernel).futex, "waits with a time-out alone, in virtual time"},
	{always(unix.SYS_SETITIMER), (*Kernel).setAlarm, "to disarm alone"},
	{always(unix.SYS_TIMER_CREATE), (*Kernel).newCPUTimer, "of the time of a CPU alone"},
	{when(unix.SYS_ALARM, seccomp.All{{Arg: 0, Least: 1, Most: ^uint32(0)}}), strangeTimer, "not understood"},

	// Randomness.
	{always(unix.SYS_GETRANDOM), (*Kernel).getRandom, "from the seed"},

	// Processes.
	{always(unix.SYS_FORK), func(k *Kernel, t *thread) { k.clone(t, 0) }, "counted"},
	{always(unix.SYS_VFORK), func(k *Kernel, t *thread) { k.clone(t, unix.CLONE_VFORK) }, "counted"},
	{when(unix.SYS_CLONE, seccomp.All{{Arg: 0, Mask: unix.CLONE_PARENT}}), func(k *Kernel, t *thread) { k.clone(t, t.call.Args[0]) }, "counted"},
	{always(unix.SYS_CLONE3), (*Kernel).clone3, "counted"},
	{always(unix.SYS_EXIT), (*Kernel).exit, ""},
	{always(unix.SYS_EXIT_GROUP), (*Kernel).exitGroup, "its descriptors are closed at once"},
	{always(unix.SYS_KILL), (*Kernel).kill, "-1 is nobody"},
	{always(unix.SYS_EXECVE), (*Kernel).through, ""},
	{always(unix.SYS_EXECVEAT), (*Kernel).through, ""},
	{when(unix.SYS_ARCH_PRCTL, seccomp.All{seccomp.Is(0, archSetFS)}), (*Kernel).replaced, "the first call of a new program"},
	{always(unix.SYS_IO_URING_SETUP), refused, "does not exist: programs fall back"},
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
	nr := t.call.Nr
	k.overhear(t)
	switch {
	case nr >= 0 && nr < len(byNumber) && byNumber[nr] != nil:
		byNumber[nr].answer(k, t)
	case k.opts.Watch != nil: // everything is caught to be shown
		k.through(t)
	default:
		k.unsupported(t, "a call that is not in the table")
	}
}

// unsupported ends the run with a call that we don't understand.
func (k *Kernel) unsupported(t *thread, what string) {
	k.blame(foreign.Unsupported, fmt.Sprintf("got %s: %s", k.callText(t), what))
	k.refuse(t, unix.ENOSYS)
}

// callText is a call as strace(1) shows it. Its arguments are numbers, but for descriptors and
// paths.
func (k *Kernel) callText(t *thread) string {
	c := &t.call
	var args []string
	for i, a := range c.Args {
		switch path, ok := k.pathOf(t, i); {
		case ok:
			args = append(args, strconv.Quote(path))
		case int32(a) >= -100 && int32(a) < 1<<16:
			args = append(args, strconv.Itoa(int(int32(a))))
		default:
			args = append(args, fmt.Sprintf("%#x", a))
		}
	}
	return seccomp.Name(c.Nr) + "(" + strings.Join(args, ", ") + ")"
}

// paths says which argument of a call is a path.
var paths = map[int]int{unix.SYS_OPEN: 0, unix.SYS_OPENAT: 1, unix.SYS_EXECVE: 0, unix.SYS_STAT: 0, unix.SYS_LSTAT: 0,
	unix.SYS_NEWFSTATAT: 1, unix.SYS_ACCESS: 0, unix.SYS_UNLINK: 0, unix.SYS_MKDIR: 0, unix.SYS_READLINK: 0, unix.SYS_CHDIR: 0,
	unix.SYS_STATX: 1, unix.SYS_FACCESSAT: 1, unix.SYS_FACCESSAT2: 1}

// pathOf is argument i as a path, if it is one.
func (k *Kernel) pathOf(t *thread, i int) (string, bool) {
	if at, ok := paths[t.call.Nr]; !ok || at != i {
		return "", false
	}
	text, errno := k.prog.Text(&t.call, t.call.Args[i], 256)
	return text, errno == 0
}

// Everything are the rules that catch all calls, for who wants to see them (Options.Watch). Two are
// left out that return in another way than a call does.
func Everything() []seccomp.Rule {
	list := Rules()
	for nr := range len(byNumber) {
		if byNumber[nr] == nil && nr != unix.SYS_RT_SIGRETURN && nr != unix.SYS_RESTART_SYSCALL {
			list = append(list, always(nr))
		}
	}
	return list
}
