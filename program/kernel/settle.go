//go:build linux && amd64

package kernel

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/program/seccomp"
)

// When does the program wait? Its calls are answered one at a time, and only when no thread runs:
// else the order of the calls would depend on the machine.
//
// With SCHED_FIFO on our CPU the answer is simple: if we run, no thread can. There are two
// exceptions: a thread that waits for a disk (state D), and one that the system holds back, for it
// gives real-time threads 95 % of a CPU (sched(7)). Those show in /proc.
//
// Without it a thread that sleeps in the system may be woken by another at any moment, while we
// look at the others. So we look at all twice: if none ran at either look, and none has run between
// them (schedstat counts it), none did at the moment between the two.

// receive takes the calls that are there. It comes back when no thread runs.
func (k *Kernel) receive() {
	var c seccomp.Call
	var start time.Time
	var used time.Duration
	for k.Err() == nil {
		running, alone := k.running()
		if running == 0 {
			return
		}
		if alone != nil && !alone.sleeps {
			if alone.sleeps = !k.prog.Await(&c); !alone.sleeps {
				k.met(&c)
				continue
			}
		}
		if k.prog.Receive(&c, k.glance()) || k.busy() && k.prog.Receive(&c, time.Millisecond) {
			k.met(&c)
			continue
		}
		if !k.busy() {
			if !k.prog.Pending() {
				return
			}
			continue
		}
		switch {
		case start.IsZero():
			start, used = time.Now(), k.processorTime()
		case time.Since(start) < k.opts.Patience:
		case k.processorTime()-used > k.opts.Patience*3/4:
			k.blame(foreign.Spins, fmt.Sprintf("it made no call that is caught for %v", k.opts.Patience))
		case time.Since(start) > 20*k.opts.Patience:
			k.fail(fmt.Errorf("kernel: for %v the program made no call, and did not run", 20*k.opts.Patience))
		}
	}
}

// glance is how long to wait for a call before a look at /proc, which takes longer. With SCHED_FIFO
// a thread that runs has made its call already.
func (k *Kernel) glance() time.Duration {
	if k.prog.Realtime {
		return 0
	}
	return 100 * time.Microsecond
}

// busy says whether a thread runs although we do: one that waits for nothing of ours, and does not
// sleep in the system.
func (k *Kernel) busy() bool {
	k.leaving = slices.DeleteFunc(k.leaving, func(id int) bool { return !alive(id) })
	if len(k.leaving) > 0 {
		return true
	}
	if !k.prog.Realtime {
		return !k.asleep()
	}
	for _, t := range k.threads {
		if t.pending || t.wait != nil {
			continue
		}
		if s, err := statusOf(t.id); err == nil && (s.state == 'R' || s.state == 'D' && !t.lends) {
			return true
		}
	}
	return false
}

// met notes a call that has come.
func (k *Kernel) met(c *seccomp.Call) {
	if t := k.thread(c); t != nil {
		t.call, t.pending, t.lends = *c, true, false
	}
}

// running is how many threads may run, for they do not wait for us. With none there is nothing to
// look for. alone is the only one, nil if there are more or it is not known yet.
func (k *Kernel) running() (n int, alone *thread) {
	n = k.unborn + len(k.forks) + len(k.leaving)
	for _, t := range k.threads {
		if !t.pending && t.wait == nil {
			n++
			alone = t
		}
	}
	if n > 1 {
		alone = nil
	}
	return n, alone
}

// Settled implements foreign.Program. It looks at all threads, those too that have made no call.
// While the program has a connection to the network nothing is known.
//
// Story 186: a machine that was busy with other hunts let a thread run after two seconds only, and its
// program was said to run on. What counts is what it has run.
func (k *Kernel) Settled() error {
	start, used := time.Now(), k.processorTime()
	for k.processorTime()-used < k.opts.Patience && time.Since(start) < 20*k.opts.Patience {
		k.calls = 0
		k.settle()
		if k.Err() != nil || k.asleep() {
			if k.outside() {
				return errOutside
			}
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return fmt.Errorf("kernel: a thread of the program runs on and makes no call")
}

// asleep says whether no thread runs, of all that /proc lists.
func (k *Kernel) asleep() bool {
	first, ok := k.sleepers()
	if !ok {
		return false
	}
	if k.prog.Realtime {
		return true
	}
	second, ok := k.sleepers()
	return ok && slices.Equal(first, second)
}

// sleepers tells of each thread that we do not hold how long it has run and how often: see
// schedstat in sched-stats of the kernel's documentation. It is not ok if one runs.
func (k *Kernel) sleepers() (list []string, ok bool) {
	for _, pid := range k.everyProcess() {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		for _, task := range tasks {
			id, err := strconv.Atoi(filepath.Base(task))
			if err != nil || k.holds(id) {
				continue
			}
			runs, _ := os.ReadFile(task + "/schedstat")
			switch state := stateOf(task); state {
			case 'R', 'D':
				if state == 'R' || !k.lends(id) {
					return nil, false
				}
			case 'Z', 'X', 0:
			default:
				list = append(list, fmt.Sprint(id, " ", string(runs)))
			}
		}
	}
	return list, true
}

// everyProcess lists the processes that we know, and those that they have made and that have made
// no call yet.
func (k *Kernel) everyProcess() (list []int) {
	for _, p := range k.procs {
		list = append(list, p.pid)
		if len(k.forks) == 0 {
			continue
		}
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.pid))
		for _, task := range tasks {
			text, _ := os.ReadFile(task)
			for _, word := range strings.Fields(string(text)) {
				if pid, err := strconv.Atoi(word); err == nil && !slices.ContainsFunc(k.procs, func(p *process) bool { return p.pid == pid }) {
					list = append(list, pid)
				}
			}
		}
	}
	return list
}

// stateOf is the state of a task in its stat, behind its name, which may have any character; 0 if
// it is gone.
func stateOf(task string) byte {
	text, _ := os.ReadFile(task + "/stat")
	if at := bytes.LastIndexByte(text, ')'); at >= 0 && at+2 < len(text) {
		return text[at+2]
	}
	return 0
}

// holds says whether a thread waits by a call that we hold.
func (k *Kernel) holds(id int) bool {
	return slices.ContainsFunc(k.threads, func(t *thread) bool { return t.id == id && (t.wait != nil || t.pending) })
}

// lends says whether a thread waits for a child that has its memory. Its state is D then, as that of
// one that waits for a disk.
//
// Story 194: it was waited for. The child's next call was never answered, so neither went on, and no
// program could start another by vfork or posix_spawn.
func (k *Kernel) lends(id int) bool {
	return slices.ContainsFunc(k.threads, func(t *thread) bool { return t.id == id && t.lends })
}

// alive says whether a thread or a process is there.
func alive(id int) bool {
	s, err := statusOf(id)
	return err == nil && s.state != 'Z' && s.state != 'X'
}

// processorTime is how much time of a processor the program has used.
func (k *Kernel) processorTime() (sum time.Duration) {
	for _, pid := range k.everyProcess() {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, task := range tasks {
			text, _ := os.ReadFile(task)
			var ns int64
			_, _ = fmt.Sscan(string(text), &ns)
			sum += time.Duration(ns)
		}
	}
	return sum
}
