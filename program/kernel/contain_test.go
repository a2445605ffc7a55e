//go:build linux && amd64

package kernel

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/program/seccomp"
	"golang.org/x/sys/unix"
)

// marked lists the processes whose environment has a marker, zombies of ours left out: those have
// none any more.
func marked(marker string) (list []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		if bytes.Contains(text, []byte(marker)) {
			pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
			list = append(list, pid)
		}
	}
	return list
}

// eachWay runs a test on a program that is kept to itself as well as may be, and on one that is not.
func eachWay(t *testing.T, test func(t *testing.T, c seccomp.Command)) {
	for _, plain := range []bool{false, true} {
		t.Run(fmt.Sprintf("plain=%v", plain), func(t *testing.T) {
			marker := fmt.Sprintf("PROBE_MARKER=%d-%v-%s", os.Getpid(), plain, t.Name())
			c := seccomp.Command{Plain: plain, Env: []string{marker}}
			test(t, c)
		})
	}
}

// TestCloseLeavesNothing: processes that nobody waits for, that ignore signals and lead sessions of
// their own, end with the program.
func TestCloseLeavesNothing(t *testing.T) {
	eachWay(t, func(t *testing.T, c seccomp.Command) {
		v := newOursFor(t, 1, Options{Port: virtualPort}, c)
		for _, line := range []string{"daemon", "fork second", "daemon", "thread third"} {
			if got := v.tell("main", line); got != "0" && got != "..." {
				t.Fatalf("%s: %s", line, got)
			}
		}
		if n := len(marked(c.Env[0])); n < 4 {
			t.Fatalf("got %d processes; want 4", n)
		}
		v.k.Close()
		v.prog.Close()
		if left := marked(c.Env[0]); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// TestForkBomb: so many processes, and no more.
func TestForkBomb(t *testing.T) {
	eachWay(t, func(t *testing.T, c seccomp.Command) {
		v := newOursFor(t, 1, Options{Port: virtualPort, Threads: 20}, c)
		if got := v.tell("main", "bomb"); got != "-11 after 19" {
			t.Errorf("got %q; want 19 processes and EAGAIN", got)
		}
		v.prog.Close()
		if left := marked(c.Env[0]); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// TestTakesAllMemory: it gets so much, and the fault says so.
func TestTakesAllMemory(t *testing.T) {
	eachWay(t, func(t *testing.T, c seccomp.Command) {
		c.Memory = 1 << 28
		v := newOursFor(t, 1, Options{Port: virtualPort}, c)
		if got := v.tell("main", "eat"); got != "leaks: it took too much memory" {
			t.Errorf("got %q", got)
		}
	})
}

// TestLoopsForEver: an endless loop without a call is told as one.
func TestLoopsForEver(t *testing.T) {
	eachWay(t, func(t *testing.T, c seccomp.Command) {
		c.Patience = time.Second
		v := newOursFor(t, 1, Options{Port: virtualPort, Patience: 1500 * time.Millisecond}, c)
		if got := v.tell("main", "loop"); !strings.HasPrefix(got, "spins: it ") {
			t.Errorf("got %q", got)
		}
	})
}

// TestDies: a fault says how.
func TestDies(t *testing.T) {
	eachWay(t, func(t *testing.T, c seccomp.Command) {
		for line, want := range map[string]string{
			"crash":    "crashed: it was killed by SIGSEGV",
			"raise 6":  "crashed: it was killed by SIGABRT",
			"exit 3":   "crashed: it exited with 3",
			"exit 0":   "crashed: it exited with 0",
			"raise 10": "crashed: it was killed by SIGUSR1",
		} {
			if got := newOursFor(t, 1, Options{Port: virtualPort}, c).tell("main", line); got != want {
				t.Errorf("%s: got %q; want %q", line, got, want)
			}
		}
		v := newOursFor(t, 1, Options{Port: virtualPort}, c)
		v.tell("main", "fork second")
		if got := v.tell("second", "crash"); got != "crashed: a process of it was killed by a signal" {
			t.Errorf("a child: %q", got)
		}
	})
}

// TestACopyDies: its death is told, and not that of a copy before it.
func TestACopyDies(t *testing.T) {
	v := newOurs(t, 1)
	play(v, connected[:strings.Index(connected, "< connect")]+"epoll e\nctl e 1 l 0x1 7\nwait e 8 -1")
	if err := v.k.Freeze(false); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		v.w.lines = []*line{{world: v.w, room: bufferSize}}
		if err := v.k.Fork(); err != nil {
			t.Fatal(err)
		}
		if err := v.k.Begin(v.w); err != nil {
			t.Fatal(err)
		}
		v.w.lines[0].arrived = true
		if v.k.Ready(0) == 0 {
			t.Fatal("the copy does not see that a link has arrived")
		}
		if i == 2 {
			if err := unix.Kill(v.k.procs[0].pid, unix.SIGBUS); err != nil {
				t.Fatal(err)
			}
		}
		v.k.Turn(0, foreign.Wakeup{})
		f := v.k.Fault()
		if i < 2 && f != nil || i == 2 && (f == nil || f.Text != "it was killed by SIGBUS") {
			t.Fatalf("copy %d: got %+v", i, f)
		}
		v.k.Kill()
	}
}

// TestKillsAChild: a process that another wants to end has not crashed.
func TestKillsAChild(t *testing.T) {
	v := newOurs(t, 1)
	v.tell("main", "fork second")
	child := 0
	for _, p := range v.k.procs {
		if !p.first {
			child = p.inner
		}
	}
	if got := v.tell("main", fmt.Sprintf("kill %d 15", child)); got != "0" {
		t.Fatal(got)
	}
	if got := v.tell("main", "waitpid"); got != "0 0xf" {
		t.Errorf("got %q", got)
	}
	if got := v.tell("main", "kill -1 15"); got != "-1" {
		t.Errorf("all processes: got %q; want EPERM", got)
	}
}

// TestWritesOutside: only the working directory may be written.
func TestWritesOutside(t *testing.T) {
	v := newOurs(t, 1)
	if !v.prog.Isolated {
		t.Skip("this user may have no mount namespace")
	}
	outside := filepath.Join(t.TempDir(), "file")
	for path, want := range map[string]string{outside: "-30", "/etc/wantwrite": "-30", "file": "0", v.dir + "/other": "0"} {
		if got := v.tell("main", "create "+path); got != want {
			t.Errorf("%s: got %s; want %s", path, got, want)
		}
	}
}

// TestNoNetwork: a socket that is not ours is refused.
func TestNoNetwork(t *testing.T) {
	v := newOurs(t, 1)
	for _, c := range []struct{ name, line, want string }{
		{"UDP", "socket s 2 2", "-13"},
		{"UDP on IPv6", "socket s 10 2", "-13"},
		{"raw", "socket s 2 3", "-13"},
		{"packets", "socket s 17 3", "-13"},
		{"local", "socket s 1 1", "descriptor"},
		{"TCP", "socket s 2 1", "descriptor"},
		{"to a port where nobody is", "connect s 80", "-111"},
	} {
		if got := v.tell("main", c.line); got != c.want {
			t.Errorf("%s: got %s; want %s", c.name, got, c.want)
		}
	}
}

// TestNotUnderstood: the fault names the call, with its arguments.
func TestNotUnderstood(t *testing.T) {
	for line, want := range map[string]string{
		"recv c 10 1":   "unsupported: got recvfrom(101, ",
		"splice c l 10": "unsupported: got splice(101, 0, 100, 0, 10, 0): on a descriptor of ours",
		"alarm 3":       "unsupported: got alarm(3, ",
		"dup2 c 5":      "unsupported: got dup2(101, 5, ",
		"badread c":     "unsupported: got read(101, 16, 10, ",
	} {
		v := newOurs(t, 1)
		log := play(v, connected+"< hello")
		if got := v.tell("main", line); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q; want %q; after %v", line, got, want, log)
		}
	}
}

// TestRandomnessRepeats: a run's randomness follows from its seed.
func TestRandomnessRepeats(t *testing.T) {
	draw := func(seed uint64) string {
		v := newOurs(t, 1)
		v.w.seed = seed
		if err := v.k.Begin(v.w); err != nil {
			t.Fatal(err)
		}
		return v.tell("main", "getrandom") + v.tell("main", "urandom") + v.tell("main", "getrandom")
	}
	one, again, other := draw(1), draw(1), draw(2)
	if one != again || one == other || !strings.HasPrefix(one, "16 ") {
		t.Errorf("got %q, %q and %q", one, again, other)
	}
}

// TestVirtualTime: it passes when the world says so, for a process and for what it forks or becomes. The
// clock is fast by a thousandth: see Kernel.clock.
func TestVirtualTime(t *testing.T) {
	v := newOurs(t, 1)
	for line, want := range map[string]string{"now 0": "1800000000.000000000", "rawnow 0": "1800000000.000000000",
		"day": "1800000000.000000 1800000000", "now 1": "1000.000000000", "rawnow 1": "1000.000000000",
		"now 4": "1000.000000000", "now 5": "1800000000.000000000", "now 7": "1000.000000000"} {
		if got := v.tell("main", line); got != want {
			t.Errorf("%s: got %s; want %s", line, got, want)
		}
	}
	v.w.now = 5000
	v.k.Tick()
	if got := v.tell("main", "now 0"); got != "1800000005.005000000" {
		t.Errorf("got %s after five seconds", got)
	}
	if got := v.tell("main", "day"); got != "1800000005.005000 1800000005" {
		t.Errorf("gettimeofday and time: %s", got)
	}
	v.tell("main", "fork second")
	v.w.now = 7250
	v.k.Tick()
	if got := v.tell("second", "now 1"); got != "1007.257250000" {
		t.Errorf("a forked process: %s", got)
	}
	if got := v.tell("main", "exec main"); got != "new" {
		t.Fatalf("exec: %s", got)
	}
	if got := v.tell("main", "now 0"); got != "1800000007.257250000" {
		t.Errorf("a process that has become another: %s", got)
	}
}
