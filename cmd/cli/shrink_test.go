package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/shrink"
)

// swell makes a shrunk script longer and its world odd: nobody's idea of a
// minimal one. It has a word of its author in its story.
func swell(t *testing.T, script string) string {
	t.Helper()
	text := strings.NewReplacer("bio=8192", "bio=5000", "linger=16", "linger=17",
		"seed: 0x1", "seed: 0x77", "\n\npoll client\n",
		"\n\ntick 3\nspurious client read+write\npoll client\npoll server\n",
		"pump: kv-original", "# author: mind the gap\npump: kv-original",
	).Replace(read(t, script))
	return write(t, "long.script", text)
}

// A saved script is shrunk where it lies. The original stays beside it, what
// its author wrote stays in the story, and the new script replays as saved.
func TestShrink(t *testing.T) {
	t.Chdir(t.TempDir())
	short := stall(t)
	long := swell(t, short)
	text := read(t, long)
	tells(t, want(t, exitClean, "shrink", long), "long.script: shrunk from ",
		" actions to 10 in ", "the original is in long.script.orig")
	if read(t, "long.script.orig") != text {
		t.Errorf("the original is\n%s\nwant\n%s", read(t, "long.script.orig"), text)
	}
	got, wanted := read(t, long), read(t, short)
	if trimmed := strings.Replace(got, "# author: mind the gap\n", "", 1); trimmed == got ||
		trimmed != wanted {
		t.Errorf("got\n%s\nwant with the author's word\n%s", got, wanted)
	}
	tells(t, want(t, exitViolation, "replay", long), "stall at the server", "(as saved)")
}

// What is as short as it gets is not written again.
func TestShrinkAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	old := written(t, script)
	tells(t, want(t, exitClean, "shrink", script), "10 actions, as short as it gets")
	if _, err := os.Stat(script + ".orig"); err == nil || written(t, script) != old {
		t.Error("a script that did not change was written")
	}
}

// written is when a file was written last.
func written(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime().String()
}

// Two scripts with one name, one after the other: no original is lost.
func TestShrinkKeepsEachOriginal(t *testing.T) {
	t.Chdir(t.TempDir())
	short := stall(t)
	first := read(t, swell(t, short))
	want(t, exitClean, "shrink", "long.script")
	second := strings.Replace(first, "tick 3", "tick 4", 1)
	write(t, "long.script", second)
	tells(t, want(t, exitClean, "shrink", "long.script"), "long.script.orig-2")
	if read(t, "long.script.orig") != first || read(t, "long.script.orig-2") != second {
		t.Error("an original is lost")
	}
}

// With --output the file stays, and the shrunk script goes elsewhere.
func TestShrinkElsewhere(t *testing.T) {
	t.Chdir(t.TempDir())
	long := swell(t, stall(t))
	text := read(t, long)
	tells(t, want(t, exitClean, "shrink", "-o", "new.script", long), "new.script")
	if read(t, long) != text {
		t.Error("the original was touched")
	}
	tells(t, want(t, exitViolation, "replay", "new.script"), "(as saved)")
	files, _ := filepath.Glob("*")
	if len(files) != 3 { // found, long.script, new.script
		t.Errorf("got %v", files)
	}
}

// --json has an object for each script.
func TestShrinkInJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	long := swell(t, stall(t))
	all := objects(t, want(t, exitClean, "shrink", "--json", long))
	if len(all) != 1 {
		t.Fatalf("got %v; want one object", all)
	}
	for name, value := range map[string]any{"result": "violation", "property": "stall",
		"pump": "kv-original", "engine": "model", "tls": "1.2", "scenario": "idle-renegotiation",
		"strategy": "script", "before": 13.0, "actions": 10.0, "minimal": true, "changed": true,
		"script": long, "original": long + ".orig", "end": "server",
		"obligation": "engine-output"} {
		if all[0][name] != value {
			t.Errorf("%s: got %v; want %v", name, all[0][name], value)
		}
	}
	tells(t, read(t, long), "hash: "+all[0]["hash"].(string)+"\n")
	all = objects(t, want(t, exitClean, "shrink", "--json", "--pump", "reference", "-o",
		"none.script", long))
	if len(all) != 1 || all[0]["result"] != "clean" {
		t.Errorf("got %v; want a clean result", all)
	}
}

// A script that does not fail any more is told so, and stays.
func TestShrinkOfWhatIsMended(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	text := strings.Replace(read(t, script), "pump: kv-original", "pump: reference", 1)
	write(t, "mended.script", text)
	tells(t, want(t, exitClean, "shrink", "mended.script"), "no violation of stall",
		"nothing to shrink")
	if read(t, "mended.script") != text {
		t.Error("the script was touched")
	}
}

// With another engine the script becomes one of that engine.
func TestShrinkOnAnotherEngine(t *testing.T) {
	needOpenSSL(t)
	t.Chdir(t.TempDir())
	long := swell(t, stall(t))
	tells(t, want(t, exitClean, "shrink", "--engine", "openssl", "-o", "real.script", long),
		" actions to 10 in ", "real.script")
	tells(t, read(t, "real.script"), "engine: openssl\n", "property: stall\n")
	tells(t, want(t, exitViolation, "replay", "real.script"), "(as saved)")
}

