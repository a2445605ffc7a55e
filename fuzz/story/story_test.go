package story_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// tellScript replays a script and tells its story.
func tellScript(t *testing.T, s *script.Script, r *run.Runner, o run.ReplayOptions) *story.Story {
	t.Helper()
	o.Trace = true
	out, err := run.Replay(r, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return story.Tell(s, &out)
}

// checkVerdict: the last paragraph names the wakeup that was lost, or the rule
// that was broken, and both with the step and the decision.
func checkVerdict(t *testing.T, v *story.Verdict) {
	t.Helper()
	last := v.Paragraphs[len(v.Paragraphs)-1]
	want := "Broken rule: " + v.Decision.Rule + ". "
	if rests := v.Property == oracle.Stall.String() || v.Property == oracle.Deadlock.String(); rests &&
		v.Wakeup != "" {
		want = "Lost wakeup: " + v.Wakeup + ". "
	}
	if !strings.HasPrefix(last, want) || v.Decision.Rule == "" {
		t.Errorf("got last paragraph %q; want it to begin with %q", last, want)
	}
	if !strings.Contains(last, "at step ") && !strings.Contains(last, "It was never armed") {
		t.Errorf("got last paragraph %q; want the step", last)
	}
	if !strings.Contains(last, v.Decision.Name) {
		t.Errorf("got last paragraph %q; want the decision, %q", last, v.Decision.Name)
	}
}

// checkWidth: the text fits its columns and has no escapes.
func checkWidth(t *testing.T, text string, columns int) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if n := utf8.RuneCountInString(line); n > columns || strings.ContainsAny(line, "\x1b\t") {
			t.Errorf("got %d columns; want at most %d, and no escapes: %q", n, columns, line)
		}
	}
}

// wordsOf are the words of texts, without what the diagram draws around them.
func wordsOf(texts ...string) map[string]bool {
	words := map[string]bool{}
	for _, text := range texts {
		for _, word := range strings.Fields(strings.NewReplacer("│", " ", "─", " ", "▶", " ", "◀", " ",
			"●", " ").Replace(text)) {
			words[word] = true
		}
	}
	return words
}

// checkWords: the text of a story, with all its steps, has each of its words as a whole, and no others
// than those of the widest text.
func checkWords(t *testing.T, told *story.Story, text string) {
	t.Helper()
	got, all := wordsOf(text), []string{told.Title}
	for _, step := range told.Steps {
		all = append(all, step.Text, step.Mark)
		for _, m := range step.Moves {
			all = append(all, m.Text)
		}
	}
	for word := range wordsOf(append(all, told.Verdict.Paragraphs...)...) {
		if !got[word] && utf8.RuneCountInString(word) < 50 {
			t.Errorf("the word %q is cut, or not there", word)
		}
	}
	widest := wordsOf(told.Text(story.TextOptions{All: true}))
	for word := range got {
		if !widest[word] && !strings.HasPrefix(word, "·") {
			t.Errorf("got the word %q, which the widest text does not have", word)
		}
	}
}

// TestEachStoryNamesWhatWasLost: for each script of the corpus. A wakeup was
// lost in a turn of the end that is to blame, and nothing was armed after it.
func TestEachStoryNamesWhatWasLost(t *testing.T) {
	fuzztest.EachScript(t, func(t *testing.T, s *script.Script, r *run.Runner) {
		told := tellScript(t, s, r, run.ReplayOptions{})
		v := &told.Verdict
		checkVerdict(t, v)
		for _, all := range []bool{false, true} {
			for _, width := range []int{100, 80, 60} {
				checkWidth(t, told.Text(story.TextOptions{All: all, Width: width}), width)
			}
		}
		if v.Wakeup == "" || v.Property != oracle.Stall.String() && v.Property != oracle.Deadlock.String() {
			return
		}
		if v.Lost == 0 {
			t.Fatal("the wakeup was lost at no step")
		}
		for _, step := range told.Steps {
			if step.Number == v.Lost && (step.Action.On != told.End || step.Mark == "") {
				t.Errorf("got %q as the step that lost it; want a marked turn of the %s", step.Text,
					told.End)
			}
		}
		for n := max(v.Lost, v.Came); n <= told.Trace.Last(); n++ {
			if mask := told.Trace.View(n)[told.End].Account.Quiescence.Mask; strings.Contains(v.Wakeup,
				"write interest") && mask&model.Writable != 0 {
				t.Errorf("write interest is armed after step %d; want it lost since %d", n, v.Lost)
			}
		}
	})
}

