package matrix

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// -rewrite records the golden files anew: read the diff.
var rewrite = flag.Bool("rewrite", false, "record the golden files anew")

// hostile is text that would do something if it were not escaped.
const hostile = "<script>document.title='owned'</script>\x1b[2J\",\r\n{{.}}"

// madeUp is a report with a cell of each kind, and labels that nobody can trust.
func madeUp() *Table {
	r := &Table{columns: []column{{"model", "1.2", "portfolio"}, {"model", "1.3", "portfolio"}},
		Confirm: []string{"openssl", "gotls"}, Seeds: 3, Schedules: 1000, Partial: true}
	killed := mutant("deaf", oracle.Stall)
	add(r, killed, &Cell{outcome: found, Property: oracle.Stall, Hunts: 3, Schedules: 36,
		Script: scriptOf(5), Path: "found/stall/deaf.script", Page: []byte("<p>"),
		Confirmations: []*run.Confirmation{{Engine: "openssl", Confirmed: true}, {Engine: "gotls",
			Own: "model", Step: 3, What: "the server's read says ok"}},
		Reason: "on gotls it goes another way"},
		&Cell{outcome: senseless, Reason: "scenario renegotiation is about TLS 1.2 only"})
	leave := mutant("leave", oracle.DataLoss)
	leave.Mutant.Also, leave.Mutant.Because = oracle.EveryProperty.Only(oracle.Stall), "it waits"
	add(r, leave, &Cell{outcome: byAnother, Property: oracle.Stall, Hunts: 1, Script: scriptOf(2),
		Reason: "it must break data-loss, and broke stall"},
		&Cell{outcome: clean, Reason: "nothing was found"})
	add(r, mutant("alive", oracle.Crash), &Cell{outcome: byAnother, Property: oracle.Stall, Hunts: 3,
		Schedules: 7, Script: scriptOf(1), Reason: "it must break crash, and broke stall"},
		&Cell{outcome: clean, Reason: "nothing was found"})
	add(r, mutant(hostile, oracle.BusyLoop), &Cell{outcome: found, Property: oracle.BusyLoop, Hunts: 2,
		Schedules: 900, Script: scriptOf(12), Path: hostile, Page: []byte("<p>"), Reason: hostile}, &Cell{})
	reference := Subject{Spec: model.Spec{Name: "reference"}, Sound: true}
	add(r, &reference, &Cell{outcome: clean, Reason: "nothing was found"}, &Cell{outcome: found,
		Property: oracle.Truncation, Hunts: 3, Schedules: 1, Script: scriptOf(3)})
	pump := Subject{Spec: model.Spec{Name: "=pump"}}
	add(r, &pump, &Cell{outcome: found, Property: oracle.Truncation, Hunts: 3, Schedules: 1,
		Script: scriptOf(3)}, &Cell{outcome: clean, Reason: "nothing was found"})
	return r
}

func mutant(name string, breaks oracle.PropertyID) *Subject {
	m := pumps.Mutant{Spec: model.Spec{Name: name, About: "says " + name}, Bugs: []string{"A1", "B2"},
		Breaks: breaks}
	return &Subject{Spec: m.Spec, Mutant: &m}
}

func scriptOf(actions int) *script.Script {
	return &script.Script{Actions: make([]script.Action, actions),
		Config: script.Config{Scenario: "key-update"}}
}

func add(r *Table, s *Subject, cells ...*Cell) {
	for i, c := range cells {
		c.Subject, c.column, c.Seeds, c.Slug = s, r.columns[i], r.Seeds, "slug-"+r.columns[i].Version
		r.Cells = append(r.Cells, c)
	}
}

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s\n(-rewrite records it anew)", name, text, want)
	}
}

