//go:build linux && amd64

package seccomp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
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

	listener int
	control  *os.File // to the guardian; its end is the end of the program
	// controlFd is its descriptor. mourning: it has deaths to tell of.
	controlFd int32
	mourning  bool
	guardian  *exec.Cmd
	main      int // the first process
	pin       *pin
	patience  time.Duration
	plain     bool
	clock     clock
	template  template

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
	launcher, err := p.guard(c)
	if err != nil {
		return p, err
	}
	defer launcher.Close()
	if err := p.launch(launcher, c, rules); err != nil {
		return p, err
	}
	return p, p.firstExec(launcher)
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
	if p.control != nil {
		_, _ = p.control.Write([]byte("farewell"))
		p.control.Close()
		p.control = nil
	}
	if p.guardian != nil {
		_ = p.guardian.Wait()
		p.guardian = nil
	}
	if p.listener >= 0 {
		unix.Close(p.listener)
		p.listener = -1
	}
	p.clock.close()
	if p.pin != nil {
		p.pin.release()
		p.pin = nil
	}
}

// isolation is how much a program may be kept to itself. The first that the system allows counts.
var isolation = []uintptr{
	unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWIPC | unix.CLONE_NEWNET,
	unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWIPC | unix.CLONE_NEWNET | unix.CLONE_NEWUSER,
	0,
}

// guard starts the guardian, and returns our end of the launcher's socket.
func (p *Program) guard(c *Command) (*os.File, error) {
	launcher, other, err := pair()
	if err != nil {
		return nil, err
	}
	defer other.Close()
	parent, err := os.Open(filepath.Dir(c.Dir))
	if err != nil {
		launcher.Close()
		return nil, fmt.Errorf("seccomp: got working directory %s: %w", c.Dir, err)
	}
	defer parent.Close()
	for _, flags := range isolation {
		if c.Plain && flags != 0 {
			continue
		}
		if c.Network {
			flags &^= unix.CLONE_NEWNET
		}
		if err = p.guardWith(c, flags, other, parent); err == nil {
			return launcher, nil
		}
	}
	launcher.Close()
	return nil, fmt.Errorf("seccomp: the guardian can't be started: %w", err)
}

// guardWith starts the guardian in such namespaces.
func (p *Program) guardWith(c *Command, flags uintptr, launcher, parent *os.File) error {
	ours, theirs, err := pair()
	if err != nil {
		return err
	}
	d := duty{Dir: c.Dir, Memory: c.Memory, Isolated: flags != 0}
	if d.Memory == 0 {
		d.Memory = 4 << 30
	}
	if c.Temporary {
		d.Remove = filepath.Base(c.Dir)
	}
	cmd := selfAs(roleGuardian, &d)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = c.output(), c.output(), []*os.File{theirs, launcher, parent}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Setsid: true}
	if flags&unix.CLONE_NEWUSER != 0 {
		me, group := os.Getuid(), os.Getgid()
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: me, HostID: me, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: group, HostID: group, Size: 1}}
		cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN} // for the mounts
	}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		ours.Close()
		return err
	}
	var greeting [8]byte
	if _, err := io.ReadFull(ours, greeting[:]); err != nil { // it could not make its mounts
		ours.Close()
		return errors.Join(err, cmd.Wait())
	}
	p.control, p.controlFd, p.guardian, p.Isolated = ours, int32(ours.Fd()), cmd, d.Isolated
	return nil
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

// A launch is what the launcher is told. Filter is the BPF program, as its instructions.
type launch struct {
	Path      string
	Args, Env []string
	Dir       string
	FileSize  uint64
	Seconds   uint64 // of CPU without a call that waits
	Filter    []unix.SockFilter
}

// launch tells the launcher what to do, and takes the listener from it.
func (p *Program) launch(launcher *os.File, c *Command, rules []Rule) error {
	job := launch{Path: c.Path, Args: c.Args, Env: c.Env, Dir: c.Dir,
		FileSize: c.FileSize, Seconds: uint64((p.patience + time.Second - 1) / time.Second),
		Filter: compile(rules)}
	if err := json.NewEncoder(launcher).Encode(&job); err != nil {
		return fmt.Errorf("seccomp: the launcher does not listen: %w", err)
	}
	fd, text, err := receiveDescriptor(launcher)
	switch {
	case err != nil:
		return fmt.Errorf("seccomp: the launcher died: %w", err)
	case fd < 0:
		return fmt.Errorf("seccomp: %s", text)
	}
	p.listener = fd
	flags := uint64(flagSync) // Linux 6.6; earlier ones are a little slower
	_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(fd), ioctlSetFlags, uintptr(flags))
	return nil
}

// receiveDescriptor reads a message with a descriptor, or else with a text.
func receiveDescriptor(from *os.File) (fd int, text string, err error) {
	conn, err := net.FileConn(from)
	if err != nil {
		return -1, "", err
	}
	defer conn.Close()
	data, extra := make([]byte, 4096), make([]byte, unix.CmsgSpace(4))
	n, rights, _, _, err := conn.(*net.UnixConn).ReadMsgUnix(data, extra)
	if err == nil && n == 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil || rights == 0 {
		return -1, strings.TrimSpace(string(data[:n])), err
	}
	messages, err := unix.ParseSocketControlMessage(extra[:rights])
	if err != nil {
		return -1, "", err
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return -1, "", errors.Join(err, errors.New("want one descriptor"))
	}
	unix.CloseOnExec(fds[0])
	return fds[0], "", nil
}
