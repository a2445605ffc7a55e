//go:build linux && amd64

package kernel

import (
	"fmt"
	"slices"
	"time"

	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/program/seccomp"
	"golang.org/x/sys/unix"
)

// exit is exit(2): a thread ends, and its process with the last one.
func (k *Kernel) exit(t *thread) {
	for _, other := range k.threads {
		if other != t && other.proc == t.proc {
			k.removeThread(t)
			k.leaving = append(k.leaving, t.id)
			k.through(t)
			return
		}
	}
	k.exitGroup(t)
}

// exitGroup is exit_group(2): a process ends. The program may do that while others of its processes
// go on, as one that becomes a daemon does. The first may not fail.
func (k *Kernel) exitGroup(t *thread) {
	code := t.call.Int(0) & 0xff
	p := t.proc
	k.note("exit_group", fmt.Sprint(code), 0)
	k.bury(p)
	k.leaving = append(k.leaving, p.pid)
	if k.extinct() || code != 0 && p.first {
		k.blame(foreign.Crashed, fmt.Sprintf("it exited with %d", code))
	}
	k.through(t)
}

// extinct says whether no process is left.
func (k *Kernel) extinct() bool { return len(k.procs) == 0 && len(k.forks) == 0 }

// bury takes a process away with all that it has: its descriptors are closed.
func (k *Kernel) bury(p *process) {
	for n := seccomp.First; n <= seccomp.Last; n++ {
		if p.fds[n] != nil {
			k.progress++
			k.drop(p, n)
		}
	}
	k.threads = slices.DeleteFunc(k.threads, func(t *thread) bool { return t.proc == p })
	k.procs = slices.DeleteFunc(k.procs, func(other *process) bool { return other == p })
	k.prog.Detach(p.pid)
	p.statm.Close()
}

func (k *Kernel) removeThread(t *thread) {
	k.threads = slices.DeleteFunc(k.threads, func(other *thread) bool { return other == t })
}

// watchDeath looks whether a process was killed. It is asked when no thread goes on.
func (k *Kernel) watchDeath() {
	told := k.prog.Deaths()
	for _, p := range slices.Clone(k.procs) {
		if len(told) == 0 && !k.suspect(p) || alive(p.pid) {
			continue
		}
		k.bury(p)
		switch text := k.obituary(p, told); {
		case slices.ContainsFunc(told, seccomp.Death.Greedy):
			k.blame(foreign.Leaks, seccomp.Death{}.String())
		case k.asked[p.inner]: // another process of the program wanted it
		case text == seccomp.Spun:
			k.blame(foreign.Spins, text)
		default:
			k.blame(foreign.Crashed, text)
		}
	}
	if k.extinct() {
		k.blame(foreign.Crashed, "it is gone")
	}
}

// suspect says whether a process may have died unseen: one of its threads does not wait for us, or
// another process may have killed it.
func (k *Kernel) suspect(p *process) bool {
	return len(k.procs) > 1 || slices.ContainsFunc(k.threads, func(t *thread) bool { return t.proc == p && t.wait == nil })
}

// obituary says how a process has died. The guardian knows it of its own children, and tells it at
// once.
func (k *Kernel) obituary(p *process, told []seccomp.Death) string {
	for range 2000 { // on a busy machine the guardian may have to wait for its turn
		for _, d := range told {
			if d.Process == p.inner { // those of copies that we have killed are told too
				return d.String()
			}
		}
		if !p.first {
			break
		}
		time.Sleep(time.Millisecond)
		k.prog.Pending()
		told = k.prog.Deaths()
	}
	return "a process of it was killed by a signal"
}

// kill is kill(2). A process that another wants to end has not crashed. All processes of the user
// are none of the program's.
func (k *Kernel) kill(t *thread) {
	pid, sig := t.call.Int(0), t.call.Int(1)
	if pid == -1 {
		k.refuse(t, unix.EPERM)
		return
	}
	if pid > 0 && sig != 0 {
		k.asked[pid] = true
	}
	k.through(t)
}
