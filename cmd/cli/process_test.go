//go:build !windows

package cli

import (
	"bufio"
	"bytes"
	"os"
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
	refused(t, outcome{cmd.ProcessState.ExitCode(), text.String(), complaint.String()},
		"interrupted after", "what was found is saved in found")
	all := objects(t, text.String())
	if end := all[len(all)-1]; end["result"] != "interrupted" {
		t.Errorf("got %v as the end; want interrupted", end)
	}
	for _, failure := range all[:len(all)-1] {
		tells(t, read(t, failure["script"].(string)), "wantwrite script 1\n")
	}
}

// "wantwrite hunt | head -1": the reader goes away. The process must not die
// of the signal: it says what it has saved.
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
	refused(t, outcome{cmd.ProcessState.ExitCode(), "", complaint.String()},
		"cannot print", "broken pipe", "what was found is saved in found")
}

// The exit codes of a real process are those of run.
func TestExitCodes(t *testing.T) {
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
