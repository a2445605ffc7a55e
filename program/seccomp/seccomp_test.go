//go:build linux && amd64

package seccomp

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// serve answers the calls of a program until it has ended: as reply says, or by the system. It
// returns what the program has printed, and how it died.
func serve(t *testing.T, c *Command, rules []Rule, reply func(p *Program, c *Call) bool) (string, []Death) {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c.Output = out
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	p, err := Start(c, append(rules, Rule{Nr: unix.SYS_EXECVE}), Here)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.SetClock(1_800_000_000*time.Second+250*time.Millisecond, time.Hour); err != nil {
		t.Fatal(err)
	}
	var deaths []Death
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		var call Call
		if p.Receive(&call, 10*time.Millisecond) {
			if !reply(p, &call) {
				if err := p.Continue(&call); err != nil {
					t.Fatal(err)
				}
			}
			continue
		}
		deaths = append(deaths, p.Deaths()...)
		if slices.ContainsFunc(deaths, func(d Death) bool { return unix.Kill(p.Main(), 0) == unix.ESRCH }) {
			break
		}
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text), deaths
}

func nothing(*Program, *Call) bool { return false }

// shell is a program that does what a line of sh says.
func shell(line string) *Command {
	return &Command{Path: "/bin/sh", Args: []string{"sh", "-c", line}, Env: []string{"PATH=/usr/bin:/bin", "TZ=UTC", "LANG=C"}}
}

// TestClock: date(1) tells the time that was set, in the first process and in those that it starts.
func TestClock(t *testing.T) {
	date := &Command{Path: "/bin/date", Args: []string{"date", "+%s.%N"}, Env: []string{"TZ=UTC"}}
	const want = "1800000000.250000000\n"
	attach := func(p *Program, c *Call) bool {
		if c.Nr == unix.SYS_ARCH_PRCTL { // the first call of a new program
			p.Detach(c.Thread)
			if err := p.Attach(c.Thread); err != nil {
				t.Error(err)
			}
		}
		return false
	}
	rules := []Rule{{Nr: unix.SYS_ARCH_PRCTL}}
	if got, _ := serve(t, date, rules, attach); got != want {
		t.Errorf("got %q; want %q", got, want)
	}
	got, _ := serve(t, shell("date +%s.%N; date +%s.%N"), rules, attach)
	if got != want+want {
		t.Errorf("in processes of a shell: got %q; want %q twice", got, want)
	}
}

// TestHide: without a vDSO the clock is read by calls, which are caught.
func TestHide(t *testing.T) {
	hidden = true
	defer func() { hidden = false }()
	date := &Command{Path: "/bin/date", Args: []string{"date", "+%s"}, Env: []string{"TZ=UTC"}}
	looks := 0
	_, _ = serve(t, date, []Rule{{Nr: unix.SYS_CLOCK_GETTIME}}, func(_ *Program, c *Call) bool {
		if c.Nr == unix.SYS_CLOCK_GETTIME {
			looks++
		}
		return false
	})
	if looks == 0 {
		t.Error("no look at the clock was a call")
	}
}

