package fuzz

import (
	"context"
	goflag "flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// pageFlag is a flag of test binaries that import this package. pageDir is the folder
// that it names.
const pageFlag = "wantwrite.html"

var pageDir string

// init gives test binaries the flag. Other programs that import this package do not get
// it.
func init() {
	if testing.Testing() {
		goflag.StringVar(&pageDir, pageFlag, "", "write a page of each failing run to this folder, "+
			"which is relative to that of the test")
	}
}

// broken has the pumps that have failed in this process, by name.
//
// Story 122: a pump had one mistake. The hunt met it as a stall, as a truncation and as lost
// data, rapid met it again, and 150 seeds of the fuzz target one by one: 9,085 lines and 65
// scripts of one cause. Which of them is the cause nobody can tell before it is mended, so a
// pump fails once.
var broken struct {
	sync.Mutex
	pumps map[string]first
}

// A first failure of a pump is told in full.
type first struct{ test, path string }

// await skips a test if another one has told of a failure of its pump.
func (k *tester) await(t testing.TB) {
	t.Helper()
	broken.Lock()
	defer broken.Unlock()
	if f, is := broken.pumps[k.spec.Name]; is && f.test != k.test {
		t.Skipf("pump %s fails in %s (%s): this test waits until that is mended; to run it alone: %s",
			k.spec.Name, f.test, f.path, k.again())
	}
}

// breaks notes that the pump has failed, and says whether it is the first time in this test.
func (k *tester) breaks(path string) (isFirst bool) {
	broken.Lock()
	defer broken.Unlock()
	if broken.pumps == nil {
		broken.pumps = map[string]first{}
	}
	broken.pumps[k.spec.Name] = first{k.test, path}
	isFirst = !k.failed
	k.failed = true
	return isFirst
}

// reported is where the script lies that the pump has failed with.
func (k *tester) reported() string {
	broken.Lock()
	defer broken.Unlock()
	return broken.pumps[k.spec.Name].path
}

// A failure is a script that breaks a property.
type failure struct {
	script *script.Script
	out    *run.Outcome // of a replay with a trace
	// path is where the script lies; empty if it has to be saved.
	path string
	// found says how it was found, if it was now. confirmation is what another library makes
	// of it; nil if none was asked.
	found        string
	confirmation *run.Confirmation
}

// report fails the test. The first failure is told in full, the others in a few lines.
func (k *tester) report(t testing.TB, f *failure) {
	t.Helper()
	lines := []string{f.path + " fails again"}
	var end []string
	if f.path == "" {
		lines = []string{f.found}
		end = k.save(t, f)
	}
	told, full := k.tell(f), k.breaks(f.path)
	if full {
		lines = append(lines, told...)
	} else {
		lines = append(lines, f.out.Result.Violation.String())
	}
	if f.confirmation != nil {
		lines = append(lines, f.confirmation.String())
	}
	if end = append(end, "replay: "+k.again()); full {
		end = append(end, k.page(f)...)
	}
	t.Errorf("%s", strings.Join(append(lines, end...), "\n"))
}

// A cause is what two failures have in common that tell of one mistake.
type cause struct {
	property   string
	under      bool // the end under test failed, not its peer
	obligation oracle.Obligation
	gist       string
}

func causeOf(out *run.Outcome) cause {
	v := &out.Result.Violation
	return cause{v.Violated(), model.Role(v.End&1) == out.Config.Under, v.Obligation, v.Gist()}
}

// known is the path of a saved script that fails for the cause of a failure. Check looks for new
// failures only when no saved script fails, but a fuzzer has several processes. A script of a
// library that may take this process along is not run.
func (k *tester) known(t testing.TB, f *failure) (path string, is bool) {
	for _, old := range k.saved(t) {
		s := k.read(t, old.path)
		can, err := k.catalog.Can(s.Config.Engine, s.Config.PeerEngine)
		if err != nil || !can.InProcess || s.Property != f.script.Property {
			continue
		}
		out, err := run.Replay(k.runner, s, run.ReplayOptions{Loose: true, Pump: k.spec.Name})
		if err == nil && out.Result.Found && causeOf(&out) == causeOf(f.out) {
			return filepath.ToSlash(old.path), true
		}
	}
	return "", false
}

// save saves a failure's script and says where, or why not, and then the script itself. Of one
// cause it saves one script.
func (k *tester) save(t testing.TB, f *failure) []string {
	if path, is := k.known(t, f); is {
		f.path = path
		return []string{"saved: " + f.path + ", before, for the same cause"}
	}
	saved, err := k.corpus.Save(f.script.Property, corpus.Slug(k.spec.Name, f.script.Config.Scenario),
		f.script.Format())
	if err != nil {
		return []string{err.Error(), string(f.script.Format())}
	}
	f.path = filepath.ToSlash(saved)
	return []string{"saved: " + f.path}
}

// mostRows is how many lines of a diagram a message has. The page has all.
const mostRows = 20

// tell is the story of a failure. A process that has died leaves only what was seen of it.
func (k *tester) tell(f *failure) []string {
	if f.out.Trace == nil {
		return append([]string{f.out.Result.Violation.String()}, f.script.Story...)
	}
	text := story.Tell(f.script, f.out).Text(story.TextOptions{})
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	from := 1 + slices.Index(lines, "") // the title is above, and the diagram's heading is next
	to := from + max(0, slices.Index(lines[from:], ""))
	return slices.Concat(lines[:from], shorter(lines[from:to]), lines[to:])
}

// shorter is a diagram of at most about mostRows rows: its heading, the first turning point, and
// the end.
func shorter(rows []string) (short []string) {
	from := max(1, len(rows)-mostRows)
	mark := slices.IndexFunc(rows, func(row string) bool { return strings.Contains(row, "<<<") })
	cut := func(n int) {
		if n > 0 {
			short = append(short, fmt.Sprintf("   ··  %d lines, which -%s has", n, pageFlag))
		}
	}
	short = append(short, rows[:min(1, len(rows))]...)
	if mark > 0 && mark < from {
		from = max(from, len(rows)-mostRows/2)
		cut(mark - 1)
		to := min(mark+mostRows/2, from)
		short = append(short, rows[mark:to]...)
		cut(from - to)
	} else {
		cut(from - 1)
	}
	return append(short, rows[min(from, len(rows)):]...)
}

// again is the command that runs the test once more. It replays the saved scripts first.
func (k *tester) again() string { return "go test -run '" + pattern(k.test) + "'" }

// page writes the page of a failure into the folder of the flag and says where. Without
// the flag it says which command makes the page.
func (k *tester) page(f *failure) []string {
	if f.out.Trace == nil {
		return nil
	}
	if pageDir == "" {
		return []string{fmt.Sprintf("show: %s -%s pages", k.again(), pageFlag)}
	}
	name := path.Join(filepath.ToSlash(pageDir), strings.ReplaceAll(strings.TrimSuffix(
		strings.TrimPrefix(f.path, testCorpus+"/"), corpus.Ext), "/", "-")+".html")
	page, err := story.Page(story.Tell(f.script, f.out))
	if err == nil {
		err = os.MkdirAll(pageDir, 0o777)
	}
	if err == nil {
		err = corpus.Replace(filepath.FromSlash(name), page)
	}
	if err != nil {
		return []string{fmt.Sprintf("no page: %v", err)}
	}
	return []string{"page: " + name}
}

// shrunk shrinks a failing script, in at most so many runs; 0 is a number that fits. If it can't
// be shrunk it stays as it is.
func (k *tester) shrunk(s *script.Script, runs int) *script.Script {
	_, _ = shrink.Shrink(context.Background(), k.runner, s, shrink.Options{Runs: runs})
	return s
}

// explain runs a failing script once more, writes its story and hash into it, and reports it.
func (k *tester) explain(t testing.TB, s *script.Script, found string) {
	t.Helper()
	f := &hunt.Failure{Script: s}
	out, err := k.guard.Traced(k.runner, s, run.ReplayOptions{})
	if err == nil {
		err = f.Tell(k.runner)
	}
	if err != nil {
		t.Fatal(err)
	}
	k.report(t, &failure{script: s, out: &out, found: found})
}
