package cli

import (
	"bytes"
	"context"
	"fmt"
	"github.com/wantwrite/wantwrite/fuzz/engines"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A saved script fails again, to the byte, and does not with the pump in
// which the mistake is mended.
func TestReplay(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	tells(t, want(t, exitViolation, "replay", script), script+": step", "stall at the server",
		"(as saved)")
	tells(t, want(t, exitClean, "replay", "--pump", "reference", "--loose", script),
		"no violation of stall", "another pump or engine")
	all := objects(t, want(t, exitViolation, "replay", "--json", script))
	if len(all) != 1 || all[0]["result"] != "violation" || all[0]["property"] != "stall" ||
		all[0]["same"] != true || all[0]["end"] != "server" || all[0]["script"] != script ||
		all[0]["obligation"] != "engine-output" || all[0]["tls"] != "1.2" {
		t.Errorf("got %v", all)
	}
	tells(t, read(t, script), "hash: "+all[0]["hash"].(string)+"\n")
}

// The fix that was abandoned mends this stall: it is what it was made for.
func TestReplayWithTheAbandonedFix(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	tells(t, want(t, exitClean, "replay", "--pump", "kv-speculative", "--loose", script),
		"no violation of stall")
}

// A script whose pump is not known here can be replayed with one that is.
func TestReplayOfAStrangersScript(t *testing.T) {
	t.Chdir(t.TempDir())
	text := strings.Replace(read(t, stall(t)), "pump: kv-original\n", "pump: stranger\n", 1)
	script := write(t, "stranger.script", text)
	refused(t, command("replay", script), script+": ", `pump "stranger" is not one of this program`)
	tells(t, want(t, exitViolation, "replay", "--pump", "kv-original", script), "stall")
}

// A run that is not the saved one any more says so.
func TestReplayOfAnotherHash(t *testing.T) {
	t.Chdir(t.TempDir())
	text := read(t, stall(t))
	at := strings.Index(text, "hash: ") + len("hash: ")
	script := write(t, "other.script", text[:at]+"0123456789abcdef"+text[at+16:])
	tells(t, want(t, exitViolation, "replay", script),
		"saved as 0123456789abcdef: this build does not run it as it was")
}

// Actions that are not enabled are an error with their line, or are skipped
// and counted.
func TestReplayOfWhatCannotHappen(t *testing.T) {
	t.Chdir(t.TempDir())
	text := read(t, stall(t))
	head, _, _ := strings.Cut(text, "\n\n")
	line := strings.Count(head, "\n") + 3
	script := write(t, "stuck.script", head+"\n\nrenegotiate client\n"+text[len(head)+2:])
	refused(t, command("replay", script), "stuck.script:"+strconv.Itoa(line)+": ",
		`got "renegotiate client", which is not enabled here`, "--loose")
	refused(t, command("show", script), "stuck.script:"+strconv.Itoa(line)+": ")
	tells(t, want(t, exitViolation, "replay", "--loose", script),
		"1 actions were not enabled and were skipped")
}

// One bad file among several is reported, and the others have their turn.
func TestReplayGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	o := command("replay", script, "missing.script", script)
	refused(t, o, "missing.script")
	if n := strings.Count(o.out, "as saved"); n != 2 {
		t.Errorf("got %d replays; want both good ones\n%s", n, o.out)
	}
}

// An interrupt between two files.
func TestReplayInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var complaint bytes.Buffer
	out := &cancelWriter{word: "as saved", cancel: cancel}
	code := execute(ctx, on(&terminal{out: out, err: &complaint}), []string{"replay", script, script})
	ended(t, exitViolation, outcome{code, out.String(), complaint.String()},
		"interrupted after 1 of 2 files")
}

// show tells what each action led to, and ends with the story.
func TestShow(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	out := want(t, exitClean, "show", script)
	tells(t, out, "kv-original at the server against reference, model, TLS 1.2",
		"renegotiate client", "● absorbs ClientHello", "● produces ServerHello",
		"read: want-read", "quiesce: no more faults, no new work", "the wakeup is lost here",
		"Lost wakeup: write interest")
	if all := want(t, exitClean, "show", "--all", script); len(all) <= len(out) {
		t.Error("--all shows no more than usual")
	}
	tells(t, want(t, exitClean, "show", "--loose", "--pump", "reference", script),
		"reference at the server", "no violation of stall")
}

