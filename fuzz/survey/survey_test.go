//go:build linux && amd64

package survey

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/engines"
	"github.com/wantwrite/wantwrite/fuzz/programs"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/program"
	"github.com/wantwrite/wantwrite/sim/script"
)

// catalog has the programs of this machine.
func catalog(cpu int) *run.Catalog {
	c := run.NewCatalog()
	engines.AddTo(c)
	if err := programs.AddTo(c, program.Options{CPU: cpu}); err != nil {
		panic(err)
	}
	return c
}

// inRedis hunts in redis where it is known to close when its close_notify has not left, and in a program
// that can't be run.
func inRedis(t *testing.T) *Survey {
	t.Helper()
	require.Runs(t, "openssl", "version")
	require.Runs(t, "redis-server", "--version")
	return &Survey{Catalog: catalog, Programs: []string{"redis", "squid"}, Versions: []string{"1.3"},
		Scenarios: []string{"closes", "requests"}, Strategy: run.Portfolio, Seed: 1, Schedules: 24, Workers: 1,
		Checkpoint: filepath.Join(t.TempDir(), "checkpoint"), Build: "this",
		Judged: func(program string, f *oracle.Finding) string {
			if f.Property == oracle.Truncation {
				return "corpus/programs/" + program + "/closes-too-early"
			}
			return ""
		},
		Picture: func(s *script.Script) ([]byte, error) { return []byte(s.Property), nil },
		Found:   func(f *Find) (string, error) { return "found/" + f.Script.Property + ".script", nil }}
}

// TestGoesOn interrupts a survey behind its first cell. Another one goes on from the checkpoint, and
// comes to the same as one that was not interrupted.
func TestGoesOn(t *testing.T) {
	whole, err := inRedis(t).Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s := inRedis(t)
	ctx, interrupt := context.WithCancel(context.Background())
	s.Progress = func(t *Table) {
		if t.Summary().Filled == 1 {
			interrupt()
		}
	}
	part, err := s.Run(ctx)
	if err != nil || !part.Partial {
		t.Fatalf("got %v, %v; want a table that is partial", part, err)
	}
	if text := part.Text(nil); !strings.Contains(text, "partial: 1 programs, 1 of 2 cells, 12 schedules") {
		t.Errorf("got\n%s", text)
	}
	s.Progress = nil
	rest, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := timeless(rest), timeless(whole); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := s.Finish(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.Checkpoint); err == nil {
		t.Error("the checkpoint is still there")
	}
	if f := rest.Rows[0].Finds; len(f) == 0 || f[0].Judged == "" || f[0].Repeated != 10 {
		t.Errorf("got finds %+v; want redis's truncation, judged, and repeated by 10 of 10", f)
	}
	paged(t, s, rest)
	if why := rest.Rows[1].Absent; !strings.Contains(why, "can't be hunted in") {
		t.Errorf("got %q of squid; want why it can't be hunted in", why)
	}
}

// timeless is a table as comma-separated values, and the scripts of its finds.
func timeless(t *Table) string {
	var text strings.Builder
	if err := t.CSV(&text); err != nil {
		return err.Error()
	}
	for _, r := range t.Rows {
		for _, f := range r.Finds {
			text.WriteString(f.Text)
		}
	}
	return text.String()
}

// paged wants the page of a survey of redis, and the page of its find.
func paged(t *testing.T, s *Survey, table *Table) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "matrix.html")
	if err := s.WritePages(table, path); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"./matrix-finds/redis-truncation-1.html", "corpus/programs/redis/closes-too-early", "10 of 10"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "matrix-finds", "redis-truncation-1.html")); err != nil {
		t.Error(err)
	}
}

// TestWorkersDoNotMatter: two programs side by side come to what they come to one after the other.
func TestWorkersDoNotMatter(t *testing.T) {
	require.Runs(t, "nginx", "-v")
	var tables []string
	for _, workers := range []int{1, 2} {
		s := inRedis(t)
		s.Programs, s.Scenarios, s.Schedules, s.Workers = []string{"redis", "nginx"}, []string{"requests"}, 10, workers
		table, err := s.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, timeless(table))
	}
	if tables[0] != tables[1] {
		t.Errorf("one worker:\n%s\ntwo:\n%s", tables[0], tables[1])
	}
}