// TestALossThatIsLeftOut: if the turn that lost the wakeup is one of those that the trace of a long
// run leaves out, the story shows the gap, and names no other turn.
func TestALossThatIsLeftOut(t *testing.T) {
	cut := 0
	fuzztest.EachScript(t, func(t *testing.T, s *script.Script, r *run.Runner) {
		out, err := run.Replay(r, s, run.ReplayOptions{Trace: true})
		if err != nil {
			t.Fatal(err)
		}
		lost, trace := story.Tell(s, &out).Verdict.Lost, out.Trace
		of := func(ev sim.Event) bool { return ev.Step == lost }
		at := slices.IndexFunc(trace.Events, of)
		if lost == 0 || at == 0 || lost == trace.Last() { // a gap has an end at either side
			return
		}
		cut++
		trace.Gap = sim.Gap{At: at, From: lost, To: lost, Events: len(trace.Events)}
		trace.Events = slices.DeleteFunc(trace.Events, of)
		trace.Gap.Events -= len(trace.Events)
		told := story.Tell(s, &out)
		v, where := &told.Verdict, fmt.Sprintf("of steps %d to %d are left out here", lost, lost)
		if !v.Unseen || v.Lost != 0 || v.Came != 0 || !strings.Contains(v.Brief(), "in a step that is left out") {
			t.Errorf("lost at %d, came at %d: %s; want it in the gap", v.Lost, v.Came, v.Brief())
		}
		if last := v.Paragraphs[len(v.Paragraphs)-1]; !strings.Contains(last, fmt.Sprintf(
			"It was lost in one of the steps %d to %d, which are left out here.", lost, lost)) {
			t.Errorf("got %q as the verdict; want the gap", last)
		}
		if text := told.Text(story.TextOptions{}); !strings.Contains(strings.Join(strings.Fields(text), " "), where) {
			t.Errorf("got no %q in\n%s", where, text)
		}
	})
	if cut < 20 {
		t.Errorf("%d stories had a turn to leave out; want more", cut)
	}
}

// golden are the stories that are held word by word: of each property one, and
// of a half sent answer and of the other end's fault as well.
var golden = []string{
	"stall/kv-original-idle-renegotiation", "stall/kv-landed-refused-renegotiation",
	"deadlock/no-read-while-blocked-bulk-both-ways",
	"busy-loop/write-armed-for-ever-request-response", "busy-loop/kv-landed-request-response",
	"data-loss/eof-before-data-upload-and-close", "corruption/off-by-one-retry-bulk-both-ways",
	"truncation/no-close-notify-mutual-close", "spurious-failure/kv-landed-key-update",
	"unbounded-buffer/queue-without-limit-slow-reader", "crash/recv-after-close-mutual-close",
}

// rewriteStories records the golden stories anew: read the diff.
var rewriteStories = flag.Bool("rewrite", false, "record the golden stories anew")

// holds checks a story's text against a golden file. With -rewrite it is recorded anew; read the diff.
func holds(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", "story", file+".txt")
	if *rewriteStories {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: the story is another one (-want +got):\n%s", path, diff)
	}
}

