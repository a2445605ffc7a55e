package fuzz_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/fuzz/example"
	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
)

// childPump makes a test process check the user's pump, "broken" or "fixed".
const childPump = "WANTWRITE_TEST_PUMP"

// TestOwnPumpChild is the user's test file: one line. It runs in a process of
// its own, because there it has to fail.
func TestOwnPumpChild(t *testing.T) {
	switch os.Getenv(childPump) {
	case "broken":
		fuzz.Check(t, fuzztest.Broken())
	case "fixed":
		fuzz.Check(t, example.Spec())
	default:
		t.Skip("runs as a child of TestOwnPump only")
	}
}

// FuzzOwnPumpChild is the user's fuzz target.
func FuzzOwnPumpChild(f *testing.F) {
	if os.Getenv(childPump) != "broken" {
		f.Skip("runs as a child of TestOwnPumpFuzzed only")
	}
	fuzz.Fuzz(f, fuzztest.Broken())
}

// TestOwnPumpFuzzed: a fuzz target that fails, here with one of its seeds, says and
// writes the same as a test.
func TestOwnPumpFuzzed(t *testing.T) {
	dir := t.TempDir()
	out, ok := checkOwnPump(t, dir, "broken", "|^FuzzOwnPumpChild$/^seed#.$", "-wantwrite.html=pages",
		"-test.skip=^TestOwnPumpChild$")
	if ok {
		t.Fatalf("the target of a broken pump must fail; got:\n%s", out)
	}
	fuzztest.Wants(t, out, "Lost wakeup: ", "saved: testdata/wantwrite/stall/example-",
		"replay: go test -run '^FuzzOwnPumpChild$'", "page: pages/stall-example-")
	if pages, _ := filepath.Glob(filepath.Join(dir, "pages/stall-example-*.html")); len(pages) == 0 {
		t.Errorf("got no page:\n%s", out)
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
	fuzztest.Wants(t, out, "stall: something is owed", "ciphertext waits in the engine",
		"<<< the wakeup is lost here",
		"Lost wakeup: write interest, or a drain after the call that",
		"saved: testdata/wantwrite/stall/"+name, "replay: go test -run '^TestOwnPumpChild$'",
		"show: go test -run '^TestOwnPumpChild$' -wantwrite.html pages")

	if pages, _ := filepath.Glob(filepath.Join(dir, "*.html")); len(pages) > 0 {
		t.Errorf("got pages %v that nobody has asked for", pages)
	}
	out, ok = checkOwnPump(t, dir, "broken", "/replay")
	if ok {
		t.Errorf("the saved script must fail again; got:\n%s", out)
	}
	fuzztest.Wants(t, out, "testdata/wantwrite/stall/"+name+" fails again", "Lost wakeup: write interest")

	if out, ok = checkOwnPump(t, dir, "fixed"); !ok {
		t.Errorf("the mended pump must pass with the saved script; got:\n%s", out)
	}
	fuzztest.Wants(t, out, "--- PASS: TestOwnPumpChild/replay")
}

// TestOwnPumpRapid: what rapid finds is told and saved like what a hunt finds, once,
// and with -wantwrite.html there is a page of it.
func TestOwnPumpRapid(t *testing.T) {
	dir := t.TempDir()
	const many = "-rapid.checks=2000" // that break the pump for sure
	out, ok := checkOwnPump(t, dir, "broken", "/rapid", "-wantwrite.html=pages", many)
	if ok {
		t.Fatalf("the check of a broken pump must fail; got:\n%s", out)
	}
	scripts, err := filepath.Glob(filepath.Join(dir, "testdata/wantwrite/*/*.script"))
	if err != nil || len(scripts) != 1 {
		t.Fatalf("got scripts %v (%v); want the smallest alone:\n%s", scripts, err, out)
	}
	property, name := filepath.Base(filepath.Dir(scripts[0])), filepath.Base(scripts[0])
	page := "pages/" + property + "-" + strings.TrimSuffix(name, ".script") + ".html"
	fuzztest.Wants(t, out, "<<< the wakeup is lost here", "Lost wakeup: ", "saved: testdata/wantwrite/"+
		property+"/"+name, "replay: go test -run '^TestOwnPumpChild$'", "page: "+page)
	text, err := os.ReadFile(filepath.Join(dir, page))
	if err != nil {
		t.Fatal(err)
	}
	fuzztest.Wants(t, string(text), "<!DOCTYPE html>", "Lost wakeup: ")

	out, _ = checkOwnPump(t, dir, "broken", "/rapid", "-wantwrite.html="+scripts[0], many)
	fuzztest.Wants(t, out, "saved: ", "no page: ")
}

// TestPageFlag: the flag says in its help where the folder is.
func TestPageFlag(t *testing.T) {
	f := flag.Lookup("wantwrite.html")
	if f == nil || !strings.Contains(f.Usage, "relative to that of the test") || f.DefValue != "" {
		t.Errorf("got flag %+v; want one that is off", f)
	}
}

// checkOwnPump runs the user's test, or a part of it, in a folder and gives what it
// prints.
func checkOwnPump(t *testing.T, dir, pump string, more ...string) (out string, ok bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	part := ""
	if len(more) > 0 {
		part, more = more[0], more[1:]
	}
	child := exec.Command(self, append([]string{"-test.run", "^TestOwnPumpChild$" + part, "-test.v",
		"-test.short", "-rapid.shrinktime", "100ms", "-rapid.nofailfile", "-rapid.seed", "1"}, more...)...)
	child.Dir = dir
	child.Env = append(os.Environ(), childPump+"="+pump)
	text, err := child.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatal(err)
	}
	return string(text), err == nil
}
