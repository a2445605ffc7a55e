// Package docs holds the documentation to the code: what README.md and docs/*.md show
// is what the commands print.
package docs

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/cmd/cli"
	"github.com/wantwrite/wantwrite/engine/differential"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/program/dialogue"
)

var rewrite = flag.Bool("rewrite", false, "write into README.md and docs/*.md what commands print")

// asCommand, in the environment, makes this test binary the command wantwrite.
const asCommand = "WANTWRITE_DOCS_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		cli.Main()
	}
	os.Exit(m.Run())
}

// pages are README.md and docs/*.md.
func pages(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(names, "../README.md")
}

// An excerpt is a command of a page and the lines of its output that the page shows.
// It stands in an indented block:
//
//	$ command
//	the first lines of its output
//	...
//	lines from the middle
type excerpt struct {
	command  string
	from, to int // the lines of output in the page
}

const indent = "    "

// excerpts finds the commands of a page that show output.
func excerpts(lines []string) (all []excerpt) {
	for i := 0; i < len(lines); i++ {
		command, ok := strings.CutPrefix(lines[i], indent+"$ ")
		if !ok {
			continue
		}
		e := excerpt{command, i + 1, i + 1}
		for n := i + 1; n < len(lines) && ofBlock(lines[n]); n++ {
			if lines[n] != "" {
				e.to = n + 1
			}
		}
		if e.to > e.from {
			all = append(all, e)
		}
	}
	return all
}

// ofBlock says whether a line may be output in an indented block.
func ofBlock(line string) bool {
	return line == "" || strings.HasPrefix(line, indent) && !strings.HasPrefix(line, indent+"$ ")
}

// selected are the lines of output that stand in the place of those shown. A segment
// behind "..." begins at the next line with the same first word, and is as long as it
// was. A line that differs in times, rates or memory alone stays as it is.
func selected(shown, output []string) (lines []string) {
	at, skipping := 0, false
	for _, line := range shown {
		line = strings.TrimPrefix(line, indent)
		if line == "..." {
			lines, skipping = append(lines, indent+line), true
			continue
		}
		for skipping && at < len(output) && firstWord(output[at]) != firstWord(line) {
			at++
		}
		if skipping = false; at == len(output) {
			return append(lines, indent+"(the command prints no more)")
		}
		got := strings.TrimRight(indent+output[at], " ")
		if at++; normalized(got) == normalized(indent+line) {
			got = strings.TrimRight(indent+line, " ") // the figures were measured on an idle machine
		}
		lines = append(lines, got)
	}
	return lines
}

func firstWord(line string) string {
	if words := strings.Fields(line); len(words) > 0 {
		return words[0]
	}
	return ""
}

// figures are what differs from machine to machine: times, rates and memory.
var figures = regexp.MustCompile(`\b\d+(\.\d+)?(m?s\b| (schedules|states)/s| bytes a state)` +
	`|\(\d+ (schedules|states)/s\)`)

func normalized(text string) string { return figures.ReplaceAllString(text, "N") }

// TestOutput runs the commands whose output the pages show. With -rewrite the pages are
// changed; read the diff.
func TestOutput(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		require.Missing(t, "bash", "the commands are for bash; install Debian's bash")
	}
	for _, page := range pages(t) {
		t.Run(filepath.Base(page), func(t *testing.T) {
			lines := read(t, page)
			all := excerpts(lines)
			for i := len(all) - 1; i >= 0; i-- { // a rewrite moves what comes behind
				e := all[i]
				shown := lines[e.from:e.to]
				got := selected(shown, output(t, e.command))
				diff := cmp.Diff(strings.Join(shown, "\n"), strings.Join(got, "\n"))
				if diff != "" && !*rewrite {
					t.Errorf("%s: it prints something else (-want +got); go test ./docs -rewrite\n%s",
						e.command, diff)
				}
				lines = append(lines[:e.from:e.from], append(got, lines[e.to:]...)...)
			}
			if *rewrite {
				write(t, page, lines)
			}
		})
	}
}