// One bad file among several is told, and the others have their turn.
func TestShrinkGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	long := swell(t, stall(t))
	o := command("shrink", "missing.script", long)
	refused(t, o, "cannot open missing.script")
	tells(t, o.out, "long.script: shrunk from ")
}

// What is wrong is told in one line, and no file is touched.
func TestShrinkRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	text := read(t, script)
	write(t, "bad.script", strings.Replace(text, "poll client", "pull client", 1))
	write(t, "unfit.script", strings.Replace(text, "trigger: level", "trigger: edge", 1))
	write(t, "strange.script", strings.Replace(text, "peer: reference", "peer: mine", 1))
	for line, words := range map[string]string{
		"shrink":                            "got 0 arguments; want at least one file",
		"shrink --nope x":                   "unknown flag: --nope; see: wantwrite shrink --help",
		"shrink -o new.script a b":          "got --output and 2 files; want one file",
		"shrink --pump kv-landed " + script: "no --output",
		"shrink --engine gotls " + script:   "no --output",
		"shrink -o x --pump nope " + script: `got pump "nope"; want one of`,
		"shrink -o x --engine no " + script: `got engine "no"; want one of`,
		"shrink bad.script":                 `bad.script:`,
		"shrink unfit.script":               "unfit.script: fuzz: got pump",
		"shrink strange.script":             `strange.script: pump "mine" is not one of this program`,
		"shrink .":                          "got folder .; want a .script file",
		"shrink -o none/x.script " + script: "cannot write none/x.script: no such file",
		"shrink -o found " + script:         "got folder found; want a .script file",
	} {
		t.Run(line, func(t *testing.T) { refused(t, command(strings.Fields(line)...), words) })
	}
	if read(t, script) != text {
		t.Error("the script was touched")
	}
	if left, _ := filepath.Glob("*"); len(left) != 4 {
		t.Errorf("got %v; want found and three scripts", left)
	}
}

// An interrupt between two files, and a broken terminal.
func TestShrinkInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var complaint bytes.Buffer
	out := &cancelWriter{word: "as short", cancel: cancel}
	code := execute(ctx, on(&terminal{out: out, err: &complaint}), []string{"shrink", script, script})
	ended(t, exitInterrupted, outcome{code, out.String(), complaint.String()},
		"interrupted after 1 of 2 files")
}

// A fuse is a context that is cancelled when it has been asked so many times.
type fuse struct {
	context.Context
	left atomic.Int64
}

func lit(times int64) *fuse {
	f := &fuse{Context: context.Background()}
	f.left.Store(times)
	return f
}

func (f *fuse) Err() error {
	if f.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// An interrupt in the middle of a shrink: the best script so far is saved, and
// replays as it was.
func TestShrinkInterruptedInTheMiddle(t *testing.T) {
	t.Chdir(t.TempDir())
	long := swell(t, stall(t))
	text := read(t, long)
	var out, complaint bytes.Buffer
	code := execute(lit(20), on(&terminal{out: &out, err: &complaint}),
		[]string{"shrink", long})
	ended(t, exitInterrupted, outcome{code, out.String(), complaint.String()}, "long.script: interrupted after ",
		"the best script so far is in long.script")
	if read(t, long) == text || read(t, long+".orig") != text {
		t.Error("want the best script so far, and the original beside it")
	}
	tells(t, want(t, exitViolation, "replay", long), "(as saved)")
	tells(t, want(t, exitClean, "shrink", long), "actions to 10 in")
}

// So it is with a hunt: the failure is saved as short as it was by then.
func TestHuntInterruptedInAShrink(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, complaint bytes.Buffer
	code := execute(lit(20), on(&terminal{out: &out, err: &complaint}),
		[]string{"hunt", "--scenario", "idle-renegotiation", "--property", "stall"})
	ended(t, exitViolation, outcome{code, out.String(), complaint.String()}, "interrupted after",
		"what was found is saved in found")
	scripts, _ := filepath.Glob("found/stall/*")
	if len(scripts) != 1 {
		t.Fatalf("got %v; want the failure", scripts)
	}
	tells(t, out.String(), "interrupted; to go on: wantwrite shrink "+scripts[0])
	tells(t, want(t, exitViolation, "replay", scripts[0]), "(as saved)")
	tells(t, want(t, exitClean, "shrink", scripts[0]), " to 10 in ")
}

// The progress line of a shrink.
func TestProgressOfAShrink(t *testing.T) {
	line := shrinking(shrink.Shrunk{Before: 245, After: 17, Runs: 1234})
	if want := "shrinking: 245 -> 17 actions, 1,234 runs"; line != want {
		t.Errorf("got %s; want %s", line, want)
	}
	for n, want := range map[int]string{7: "7", 999: "999", 1234: "1,234", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("got %s; want %s", got, want)
		}
	}
}
