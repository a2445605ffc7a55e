// Package fuzztest has what the tests of several packages below fuzz share: the corpus,
// runners, a few mutants, and a pump with a mistake of its own.
package fuzztest

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/example"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Script reads a script of the project's corpus.
func Script(t testing.TB, name string) *script.Script {
	t.Helper()
	s, err := script.Parse(bytes.NewReader(corpus.Text(name)), name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Runner is a runner for a pump.
func Runner(t testing.TB, spec model.Spec) *run.Runner {
	t.Helper()
	r, err := run.NewRunner(run.NewCatalog(spec), run.Options{Pump: &spec})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// RunnerFor is a runner for a script of one of the project's pumps.
func RunnerFor(t testing.TB, s *script.Script) *run.Runner {
	t.Helper()
	spec, err := run.NewCatalog().Pump(s.Config.Pump)
	if err != nil {
		t.Fatal(err)
	}
	return Runner(t, *spec)
}

// EachScript runs a check for each script of the project's corpus, as a subtest.
func EachScript(t *testing.T, check func(t *testing.T, s *script.Script, r *run.Runner)) {
	t.Helper()
	names := corpus.Names()
	if len(names) == 0 {
		t.Fatal("the corpus is empty")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			s := Script(t, name)
			check(t, s, RunnerFor(t, s))
		})
	}
}

// Exemplars are nine of the mutants, one for each property, for tests that take too
// long with all.
func Exemplars(t testing.TB) (some []pumps.Mutant) {
	t.Helper()
	names := []string{"no-flush-after-read", "no-read-while-blocked", "write-armed-for-ever",
		"eof-before-data", "off-by-one-retry", "no-close-notify", "want-write-fatal",
		"queue-without-limit", "recv-after-close"}
	for _, m := range pumps.Mutants() {
		if slices.Contains(names, m.Name) {
			some = append(some, m)
		}
	}
	if len(some) != len(names) {
		t.Fatalf("got %d exemplars; want %d", len(some), len(names))
	}
	return some
}

// Long says whether tests may take minutes: WANTWRITE_LONG=1.
func Long() bool { return os.Getenv("WANTWRITE_LONG") == "1" }

// Wants fails for each of the texts that the output does not have.
func Wants(t testing.TB, out string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("the output must say %q; got:\n%s", text, out)
		}
	}
}

// Digest is everything of a report that does not depend on the clock. A crash counts
// as the schedule that it cost.
func Digest(rep hunt.Report) (lines []string) {
	for _, f := range rep.Failures {
		if f.Result.Violation.Property != oracle.Crash {
			lines = append(lines, fmt.Sprintf("%d %d %d %+v\n%s\n%s", f.Schedule, f.Original,
				f.Stats.Schedules, f.Result, strings.Join(f.Story, "\n"), f.Script.Format()))
		}
	}
	return append(lines, fmt.Sprintf("%d schedules", rep.Schedules))
}

// Broken is the example pump with a mistake: it looks for output after a write and not
// after a read.
func Broken() model.Spec {
	spec := example.Spec()
	spec.New = func(env model.Env) model.Pump {
		env.Engine = &noFlush{Engine: env.Engine}
		return example.New(env)
	}
	return spec
}

// A noFlush is an engine whose output, when a Read makes it, is not seen until the next
// Write. That is what a pump sees that does not look for output after a Read.
type noFlush struct {
	model.Engine
	unseen bool
}

func (e *noFlush) Read(p []byte) (int, model.Status) {
	quiet := e.InitFinished() && e.Engine.OutputPending() == 0
	n, st := e.Engine.Read(p)
	e.unseen = e.unseen || quiet && e.Engine.OutputPending() > 0
	return n, st
}

func (e *noFlush) Write(p []byte) (int, model.Status) {
	e.unseen = false
	return e.Engine.Write(p)
}

func (e *noFlush) Drain(p []byte) int {
	if e.unseen {
		return 0
	}
	return e.Engine.Drain(p)
}

func (e *noFlush) OutputPending() int {
	if e.unseen {
		return 0
	}
	return e.Engine.OutputPending()
}