// list has each kind of thing, for people and for programs.
func TestList(t *testing.T) {
	people := want(t, exitClean, "list")
	kinds := map[any]int{}
	for _, o := range objects(t, want(t, exitClean, "list", "--json")) {
		kinds[o["kind"]]++
		tells(t, people, o["name"].(string), o["about"].(string))
	}
	for kind, least := range map[string]int{"pump": 4, "mutant": 9, "engine": 2, "scenario": 9, "setting": 30,
		"property": 9, "strategy": 8} {
		if kinds[kind] < least {
			t.Errorf("got %d of kind %s; want at least %d", kinds[kind], kind, least)
		}
		tells(t, people, kind)
	}
}

// list --traits says of each trait what the three engines do, and at least one
// of them does otherwise. The table of docs/engines.md says the same.
func TestListTraits(t *testing.T) {
	page := read(t, "../../docs/engines.md")
	people := want(t, exitClean, "list", "--traits")
	for _, o := range objects(t, want(t, exitClean, "list", "--traits", "--json")) {
		tells(t, people, o["trait"].(string)+": "+o["call"].(string), o["model"].(string))
		tells(t, page, fmt.Sprintf("| `%s` | %s | %s | %s | %s |", o["trait"], o["call"], o["model"],
			o["openssl"], o["gotls"]))
		if o["openssl"] == "the same" && o["gotls"] == "the same" {
			t.Errorf("got %v; want an engine that differs", o)
		}
	}
}

// list --decisions has all 35, each with a script that replays or a reason why
// there is none, for people and for programs.
func TestListDecisions(t *testing.T) {
	people := want(t, exitClean, "list", "--decisions")
	all := objects(t, want(t, exitClean, "list", "--decisions", "--json"))
	if len(all) != 35 {
		t.Errorf("got %d decisions; want 35", len(all))
	}
	for _, o := range all {
		script, shown := o["script"].(string)
		if shown == (o["unshown"] != nil) {
			t.Errorf("got %v; want a script, or why there is none", o)
		}
		tells(t, people, o["name"].(string)+"\n", script)
		if _, err := os.Stat("../../" + script); err != nil {
			t.Error(err)
		}
	}
	refused(t, command("list", "--decisions", "--traits"), "want one of them")
}

// A libssl that was asked for by its file and is not there ends each command with one line, which
// says what was tried and what to install. Nothing is hunted, written or confirmed without it.
func TestMissingLibrary(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	const missing = "libssl-missing.so.9"
	t.Setenv(engines.LibsslVariable, "") // --lib sets it, and the test takes it back
	for _, line := range []string{"hunt", "hunt --engine openssl", "hunt --confirm openssl",
		"matrix", "matrix --confirm none", "check", "explain stall",
		"replay " + script, "show " + script, "shrink " + script, "show --html page.html " + script} {
		o := command(append(strings.Fields(line), "--lib", missing)...)
		refused(t, o, missing, "install")
		if o.out != "" {
			t.Errorf("%s: got %q on stdout; want nothing", line, o.out)
		}
	}
	t.Setenv(engines.LibsslVariable, missing) // is only missed where it would be used
	for _, line := range []string{"hunt --engine openssl", "hunt --confirm openssl", "matrix",
		"matrix --engine openssl", "replay --engine openssl " + script,
		"show --engine openssl " + script, "show --html x.html --against openssl " + script,
		"shrink --engine openssl -o x.script " + script} {
		refused(t, command(strings.Fields(line)...), missing, "install")
	}
	want(t, exitViolation, "replay", script)
	tells(t, want(t, exitClean, "list", "--lib", missing), "not here: openssl: no library")
	files, _ := filepath.Glob("found/*/*")
	if len(files) != 1 {
		t.Errorf("got %v; want nothing but the model's failure", files)
	}
}

// A broken terminal ends the hunt at the first failure, which is saved.
func TestBrokenOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	for _, args := range [][]string{
		{"hunt", "--schedules", "1000000000"}, {"hunt", "--json", "--schedules", "1000000000"},
		{"replay", script}, {"replay", "--json", script}, {"show", script}, {"list"},
		{"list", "--json"}, {"list", "--traits"}, {"list", "--decisions"}, {"explain", "stall"},
		{"shrink", "-o", "x.script", script}, {"completion", "bash"}, {"help", "hunt"}, {"--help"},
		{"check", "--buffers", "1"}, {"matrix", "--mutant", "no-flush-after-read", "--seeds", "1", "--confirm", "none"},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		var complaint bytes.Buffer
		code := execute(context.Background(), on(&terminal{out: w, err: &complaint}), args)
		w.Close()
		if said := progressPlain.ReplaceAllString(complaint.String(), ""); code != exitClosedPipe || said != "" {
			t.Errorf("%v: exit %d, and it says %q; want %d, and nothing", args, code, said, exitClosedPipe)
		}
	}
	files, _ := filepath.Glob("found/*/*")
	if len(files) < 2 {
		t.Errorf("got %v; want the finds of the hunts too", files)
	}
}
