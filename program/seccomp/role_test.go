//go:build linux && amd64

package seccomp

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/wantwrite/wantwrite/engine/require"
	"golang.org/x/sys/unix"
)

// Variables that make the test binary something else.
const (
	loopVariable   = "WANTWRITE_TEST_LOOP"
	victimVariable = "WANTWRITE_TEST_VICTIM"
)

// TestMain lets the test be the program that is caught: one that reads a virtual descriptor for
// ever, in pieces of that many bytes. Or it is one that catches, and is killed.
func TestMain(m *testing.M) {
	if size, err := strconv.Atoi(os.Getenv(loopVariable)); err == nil {
		buf := make([]byte, size+1)
		for {
			unix.RawSyscall(unix.SYS_READ, First, uintptr(unsafe.Pointer(&buf[0])), uintptr(size))
		}
	}
	if dir := os.Getenv(victimVariable); dir != "" {
		beVictim(dir)
	}
	os.Exit(m.Run())
}

// beVictim runs a program that starts others, in a directory of its own, until it is killed.
func beVictim(parent string) {
	dir := filepath.Join(parent, "wantwrite-victim")
	_ = os.Mkdir(dir, 0o700)
	_ = os.WriteFile(filepath.Join(dir, "file"), []byte("text"), 0o600)
	p, err := Start(&Command{Path: "/bin/sh", Env: []string{"MARKER=" + parent, "PATH=/usr/bin:/bin"}, Dir: dir,
		Args:      []string{"sh", "-c", "sleep 100 & setsid sh -c 'trap \"\" HUP TERM INT; sleep 100 & sleep 100' & (sleep 100 &) ; echo > other; wait"},
		Temporary: true, Plain: strings.Contains(parent, "plain")}, []Rule{{Nr: unix.SYS_EXECVE}, {Nr: unix.SYS_CLONE}, {Nr: unix.SYS_OPENAT}}, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("up")
	for {
		var c Call
		if p.Receive(&c, time.Second) {
			_ = p.Continue(&c)
		}
	}
}

// marked lists the processes that have a word in their environment.
func marked(word string) (list []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		if text, _ := os.ReadFile(file); strings.Contains(string(text), word) {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
			list = append(list, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return list
}

// TestKilledAtAnyMoment: when we die by kill -9 no process is left, and no directory of a program
// that is up.
func TestKilledAtAnyMoment(t *testing.T) {
	moments := 16
	if require.Long() {
		moments = 100
	}
	for i := range moments {
		kind := "isolated"
		if i%2 == 1 {
			kind = "plain"
		}
		parent := filepath.Join(t.TempDir(), kind)
		if err := os.Mkdir(parent, 0o755); err != nil {
			t.Fatal(err)
		}
		victim := exec.Command("/proc/self/exe")
		var said strings.Builder
		victim.Env, victim.Stdout, victim.Stderr = []string{victimVariable + "=" + parent}, &said, os.Stderr
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
		_ = victim.Process.Kill()
		if err := victim.Wait(); victim.ProcessState.Exited() {
			t.Fatalf("the victim has ended by itself: %v", err)
		}
		var left []string
		var rest []os.DirEntry
		for range 3000 {
			left = marked(parent)
			if rest, _ = os.ReadDir(parent); len(left) == 0 && (len(rest) == 0 || said.Len() == 0) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if len(left) > 0 || len(rest) > 0 && said.Len() > 0 {
			t.Errorf("%s: left: %q, %v", kind, left, rest)
		}
	}
}
