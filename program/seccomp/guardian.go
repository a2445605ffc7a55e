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
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Above a program there is a process of ours, this binary once more. The guardian outlives us: when we
// die, by kill -9 too, its socket ends, and it ends the program and all that the program has
// started. It starts one program after the other for us, for it takes long to start itself.
const (
	roleVariable = "WANTWRITE_SECCOMP_ROLE"
	dutyVariable = "WANTWRITE_SECCOMP_DUTY"

	roleGuardian = "guardian"
)

// A duty is what the guardian is told, as JSON. Dir is the working directory; if Remove is not "",
// it is that name in the folder that is descriptor 4, and goes with a killed run. Memory is a number
// of bytes.
type duty struct {
	Dir, Remove string
	Isolated    bool
	Memory      uint64
}

// Orders are what we write on the guardian's socket, as four bytes. Any other number is the length of
// a launcher, which follows, and whose socket comes with it.
const (
	orderClear    = 0         // kill the program, and say so
	orderFarewell = 1<<32 - 1 // and then end, for we need nothing more
	// cleared is what is told instead of a process's number when the program is no more.
	cleared = 1<<32 - 1
)

func init() {
	if os.Getenv(roleVariable) == roleGuardian {
		beGuardian()
	}
}

// selfAs is a command that runs this binary in a role.
func selfAs(role string, d *duty) *exec.Cmd {
	text, _ := json.Marshal(d)
	return &exec.Cmd{Path: "/proc/self/exe", Args: []string{"wantwrite-" + role},
		Env: []string{roleVariable + "=" + role, dutyVariable + "=" + string(text)}}
}

// beGuardian starts launchers, tells how processes have died, and kills all when its socket ends. It
// does not return.
func beGuardian() {
	g := guard{control: os.NewFile(3, "control"), born: make(chan struct{}, 1)}
	_ = json.Unmarshal([]byte(os.Getenv(dutyVariable)), &g.duty)
	for fd := range 2 { // 3 and 4 are not the program's
		unix.CloseOnExec(3 + fd)
	}
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	signal.Notify(make(chan os.Signal, 1)) // the program's can't end us
	if g.duty.Isolated {
		if err := mounts(g.duty.Dir); err != nil { // this user may not: see isolation
			os.Exit(1)
		}
	}
	g.tell(uint32(os.Getpid()), 0) // we are here
	roam()
	go g.reap()
	go g.weigh()
	farewell := g.obey()
	if farewell && g.duty.Isolated { // we are the first process of a namespace, which ends with us
		os.Exit(0)
	}
	g.clear()
	if !farewell && g.duty.Remove != "" {
		_ = unix.Unmount(g.duty.Dir, unix.MNT_DETACH) // of our own namespace
		_ = os.RemoveAll(filepath.Join("/proc/self/fd/4", g.duty.Remove))
	}
	os.Exit(0)
}

// A guard is the inside of a guardian.
type guard struct {
	duty    duty
	control *os.File
	born    chan struct{} // a launcher was started
	lock    sync.Mutex    // of the reaping and the telling
}

// obey does what we order. It returns when we are dead, or have said farewell.
func (g *guard) obey() (farewell bool) {
	for {
		var head [4]byte
		extra := make([]byte, unix.CmsgSpace(4))
		n, rights, err := receive(3, head[:], extra)
		if err != nil || n < len(head) {
			return false
		}
		switch order := binary.LittleEndian.Uint32(head[:]); order {
		case orderFarewell:
			return true
		case orderClear:
			g.clear()
			g.lock.Lock() // all deaths before this are told
			g.tell(cleared, 0)
			g.lock.Unlock()
		default:
			file := make([]byte, order)
			if _, err := io.ReadFull(g.control, file); err != nil {
				return false
			}
			if socket, err := rightIn(extra[:rights]); err == nil {
				g.start(file, socket)
				unix.Close(socket)
			}
		}
	}
}

