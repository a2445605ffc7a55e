//go:build !windows

package cli

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A real interrupt of a real process: it ends soon, in good order, with all
// that it had found on the disk.
func TestInterruptedProcess(t *testing.T) {
	t.Chdir(t.TempDir())
	cmd := process(t, "hunt", "--json", "--time", "10m")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), `"property":"stall"`) {
			cmd.Process.Signal(os.Interrupt)
		}
	}
	_ = cmd.Wait()
	ended(t, exitViolation, outcome{cmd.ProcessState.ExitCode(), text.String(), complaint.String()},
		"interrupted after", "what was found is saved in found")
	all := objects(t, text.String())
	if end := all[len(all)-1]; end["result"] != "interrupted" {
		t.Errorf("got %v as the end; want interrupted", end)
	}
	for _, failure := range all[:len(all)-1] {
		tells(t, read(t, failure["script"].(string)), "wantwrite script 1\n")
	}
}

// "wantwrite hunt | head -1": the reader goes away. The process does not die of the signal in the
// middle of a file: it saves what it was about to tell, and ends without a word.
func TestClosedPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	cmd := process(t, "hunt", "--time", "10m")
	var complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &complaint
	_ = cmd.Run()
	w.Close()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		t.Fatalf("killed by %v", status.Signal())
	}
	if code := cmd.ProcessState.ExitCode(); code != exitClosedPipe || complaint.Len() > 0 {
		t.Errorf("exit %d, and it says %q; want %d, and nothing", code, complaint.String(), exitClosedPipe)
	}
	if saved, _ := filepath.Glob("found/*/*.script"); len(saved) == 0 {
		t.Error("what was found is not saved")
	}
}

// The exit codes of a real process are those of run.
func TestExitCodesOfAProcess(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	for code, args := range map[int][]string{
		exitClean:     {"hunt", "--pump", "reference", "--schedules", "100"},
		exitViolation: {"replay", script},
		exitUsage:     {"hunt", "--pump", "nope"},
	} {
		cmd := process(t, args...)
		_ = cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != code {
			t.Errorf("%v: exit %d, want %d", args, got, code)
		}
	}
}
