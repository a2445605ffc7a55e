package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/fuzz/engines"
	"github.com/wantwrite/wantwrite/fuzz/guard"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// fatalSeed makes the test binary, run as the child of a hunt, an OpenSSL that
// falls in the run whose world has that seed.
const fatalSeed = "WANTWRITE_TEST_FATAL_SEED"

// falling is OpenSSL with a defect that takes the process with it.
type falling struct{ model.Library }

func (l falling) Begin(seed uint64) {
	l.Library.Begin(seed)
	if os.Getenv(fatalSeed) == fmt.Sprint(seed) {
		go func() { panic("OpenSSL fell, on purpose") }()
		select {}
	}
}

// serveFalling is the command of a child, with that library.
func serveFalling() {
	c := run.NewCatalog()
	c.AddEngine((*openssl.Library)(nil), func() (model.Library, error) {
		lib, err := openssl.Load(os.Getenv(engines.LibsslVariable))
		return falling{lib}, err
	})
	if err := guard.Serve(c, os.Stdin, os.Stdout); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// The two tiers: the model finds, OpenSSL confirms. The report says so, the
// script keeps it, and --json has a field for it.
func TestHuntConfirms(t *testing.T) {
	needOpenSSL(t)
	t.Chdir(t.TempDir())
	args := []string{"hunt", "--confirm", "openssl", "--scenario", "idle-renegotiation",
		"--property", "stall"}
	tells(t, want(t, exitViolation, args...), "  confirmed on openssl\n")
	failure := objects(t, want(t, exitViolation, append(args, "--json")...))[0]
	if failure["confirmed"] != "openssl" || failure["diverged"] != nil || failure["engine"] != "model" {
		t.Errorf("got %v; want confirmed by openssl", failure)
	}
	script := failure["script"].(string)
	tells(t, read(t, script), "# confirmed on openssl\n", "engine: model\n")
	tells(t, want(t, exitViolation, "replay", script), "(as saved)")
}

// What the real library does not do is the model's alone, and the report says
// at which step it went another way: crypto/tls begins no KeyUpdate.
func TestHuntModelOnly(t *testing.T) {
	t.Chdir(t.TempDir())
	failure := objects(t, want(t, exitViolation, "hunt", "--json", "--confirm", "gotls",
		"--scenario", "awaited-key-update", "--property", "stall"))[0]
	diverged, ok := failure["diverged"].(map[string]any)
	if !ok || failure["confirmed"] != nil {
		t.Fatalf("got %v; want one that crypto/tls does not confirm", failure)
	}
	if diverged["engine"] != "gotls" || diverged["step"].(float64) < 1 {
		t.Errorf("got %v; want the step at which gotls went another way", diverged)
	}
	tells(t, read(t, failure["script"].(string)), "# model only: ", diverged["what"].(string))
}

// OpenSSL made to fall in one schedule: the hunt goes on, the schedule is saved
// as a crash, and its replay is a crash again, in another process than ours.
func TestHuntGoesOnAfterACrash(t *testing.T) {
	needOpenSSL(t)
	t.Chdir(t.TempDir())
	t.Setenv(fatalSeed, seedOnOpenSSL(t, 20))
	all := objects(t, want(t, exitViolation, "hunt", "--json", "--engine", "openssl",
		"--pump", "reference", "--scenario", "request-response", "--schedules", "60"))
	if len(all) != 2 || all[0]["property"] != "crash" || all[1]["schedules"] != 60.0 {
		t.Fatalf("got %v; want one crash in 60 schedules", all)
	}
	script := all[0]["script"].(string)
	tells(t, read(t, script), "schedule 20 of seed 1 died: ", "OpenSSL fell, on purpose",
		"property: crash\n", "engine: openssl\n")
	tells(t, want(t, exitViolation, "replay", script), "crash at the", "the process died",
		"OpenSSL fell, on purpose")
	tells(t, want(t, exitClean, "show", script), "schedule 20 of seed 1 died", "crash: ")
	t.Setenv(fatalSeed, "")
	tells(t, want(t, exitClean, "replay", script), "no violation of crash")
}

// seedOnOpenSSL is the seed of the world of a schedule of that hunt.
func seedOnOpenSSL(t *testing.T, n uint64) string {
	t.Helper()
	c := on(&terminal{}).catalog()
	lib, err := c.Engine("openssl")
	if err != nil {
		t.Fatal(err)
	}
	spec := pumps.ReferenceSpec()
	r, err := run.NewRunner(c, run.Options{Pump: &spec, Engine: lib,
		Scenario: "request-response"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Schedule(1, n, oracle.EveryProperty); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(r.Config().Seed)
}

// What can't be confirmed is told before the hunt begins.
func TestBadConfirm(t *testing.T) {
	t.Chdir(t.TempDir())
	refused(t, command("hunt", "--confirm", "nope"), `got engine "nope"; want one of model`)
	refused(t, command("hunt", "--confirm", "model"), "want two that differ")
	t.Setenv(engines.LibsslVariable, "missing.so")
	for _, flag := range []string{"--confirm", "--engine"} {
		o := command("hunt", flag, "openssl")
		refused(t, o, "missing.so")
		if strings.Contains(o.err, "died") {
			t.Errorf("got %q; want what the library's loader says", o.err)
		}
	}
}
