package cli

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
)

// ownPump is a pump of somebody else's module: the example, which here never learns
// that its socket takes bytes again.
const ownPump = `package pump

import (
	"github.com/wantwrite/wantwrite/fuzz/example"
	"github.com/wantwrite/wantwrite/model"
)

type deaf struct{ model.Loop }

func (l deaf) Interest(mask model.Events) { l.Loop.Interest(mask &^ model.Writable) }

// Spec describes the pump.
func Spec() model.Spec {
	spec := example.Spec()
	spec.Name = "mine"
	spec.New = func(env model.Env) model.Pump {
		env.Loop = deaf{env.Loop}
		return example.New(env)
	}
	return spec
}

// Mended describes the pump as it should be.
func Mended() model.Spec {
	spec := example.Spec()
	spec.Name = "mended"
	return spec
}
`

// ownTest is the pump's test, and ownProgram its command line.
const (
	ownTest = `package pump

import (
	"testing"

	"github.com/wantwrite/wantwrite/fuzz"
)

func TestPump(t *testing.T) { fuzz.Check(t, Spec()) }
`
	ownProgram = `package main

import (
	pump "example.com/mypump"

	"github.com/wantwrite/wantwrite/cmd/cli"
)

func main() { cli.Main(pump.Spec(), pump.Mended()) }
`
)

// ownModule makes the module of a user, and goes to its folder.
func ownModule(t *testing.T) fuzztest.Module {
	t.Helper()
	m := fuzztest.NewModule(t, filepath.Join("..", ".."), map[string]string{"pump.go": ownPump,
		"pump_test.go": ownTest, "mine/main.go": ownProgram})
	t.Chdir(m.Dir)
	return m
}

// ownCommand runs a user's program, which ends with a code.
func ownCommand(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	program, err := filepath.Abs("mine.exe")
	if err != nil {
		t.Fatal(err)
	}
	var out, complaint strings.Builder
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("mine %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, &out, &complaint)
	}
	return out.String(), complaint.String()
}

// TestOwnProgram is what a user of another module does: go test finds that a pump
// stalls and saves a script; the user's program, of one line, replays, shows and shrinks
// that script, and hunts in the pump, checks it and runs it on a real library without a
// flag that names it. The project's own command does not know the pump, and says where it is.
func TestOwnProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module and its test")
	}
	m := ownModule(t)
	if out, ok := m.Go(t, "test", "-short", "-run", "^TestPump$", "."); ok ||
		!strings.Contains(out, "saved: testdata/wantwrite/") {
		t.Fatalf("want a test that fails and saves a script:\n%s", out)
	}
	if out, ok := m.Go(t, "build", "-o", "mine.exe", "./mine"); !ok {
		t.Fatal(out)
	}
	all, err := filepath.Glob(filepath.Join("testdata", "wantwrite", "mine", "*", "mine-*.script"))
	if err != nil || len(all) == 0 {
		t.Fatalf("got scripts %q, %v; want some", all, err)
	}
	script := all[0]
	t.Run("scripts", func(t *testing.T) { ownScripts(t, script) })
	t.Run("default pump", ownDefaults)
	t.Run("child processes", ownChildren)
	t.Run("unknown pump", func(t *testing.T) {
		for _, name := range []string{"show", "replay", "shrink"} {
			o := command(name, script)
			refused(t, o, script+`: pump "mine" is not one of this program's (kv-original, `)
			tells(t, o.err, "run it with the program that has it: see docs/your-pump.md (cli.Main)")
		}
	})
}

// ownScripts: what go test has saved is replayed, shown and shrunk by the program.
func ownScripts(t *testing.T, script string) {
	out, _ := ownCommand(t, exitViolation, "replay", script)
	tells(t, out, script, "(as saved)")
	out, _ = ownCommand(t, exitClean, "show", script)
	tells(t, out, "pump mine", "the wakeup is lost here")
	out, _ = ownCommand(t, exitClean, "shrink", "-o", "short.script", script)
	tells(t, out, script, "short.script")
	out, _ = ownCommand(t, exitClean, "replay", "--pump", "mended", "--loose", "short.script")
	tells(t, out, "no violation")
}

// ownDefaults: the pump is the one that is tested, and listed first, and the program has
// its own name.
func ownDefaults(t *testing.T) {
	out, _ := ownCommand(t, exitViolation, "hunt", "--schedules", "2000", "--first")
	tells(t, out, " in mine: ", "replay: mine", "mine: 1 found in ")
	out, _ = ownCommand(t, exitViolation, "check", "--scenario", "request-response", "--writes", "1",
		"--buffers", "1")
	tells(t, out, " in mine: a shortest script")
	out, _ = ownCommand(t, exitViolation, "matrix", "--seeds", "1", "--schedules", "2000",
		"--confirm", "none", "--tls", "any")
	tells(t, out, "sound pumps found wanting: mine (model, any TLS, portfolio) by ", "\n  mended ")
	out, _ = ownCommand(t, exitClean, "list")
	tells(t, out, "\n  mine ")
	out, _ = ownCommand(t, exitClean, "explain", "stall")
	tells(t, out, "  mine hunt --pump ")
	_, complaint := ownCommand(t, exitUsage, "hunt", "--pump", "nope")
	tells(t, complaint, `mine: fuzz: got pump "nope"; want one of mine, mended, kv-original`)
}

// ownChildren: an engine that runs in a process of its own has the pump too.
func ownChildren(t *testing.T) {
	out, _ := ownCommand(t, exitViolation, "hunt", "--engine", "gotls", "--schedules", "500", "--first",
		"--scenario", "request-response")
	tells(t, out, " in mine: ")
}
