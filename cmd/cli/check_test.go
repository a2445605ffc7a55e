package cli

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// A check that holds says so, how far it looked, and what that proves.
func TestCheckHolds(t *testing.T) {
	t.Chdir(t.TempDir())
	out := want(t, exitClean, "check", "--pump", "reference")
	tells(t, out, "reference: holds within these bounds", "states", "transitions", "depth",
		"9 worlds", "bytes a state", "client: write 1, renegotiate 1", "buffers of 1..3 records",
		"proved:", "not proved:", "odds")
	if _, err := os.Stat("found"); err == nil {
		t.Error("it left a folder behind")
	}
}

// A check that finds the ticket's stall saves a shortest script, which replays.
func TestCheckFindsTheStall(t *testing.T) {
	t.Chdir(t.TempDir())
	out := want(t, exitViolation, "check", "--property", "stall")
	tells(t, out, "stall in kv-original: a shortest script", "absorbed ClientHello", "10 actions",
		"no script of fewer actions")
	const path = "found/stall/kv-original-idle-renegotiation.script"
	tells(t, want(t, exitViolation, "replay", path), "stall")
}

// --json says the same in one object.
func TestCheckInJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	all := objects(t, want(t, exitViolation, "check", "--json", "--property", "stall",
		"--buffers", "3"))
	if len(all) != 1 {
		t.Fatalf("got %d objects; want 1", len(all))
	}
	for _, name := range []string{"result", "stop", "pump", "scenario", "states", "transitions",
		"heals", "depth", "worlds", "of", "seconds", "states_per_second", "memory", "bytes_per_state",
		"missed_odds", "bounds", "property", "actions", "script", "hash", "end", "obligation", "what",
		"story"} {
		if _, ok := all[0][name]; !ok {
			t.Errorf("the object has no %s", name)
		}
	}
	if all[0]["result"] != "violation" || all[0]["actions"] != 10.0 {
		t.Errorf("got %v in %v actions; want a violation in 10", all[0]["result"], all[0]["actions"])
	}
}

// A check that stops at a limit proves nothing, and says what it covered. The
// same command without the limit goes on from the file.
func TestCheckStopsAndGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	args := []string{"check", "--pump", "reference", "--scenario", "awaited-key-update",
		"--buffers", "1", "--checkpoint", "half"}
	var out, errs bytes.Buffer
	code := execute(context.Background(), on(&terminal{out: &out, err: &errs}),
		append(args, "--states", "1000"))
	if code != exitUsage || !strings.Contains(errs.String(), "half is there to go on from") {
		t.Errorf("exit %d, %s; want 2 and the name of the file", code, errs.String())
	}
	tells(t, out.String(), "reference: not done", "all that takes fewer than", "proves nothing yet")
	rest := want(t, exitClean, args...)
	t.Chdir(t.TempDir())
	whole := want(t, exitClean, args[:len(args)-2]...)
	if a, b := line(rest, "transitions"), line(whole, "transitions"); a != b {
		t.Errorf("gone on with it counts %q; at one go %q", a, b)
	}
}

// line is the line of a text with that word.
func line(text, word string) string {
	for l := range strings.Lines(text) {
		if strings.Contains(l, word) {
			return l
		}
	}
	return ""
}

// Bad flags are one clear line each.
func TestCheckRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"--buffers", "3..1"}, {"--buffers", "x"}, {"--deliver", "slowly"}, {"--memory", "4 apples"},
		{"--body", "long"}, {"--transport", "pigeon"}, {"--trigger", "happy"}, {"--workers", "-1"},
		{"--writes", "-1"}, {"--scenario", "two-links"}, {"--scenario", "none"}, {"--pump", "none"},
		{"--property", "none"}, {"--tls", "1.1"}, {"--tls", "1.3"}, {"--corpus", ""},
		{"--checkpoint", "no/such/folder/file"}, {"--record", "1"}, {"--under", "nobody"},
		{"--modes", "fast"}, {"--under", "client"}, // kv-original is a server's pump
	} {
		var out, errs bytes.Buffer
		code := execute(context.Background(), on(&terminal{out: &out, err: &errs}), append([]string{"check"},
			args...))
		if code != exitUsage || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%v: exit %d, %q; want 2 and a line", args, code, errs.String())
		}
	}
}

// The end under test may be the client, and the world may have modes that schedules
// draw: some mistakes show there only.
func TestCheckInOtherWorlds(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"--pump", "early-write-parked", "--under", "client"},
		{"--pump", "reentrant-read-repeats", "--modes", "reentrant"},
	} {
		out := want(t, exitViolation, append([]string{"check", "--scenario", "request-response",
			"--buffers", "1"}, args...)...)
		tells(t, out, "under test the ", "a shortest script")
		if args[2] == "--modes" {
			tells(t, out, "; reentrant\n")
		}
	}
}
