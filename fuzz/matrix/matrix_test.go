package matrix

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// small is a matrix of some mutants on the model.
func small(t *testing.T, patterns ...string) *Matrix {
	t.Helper()
	rows, err := Mutants(run.NewCatalog(), patterns)
	if err != nil {
		t.Fatal(err)
	}
	return &Matrix{Catalog: func() *run.Catalog { return run.NewCatalog() }, Subjects: rows,
		Engines: []string{"model"}, Versions: []string{"1.2", "1.3", anyVersion},
		Strategies: []string{run.Portfolio}, Seed: 1, Seeds: 2, Schedules: 100, Pages: true}
}

// The same cells, scripts and pages come out with any number of workers.
func TestWorkersDoNotMatter(t *testing.T) {
	var texts []string
	for _, workers := range []int{1, 4} {
		m := small(t, "recv-after-close", "want-read-fatal", "reset-is-would-block")
		m.Workers = workers
		all := ""
		m.Done = func(c *Cell) error {
			if c.Script != nil {
				all += c.Slug + "\n" + string(c.Script.Format()) + string(c.Page)
			}
			return nil
		}
		rep, err := m.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, rep.Text(nil)+all)
	}
	if texts[0] != texts[1] {
		t.Errorf("one worker:\n%.3000s\nfour:\n%.3000s", texts[0], texts[1])
	}
}

// A pump that is meant to be correct, as every user's is, and in which something is found, is wanting.
func TestAWantingPump(t *testing.T) {
	m := small(t)
	m.Catalog = func() *run.Catalog {
		for _, mutant := range pumps.Mutants() {
			if mutant.Name == "no-close-notify" {
				mutant.Name = "mine"
				return run.NewCatalog(mutant.Spec)
			}
		}
		return nil
	}
	rows, err := Pumps(m.Catalog(), []string{"mine"})
	if err != nil {
		t.Fatal(err)
	}
	m.Subjects = rows[:1]
	rep, err := m.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s := rep.Summary()
	if s.Holds() || len(s.Wanting) != 3 || !strings.Contains(s.Wanting[0], "truncation") {
		t.Errorf("got %+v; want truncation in all three cells", s)
	}
}

// A pump that has no TLS 1.3 has nothing to show there, and is not hunted in 1.2
// in its stead.
func TestAPumpWithoutAVersion(t *testing.T) {
	m := small(t)
	spec := pumps.ReferenceSpec()
	spec.Name, spec.Restrictions = "old", model.Restrictions{NoTLS13: true}
	m.Catalog = func() *run.Catalog { return run.NewCatalog(spec) }
	m.Subjects, m.Schedules = []Subject{{Spec: spec}}, 20
	rep, err := m.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range rep.Cells {
		want := clean
		if c.Version == "1.3" {
			want = senseless
		}
		if c.outcome != want {
			t.Errorf("%s: got %s because %q; want %s", c.column, c.outcome, c.Reason, want)
		}
	}
}

// An error of Done ends the matrix, and the report has what was done.
func TestDoneMayEndIt(t *testing.T) {
	m := small(t, "recv-after-close")
	m.Workers = 1 // or the first cell may be the last to be filled
	full := errors.New("the disk is full")
	m.Done = func(c *Cell) error { return full }
	rep, err := m.Run(context.Background())
	if !errors.Is(err, full) || rep == nil || !rep.Partial || rep.Cells[0].outcome != found {
		t.Errorf("got %v, %v; want the error and what was done", rep, err)
	}
}

// A page of a mutant's script lies beside the page of the matrix.
func TestWritePages(t *testing.T) {
	m := small(t, "recv-after-close")
	m.Versions, m.Strategies = []string{"1.2"}, []string{"random"}
	rep, err := m.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := rep.WritePages("m.html"); err != nil {
		t.Fatal(err)
	}
	for path, words := range map[string]string{
		"m.html": "./m-cells/recv-after-close-model-1.2-random.html",
		"m-cells/recv-after-close-model-1.2-random.html": "Verdict"} {
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), words) {
			t.Errorf("%s: got %v; want %q in it", path, err, words)
		}
	}
}

// Patterns choose by name and by family; one that chooses nothing is an error.
func TestPatterns(t *testing.T) {
	c := run.NewCatalog()
	for pattern, want := range map[string]int{"*": len(c.Mutants()), "recv-after-close": 1} {
		if rows, err := Mutants(c, []string{pattern}); err != nil || len(rows) != want {
			t.Errorf("%s: got %d, %v; want %d", pattern, len(rows), err, want)
		}
	}
	for family := 'A'; family <= 'K'; family++ {
		rows, err := Mutants(c, []string{string(family)})
		if err != nil || len(rows) == 0 {
			t.Errorf("family %c: got %d, %v; want some", family, len(rows), err)
		}
	}
	for _, pattern := range []string{"nope", "[", "Z", ""} {
		if _, err := Mutants(c, []string{pattern}); err == nil {
			t.Errorf("%q is no error", pattern)
		}
	}
	if rows, err := Pumps(c, []string{"kv-*", "kv-landed"}); err != nil || len(rows) != 3 {
		t.Errorf("got %d, %v; want three pumps", len(rows), err)
	}
}
