package cli

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// schedules is a tenth of the default: with the race detector on the whole
// takes half a minute.
const schedules = "2000"

// The main job: a hunt without a flag finds the stall of MB-53428, tells of
// it, and saves a short script.
func TestHuntFindsTheStall(t *testing.T) {
	t.Chdir(t.TempDir())
	out := want(t, exitViolation, "hunt", "--schedules", schedules)
	tells(t, out, "stall in kv-original", "the server's engine absorbed", "produced",
		"ciphertext waits in the engine's output buffer", "nothing can happen any more",
		"missing: write interest", "replay: wantwrite replay found", "PROPERTY", "SCRIPT")
	all, err := os.ReadDir("found/stall")
	if err != nil || len(all) != 1 {
		t.Fatalf("got %v, %v in found/stall; want one script", all, err)
	}
	if strings.Count(out, "found/stall/"+all[0].Name()) != 3 {
		t.Errorf("the script %s is named elsewhere than in failure, replay and table:\n%s",
			all[0].Name(), out)
	}
}

// The scenario of the ticket itself: an idle link is renegotiated, and what
// the read absorbed and left behind is the first flight of a handshake.
func TestHuntTellsTheStoryOfTheTicket(t *testing.T) {
	t.Chdir(t.TempDir())
	out := want(t, exitViolation, "hunt", "--scenario", "idle-renegotiation",
		"--property", "stall")
	tells(t, out, "absorbed", "ClientHello", "and produced ServerHello",
		"at the server (pump kv-original)", "interest is read, the socket has room",
		"missing: write interest, or a drain after the call that produced it")
	if strings.Contains(out, "PROPERTY") {
		t.Errorf("a single failure needs no table:\n%s", out)
	}
}

// --json says the same, one object a line and nothing else, under names that
// other programs rely on.
func TestHuntInJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	all := objects(t, want(t, exitViolation, "hunt", "--json", "--schedules", schedules))
	end := all[len(all)-1]
	if end["result"] != "done" || end["found"] != float64(len(all)-1) {
		t.Errorf("got %v as the end of %d failures", end, len(all)-1)
	}
	stalls := 0
	for _, failure := range all[:len(all)-1] {
		for _, name := range []string{"result", "property", "pump", "engine", "tls", "scenario",
			"strategy", "seed", "schedules", "steps", "actions", "seconds", "script", "hash",
			"wire", "found_by", "end", "obligation", "what", "story"} {
			if _, ok := failure[name]; !ok {
				t.Errorf("got no %q in %v", name, failure)
			}
		}
		if failure["property"] == "stall" {
			stalls++
			checkStall(t, failure)
		}
	}
	if stalls != 1 {
		t.Errorf("got %d stalls; want one", stalls)
	}
}

func checkStall(t *testing.T, failure map[string]any) {
	t.Helper()
	for name, want := range map[string]any{"result": "violation", "pump": "kv-original",
		"engine": "model", "strategy": "portfolio", "seed": 1.0, "end": "server",
		"obligation": "engine-output"} {
		if failure[name] != want {
			t.Errorf("%s: got %v; want %v", name, failure[name], want)
		}
	}
	if n := failure["actions"].(float64); n < 1 || n > 15 {
		t.Errorf("the script has %v actions; want at most 15", n)
	}
	text := read(t, failure["script"].(string))
	tells(t, text, "property: stall\n", "hash: "+failure["hash"].(string)+"\n")
	for _, line := range failure["story"].([]any) {
		tells(t, text, "# "+line.(string)+"\n")
	}
}

// The correct pump comes out clean, and nothing is left on the disk.
func TestHuntOfTheReferenceIsClean(t *testing.T) {
	t.Chdir(t.TempDir())
	all := objects(t, want(t, exitClean, "hunt", "--pump", "reference", "--schedules", "2000",
		"--json"))
	if len(all) != 1 || all[0]["result"] != "clean" || all[0]["schedules"] != 2000.0 ||
		all[0]["pump"] != "reference" {
		t.Errorf("got %v; want one clean result", all)
	}
	out := want(t, exitClean, "hunt", "--pump", "reference", "--schedules", "500")
	tells(t, out, "reference: 0 found in 500 schedules")
	if left, _ := os.ReadDir("."); len(left) > 0 {
		t.Errorf("a clean hunt left %v", left)
	}
}

// The same seed hunts the same, and what is saved already is not saved again.
func TestHuntAgainFindsTheSame(t *testing.T) {
	t.Chdir(t.TempDir())
	first := stall(t, "--seed", "7")
	text := read(t, first)
	if second := stall(t, "--seed", "7"); second != first || read(t, second) != text {
		t.Errorf("got %s the first time, %s the second", first, second)
	}
}

// Only the time bounds this hunt. It ends in good order: no interrupt.
func TestHuntForATime(t *testing.T) {
	t.Chdir(t.TempDir())
	out := want(t, exitClean, "hunt", "--pump", "reference", "--time", "50ms")
	tells(t, out, "reference: 0 found in")
}

// --first stops at the first failure, whatever it is.
func TestHuntForTheFirst(t *testing.T) {
	t.Chdir(t.TempDir())
	all := objects(t, want(t, exitViolation, "hunt", "--first", "--json"))
	if len(all) != 2 || all[1]["found"] != 1.0 {
		t.Errorf("got %d objects, the last %v; want one failure and the end", len(all), all[1])
	}
}

// A cancelWriter ends a context when a word goes by.
type cancelWriter struct {
	bytes.Buffer
	word   string
	cancel context.CancelFunc
}

func (w *cancelWriter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.word) {
		w.cancel()
	}
	return w.Buffer.Write(p)
}

// An interrupt in the middle of a hunt: what was found stays, and the end says
// where.
func TestHuntInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var complaint bytes.Buffer
	out := &cancelWriter{word: `"stall"`, cancel: cancel}
	code := execute(ctx, on(&terminal{out: out, err: &complaint}),
		[]string{"hunt", "--json", "--schedules", "1000000000"})
	o := outcome{code, out.String(), complaint.String()}
	ended(t, exitViolation, o, "interrupted after", "what was found is saved in found")
	all := objects(t, o.out)
	if end := all[len(all)-1]; end["result"] != "interrupted" {
		t.Errorf("got %v as the end; want interrupted", end)
	}
	for _, failure := range all[:len(all)-1] {
		read(t, failure["script"].(string))
	}
}

// An interrupt before anything was found.
func TestHuntInterruptedAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, complaint bytes.Buffer
	code := execute(ctx, on(&terminal{out: &out, err: &complaint}), []string{"hunt"})
	ended(t, exitInterrupted, outcome{code, out.String(), complaint.String()}, "nothing was found")
}
