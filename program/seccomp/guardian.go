//go:build linux && amd64

package seccomp

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A program has two processes of ours above it, both this binary once more. The guardian outlives
// us: when we die, by kill -9 too, its socket ends, and it ends the program and all that the
// program has started. The launcher installs the filter and becomes the program.
const (
	roleVariable = "WANTWRITE_SECCOMP_ROLE"
	dutyVariable = "WANTWRITE_SECCOMP_DUTY"

	roleGuardian = "guardian"
	roleLauncher = "launcher"
)

// A duty is what the guardian is told, as JSON. Dir is the working directory; if Remove is not "",
// it is that name in the folder that is descriptor 5, and goes with a killed run. Memory is a number
// of bytes.
type duty struct {
	Dir, Remove string
	Isolated    bool
	Memory      uint64
}

func init() {
	switch os.Getenv(roleVariable) {
	case roleGuardian:
		beGuardian()
	case roleLauncher:
		beLauncher()
	}
}

// selfAs is a command that runs this binary in a role.
func selfAs(role string, d *duty) *exec.Cmd {
	text, _ := json.Marshal(d)
	return &exec.Cmd{Path: "/proc/self/exe", Args: []string{"wantwrite-" + role},
		Env: []string{roleVariable + "=" + role, dutyVariable + "=" + string(text)}}
}

// beGuardian starts the launcher, tells how processes have died, and kills all when its socket
// ends. It does not return.
func beGuardian() {
	control, launcher := os.NewFile(3, "control"), os.NewFile(4, "launcher")
	var d duty
	_ = json.Unmarshal([]byte(os.Getenv(dutyVariable)), &d)
	for fd := range 3 { // 3, 4 and 5 are not the program's
		unix.CloseOnExec(3 + fd)
	}
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	signal.Notify(make(chan os.Signal, 1)) // the program's can't end us
	if d.Isolated {
		if err := mounts(d.Dir); err != nil { // this user may not: see isolation
			os.Exit(1)
		}
	}
	tell(control, os.Getpid(), 0) // we are here
	cmd := selfAs(roleLauncher, &d)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Stdout, os.Stderr, []*os.File{launcher}
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(launcher, "the launcher can't be started: %v\n", err)
		os.Exit(1)
	}
	launcher.Close()
	roam()
	go reap(control)
	go weigh(control, &d)
	farewell, _ := io.ReadAll(control)
	if len(farewell) > 0 && d.Isolated { // we are the first process of a namespace, which ends with us
		os.Exit(0)
	}
	for killAll(&d) {
		time.Sleep(time.Millisecond)
	}
	if len(farewell) == 0 && d.Remove != "" {
		_ = unix.Unmount(d.Dir, unix.MNT_DETACH) // of our own namespace
		_ = os.RemoveAll(filepath.Join("/proc/self/fd/5", d.Remove))
	}
	os.Exit(0)
}

// roam lets our threads run on all CPUs. They have begun on the program's, which it may keep from
// us for long.
func roam() {
	var all unix.CPUSet
	all.Fill()
	tasks, _ := filepath.Glob("/proc/self/task/*")
	for _, task := range tasks {
		if id, err := strconv.Atoi(filepath.Base(task)); err == nil {
			_ = unix.SchedSetaffinity(id, &all)
		}
	}
}

// weigh kills everything when the program has more than so many bytes of memory, and tells that.
// It looks ten times a second. A limit of the system would be for one process (RLIMIT_AS), and
// counts what a sanitizer reserves and never uses; or it takes a cgroup, which few users may make.
func weigh(control io.Writer, d *duty) {
	for range time.Tick(100 * time.Millisecond) {
		pages := uint64(0)
		for _, pid := range descendants() {
			text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
			var size, resident, shared uint64
			_, _ = fmt.Sscan(string(text), &size, &resident, &shared)
			pages += resident - min(shared, resident)
		}
		if pages*pageSize > d.Memory {
			tell(control, 0, 0)
			killAll(d)
		}
	}
}

// reap waits for the ends of processes and tells of each: its number in the guardian's namespace
// and its status as of wait(2), four bytes each.
func reap(control io.Writer) {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WALL, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil { // no child is left, and there will be none
			return
		}
		tell(control, pid, status)
	}
}

// tell tells of a death. A pid of 0 stands for all of them, for they have taken too much memory.
func tell(control io.Writer, pid int, status unix.WaitStatus) {
	var line [8]byte
	binary.LittleEndian.PutUint32(line[:], uint32(pid))
	binary.LittleEndian.PutUint32(line[4:], uint32(status))
	_, _ = control.Write(line[:])
}

// killAll kills all processes of the program, and says whether there were any. Those whose parents
// die become our children.
func killAll(d *duty) (some bool) {
	if d.Isolated { // all but us in our namespace
		return unix.Kill(-1, unix.SIGKILL) == nil
	}
	everyone := descendants()
	for _, pid := range everyone {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	return len(everyone) > 0
}

// descendants lists all processes that we have started, and those that they have, by their numbers
// in /proc. Those are not ours in a namespace that may not have a /proc of its own.
func descendants() []int {
	self, _ := os.Readlink("/proc/self")
	pid, err := strconv.Atoi(self)
	if err != nil {
		return nil
	}
	return descendantsOf(pid)
}

func descendantsOf(pid int) (list []int) {
	for _, child := range childrenOf(pid) {
		list = append(append(list, child), descendantsOf(child)...)
	}
	return list
}

func childrenOf(pid int) (list []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		for _, word := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				list = append(list, child)
			}
		}
	}
	return list
}