// The three renderings, as they were last read by a person.
func TestRenderings(t *testing.T) {
	r := madeUp()
	golden(t, "table.txt", r.Text(nil))
	var csv bytes.Buffer
	if err := r.CSV(&csv); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.csv", csv.String())
	page, err := r.Page("m-cells")
	if err != nil {
		t.Fatal(err)
	}
	// Its script and style are files of their own.
	parts := regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>|sha256-[^']*`)
	golden(t, "page.html", parts.ReplaceAllString(string(page), "..."))
	narrow := *r
	narrow.columns, narrow.Cells = nil, nil
	for _, strategy := range []string{"random", "pct", "pos", "surw"} {
		narrow.columns = append(narrow.columns, column{"model", "1.2", strategy})
	}
	add(&narrow, mutant("deaf", oracle.Stall), &Cell{outcome: found, Schedules: 36, Hunts: 3,
		Script: scriptOf(5)}, &Cell{}, &Cell{outcome: clean},
		&Cell{outcome: found, Hunts: 1, Script: scriptOf(7)})
	golden(t, "narrow.txt", narrow.Text(strings.ToUpper))
}

// An interrupted matrix shows what was run. Of the rest there is one line, and no word in a table or a
// page.
func TestInterruptedTable(t *testing.T) {
	r := &Table{columns: []column{{"model", "1.2", "portfolio"}, {"model", "1.3", "portfolio"}},
		Seeds: 1, Schedules: 100, Partial: true}
	add(r, mutant("deaf", oracle.Stall), &Cell{outcome: found, Property: oracle.Stall, Hunts: 1,
		Schedules: 36, Script: scriptOf(5)}, &Cell{outcome: clean})
	for range 299 {
		add(r, mutant("waits", oracle.Stall), &Cell{}, &Cell{})
	}
	text := r.Text(nil)
	if n := strings.Count(text, "\n"); n > 15 || strings.Contains(text, "not-run") ||
		strings.Contains(text, "waits") || !strings.Contains(text, "  598 of 600 cells were not run\n") {
		t.Errorf("got %d lines; want the one row, and that 598 cells were not run:\n%s", n, text)
	}
	var csv bytes.Buffer
	if err := r.CSV(&csv); err != nil {
		t.Fatal(err)
	}
	page, err := r.Page("m-cells")
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{csv.String(), string(page)} {
		if n := strings.Count(shown, "deaf"); n < 2 || strings.Contains(shown, "waits") {
			t.Errorf("got %d times the mutant that was run, or one that was not:\n%.2000s", n, shown)
		}
	}
}

// Nothing that a label says reaches a terminal, a page or a spreadsheet's line as
// more than text.
func TestHostileLabels(t *testing.T) {
	r := madeUp()
	if text := r.Text(nil); strings.ContainsAny(text, "\x1b\r") {
		t.Errorf("got control characters in %q", text)
	}
	page, err := r.Page("m\"><script>-cells")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(page), "<script"); n != 1 {
		t.Errorf("got %d scripts in the page; want its own", n)
	}
	if strings.Contains(string(page), "'owned'") {
		t.Error("a label stands in the page as it is")
	}
	for _, c := range r.Cells {
		text, err := json.Marshal(c.Row())
		if err != nil || bytes.ContainsAny(text, "\n\x1b") {
			t.Errorf("got %q, %v; want one line", text, err)
		}
	}
}

// TestSummary: what counts as killed, and for how many schedules.
func TestSummary(t *testing.T) {
	s := madeUp().Summary()
	want := Summary{tally: tally{Mutants: 4, Killed: 3, Confirmed: 1, Median: 900, P90: 0}, Cells: 12,
		Filled: 11, Senseless: 1, Alive: []string{"alive"}, Unconfirmed: []string{"leave", hostile},
		Wanting: []string{"reference (model, TLS 1.3, portfolio) by truncation"}}
	if s.tally != want.tally || s.Cells != want.Cells || s.Filled != want.Filled ||
		s.Senseless != want.Senseless || !slices.Equal(s.Alive, want.Alive) || s.Idle != nil ||
		!slices.Equal(s.Unconfirmed, want.Unconfirmed) || !slices.Equal(s.Wanting, want.Wanting) {
		t.Errorf("got %+v; want %+v", s, want)
	}
	if second := s.columns[1]; second.Mutants != 2 || second.Killed != 0 {
		t.Errorf("got %+v for TLS 1.3; want two mutants with something to show, both alive", second)
	}
	if s.Holds() {
		t.Error("a matrix with a mutant alive and the reference found wanting holds")
	}
	var none Table
	if none.Summary().Mutants != 0 || none.Text(nil) == "" {
		t.Error("an empty report is no report")
	}
}

// TestOutcomesHaveWords: each outcome has a word of its own.
func TestOutcomesHaveWords(t *testing.T) {
	words := map[string]bool{}
	for o := range numOutcomes {
		words[o.String()] = true
	}
	if len(words) != int(numOutcomes) || words[""] || outcome(99).String() != "outcome(99)" {
		t.Errorf("got %v; want %d words", words, numOutcomes)
	}
}