// TestMemory: reads and writes go over pages, and a bad address is EFAULT.
func TestMemory(t *testing.T) {
	p := loop(t, 3*pageSize)
	var c Call
	if !p.Receive(&c, 5*time.Second) {
		t.Fatal("the program makes no call")
	}
	sent, back := bytes.Repeat([]byte("wantwrite"), 3*pageSize/9), make([]byte, 3*pageSize/9*9)
	if errno := p.Write(&c, c.Args[1]+3, sent); errno != 0 {
		t.Fatal(errno)
	}
	if errno := p.Read(&c, c.Args[1]+3, back); errno != 0 || !bytes.Equal(sent, back) {
		t.Errorf("got %v and other bytes", errno)
	}
	if errno := p.Write(&c, c.Args[1]+pageSize-2, []byte("path\x00")); errno != 0 {
		t.Fatal(errno)
	}
	if text, errno := p.Text(&c, c.Args[1]+pageSize-2, 100); text != "path" || errno != 0 {
		t.Errorf("got %q, %v; want a text over the end of a page", text, errno)
	}
	if _, errno := p.Text(&c, c.Args[1]+3, 20); errno != unix.ENAMETOOLONG {
		t.Errorf("a text without end: got %v", errno)
	}
	for _, at := range []uint64{0, 8, 1 << 46, ^uint64(0) - 4} {
		if errno := p.Read(&c, at, back[:8]); errno != unix.EFAULT {
			t.Errorf("read at %#x: got %v; want EFAULT", at, errno)
		}
		if errno := p.Write(&c, at, back[:8]); errno != unix.EFAULT {
			t.Errorf("write at %#x: got %v; want EFAULT", at, errno)
		}
	}
	if errno := p.Read(&c, 0, nil); errno != 0 {
		t.Errorf("nothing at 0: got %v", errno)
	}
}

// TestDeaths: how a program has died is known.
func TestDeaths(t *testing.T) {
	for line, want := range map[string]string{
		"exit 0": "it exited with 0", "exit 7": "it exited with 7",
		"kill -9 $$": "it was killed by SIGKILL", "kill -SEGV $$": "it was killed by SIGSEGV",
		"kill -XCPU $$": Spun,
	} {
		_, deaths := serve(t, shell(line), nil, nothing)
		if len(deaths) != 1 || deaths[0].String() != want {
			t.Errorf("%s: got %v; want %q", line, deaths, want)
		}
	}
}

// TestStartSaysWhyNot: each error says what was got and what is wanted.
func TestStartSaysWhyNot(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("no program"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path, dir string
		cpu       int
		want      string
	}{
		{"/nowhere/program", dir, 0, "/nowhere/program, which can't be started: no such file"},
		{text, dir, 0, "text, which can't be started: permission denied"},
		{"/bin/true", "/nowhere/dir", 0, "/nowhere/dir"},
		{"/bin/true", text, 0, "not a directory"},
		{"/bin/true", dir, 1000, "cpu 1000"},
	} {
		p, err := Start(&Command{Path: c.path, Args: []string{"x"}, Dir: c.dir}, []Rule{{Nr: unix.SYS_EXECVE}}, c.cpu)
		if err == nil {
			p.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s in %s: got %v; want %q in it", c.path, c.dir, err, c.want)
		}
	}
}

// TestOneCPU: all programs of a goroutine are on one CPU, and it is free when the last has ended.
func TestOneCPU(t *testing.T) {
	allowed := func() int {
		var set unix.CPUSet
		if err := unix.SchedGetaffinity(0, &set); err != nil {
			t.Fatal(err)
		}
		return set.Count()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := allowed()
	start := func(cpu int) (*Program, error) {
		return Start(&Command{Path: "/bin/true", Args: []string{"true"}, Dir: t.TempDir()}, []Rule{{Nr: unix.SYS_EXECVE}}, cpu)
	}
	one, err := start(Here)
	if err != nil {
		t.Fatal(err)
	}
	two, err := start(Here)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := start(one.pin.cpu + 1); err == nil || !strings.Contains(err.Error(), "has another program") {
		p.Close()
		t.Errorf("got %v; want that the goroutine has a program elsewhere", err)
	}
	one.Close()
	if got := allowed(); got != 1 {
		t.Errorf("got %d CPUs beside a program; want 1", got)
	}
	if one, err = start(Here); err != nil || one.pin.cpu != two.pin.cpu {
		t.Errorf("got CPU %d, %v; want %d, that of the other program", one.pin.cpu, err, two.pin.cpu)
	}
	one.Close()
	two.Close()
	if got := allowed(); got != before {
		t.Errorf("got %d CPUs when all have ended; want %d", got, before)
	}
}
