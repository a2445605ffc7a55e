package cli

import (
	"strings"
	"testing"
)

// At its end a hunt says what it covered, what it did not, and whether more of
// it is worth while.
func TestHuntSaysWhatItCovered(t *testing.T) {
	t.Chdir(t.TempDir())
	out := want(t, exitClean, "hunt", "--pump", "reference", "--schedules", "8000")
	tells(t, out, "covered: ", "cells (decision point x phase x event)", "new in the last tenth: ",
		"the next schedule shows a new cell", "never reached (+: with output pending)",
		"client, renegotiation: recv ")
	out = want(t, exitClean, "hunt", "--pump", "reference", "--scenario", "idle-renegotiation",
		"--schedules", "100")
	tells(t, out, "(--json names them)", "server, closing: ",
		"never put to the test: truncation (it takes an end of a link that an app asked for)")
	for line := range strings.Lines(out) {
		if len(line) > 100 {
			t.Errorf("a line of %d columns: %s", len(line), line)
		}
	}
}

// The same in JSON, under names that other programs rely on.
func TestCoverageInJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	end := objects(t, want(t, exitClean, "hunt", "--pump", "reference", "--schedules", "300",
		"--json"))[0]
	c, ok := end["coverage"].(map[string]any)
	if !ok {
		t.Fatalf("got no coverage in %v", end)
	}
	for _, name := range []string{"cells", "pairs", "states"} {
		tally, _ := c[name].(map[string]any)
		if n, _ := tally["reached"].(float64); n < 10 || tally["late"] == nil || tally["chance"] == nil {
			t.Errorf("got %v as %s", c[name], name)
		}
	}
	never, _ := c["never_reached"].([]any)
	reached := c["cells"].(map[string]any)["reached"].(float64)
	if len(never) == 0 || c["cells_total"] != reached+float64(len(never)) {
		t.Errorf("got %d cells never reached of %v; %v reached", len(never), c["cells_total"],
			reached)
	}
	if _, ok := c["untested"].([]any); !ok {
		t.Errorf("got %v as untested; want a list", c["untested"])
	}
}

// hunt --fixed: the script first, and then as many schedules as make sure.
func TestHuntFixed(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	out := want(t, exitViolation, "hunt", "--fixed", script)
	tells(t, out, script+" still fails with kv-original", "stall at the server",
		"replay: wantwrite replay --loose --pump kv-original "+script)
	out = want(t, exitClean, "hunt", "--fixed", script, "--pump", "reference")
	tells(t, out, "stall was not seen again", "which are enough", "make 99 % sure")
	end := objects(t, want(t, exitClean, "hunt", "--fixed", script, "--pump", "reference",
		"--schedules", "2", "--json"))[0]
	fixed, _ := end["fixed"].(map[string]any)
	if fixed["property"] != "stall" || fixed["measured"] != true || fixed["script"] != script ||
		fixed["enough"].(float64) < 2 || fixed["sure"].(float64) > 0.99 || end["schedules"] != 2.0 {
		t.Errorf("got %v in %v", fixed, end["schedules"])
	}
	refused(t, command("hunt", "--fixed", "nowhere.script"), "nowhere.script")
	refused(t, command("hunt", "--fixed", script, "--property", "stall"),
		"the property is the script's")
	refused(t, command("hunt", "--fixed", script, "--engine", "gotls"), "on the model")
}
