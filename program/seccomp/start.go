//go:build linux && amd64

package seccomp

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A Command says what to run, and within which limits.
type Command struct {
	// Path is the program's file, and Args its argv, whose first is its name.
	Path string
	Args []string
	// Env is its whole environment, and Dir its working directory, the only place where it may
	// write if the user may have a mount namespace.
	Env []string
	Dir string
	// Output takes what it prints. nil throws it away.
	Output *os.File
	// Network leaves it in our network namespace. Otherwise, where the user may have one, it is
	// in an empty one of its own.
	Network bool
	// Temporary: the directory goes away with the program if we are killed.
	Temporary bool
	// Memory bounds what all its processes use together, and FileSize what it may write into one
	// file, both in bytes. 0 is 4 GiB of memory, and files without bound.
	Memory, FileSize uint64
	// Patience is how much time of the CPU it may take without a call that waits. Then it is
	// killed; 0 means three seconds.
	Patience time.Duration
	// Plain: it gets neither namespaces nor SCHED_FIFO, as under a user who may have neither.
	Plain bool
	// Guardian, if not nil, starts it, and lives on when it has ended. It was made for a command
	// with the same Dir, Output, Network, Temporary, Memory and Plain. Otherwise Start makes one.
	Guardian *Guardian
}

// A Program is a program whose calls are caught. It belongs to the goroutine that has started
// it, which stays on its thread until Close.
type Program struct {
	// Realtime: it runs with SCHED_FIFO on our CPU (sched(7)). So while we run all its threads
	// wait.
	Realtime bool
	// Isolated: it has namespaces of its own, and dies with the first process in them. Otherwise
	// a guardian kills its processes one by one.
	Isolated bool

	guardian *Guardian
	own      bool // it is ours alone, and ends with the program
	listener int
	mourning bool // the guardian has deaths to tell of
	main     int  // the first process
	pin      *pin
	patience time.Duration
	plain    bool
	clock    clock
	template template

	waits atomic.Uint64 // odd while we are in Await
	over  chan struct{} // ends watch

	note   notification
	answer response
	here   unix.Iovec
	there  unix.RemoteIovec
}

// Supported says why programs can't be run here; nil if they can.
func Supported() error {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return os.NewSyscallError("uname", err)
	}
	release := unix.ByteSliceToString(uts.Release[:])
	text, err := os.ReadFile("/proc/sys/kernel/seccomp/actions_avail")
	if err != nil || !strings.Contains(string(text), "user_notif") {
		return fmt.Errorf("seccomp: got Linux %s without user notification; want Linux 5.19 or later "+
			"with CONFIG_SECCOMP_FILTER", release)
	}
	return nil
}

// Start starts a program. It is stopped in front of its first caught call. cpu is the CPU for it
// and for the calling goroutine, which stays there until Close.
func Start(c *Command, rules []Rule, cpu int) (p *Program, err error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	p = &Program{listener: -1, plain: c.Plain, patience: c.Patience, clock: clock{mono: time.Second}}
	if p.patience == 0 {
		p.patience = 3 * time.Second
	}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	if p.pin, err = pinTo(cpu); err != nil {
		return p, err
	}
	p.over = make(chan struct{})
	go p.watch(unix.Gettid(), p.over)
	if p.guardian = c.Guardian; p.guardian == nil {
		p.own = true
		if p.guardian, err = Guard(c); err != nil {
			return p, err
		}
	}
	p.Isolated = p.guardian.isolated
	return p, p.launch(c, rules)
}

// Slower says what is slower, or less well kept, than it could be, in a line; "" if nothing is.
func (p *Program) Slower() string {
	switch {
	case !p.Realtime && !p.Isolated:
		return "without CAP_SYS_NICE we look through /proc whether its threads wait, which is slower; without namespaces it may write wherever the user may"
	case !p.Realtime:
		return "without CAP_SYS_NICE we look through /proc whether its threads wait, which is slower with several threads"
	case !p.Isolated:
		return "without namespaces it may write wherever the user may"
	}
	return ""
}

// Close kills the program and gives everything back. The listener goes last: without it each
// caught call of a program that still lives would answer ENOSYS.
func (p *Program) Close() {
	p.release()
	switch {
	case p.guardian == nil:
	case p.own:
		p.guardian.Close()
	default:
		p.guardian.clear()
	}
	p.guardian = nil
	if p.listener >= 0 {
		unix.Close(p.listener)
		p.listener = -1
	}
	p.clock.close()
	if p.over != nil {
		close(p.over)
		p.over = nil
	}
	if p.pin != nil {
		p.pin.release()
		p.pin = nil
	}
}

// output is where the program prints to. A nil *os.File in an io.Writer would not be nil.
func (c *Command) output() io.Writer {
	if c.Output == nil {
		return nil
	}
	return c.Output
}

// pair is a socket pair: our end and the end of a helper process.
func pair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs"), nil
}

// launch starts a launcher, takes the listener from it, and lets it become the program.
func (p *Program) launch(c *Command, rules []Rule) error {
	l, err := newLauncher(c, rules, uint64((p.patience+time.Second-1)/time.Second))
	if err != nil {
		return err
	}
	socket, other, err := pair()
	if err != nil {
		return err
	}
	defer socket.Close()
	err = p.guardian.order(l.file(), other)
	other.Close()
	if err != nil {
		return err
	}
	fd, report, err := receiveDescriptor(socket)
	switch {
	case err != nil:
		return fmt.Errorf("seccomp: the launcher died: %w", err)
	case fd < 0:
		return fmt.Errorf("seccomp: %s", l.failure(report))
	}
	p.listener = fd
	flags := uint64(flagSync) // Linux 6.6; earlier ones are a little slower
	_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(fd), ioctlSetFlags, uintptr(flags))
	return p.firstExec(l, socket)
}

// receiveDescriptor reads a message with a descriptor, or else one that says what is wrong.
func receiveDescriptor(from *os.File) (fd int, report []byte, err error) {
	report, extra := make([]byte, 4096), make([]byte, unix.CmsgSpace(4))
	n, rights, err := receive(int(from.Fd()), report[:8], extra)
	if err == nil && n == 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return -1, nil, err
	}
	if rights == 0 {
		more, _ := io.ReadFull(from, report[n:])
		return -1, report[:n+more], nil
	}
	fd, err = rightIn(extra[:rights])
	return fd, nil, err
}

// rightIn is the descriptor in a control message.
func rightIn(extra []byte) (fd int, err error) {
	messages, err := unix.ParseSocketControlMessage(extra)
	if err != nil || len(messages) != 1 {
		return -1, errors.Join(err, errors.New("seccomp: want one message with a descriptor"))
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return -1, errors.Join(err, errors.New("seccomp: want one descriptor"))
	}
	return fds[0], nil
}
