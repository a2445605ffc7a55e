package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/example"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// explained checks that explain knows a name, and leads to some command or fact.
func explained(t *testing.T, where, name string) {
	t.Helper()
	o := command("explain", name)
	if o.code != exitClean || strings.Count(o.out, "\n") < 2 {
		t.Errorf("%s says %q, and explain does not know it: exit %d, %s%s", where, name, o.code, o.err,
			o.out)
	}
}

// TestEveryNameIsExplained: what lists print as a name can be asked for, as it stands there.
func TestEveryNameIsExplained(t *testing.T) {
	seen := 0
	for _, args := range [][]string{{"list"}, {"list", "--traits"}, {"list", "--decisions"}} {
		for _, o := range objects(t, want(t, exitClean, append(args, "--json")...)) {
			names := []any{o["name"], o["trait"], o["mutant"], o["script"]}
			if asked, ok := o["asked"].([]any); ok {
				names = append(names, asked...)
			}
			if bugs, ok := o["bugs"].(string); ok {
				for bug := range strings.SplitSeq(bugs, ", ") {
					names = append(names, bug)
				}
			}
			for _, name := range names {
				if name, ok := name.(string); ok && name != "" {
					explained(t, strings.Join(args, " "), name)
					seen++
				}
			}
		}
	}
	if seen < 400 {
		t.Errorf("got %d names; want those of all lists", seen)
	}
}

// named are the names of bugs and decisions in stories: those of bugs.txt, of trackers, and the numbers
// of verdicts.
var named = regexp.MustCompile(`\b([A-K][0-9]{1,2}|[A-Z]{2,4}-[0-9]{3,}(-[0-9]+)?|decision [0-9]+)\b`)

// TestStoriesNameWhatIsExplained: the bugs and decisions that the corpus's scripts and their stories
// name, and those that bugs.txt and mutants name.
func TestStoriesNameWhatIsExplained(t *testing.T) {
	names := map[string]string{}
	add := func(where, text string) {
		for _, name := range named.FindAllString(text, -1) {
			if !strings.HasPrefix(name, "RFC") {
				names[name] = where
			}
		}
	}
	for _, name := range corpus.Names() {
		head, _, _ := strings.Cut(string(corpus.Text(name)), "\n\n")
		for line := range strings.Lines(head) {
			if strings.HasPrefix(line, "#") {
				add(name, line)
			}
		}
		last := command("show", name).out
		add(name, last[strings.LastIndex(last, "\n\n")+1:])
	}
	for _, b := range pumps.Bugs() {
		add("bugs.txt", b.ID)
		add("bugs.txt", b.Where)
		for _, mutant := range b.Mutants {
			names[mutant] = b.ID
		}
	}
	for _, want := range []string{"MB-53428", "MB-35717", "CVE-2016-4970", "A1", "decision 1"} {
		if names[want] == "" {
			t.Errorf("no story names %s; the test looks in the wrong place", want)
		}
	}
	for name, where := range names {
		explained(t, where, name)
	}
}

// TestAnAuthorsNames: the properties and scenarios of a user's own pump are listed, explained, completed
// and suggested like others.
func TestAnAuthorsNames(t *testing.T) {
	spec := example.Spec()
	spec.Name = "mine"
	spec.Properties = []own.Property{{Name: "counts-down", Why: "a counter grows for ever", Liveness: true,
		Broken: func(*own.View) string { return "" }}}
	spec.Scenarios = []own.Scenario{{Name: "two-at-once", Why: "both write", Like: []string{"bulk-both-ways"}}}
	spec.Dialogue = &own.Dialogue{Name: "lines", About: "a line and its answer",
		New: func(own.Place) own.Speaker { return nil }}
	mine := func(args ...string) string {
		var out, complaint bytes.Buffer
		p := on(&terminal{out: &out, err: &complaint})
		p.pumps = []model.Spec{spec}
		execute(context.Background(), p, args)
		return out.String() + complaint.String()
	}
	tells(t, unwrapped(mine("list")), "counts-down liveness: a counter grows for ever",
		"two-at-once both write", "lines a line and its answer",
		"lines-owed liveness: ", "stall liveness: ", "corruption safety: ")
	tells(t, mine("explain", "counts-down"), "counts-down: a counter grows for ever", "kind: liveness",
		"hunt --property counts-down")
	tells(t, mine("explain", "lines"), "lines: a line and its answer", "of pump: mine", "hunt --pump mine")
	tells(t, mine("explain", "two-at-once"), "two-at-once: both write", "hunt --scenario two-at-once")
	tells(t, mine("__complete", "hunt", "--property", ""), "counts-down\n")
	tells(t, mine("__complete", "hunt", "--scenario", ""), "two-at-once\n")
	tells(t, mine("hunt", "--property", "count-down"), "did you mean counts-down?")
	tells(t, mine("hunt", "--scenario", "two-at-one"), "did you mean two-at-once?")
}

