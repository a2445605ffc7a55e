//go:build linux && amd64

package kernel

import (
	"fmt"
	"os"
	"time"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/program/seccomp"
	"golang.org/x/sys/unix"
)

// A state is what a program has when it waits: what a copy of it begins with.
type state struct {
	pid    int
	fds    [seccomp.Last + 1]*file
	sets   []*epoll
	now    time.Duration
	random uint64
}

// Freeze makes a template of a program that waits: it stands still from now on, and Fork makes
// copies of it. It fails if the program has more than one thread, unless the others are idle: a copy
// has only the first.
func (k *Kernel) Freeze(idle bool) error {
	t := k.threads[0]
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", t.proc.pid)) // some have made no call yet
	if err != nil {
		return err
	}
	if len(tasks) != 1 && !idle || len(k.procs) != 1 || t.wait == nil {
		return fmt.Errorf("kernel: got a program with %d threads; want one with a single thread, which waits, for copies of it", len(tasks))
	}
	if err := k.prog.Freeze(&t.call); err != nil {
		return err
	}
	for _, f := range t.proc.fds[seccomp.First:] {
		if f != nil {
			f.kept = true
		}
	}
	k.template = &state{t.proc.pid, t.proc.fds, k.sets, k.now, k.random}
	k.threads, k.procs = nil, nil
	// Story 144: the time of each run was written into the template too. The next copy began with
	// it, and put another time into its session tickets.
	k.prog.Detach(t.proc.pid)
	return nil
}

// Fork makes a copy of the template, which is the program from now on, and lets it run until it
// waits.
func (k *Kernel) Fork() error {
	pid, err := k.prog.Copy()
	if err != nil {
		return err
	}
	s := k.template
	at, err := statusOf(pid)
	if err != nil {
		return err
	}
	p := &process{pid: pid, inner: at.inner, copied: true, first: true, begun: true}
	p.fds, k.sets = copyFiles(s)
	k.procs, k.threads, k.forks, k.links = []*process{p}, nil, nil, nil
	k.unborn, k.born, k.leaving, k.asked = 0, 0, nil, map[int]bool{}
	k.now, k.random, k.fault, k.broken = s.now, s.random, nil, nil
	k.addThread(pid, p)
	k.calls = 0
	k.settle()
	if k.Err() == nil && k.threads[0].wait == nil {
		return fmt.Errorf("kernel: a copy of the program does not wait as its template did")
	}
	return k.Err()
}

// copyFiles copies a table of descriptors with all that it leads to. Files that are shared stay
// so.
func copyFiles(s *state) (fds [seccomp.Last + 1]*file, sets []*epoll) {
	known := map[*file]*file{}
	for n, f := range s.fds {
		if f == nil {
			continue
		}
		if known[f] == nil {
			c := *f
			c.node = copyNode(f.node)
			known[f] = &c
		}
		fds[n] = known[f]
	}
	for _, f := range fds[seccomp.First:] {
		if f == nil {
			continue
		}
		if set, ok := f.node.(*epoll); ok {
			for i := range set.entries {
				set.entries[i].f = known[set.entries[i].f]
			}
			sets = append(sets, set)
		}
	}
	return fds, sets
}

func copyNode(n node) node {
	switch n := n.(type) {
	case *socket:
		c := *n
		return &c
	case *timer:
		c := *n
		return &c
	case *epoll:
		c := *n
		c.entries = append([]entry(nil), n.entries...)
		c.told = append([]unix.EpollEvent(nil), n.told...)
		return &c
	}
	return n
}

// Kill ends a copy, and all that it has started.
func (k *Kernel) Kill() {
	for _, p := range k.procs {
		k.fail(k.prog.Kill(p.pid))
		p.close()
	}
	k.procs, k.threads, k.links, k.sets, k.seam = nil, nil, nil, nil, nil
}

// Close gives back what we hold of the program's descriptors. The program is dead, or about to be.
func (k *Kernel) Close() {
	for _, p := range k.procs {
		p.close()
	}
	if k.template != nil {
		release(&k.template.fds, true)
	}
}

// release closes our copies of the descriptors of a table. Those that a template keeps are only
// closed with it.
func release(fds *[seccomp.Last + 1]*file, kept bool) {
	for n, f := range fds {
		if f == nil {
			continue
		}
		fds[n] = nil
		if f.refs--; f.refs == 0 && f.kept == kept {
			unix.Close(f.real)
		}
	}
}

// Ports are the TCP ports where the program listens, in the order of their descriptors.
func (k *Kernel) Ports() (list []int) {
	for _, p := range k.procs {
		for _, f := range p.fds[seccomp.First:] {
			if f == nil {
				continue
			}
			if s, ok := f.node.(*socket); ok && s.listens {
				list = append(list, s.port)
			}
		}
	}
	return list
}

// maxQuit is how many turns a program gets to close what a run has left open.
const maxQuit = 64

// Quit ends a run of a program that goes on living: all its links are reset, and it gets the
// turns that it takes to notice. It returns how many of them it has not closed.
func (k *Kernel) Quit() (left int) {
	for i := range k.links {
		if s := k.links[i].socket; s != nil && s.wire != nil {
			s.wire = severed{}
		}
		k.links[i].wire = severed{}
	}
	k.seam = nil
	for range maxQuit {
		busy := false
		for i := range k.links {
			s := k.links[i].socket
			if k.fault != nil || s == nil || s.wire == nil {
				continue
			}
			if t := k.waiterOn(i); t != nil {
				busy = true
				k.calls = 0
				k.wake(t, wakeup{link: i, alone: true})
				k.settle()
			}
		}
		if !busy {
			break
		}
	}
	for i := range k.links {
		if s := k.links[i].socket; s != nil && s.wire != nil {
			left++
		}
	}
	k.links = k.links[:0]
	return left
}

// A severed is a wire whose peer is gone, with a reset.
type severed struct{}

// Arrived implements foreign.Wire.
func (severed) Arrived() bool { return true }

// Recv implements foreign.Wire.
func (severed) Recv([]byte) (int, model.IOStatus) { return 0, model.Reset }

// Peek implements foreign.Wire.
func (severed) Peek([]byte) int { return 0 }

// Unread implements foreign.Wire.
func (severed) Unread() int { return 0 }

// Ended implements foreign.Wire.
func (severed) Ended() (fin, reset bool) { return false, true }

// Send implements foreign.Wire.
func (severed) Send([]byte) (int, model.IOStatus) { return 0, model.Reset }

// Room implements foreign.Wire.
func (severed) Room() int { return 0 }

// Offer implements foreign.Wire.
func (severed) Offer(int) {}

// Split implements foreign.Wire.
func (severed) Split() int { return 0 }

// CloseWrite implements foreign.Wire.
func (severed) CloseWrite() {}

// Close implements foreign.Wire.
func (severed) Close() {}

// Abort implements foreign.Wire.
func (severed) Abort() {}