// output runs a command of a page in a folder that has nothing but an empty folder for what is
// found: the corpus is in the program.
func output(t *testing.T, command string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "found"), 0o777); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(command, "go run ./cmd/wantwrite")
	if !ok {
		t.Fatalf("%s: only the output of go run ./cmd/wantwrite can be shown", command)
	}
	run := exec.Command("bash", "-c", `wantwrite() { (exec -a wantwrite "$SELF" "$@"); }; wantwrite`+text)
	run.Dir, run.Env = dir, append(os.Environ(), asCommand+"=1", "SELF="+self, "COLUMNS=")
	var complaint strings.Builder
	run.Stderr = &complaint
	out, _ := run.Output()
	if code := run.ProcessState.ExitCode(); code != 0 && code != 1 {
		t.Fatalf("%s: exit %d: %s", command, code, complaint.String())
	}
	return strings.Split(strings.TrimRight(string(out), "\n"), "\n")
}

// TestReadmeIsShort: who opens README.md reads it to its end.
func TestReadmeIsShort(t *testing.T) {
	if lines := len(read(t, "../README.md")); lines > 180 {
		t.Errorf("README.md: got %d lines; want at most 180: the rest belongs to docs/", lines)
	}
}

// TestSkeleton: the pump that README.md shows is skeleton_test.go, which compiles, and a
// hunt finds what it forgets.
func TestSkeleton(t *testing.T) {
	const fence = "```go\npackage mypump\n"
	page := strings.Join(read(t, "../README.md"), "\n")
	before, rest, _ := strings.Cut(page, fence)
	shown, after, ok := strings.Cut(rest, "\n```")
	if !ok {
		t.Fatalf("README.md: got no block that begins with %q", fence)
	}
	_, code, _ := strings.Cut(strings.Join(read(t, "skeleton_test.go"), "\n"), "package docs\n")
	if *rewrite {
		write(t, "../README.md", strings.Split(before+fence+code+"\n```"+after, "\n"))
	} else if diff := cmp.Diff(code, shown); diff != "" {
		t.Errorf("README.md shows another skeleton than skeleton_test.go (-want +got); "+
			"go test ./docs -rewrite\n%s", diff)
	}
	spec := Spec()
	h := hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: 1, Schedules: 100, First: true}
	rep, err := h.Run(context.Background(), run.NewCatalog(spec))
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Failures) == 0 {
		t.Error("got no failure of the skeleton; want one: README.md says so")
	}
}

// TestProperties: README.md has the nine properties as package oracle tells them.
func TestProperties(t *testing.T) {
	page := strings.Join(read(t, "../README.md"), "\n")
	for _, p := range oracle.Properties() {
		row := fmt.Sprintf("| `%s` | %s | %s |", p.Name, p.Kind(), p.Why)
		if !strings.Contains(page, row) {
			t.Errorf("README.md: got no row %q", row)
		}
	}
}

// TestScenarios: scenarios.md names all scenarios.
func TestScenarios(t *testing.T) {
	page := strings.Join(read(t, "scenarios.md"), "\n")
	for _, s := range run.NewCatalog().Scenarios() {
		if !strings.Contains(page, "| `"+s.Name+"` | ") {
			t.Errorf("scenarios.md: got no row of scenario %s", s.Name)
		}
	}
}

// TestDialogues: dialogues.md has a row for each dialogue and each line of a file, and its example
// of a file is one.
func TestDialogues(t *testing.T) {
	lines := read(t, "dialogues.md")
	page := strings.Join(lines, "\n")
	for _, d := range dialogue.All() {
		if !strings.Contains(page, "| `"+d.Name+"` | ") {
			t.Errorf("dialogues.md: got no row of dialogue %s", d.Name)
		}
	}
	_, err := dialogue.Parse("my.txt", "?")
	_, words, _ := strings.Cut(err.Error(), "; want ")
	for _, word := range regexp.MustCompile(", | or ").Split(words, -1) {
		if !regexp.MustCompile("(?m)^\\| .*`" + word + "[ `]").MatchString(page) {
			t.Errorf("dialogues.md: got no row of the line %s", word)
		}
	}
	var file []string
	for _, line := range lines {
		if text, ok := strings.CutPrefix(line, indent); ok && !strings.HasPrefix(text, "dialogue: ") {
			file = append(file, text)
		}
	}
	d, err := dialogue.Parse("my.txt", strings.Join(file, "\n"))
	if err != nil {
		t.Fatalf("dialogues.md: %v", err)
	}
	s := d.New(own.Place{}).(own.Judge)
	s.Hear(nil, []byte("hello\n"))
	said := string(s.Begin(nil, 3, 0))
	if s.Hear(nil, []byte("OK 12:00\n")); !strings.HasPrefix(said, "PUT 3\r\n") || s.Wrong() != "" || !s.Begins() {
		t.Errorf("dialogues.md: its file says %q, then %s", said, s.Wrong())
	}
}