// mounts makes everything read-only but the working directory, in our own mount namespace.
func mounts(dir string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return os.NewSyscallError("mount", err)
	}
	if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
		return os.NewSyscallError("mount "+dir, err)
	}
	readOnly := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(-1, "/", unix.AT_RECURSIVE, &readOnly); err != nil {
		return os.NewSyscallError("mount_setattr /", err)
	}
	writable := unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(-1, dir, 0, &writable); err != nil {
		return os.NewSyscallError("mount_setattr "+dir, err)
	}
	// Its own numbers of processes, and shared memory of its own, where we may have that.
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	_ = unix.Mount("proc", "/proc", "proc", flags, "")
	_ = unix.Mount("tmpfs", "/dev/shm", "tmpfs", flags, "size=64m")
	return nil
}

// beLauncher installs the filter, hands the listener over and becomes the program. What goes wrong
// is said on the socket. It does not return.
func beLauncher() {
	runtime.LockOSThread()
	socket := os.NewFile(3, "launcher")
	err := becomeProgram(socket)
	fmt.Fprintln(socket, err)
	os.Exit(1)
}

func becomeProgram(socket *os.File) error {
	var job launch
	if err := json.NewDecoder(socket).Decode(&job); err != nil {
		return fmt.Errorf("the launcher got no job: %w", err)
	}
	path, argv, env, err := job.strings()
	if err != nil {
		return err
	}
	if err := job.confine(); err != nil {
		return err
	}
	listener, err := install(job.Filter)
	if err != nil {
		return err
	}
	rights := unix.UnixRights(listener)
	if err := unix.Sendmsg(3, []byte("listener"), rights, nil, 0); err != nil {
		return os.NewSyscallError("sendmsg", err)
	}
	unix.CloseOnExec(3)
	unix.CloseOnExec(listener)
	_, _, errno := unix.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(path)),
		uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&env[0])))
	return fmt.Errorf("got program %s, which can't be started: %w", job.Path, errno)
}

// strings makes the arguments of execve(2).
func (l *launch) strings() (path *byte, argv, env []*byte, err error) {
	if path, err = unix.BytePtrFromString(l.Path); err != nil {
		return nil, nil, nil, err
	}
	for _, list := range []struct {
		from []string
		to   *[]*byte
	}{{l.Args, &argv}, {l.Env, &env}} {
		for _, text := range list.from {
			c, err := unix.BytePtrFromString(text)
			if err != nil {
				return nil, nil, nil, fmt.Errorf("got argument %q: %w", text, err)
			}
			*list.to = append(*list.to, c)
		}
		*list.to = append(*list.to, nil)
	}
	return path, argv, env, nil
}

// confine sets what the program inherits: directory, limits, addresses that repeat.
func (l *launch) confine() error {
	if err := os.Chdir(l.Dir); err != nil {
		return err
	}
	for _, limit := range []struct {
		which     int
		soft, max uint64
	}{
		{unix.RLIMIT_FSIZE, l.FileSize, l.FileSize},
		{unix.RLIMIT_RTTIME, l.Seconds * 1e6, (l.Seconds + 1) * 1e6},
		{unix.RLIMIT_NOFILE, 2 * (Last + 1), 2 * (Last + 1)},
	} {
		if limit.soft == 0 {
			continue
		}
		if err := setLimit(limit.which, limit.soft, limit.max); err != nil {
			return err
		}
	}
	if err := setLimit(unix.RLIMIT_CORE, 0, 0); err != nil {
		return err
	}
	// If the machine has no memory left, the program goes first.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	// What the guardian has done to the mounts is not to be undone, by root neither.
	_ = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	for _, c := range []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SYS_MODULE, unix.CAP_SYS_RAWIO, unix.CAP_SYS_BOOT,
		unix.CAP_SYS_TIME, unix.CAP_MKNOD} {
		_ = unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
	}
	const noRandomize = 0x0040000 // ADDR_NO_RANDOMIZE, personality(2)
	if _, _, errno := unix.RawSyscall(unix.SYS_PERSONALITY, noRandomize, 0, 0); errno != 0 {
		return os.NewSyscallError("personality", errno)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	return nil
}

// setLimit lowers a limit, and never raises one that is lower already.
func setLimit(which int, soft, hard uint64) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(which, &now); err != nil {
		return os.NewSyscallError("getrlimit", err)
	}
	now.Max = min(now.Max, hard)
	now.Cur = min(soft, now.Max)
	return os.NewSyscallError("setrlimit", unix.Setrlimit(which, &now))
}

// install installs the filter for this thread, and returns its listener.
func install(filter []unix.SockFilter) (int, error) {
	const (
		setModeFilter = 1
		newListener   = 1 << 3
		waitKillable  = 1 << 5 // Linux 5.19
	)
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, setModeFilter, newListener|waitKillable,
		uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return -1, os.NewSyscallError("seccomp", errno)
	}
	return int(fd), nil
}
