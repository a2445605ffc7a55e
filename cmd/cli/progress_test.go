package cli

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
)

var rewrite = flag.Bool("rewrite", false, "record anew what commands print")

// figures are what differs from run to run, or with each scenario that is added.
var figures = regexp.MustCompile(`\d+(\.\d+)?(e-?\d+)?[kM]?`)

// holds checks a text, its figures replaced by N, against a golden file in the
// package's testdata. With -rewrite it is recorded anew; read the diff.
func holds(t *testing.T, golden, text string) {
	t.Helper()
	text = figures.ReplaceAllString(text, "N")
	if *rewrite {
		if err := os.WriteFile(golden, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, golden), text); diff != "" {
		t.Errorf("%s: it prints something else (-want +got):\n%s", filepath.Base(golden), diff)
	}
}

// goldenFile is the path of a golden file, also from other folders.
func goldenFile(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", "hunt", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// reached is the part of a hunt's end that lists what was not reached: long, and
// another one with each scenario.
var reached = regexp.MustCompile(`(?s)  never reached.*`)

// huntOfTheTicket is a hunt that finds something and is soon done.
var huntOfTheTicket = []string{"hunt", "--scenario", "idle-renegotiation", "--schedules", "1500"}

// TestHuntPiped: what goes into a pipe or a file has no colour, is not redrawn,
// and in the first ten seconds there is no word on how far the hunt is.
func TestHuntPiped(t *testing.T) {
	file := goldenFile(t, "piped.txt")
	t.Chdir(t.TempDir())
	cmd := process(t, huntOfTheTicket...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	start := time.Now()
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitViolation {
		t.Fatalf("exit %d, want %d", code, exitViolation)
	}
	if time.Since(start) < 9*time.Second && complaint.Len() > 0 {
		t.Errorf("got %q on stderr; want nothing", complaint.String())
	}
	holds(t, file, reached.ReplaceAllString(out.String(), ""))
}

// onTerminal runs a command line under script(1), which gives it a terminal, and
// gives what that was sent: line ends as Unix has them.
func onTerminal(t *testing.T, args ...string) string {
	t.Helper()
	return underScript(t, "", args...)
}

// underScript does that behind a shell command that sets the terminal.
func underScript(t *testing.T, set string, args ...string) string {
	t.Helper()
	tool, err := exec.LookPath("script")
	if err != nil || runtime.GOOS != "linux" {
		require.Missing(t, "script", "script(1) of util-linux is missing: install the Debian package "+
			"bsdutils")
	}
	cmd := process(t, args...)
	run := exec.Command(tool, "-qefc", set+" exec "+strings.Join(cmd.Args, " "), os.DevNull)
	run.Env = append(cmd.Env, "NO_COLOR=", "COLUMNS=", "SHELL=/bin/sh", "TERM=xterm")
	out, err := run.Output()
	if err != nil && run.ProcessState.ExitCode() != exitViolation {
		t.Fatalf("script: %v\n%s", err, out)
	}
	return strings.ReplaceAll(string(out), "\r\n", "\n")
}

// drawn is a progress line that was drawn, and cleared one that was taken away.
var (
	drawn   = regexp.MustCompile(`\r\x1b\[K\x1b\[\?7l([^\x1b\r\n]*)\x1b\[\?7h`)
	cleared = regexp.MustCompile(`\r\x1b\[K`)
)

// TestHuntOnATerminal: the report is the one that goes into a pipe, with what
// matters in bold, and nothing of the progress line is left in it.
func TestHuntOnATerminal(t *testing.T) {
	file := goldenFile(t, "terminal.txt")
	t.Chdir(t.TempDir())
	text := onTerminal(t, huntOfTheTicket...)
	text = cleared.ReplaceAllString(drawn.ReplaceAllString(text, ""), "")
	if strings.Contains(text, "\r") {
		t.Errorf("got something else than lines in %q", text)
	}
	holds(t, file, strings.ReplaceAll(reached.ReplaceAllString(text, ""), "\x1b", "ESC"))
}

// TestProgressOnATerminal: one line is redrawn, again and again, and is gone when
// the summary comes.
func TestProgressOnATerminal(t *testing.T) {
	file := goldenFile(t, "terminal-progress.txt")
	t.Chdir(t.TempDir())
	text := onTerminal(t, "hunt", "--pump", "reference", "--time", "1s")
	lines := drawn.FindAllStringSubmatch(text, -1)
	if len(lines) < 2 || len(lines) > 20 {
		t.Fatalf("got %d redraws in a second; want one every 100 ms\n%q", len(lines), text)
	}
	before, after, _ := strings.Cut(drawn.ReplaceAllString(text, ""), "\r\x1b[K")
	if before != "" || strings.ContainsAny(after, "\r\x1b") {
		t.Errorf("got %q before the line is taken away, and behind it %q", before, after)
	}
	for _, line := range lines[1:] {
		if a, b := figures.ReplaceAllString(line[1], "N"), figures.ReplaceAllString(lines[0][1],
			"N"); a != b {
			t.Errorf("got %q after %q; want the same with other figures", a, b)
		}
	}
	holds(t, file, lines[0][1]+"\n"+reached.ReplaceAllString(after, ""))
}

// TestProgressPiped: where nobody can redraw, a plain line comes every ten
// seconds, and with --json none. The clock of this test runs fast.
func TestProgressPiped(t *testing.T) {
	file := goldenFile(t, "piped-progress.txt")
	t.Chdir(t.TempDir())
	for _, more := range [][]string{nil, {"--json"}} {
		var out, complaint bytes.Buffer
		now := time.Unix(0, 0)
		term := &terminal{out: &out, err: &complaint, clock: func() time.Time {
			now = now.Add(4 * time.Second)
			return now
		}}
		args := append([]string{"hunt", "--pump", "reference", "--schedules", "4000"}, more...)
		if code := execute(context.Background(), on(term), args); code != exitClean {
			t.Fatalf("exit %d, want %d: %s", code, exitClean, complaint.String())
		}
		if more != nil {
			if complaint.Len() > 0 {
				t.Errorf("got %q on stderr; want nothing with --json", complaint.String())
			}
			continue
		}
		lines := strings.Count(complaint.String(), "\n")
		if every := int(now.Unix()) / 12; lines < every-1 || lines > every {
			t.Errorf("got %d lines in %d seconds; want one every third look", lines, now.Unix())
		}
		holds(t, file, complaint.String())
	}
}

// TestTimeLeft: of two bounds the one counts that comes first.
func TestTimeLeft(t *testing.T) {
	half := hunt.Stats{Schedules: 500, Elapsed: 10 * time.Second}
	for _, tc := range []struct {
		goal  goal
		left  time.Duration
		known bool
	}{
		{goal{}, 0, false},
		{goal{schedules: 1000}, 10 * time.Second, true},
		{goal{time: 90 * time.Second}, 80 * time.Second, true},
		{goal{1000, 90 * time.Second}, 10 * time.Second, true},
		{goal{100000, 12 * time.Second}, 2 * time.Second, true},
		{goal{400, 0}, 0, true},
		{goal{0, time.Second}, 0, true},
	} {
		if left, known := half.Left(tc.goal.schedules, tc.goal.time); left != tc.left || known != tc.known {
			t.Errorf("%+v: got %v, %v; want %v, %v", tc.goal, left, known, tc.left, tc.known)
		}
	}
	for n, want := range map[float64]string{0: "0", 9999: "9999", 12345: "12k", 1540000: "1.5M",
		23456789: "23M"} {
		if got := short(n); got != want {
			t.Errorf("%v: got %s; want %s", n, got, want)
		}
	}
}
