package fuzz_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/fuzz/example"
	"github.com/wantwrite/wantwrite/model"
)

// childPump makes a test process check the user's pump, "broken" or "fixed".
const childPump = "WANTWRITE_TEST_PUMP"

// TestOwnPumpChild is the user's test file: one line. It runs in a process of
// its own, because there it has to fail.
func TestOwnPumpChild(t *testing.T) {
	switch os.Getenv(childPump) {
	case "broken":
		fuzz.Check(t, brokenSpec())
	case "fixed":
		fuzz.Check(t, example.Spec())
	default:
		t.Skip("runs as a child of TestOwnPump only")
	}
}

// TestOwnPump is the day of a user: the pump does not send what a read has
// answered, go test fails, tells the story and saves the script; go test fails
// with that script again; the pump is mended, and the script passes.
func TestOwnPump(t *testing.T) {
	dir := t.TempDir()
	out, ok := checkOwnPump(t, dir, "broken")
	if ok {
		t.Fatalf("the check of a broken pump must fail; got:\n%s", out)
	}
	scripts, err := filepath.Glob(filepath.Join(dir, "testdata/wantwrite/stall/*.script"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no stall was saved (%v):\n%s", err, out)
	}
	name := filepath.Base(scripts[0])
	wants(t, out, "stall: something is owed", "ciphertext waits in the engine",
		"<<< the wakeup is lost here",
		"Lost wakeup: write interest, or a drain after the call that",
		"saved: testdata/wantwrite/stall/"+name, "replay: go test -run 'TestOwnPumpChild'")

	out, ok = checkOwnPump(t, dir, "broken", "/replay")
	if ok {
		t.Errorf("the saved script must fail again; got:\n%s", out)
	}
	wants(t, out, "testdata/wantwrite/stall/"+name+" fails again", "Lost wakeup: write interest")

	if out, ok = checkOwnPump(t, dir, "fixed"); !ok {
		t.Errorf("the mended pump must pass with the saved script; got:\n%s", out)
	}
	wants(t, out, "--- PASS: TestOwnPumpChild/replay")
}

// checkOwnPump runs the user's test in a folder and gives what it prints.
func checkOwnPump(t *testing.T, dir, pump string, part ...string) (out string, ok bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self, "-test.run", "^TestOwnPumpChild$"+strings.Join(part, ""),
		"-test.v", "-test.short", "-rapid.shrinktime", "100ms", "-rapid.nofailfile")
	child.Dir = dir
	child.Env = append(os.Environ(), childPump+"="+pump)
	text, err := child.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatal(err)
	}
	return string(text), err == nil
}

func wants(t *testing.T, out string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("the output must say %q; got:\n%s", text, out)
		}
	}
}

// brokenSpec is the example as its author had it first: it looks for output
// after a write and not after a read.
func brokenSpec() model.Spec {
	spec := example.Spec()
	spec.New = func(env model.Env) model.Pump {
		env.Engine = &noFlush{Engine: env.Engine}
		return example.New(env)
	}
	return spec
}

// A noFlush is an engine whose output goes unnoticed from a Read that made it
// to the next Write: what a pump sees that does not look after a Read.
type noFlush struct {
	model.Engine
	unseen bool
}

func (e *noFlush) Read(p []byte) (int, model.Status) {
	quiet := e.InitFinished() && e.Engine.OutputPending() == 0
	n, st := e.Engine.Read(p)
	e.unseen = e.unseen || quiet && e.Engine.OutputPending() > 0
	return n, st
}

func (e *noFlush) Write(p []byte) (int, model.Status) {
	e.unseen = false
	return e.Engine.Write(p)
}

func (e *noFlush) Drain(p []byte) int {
	if e.unseen {
		return 0
	}
	return e.Engine.Drain(p)
}

func (e *noFlush) OutputPending() int {
	if e.unseen {
		return 0
	}
	return e.Engine.OutputPending()
}
