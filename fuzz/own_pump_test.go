package fuzz_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/fuzz/engines"
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
	case "openssl":
		fuzz.Check(t, fuzztest.Broken(), func(h *fuzz.Hunt) { h.Engine = "openssl" })
	case "openssl fixed":
		fuzz.Check(t, example.Spec(), func(h *fuzz.Hunt) { h.Engine, h.Schedules = "openssl", 300 })
	case "confirmed":
		fuzz.Check(t, fuzztest.Broken(), func(h *fuzz.Hunt) { h.Confirm, h.Property = "openssl", "stall" })
	case "gotls":
		fuzz.Check(t, example.Spec(), func(h *fuzz.Hunt) { h.Engine, h.Schedules = "gotls", 300 })
	case "every property":
		fuzz.Check(t, fuzztest.Broken(), func(h *fuzz.Hunt) { h.All = true })
	case "MyPump":
		spec := example.Spec()
		spec.Name = "MyPump"
		fuzz.Check(t, spec)
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
	out, ok := checkOwnPump(t, dir, "broken", "|^FuzzOwnPumpChild$", "-wantwrite.html=pages",
		"-test.skip=^TestOwnPumpChild$")
	if ok {
		t.Fatalf("the target of a broken pump must fail; got:\n%s", out)
	}
	fuzztest.Wants(t, out, "Lost wakeup: ", "saved: testdata/wantwrite/example/stall/example-",
		"replay: go test -run '^FuzzOwnPumpChild$'", "page: pages/example-stall-example-")
	if pages, _ := filepath.Glob(filepath.Join(dir, "pages/example-stall-example-*.html")); len(pages) != 1 {
		t.Errorf("got pages %q; want one:\n%s", pages, out)
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
	scripts, err := filepath.Glob(filepath.Join(dir, "testdata/wantwrite/example/stall/*.script"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no stall was saved (%v):\n%s", err, out)
	}
	name := filepath.Base(scripts[0])
	fuzztest.Wants(t, out, "stall: something is owed", "ciphertext waits in the engine",
		"<<< the wakeup is lost here",
		"Lost wakeup: write interest, or a drain after the call that",
		"saved: testdata/wantwrite/example/stall/"+name, "replay: go test -run '^TestOwnPumpChild$'",
		"show: go test -run '^TestOwnPumpChild$' -wantwrite.html pages")

	if pages, _ := filepath.Glob(filepath.Join(dir, "*.html")); len(pages) > 0 {
		t.Errorf("got pages %v that nobody has asked for", pages)
	}
	slug := strings.TrimSuffix(name, ".script")
	out, ok = checkOwnPump(t, dir, "broken", "/^stall$/^"+slug+"$")
	if ok {
		t.Errorf("the saved script must fail again; got:\n%s", out)
	}
	fuzztest.Wants(t, out, "testdata/wantwrite/example/stall/"+name+" fails again",
		"Lost wakeup: write interest")

	if out, ok = checkOwnPump(t, dir, "fixed"); !ok {
		t.Errorf("the mended pump must pass with the saved script; got:\n%s", out)
	}
	fuzztest.Wants(t, out, "--- PASS: TestOwnPumpChild/stall/"+slug)
}

// TestOwnPumpCovered: a check that passes says with -v what it has covered, and what not.
func TestOwnPumpCovered(t *testing.T) {
	out, ok := checkOwnPump(t, t.TempDir(), "fixed", "/hunt")
	if !ok {
		t.Errorf("the pump must pass; got:\n%s", out)
	}
	fuzztest.Wants(t, out, "no failure in 2000 schedules of seed 1, strategy portfolio: ", " steps, engine model "+
		"against model", " scenarios: request-response, ", "scenarios do not apply: pump example is not made for "+
		"scenario ", "put to the test, and held: stall, ", "situations of the pump")
}

// TestOwnPumpOfEachProperty: on request a check goes on after its first failure. Only the first one
// is told in full, and each is saved.
func TestOwnPumpOfEachProperty(t *testing.T) {
	dir := t.TempDir()
	out, ok := checkOwnPump(t, dir, "every property", "/hunt")
	scripts, err := filepath.Glob(filepath.Join(dir, "testdata/wantwrite/example/*/*.script"))
	if ok || err != nil || len(scripts) < 2 || strings.Count(out, "saved: ") != len(scripts) {
		t.Fatalf("got scripts %v (%v); want one for each of some properties:\n%s", scripts, err, out)
	}
	if n := strings.Count(out, "after step "); n != 1 {
		t.Errorf("got %d stories in full; want one:\n%s", n, out)
	}
}

// TestOwnPumpOnOpenSSL: a check on a real library runs it in child processes, which are the same
// test again. What it finds is saved, told and replayed as on the model; a failure of the model is
// confirmed there; a check that passes says which library it was.
func TestOwnPumpOnOpenSSL(t *testing.T) {
	if _, err := openssl.Load(os.Getenv(engines.LibsslVariable)); err != nil {
		require.Missing(t, "openssl", err)
	}
	t.Parallel()
	dir := t.TempDir()
	out, ok := checkOwnPump(t, dir, "openssl")
	scripts, err := filepath.Glob(filepath.Join(dir, "testdata/wantwrite/example/*/*.script"))
	if ok || err != nil || len(scripts) != 1 {
		t.Fatalf("got scripts %v (%v); want one:\n%s", scripts, err, out)
	}
	text, err := os.ReadFile(scripts[0])
	if err != nil {
		t.Fatal(err)
	}
	fuzztest.Wants(t, string(text), "\nengine: openssl\n", "# look at pump.go:")
	fuzztest.Wants(t, out, "example at the ", "openssl", "look at ", "saved: testdata/wantwrite/example/")
	out, ok = checkOwnPump(t, dir, "openssl")
	if ok || !strings.Contains(out, " fails again") {
		t.Errorf("the script must fail again on the library; got:\n%s", out)
	}
	if out, ok = checkOwnPump(t, dir, "openssl fixed"); !ok {
		t.Errorf("the mended pump must pass; got:\n%s", out)
	}
	fuzztest.Wants(t, out, "no failure in 300 schedules of seed 1", "engine openssl against openssl",
		"rapid draws in this process, and engine openssl needs one of its own")
	out, _ = checkOwnPump(t, t.TempDir(), "confirmed", "/hunt")
	fuzztest.Wants(t, out, "confirmed on openssl", "saved: ")
}

// TestOwnPumpOnGo: so does a check on Go's crypto/tls.
func TestOwnPumpOnGo(t *testing.T) {
	t.Parallel()
	out, ok := checkOwnPump(t, t.TempDir(), "gotls")
	if !ok {
		t.Errorf("the pump must pass; got:\n%s", out)
	}
	fuzztest.Wants(t, out, "no failure in 300 schedules of seed 1", "engine gotls against gotls",
		"6 scenarios do not apply: ", "scenario early-data needs early data, which engine gotls does not have")
}

// TestOwnPumpWithoutItsLibrary: a library that was asked for and is not there fails the test, in one
// line that says what to install. So does a name that no script can have; nothing is saved then.
func TestOwnPumpWithoutItsLibrary(t *testing.T) {
	t.Setenv(engines.LibsslVariable, "/nonexistent/libssl.so.3")
	dir := t.TempDir()
	for pump, want := range map[string]string{"openssl": "install", "confirmed": "install",
		"MyPump": `fuzz: got pump name "MyPump"; want 1 to 80 of a-z, 0-9, -, ., _ and /, such as "mypump"`} {
		out, ok := checkOwnPump(t, dir, pump)
		if n := strings.Count(out, "\n"); ok || n > 5 {
			t.Errorf("got %d lines, passed: %v; want one that says what is missing:\n%s", n, ok, out)
		}
		fuzztest.Wants(t, out, "own_pump_test.go:", want)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("got %v; want nothing saved", left)
	}
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
	scripts, err := filepath.Glob(filepath.Join(dir, "testdata/wantwrite/example/*/*.script"))
	if err != nil || len(scripts) != 1 {
		t.Fatalf("got scripts %v (%v); want the smallest alone:\n%s", scripts, err, out)
	}
	property, name := filepath.Base(filepath.Dir(scripts[0])), filepath.Base(scripts[0])
	page := "pages/example-" + property + "-" + strings.TrimSuffix(name, ".script") + ".html"
	if strings.Contains(out, "draw stop") || strings.Count(out, "[rapid] draw ") > 1 {
		t.Errorf("rapid dumps its draws (story 123):\n%s", out)
	}
	fuzztest.Wants(t, out, "<<< the wakeup is lost here", "Lost wakeup: ", "saved: testdata/wantwrite/example/"+
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