// TestStoriesFitTheTerminal: the diagram is a diagram at 60 and 80 columns too. The golden files at 100
// are those of TestGoldenStories.
func TestStoriesFitTheTerminal(t *testing.T) {
	for _, name := range golden {
		s := fuzztest.Script(t, name+".script")
		told := tellScript(t, s, fuzztest.RunnerFor(t, s), run.ReplayOptions{})
		for _, width := range []int{100, 80, 60} {
			checkWords(t, told, told.Text(story.TextOptions{All: true, Width: width}))
		}
		for width, same := range map[int]int{0: 100, 1: 60, 1000: 100} {
			if told.Text(story.TextOptions{Width: width}) != told.Text(story.TextOptions{Width: same}) {
				t.Errorf("%s: a width of %d is not %d", name, width, same)
			}
		}
	}
	for _, name := range golden[:3] {
		s := fuzztest.Script(t, name+".script")
		told := tellScript(t, s, fuzztest.RunnerFor(t, s), run.ReplayOptions{})
		for _, width := range []int{80, 60} {
			holds(t, fmt.Sprintf("%s-%d", strings.ReplaceAll(name, "/", "-"), width),
				told.Text(story.TextOptions{Width: width}))
		}
	}
}

// TestGoldenStories: with -rewrite they are recorded anew; read the diff.
func TestGoldenStories(t *testing.T) {
	held := map[string]bool{}
	for _, name := range golden {
		t.Run(name, func(t *testing.T) {
			s := fuzztest.Script(t, name+".script")
			held[s.Property] = true
			holds(t, strings.ReplaceAll(name, "/", "-"),
				tellScript(t, s, fuzztest.RunnerFor(t, s), run.ReplayOptions{}).Text(story.TextOptions{}))
		})
	}
	for _, p := range oracle.Properties() {
		if !held[p.Name] {
			t.Errorf("no golden story of %s", p.Name)
		}
	}
}

// TestStoryOfACleanRun: without a violation all is shown, and nothing blamed.
func TestStoryOfACleanRun(t *testing.T) {
	fuzztest.EachScript(t, func(t *testing.T, s *script.Script, r *run.Runner) {
		told := tellScript(t, s, r, run.ReplayOptions{Pump: "reference", Loose: true})
		text := told.Text(story.TextOptions{})
		if !strings.HasSuffix(text, "\n  no violation of "+s.Property+"\n") ||
			strings.Contains(text, "<<<") || told.Verdict.Decision.Number != 0 {
			t.Errorf("got a blame; want none:\n%s", text)
		}
		checkWidth(t, text, 100)
	})
}

// TestStoryColors: the same text, in a terminal's colours.
func TestStoryColors(t *testing.T) {
	s := fuzztest.Script(t, golden[0]+".script")
	told := tellScript(t, s, fuzztest.RunnerFor(t, s), run.ReplayOptions{})
	colored := told.Text(story.TextOptions{Color: true})
	if !strings.Contains(colored, "\x1b[1;31m   12  poll server") {
		t.Errorf("got no red mark in %q", colored)
	}
	plain := colored
	for _, code := range []string{"\x1b[1;31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"} {
		plain = strings.ReplaceAll(plain, code, "")
	}
	if want := told.Text(story.TextOptions{}); plain != want {
		t.Errorf("the text is another one (-want +got):\n%s", cmp.Diff(want, plain))
	}
}

// TestStoriesOfHunts: whatever a hunt finds has a whole story. The other
// mutants' are told from their scripts in the corpus.
func TestStoriesOfHunts(t *testing.T) {
	c := run.NewCatalog()
	names := []string{"kv-original", "kv-landed"}
	for _, m := range fuzztest.Exemplars(t) {
		names = append(names, m.Name)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			pump, err := c.Pump(name)
			if err != nil {
				t.Fatal(err)
			}
			found := 0
			h := hunt.Hunt{Options: run.Options{Pump: pump}, Seed: 11, Schedules: 500}
			h.Found = func(f *hunt.Failure) error {
				found++
				r := fuzztest.RunnerFor(t, f.Script)
				out, err := run.Replay(r, f.Script, run.ReplayOptions{Trace: true})
				if err != nil {
					return err
				}
				told := factsOf(f.Script, &out)
				told.truth(t, f.Script.Property)
				checkVerdict(t, &told.told.Verdict)
				checkWidth(t, told.told.Text(story.TextOptions{All: true}), 100)
				return nil
			}
			if _, err := h.Run(context.Background(), c); err != nil {
				t.Fatal(err)
			}
			if found == 0 {
				t.Error("the hunt found nothing to tell")
			}
		})
	}
}
