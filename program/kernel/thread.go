//go:build linux && amd64

package kernel

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wantwrite/wantwrite/program/seccomp"
)

// A process is a table of descriptors, which its threads share.
type process struct {
	pid   int
	fds   [seccomp.Last + 1]*file // by number; nil: it is none of ours
	inner int                     // its number in the program's namespace; 0: not known
	first bool                    // it is the first, or a copy of that: the guardian's child
	begun bool                    // it is more than a first program that has made no call
	// copied: it is a copy of the template, and nobody has set its clock yet.
	copied bool
	statm  *os.File // its memory, once somebody has asked
}

// close gives back what we hold of the process.
func (p *process) close() {
	release(&p.fds, false)
	p.statm.Close() // nil gives an error
}

// A thread is a thread of the program. It runs, or it waits for us, or the system has it wait.
type thread struct {
	id   int // gettid(2), in our namespace
	n    int // in the order of creation
	proc *process

	call    seccomp.Call
	pending bool          // the call is to be answered
	sleeps  bool          // it has slept in the system, or run for long: we do not wait for it blindly
	wait    waiter        // why it is held; nil if it is not
	until   time.Duration // when it is woken by the clock; never
	link    int           // on which it made its last call; see insight
	lends   bool          // it has lent its memory to a child, and waits until that gives it back: vfork(2)
}

// never is the time of a wait without end.
const never = time.Duration(-1)

func (k *Kernel) addThread(id int, p *process) *thread {
	t := &thread{id: id, n: k.born, proc: p, until: never}
	k.born++
	k.threads = append(k.threads, t)
	return t
}

// thread finds the thread that makes a call. Threads and processes are met at their first call.
func (k *Kernel) thread(c *seccomp.Call) *thread {
	for _, t := range k.threads {
		if t.id == c.Thread {
			return t
		}
	}
	status, err := statusOf(c.Thread)
	if err != nil {
		return nil // it was killed meanwhile
	}
	for _, p := range k.procs {
		if p.pid == status.group {
			k.unborn = max(0, k.unborn-1)
			return k.addThread(c.Thread, p)
		}
	}
	p := k.adopt(status)
	if p == nil {
		k.fail(fmt.Errorf("kernel: got a call of process %d, which no process of the program has made", status.group))
		return nil
	}
	k.fail(k.prog.Attach(p.pid))
	return k.addThread(c.Thread, p)
}

// A status is what /proc says of a thread: see proc_pid_status(5).
type status struct {
	group, parent int
	inner         int  // the process's number in its own namespace
	state         byte // R, S, D, Z...
}

func statusOf(id int) (s status, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", id))
	if err != nil {
		return s, err
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, ":")
		words := strings.Fields(value)
		if len(words) == 0 {
			continue
		}
		switch key {
		case "Tgid":
			s.group, err = strconv.Atoi(words[0])
		case "PPid":
			s.parent, err = strconv.Atoi(words[0])
		case "NStgid":
			s.inner, err = strconv.Atoi(words[len(words)-1])
		case "State":
			s.state = words[0][0]
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}
