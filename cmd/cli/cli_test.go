package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// asCommand, in the environment, makes this test binary the command itself, so
// that tests can start it as a process of its own.
const asCommand = "WANTWRITE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		if os.Getenv(fatalSeed) != "" && os.Args[1] == containedName {
			serveFalling()
		}
		os.Args[0] = "wantwrite"
		Main()
	}
	os.Setenv(asCommand, "1") // for the children of contained hunts
	os.Exit(m.Run())
}

// process is the command as a process of its own, in the current folder.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

// on is the project's own program with a terminal.
func on(t *terminal) *program {
	t.name = "wantwrite"
	return &program{terminal: t}
}

// An outcome is what a command line came to.
type outcome struct {
	code     int
	out, err string
}

// command runs a command line in this process. On a slow machine a hunt says
// every ten seconds how far it is: that is no complaint.
func command(args ...string) outcome {
	var out, err bytes.Buffer
	code := execute(context.Background(), on(&terminal{out: &out, err: &err}), args)
	return outcome{code, out.String(), progressPlain.ReplaceAllString(err.String(), "")}
}

var progressPlain = regexp.MustCompile(`(?m)^\d+ (schedules, \d+/s, .* found|of \d+ cells, ).*\n`)

// want runs a command line that exits with code and has nothing to complain of.
func want(t *testing.T, code int, args ...string) string {
	t.Helper()
	o := command(args...)
	if o.code != code || o.err != "" {
		t.Fatalf("wantwrite %s: exit %d, want %d\nstderr: %s\nstdout: %s",
			strings.Join(args, " "), o.code, code, o.err, o.out)
	}
	return o.out
}

// refused checks that a command line was refused in one line.
func refused(t *testing.T, o outcome, words ...string) {
	t.Helper()
	ended(t, exitUsage, o, words...)
}

// ended checks that a command line ended with code, and said why in one line.
func ended(t *testing.T, code int, o outcome, words ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit %d, want %d", o.code, code)
	}
	if !strings.HasPrefix(o.err, "wantwrite: ") || strings.Count(o.err, "\n") != 1 {
		t.Errorf("got %q; want one line that starts with wantwrite:", o.err)
	}
	tells(t, o.err, words...)
}

// tells checks that a text has these words in it.
func tells(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("got no %q in:\n%s", word, text)
		}
	}
}

// objects decodes what --json printed. Anything else on stdout is an error.
func objects(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text) {
		o := map[string]any{}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("got %q on stdout; want an object: %v", line, err)
		}
		all = append(all, o)
	}
	return all
}

// stall hunts for the stall of an idle link, saves it in the current folder,
// and gives the script's path.
func stall(t *testing.T, more ...string) string {
	t.Helper()
	args := append([]string{"hunt", "--json", "--scenario", "idle-renegotiation",
		"--property", "stall", "--schedules", "2000"}, more...)
	all := objects(t, want(t, exitViolation, args...))
	if len(all) != 2 || all[0]["property"] != "stall" {
		t.Fatalf("got %v; want one stall and the end of the hunt", all)
	}
	return all[0]["script"].(string)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}