// TestMutants: the bugs and mutants beside each other in porting.md belong together.
func TestMutants(t *testing.T) {
	bugs := map[string][]string{}
	for _, m := range pumps.Mutants() {
		bugs[m.Name] = m.Bugs
	}
	row := regexp.MustCompile("^\\| ([A-K][0-9][^|]*) \\|[^|]*\\| `([^`]+)` \\|$")
	id := regexp.MustCompile(`[A-K][0-9]+`)
	rows := 0
	for _, line := range read(t, "porting.md") {
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		rows++
		for _, bug := range id.FindAllString(m[1], -1) {
			if !slices.Contains(bugs[m[2]], bug) {
				t.Errorf("porting.md: got bug %s beside mutant %s; want one of %v", bug, m[2],
					bugs[m[2]])
			}
		}
	}
	if rows < 30 {
		t.Errorf("porting.md: got %d rows with a mutant; want more", rows)
	}
}

// TestCounts: the numbers in the pages' sentences are those of the tables. A number of such things that
// no sentence here holds is an error too.
func TestCounts(t *testing.T) {
	mutants, bugs, points, planted := pumps.Mutants(), pumps.Bugs(), map[pumps.Point]bool{}, 0
	for _, d := range pumps.Decisions() {
		for _, at := range d.Points {
			points[at] = true
		}
	}
	for _, b := range bugs {
		if len(b.Mutants) > 0 {
			planted++
		}
	}
	decisions := len(pumps.Decisions())
	held := map[string]int{}
	for _, c := range []struct{ page, sentence string }{
		{"matrix.md", fmt.Sprintf("There are %d, planted at %d points", len(mutants), len(points))},
		{"matrix.md", fmt.Sprintf("lists the %d decisions", decisions)},
		{"matrix.md", fmt.Sprintf("Every pump makes %d decisions", decisions)},
		{"matrix.md", fmt.Sprintf("Of %d known bugs of this kind %d have a mutant", len(bugs), planted)},
		{"matrix.md", fmt.Sprintf("All ten pumps and %d mutants", len(mutants))},
		{"matrix.md", fmt.Sprintf("two cores. %d of %d mutants", len(mutants), len(mutants))},
		{"bounds.md", "the reference's first 88 mutants"}, // of fuzz/check's TestCheckAgreesWithHunts
		{"porting.md", fmt.Sprintf("`wantwrite list --decisions` lists %d.", decisions)},
		{"engines.md", fmt.Sprintf("`list` names the %d attacks", attack.Count)},
		{"../README.md", fmt.Sprintf("of %d known bugs of such code, %d are planted", len(bugs), planted)},
	} {
		text := strings.Join(strings.Fields(strings.Join(read(t, c.page), " ")), " ")
		if !strings.Contains(text, c.sentence) {
			t.Errorf("%s: got no %q; count anew", c.page, c.sentence)
		}
		held[c.page] += len(counted.FindAllString(c.sentence, -1))
	}
	if n := len(pumps.Pumps()); n != 10 {
		t.Errorf("got %d pumps; matrix.md says ten", n)
	}
	for _, page := range pages(t) {
		text := strings.Join(strings.Fields(strings.Join(read(t, page), " ")), " ")
		if all := counted.FindAllString(text, -1); len(all) != held[page] {
			t.Errorf("%s: got %q; want %d of them: each number needs a sentence in this test", page, all,
				held[page])
		}
	}
}

// counted is a number of things that tables have.
var counted = regexp.MustCompile(`\d+ (decisions|mutants|attacks|known bugs|public bugs|scenarios|properties)\b`)

// TestTraits: engines.md has the traits as package differential tells them.
func TestTraits(t *testing.T) {
	page := strings.Join(read(t, "engines.md"), "\n")
	for _, trait := range differential.Traits() {
		row := fmt.Sprintf("| `%s` | %s | %s | %s | %s |", trait.Name, trait.Call, trait.Model,
			trait.OpenSSL, trait.GoTLS)
		if !strings.Contains(page, row) {
			t.Errorf("engines.md: got no row %q", row)
		}
	}
}

// TestLinks: the files that a page names in links are there.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(strings.Join(read(t, page), "\n"), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: links to %s, which is not there", page, m[1])
			}
		}
	}
}

// read gives the lines of a file, without the last newline.
func read(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

func write(t *testing.T, name string, lines []string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
}
