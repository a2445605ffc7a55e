package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childOf waits for the child of a process, 0 if there is none in time.
func childOf(parent int) int {
	for range 6000 {
		all, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, name := range all {
			if pid := isChild(name, parent); pid != 0 {
				return pid
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	return 0
}

// isChild reads a stat file: "pid (name) state parent ...".
func isChild(name string, parent int) int {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 2 || fields[0] == "Z" || fields[1] != strconv.Itoa(parent) {
		return 0
	}
	pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
	return pid
}

// busyChildOf waits until a child of a process has worked for a while, by its own
// clock: on a busy machine it may take long to start. A child that only says whether a
// library can be loaded comes first, and is gone soon.
func busyChildOf(parent int) int {
	for range 6000 {
		child := childOf(parent)
		if child == 0 || ticksOf(child) >= 40 {
			return child
		}
		time.Sleep(10 * time.Millisecond)
	}
	return 0
}

// ticksOf is the processor time that a process has used in user mode, in
// hundredths of a second (proc(5): the 14th field of stat).
func ticksOf(pid int) int {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 12 {
		return 0
	}
	ticks, _ := strconv.Atoi(fields[11])
	return ticks
}

// kill -9 of a child in the middle of a hunt: it costs one schedule, which is
// saved, and the hunt goes on to its end.
func TestKilledChild(t *testing.T) {
	needOpenSSL(t)
	t.Chdir(t.TempDir())
	cmd := process(t, "hunt", "--json", "--engine", "openssl", "--pump", "reference",
		"--scenario", "request-response", "--schedules", "4000")
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	child := busyChildOf(cmd.Process.Pid)
	if child == 0 || syscall.Kill(child, syscall.SIGKILL) != nil {
		t.Error("the hunt has no child")
	}
	_ = cmd.Wait()
	all := objects(t, out.String())
	if cmd.ProcessState.ExitCode() != exitViolation || len(all) != 2 ||
		all[0]["property"] != "crash" || all[1]["schedules"] != 4000.0 {
		t.Fatalf("got %v, %s%s; want one crash in 4000 schedules", cmd.ProcessState, &out, &complaint)
	}
	tells(t, read(t, all[0]["script"].(string)), "died: signal: killed", "does no harm")
}

// kill -9 of the parent, or an interrupt: its child does not stay behind.
func TestChildrenDieWithTheParent(t *testing.T) {
	needOpenSSL(t)
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT} {
		t.Run(fmt.Sprint(sig), func(t *testing.T) {
			t.Chdir(t.TempDir())
			cmd := process(t, "hunt", "--json", "--engine", "openssl", "--time", "10m")
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			first, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			child := childOf(cmd.Process.Pid)
			_ = cmd.Process.Signal(sig)
			_ = cmd.Wait()
			read(t, objects(t, first)[0]["script"].(string))
			for range 6000 {
				if syscall.Kill(child, 0) != nil || isGone(child) {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("child %d is still there", child)
		})
	}
}

// isGone says whether a process has ended and only waits to be forgotten.
func isGone(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(text), ") Z ")
}