// TestNamesOfBugs: a bug is asked for as people call it.
func TestNamesOfBugs(t *testing.T) {
	for name, id := range map[string]string{"MB-53428": "A1", "mb-53428": "A1", "h2o 597": "A2",
		"dec107512": "A1", "#11535": "A7", "CVE-2016-4970": "C19", "netty/netty/issues/1964": "A5",
		"MB-53428 (its second part)": "A1", "k14": "K14"} {
		tells(t, want(t, exitClean, append([]string{"explain"}, strings.Fields(name)...)...), id+", ")
	}
	for _, name := range []string{"netty", "commit", "1", "pull"} {
		for _, b := range pumps.Bugs() {
			if b.Called(name) {
				t.Errorf("%q is a name of bug %s; want words with a number that is a bug's", name, b.ID)
			}
		}
	}
	o := command("explain", "write-armed-forever")
	refused(t, o, `got "write-armed-forever"; want a property`, "did you mean write-armed-for-ever?")
}

// TestEveryTypoGetsASuggestion: wherever a name is typed.
func TestEveryTypoGetsASuggestion(t *testing.T) {
	t.Chdir(t.TempDir())
	for line, meant := range map[string]string{
		"hnut":                              "hunt",
		"help shirnk":                       "shrink",
		"hunt --scheduls 5":                 "--schedules",
		"hunt --pump referense":             "reference",
		"hunt --pump no-flush-after-raed":   "no-flush-after-read",
		"hunt --peer refrence":              "reference",
		"hunt --engine opensll":             "openssl",
		"hunt --peer-engine pupet":          "puppet",
		"hunt --confirm gotsl":              "gotls",
		"hunt --scenario idle-renegotation": "idle-renegotiation",
		"hunt --property stal":              "stall",
		"hunt --strategy portfolo":          "portfolio",
		"hunt --strategy ptc:3":             "pct",
		"hunt --profile ecdas":              "ecdsa",
		"check --trigger egde":              "edge",
		"check --transport atached":         "attached",
		"check --under sever":               "server",
		"check --modes fixed-bufer":         "fixed-buffer",
		"check --scenario half-clos":        "half-close",
		"matrix --pump kv-landd":            "kv-landed",
		"matrix --mutant recv-after-clos":   "recv-after-close",
		"matrix --engine modle":             "model",
		"matrix --strategy randm":           "random",
		"replay --pump kv-orignal x.script": "kv-original",
		"show corpus/stall/kv-originl-idle-renegotiation.script": "corpus/stall/" +
			"kv-original-idle-renegotiation.script",
		"show --html x --against openss kv-original-idle-renegotiation": "openssl",
		"shrink --engine gotl -o x kv-original-idle-renegotiation":      "gotls",
		"explain decode":  "",
		"explain unbound": "unbounded-buffer",
		"completion bsh":  "bash",
		"schema mtrix":    "matrix",
	} {
		o := command(strings.Fields(line)...)
		if meant == "" {
			refused(t, o)
			continue
		}
		refused(t, o, "did you mean "+meant+"?")
	}
}

// TestScriptsOpenAnywhere: each script that explain and list name is a part of the program. It opens by
// that name and by its last part in an empty folder, and a file of the name goes first.
func TestScriptsOpenAnywhere(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, m := range pumps.Mutants() {
		name := "corpus/" + story.ScriptOf(&m)
		tells(t, want(t, exitViolation, "replay", name), name+": step", "(as saved)")
	}
	short := "kv-original-idle-renegotiation"
	for _, name := range []string{"corpus/stall/" + short + ".script", "stall/" + short + ".script",
		short + ".script", short, "stall/" + short} {
		tells(t, want(t, exitClean, "show", name), "the wakeup is lost here")
	}
	refused(t, command("hunt", "--fixed", short), "got a script that does not say how often it was found")
	o := command("replay", "corpus/crash/*.script")
	if n := strings.Count(o.out, "(as saved)"); o.code != exitViolation || o.err != "" || n < 5 {
		t.Errorf("got %d scripts, exit %d, %s; want all of corpus/crash", n, o.code, o.err)
	}
	tells(t, want(t, exitClean, "shrink", "-o", "mine.script", short), "mine.script")
	refused(t, command("shrink", short), "a part of this program", "no --output")
	refused(t, command("show", "kv-landed-renegotiation"), "which may mean ", "corpus/")
	if files, _ := filepath.Glob("*"); !slices.Equal(files, []string{"found", "mine.script"}) &&
		!slices.Equal(files, []string{"mine.script"}) {
		t.Errorf("got %v; want only what --output names", files)
	}
	if err := os.MkdirAll("corpus/stall", 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, "corpus/stall/"+short+".script", "mine")
	refused(t, command("show", "corpus/stall/"+short+".script"), "not a script")
}
