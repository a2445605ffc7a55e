package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"strings"
	"testing"
)

// few is a matrix of a few cells that takes no time: one seed, and nobody to
// confirm what it finds.
var few = []string{"matrix", "--pump", "reference", "--mutant",
	"no-flush-after-read,latched-in-renegotiation", "--seeds", "1", "--schedules", "300", "--confirm",
	"none"}

// The table has a line for each subject, and says what is killed and what makes
// no sense; the scripts it names replay.
func TestMatrix(t *testing.T) {
	t.Chdir(t.TempDir())
	out := want(t, exitClean, append(few, "--csv", "m.csv", "--html", "m.html")...)
	tells(t, out, "TLS 1.2  ", "TLS 1.3\n", "All columns: model, portfolio.", "no-flush-after-read",
		"reference                 nothing  clean", "6 cells: 2 of 2 mutants killed",
		"senseless (1): scenario key-update is about TLS 1.3 only",
		"senseless (1): scenario renegotiation is about TLS 1.2 only", "written: m.html")
	script := "found/stall/no-flush-after-read-model-1.3-portfolio.script"
	tells(t, want(t, exitViolation, "replay", script), "(as saved)")
	lines, err := csv.NewReader(strings.NewReader(read(t, "m.csv"))).ReadAll()
	if err != nil || len(lines) != 7 || lines[0][0] != "mutant" {
		t.Fatalf("got %v, %v; want a head and six cells", lines, err)
	}
	tells(t, strings.Join(lines[4], " "), "no-flush-after-read stall model 1.3 portfolio true found "+
		"stall", script)
	tells(t, read(t, "m.html"), `href="./m-cells/no-flush-after-read-model-1.3-portfolio.html"`)
	tells(t, read(t, "m-cells/no-flush-after-read-model-1.3-portfolio.html"), "Lost wakeup",
		"no-flush-after-read")
}

// For programs it is an object for each cell, and one for the end. Neither
// depends on how many worked at it.
func TestMatrixInJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	var before string
	for _, workers := range []string{"1", "3"} {
		out := want(t, exitClean, append(few, "--json", "--workers", workers)...)
		all := objects(t, out)
		if len(all) != 7 {
			t.Fatalf("got %d objects; want six cells and the end", len(all))
		}
		for _, cell := range all[:6] {
			for _, name := range []string{"mutant", "engine", "tls", "strategy", "found", "property",
				"schedules", "actions", "confirmed", "script", "reason", "outcome", "must", "bugs"} {
				if _, ok := cell[name]; !ok {
					t.Errorf("got no %q in %v", name, cell)
				}
			}
		}
		if end := all[6]; end["result"] != "done" || end["killed"] != 2.0 || end["senseless"] != 2.0 {
			t.Errorf("got %v as the end", end)
		}
		cells := out[:strings.LastIndex(out, `{"schema":1,"result":"done"`)]
		if before != "" && before != cells {
			t.Errorf("with %s workers:\n%s\nwith one:\n%s", workers, cells, before)
		}
		before = cells
	}
}

// A mutant that is alive is exit code 1.
func TestMatrixWithAMutantAlive(t *testing.T) {
	t.Chdir(t.TempDir())
	out := want(t, exitViolation, "matrix", "--mutant", "failed-write-unarmed", "--seeds", "1",
		"--schedules", "5", "--confirm", "none")
	tells(t, out, "0 of 1 mutants killed", "not killed: failed-write-unarmed", "alive")
	if left, _ := os.ReadDir("."); len(left) > 0 {
		t.Errorf("got %v on the disk; want nothing", left)
	}
}