// receive reads from a socket until b is full, and the descriptors that come with it.
func receive(fd int, b, extra []byte) (n, rights int, err error) {
	for n < len(b) {
		m, r, _, _, err := unix.Recvmsg(fd, b[n:], extra[rights:], unix.MSG_CMSG_CLOEXEC)
		if err == unix.EINTR {
			continue
		}
		if err != nil || m == 0 {
			return n, rights, err
		}
		n, rights = n+m, rights+r
	}
	return n, rights, nil
}

// start starts a launcher. What goes wrong is said on its socket.
func (g *guard) start(file []byte, socket int) {
	err := func() error {
		fd, err := inMemory(file)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		null, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(null)
		if g.duty.Isolated { // it has the same number each time, where we may say so: it is 100
			_ = os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte("99"), 0)
		}
		_, err = syscall.ForkExec("/proc/self/fd/"+strconv.Itoa(fd), []string{"wantwrite-launcher"},
			&syscall.ProcAttr{Env: []string{}, Files: []uintptr{uintptr(null), 1, 2, uintptr(socket)}})
		return err
	}()
	if err != nil {
		_, _ = unix.Write(socket, []byte("the launcher can't be started: "+err.Error()))
		return
	}
	select {
	case g.born <- struct{}{}:
	default:
	}
}

// clear kills all processes of the program.
func (g *guard) clear() {
	for g.killAll() {
		time.Sleep(200 * time.Microsecond)
	}
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
func (g *guard) weigh() {
	for range time.Tick(100 * time.Millisecond) {
		pages := uint64(0)
		for _, pid := range descendants() {
			text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
			var size, resident, shared uint64
			_, _ = fmt.Sscan(string(text), &size, &resident, &shared)
			pages += resident - min(shared, resident)
		}
		if pages*pageSize > g.duty.Memory {
			g.tell(0, 0)
			g.killAll()
		}
	}
}

// reap waits for the ends of processes and tells of each: its number in the guardian's namespace
// and its status as of wait(2), four bytes each.
func (g *guard) reap() {
	for {
		// Looked at and taken in two steps, so that who has the lock knows of no death untold.
		switch err := unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOWAIT|unix.WALL, nil); err {
		case nil:
			g.bury()
		case unix.EINTR:
		default: // there is no child
			<-g.born
		}
	}
}

// bury takes the processes that have died.
func (g *guard) bury() {
	g.lock.Lock()
	defer g.lock.Unlock()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WALL|unix.WNOHANG, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || pid == 0 {
			return
		}
		g.tell(uint32(pid), status)
	}
}

// tell tells of a death. A pid of 0 stands for all of them, for they have taken too much memory.
func (g *guard) tell(pid uint32, status unix.WaitStatus) {
	var line [8]byte
	binary.LittleEndian.PutUint32(line[:], pid)
	binary.LittleEndian.PutUint32(line[4:], uint32(status))
	_, _ = g.control.Write(line[:])
}

// killAll kills all processes of the program, and says whether there were any. Those whose parents
// die become our children.
func (g *guard) killAll() (some bool) {
	if g.duty.Isolated { // all but us in our namespace
		return unix.Kill(-1, unix.SIGKILL) == nil
	}
	everyone := descendants()
	for _, pid := range everyone {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	return len(everyone) > 0
}

// descendants lists all processes that we have started, and those that they have, by their numbers
// in /proc. Those are not ours in a namespace that may not have a /proc of its own. Where we are the
// first process they are all others, and are found in one look.
func descendants() (list []int) {
	self, _ := os.Readlink("/proc/self")
	pid, err := strconv.Atoi(self)
	switch {
	case err != nil:
		return nil
	case pid != 1:
		return descendantsOf(pid)
	}
	names, _ := os.ReadDir("/proc")
	for _, name := range names {
		if pid, err := strconv.Atoi(name.Name()); err == nil && pid != 1 {
			list = append(list, pid)
		}
	}
	return list
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
