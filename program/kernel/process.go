//go:build linux && amd64

package kernel

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"

	"github.com/wantwrite/wantwrite/program/seccomp"
	"golang.org/x/sys/unix"
)

// A fork is a process that was made and has made no call yet: its parent, and the descriptors
// that it has got.
type fork struct {
	parent int
	fds    [seccomp.Last + 1]*file
}

// clone is fork(2), vfork(2), clone(2) and clone3(2).
func (k *Kernel) clone(t *thread, flags uint64) {
	if len(k.threads)+len(k.forks)+k.unborn >= k.opts.Threads {
		k.note("clone", fmt.Sprintf("more than %d threads and processes", k.opts.Threads), -1)
		k.refuse(t, unix.EAGAIN)
		return
	}
	if flags&unix.CLONE_THREAD == 0 {
		f := fork{parent: t.proc.pid, fds: t.proc.fds}
		for _, file := range f.fds[seccomp.First:] {
			if file != nil {
				file.refs++
			}
		}
		k.forks = append(k.forks, f)
	} else {
		k.unborn++
	}
	if flags&unix.CLONE_VFORK != 0 {
		t.lends, t.sleeps = true, true
	}
	k.through(t)
}

// clone3 reads the flags of clone3(2): the first word of its struct.
func (k *Kernel) clone3(t *thread) {
	var raw [8]byte
	if errno := k.prog.Read(&t.call, t.call.Args[0], raw[:]); errno != 0 {
		k.refuse(t, errno)
		return
	}
	k.clone(t, binary.LittleEndian.Uint64(raw[:]))
}

// adopt makes a process of a fork when it makes its first call; nil if nobody has forked it.
func (k *Kernel) adopt(s status) *process {
	for i := range k.forks {
		if f := &k.forks[i]; f.parent == s.parent || len(k.forks) == 1 {
			p := &process{pid: s.group, inner: s.inner, fds: f.fds, begun: true}
			k.forks = append(k.forks[:i], k.forks[i+1:]...)
			k.procs = append(k.procs, p)
			return p
		}
	}
	return nil
}

// replaced is called when a process has become another program (execve(2)): at its first
// arch_prctl(2), in front of any look at the clock. Descriptors with FD_CLOEXEC are closed, and the
// clock is new.
func (k *Kernel) replaced(t *thread) {
	p := t.proc
	for n := seccomp.First; n <= seccomp.Last; n++ {
		if p.fds[n] == nil {
			continue
		}
		if _, err := os.Lstat("/proc/" + strconv.Itoa(p.pid) + "/fd/" + strconv.Itoa(n)); err != nil {
			k.drop(p, n)
		}
	}
	if p.begun {
		k.prog.Detach(p.pid)
		k.fail(k.prog.Attach(p.pid))
	}
	p.begun = true
	k.through(t)
}