// crypto/tls is on every machine: it confirms a failure, or the cell says why not,
// and it can be hunted on.
func TestMatrixOnALibrary(t *testing.T) {
	t.Chdir(t.TempDir())
	args := []string{"matrix", "--seeds", "1", "--schedules", "300", "--json", "--confirm", "gotls"}
	all := objects(t, want(t, exitClean, append(args, "--tls", "any", "--mutant",
		"recv-after-close,update-never-answered")...))
	if got := all[1]["confirmed"].([]any); len(got) != 1 || got[0] != "gotls" {
		t.Errorf("got %v; want recv-after-close confirmed by gotls", all[1])
	}
	if got := all[0]["confirmed"].([]any); len(got) != 0 || all[0]["reason"] == "" {
		t.Errorf("got %v; want a reason why crypto/tls does not confirm it", all[0])
	}
	all = objects(t, want(t, exitClean, append(args, "--engine", "gotls", "--strategy",
		"random,coverage", "--tls", "1.3", "--mutant", "recv-after-close", "--html", "m.html")...))
	if got := all[0]["confirmed"].([]any); len(got) != 1 || got[0] != "gotls" {
		t.Errorf("got %v; want what is found on gotls confirmed there", all[0])
	}
	tells(t, all[1]["reason"].(string), "got strategy \"coverage\" for a library of the machine")
	tells(t, want(t, exitViolation, "replay", all[0]["script"].(string)), "(as saved)")
}

// An interrupt keeps what was done, and prints nothing of the cells that were not filled but their
// number.
func TestMatrixInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out, complaint := &cancelWriter{word: `"result":"cell"`, cancel: cancel}, bytes.Buffer{}
	code := execute(ctx, on(&terminal{out: out, err: &complaint}), []string{"matrix", "--json", "--workers",
		"1", "--confirm", "none", "--csv", "m.csv"})
	ended(t, exitInterrupted, outcome{code, out.String(), complaint.String()}, "interrupted after",
		"cells; their scripts are saved in found")
	all := objects(t, out.String())
	end := all[len(all)-1]
	if end["result"] != "interrupted" || end["filled"] != float64(len(all)-1) {
		t.Errorf("got %v after %d cells; want interrupted", end, len(all)-1)
	}
	if lines := strings.Count(read(t, "m.csv"), "\n"); lines != len(all) {
		t.Errorf("got %d lines of %d cells; want those that were filled, and a head", lines, len(all)-1)
	}
	tells(t, read(t, all[0]["script"].(string)), "wantwrite script 1\n")
}

// What is wrong with the flags is told before anything is hunted.
func TestBadMatrix(t *testing.T) {
	t.Chdir(t.TempDir())
	for line, words := range map[string]string{
		"--mutant nope":            `got mutant "nope"; want a name, a pattern such as`,
		"--pump nope-*":            `got pump "nope-*"; want a name, or a pattern such as kv-*`,
		"--engine nope":            `got engine "nope"; want one of model, openssl`,
		"--engine ,":               "got an empty --engine",
		"--tls 1.1":                `got TLS version "1.1"; want 1.2, 1.3 or any`,
		"--strategy pct:0":         `got strategy "pct:0"; want one of pct:1`,
		"--confirm model":          "got --confirm model; want real libraries",
		"--confirm puppet":         "got engine puppet, which is a peer only",
		"--confirm nope":           `got engine "nope"; want one of model`,
		"--seeds 0":                `got --seeds "0"; want a whole number from 1 to 1000`,
		"--time -1s":               "got --time -1s; want a time",
		"--workers 0":              `got --workers "0"; want a whole number from 1 to 256`,
		"--corpus=":                "got an empty --corpus; want a folder",
		"--html missing/m.html":    "got --html missing/m.html; want a file in a folder",
		"--csv missing/m.csv":      "got --csv missing/m.csv; want a file in a folder",
		"--mutant A --schedules x": `got --schedules "x"; want a whole number`,
	} {
		o := command(append([]string{"matrix"}, strings.Fields(line)...)...)
		refused(t, o, words)
		if o.out != "" {
			t.Errorf("%s: got %q on stdout; want nothing", line, o.out)
		}
	}
}
