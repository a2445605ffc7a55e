package fuzz

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim/script"
)

// testCorpus is the folder of a test's scripts, relative to the test's package.
const testCorpus = "testdata/wantwrite"

// testSchedules is how many schedules Check runs; a tenth of it with -short.
const testSchedules = 20000

// Check is the test of a pump, in one line of a user's test. It replays the scripts of
// testdata/wantwrite, which must not fail any more, then hunts through 20,000 schedules
// (2,000 with -short), then lets rapid draw scenarios and actions. A failure is shrunk,
// saved in testdata/wantwrite and explained. Functions that are given change the hunt:
// its strategy, seed, schedules or workers.
//
//	fuzz.Check(t, spec, func(h *fuzz.Hunt) { h.Strategy = "pct:4" })
func Check(t *testing.T, spec model.Spec, more ...func(*Hunt)) {
	t.Run("replay", func(t *testing.T) { checkReplays(t, spec) })
	t.Run("hunt", func(t *testing.T) { checkHunt(t, spec, more) })
	t.Run("rapid", func(t *testing.T) { Rapid(t, spec) })
}

// checkReplays runs the saved scripts. Each failed once; none may fail now.
func checkReplays(t *testing.T, spec model.Spec) {
	names, err := corpus.Dir(testCorpus).All()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, name := range names {
		s := readScript(t, name)
		r := testRunner(t, spec)
		out, err := run.Replay(r, s, run.ReplayOptions{Loose: true, Trace: true, Pump: spec.Name})
		if err != nil {
			t.Fatal(err)
		}
		if out.Result.Found {
			told := story.Tell(s, &out)
			t.Errorf("%s fails again:\n%s\n%s", name, told.Text(story.TextOptions{}),
				strings.Join(pageOf(t, told, name), "\n"))
		}
	}
}

// checkHunt hunts and saves what it finds.
func checkHunt(t *testing.T, spec model.Spec, more []func(*Hunt)) {
	h := hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: 1, Schedules: testSchedules}
	if testing.Short() {
		h.Schedules /= 10
	}
	for _, change := range more {
		change(&h)
	}
	r := testRunner(t, spec)
	h.Found = func(f *hunt.Failure) error {
		t.Errorf("schedule %d:\n%s", f.Schedule, failure(t, r, f.Script))
		return nil
	}
	if _, err := h.Run(context.Background(), run.NewCatalog(spec)); err != nil {
		t.Fatal(err)
	}
}

// slugOf names a script after what it shows.
func slugOf(s *script.Script) string {
	return corpus.Slug(s.Config.Pump, s.Config.Scenario)
}

func readScript(t *testing.T, path string) *script.Script {
	t.Helper()
	file, err := corpus.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, err := script.Parse(file, path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func testRunner(t testing.TB, spec model.Spec) *run.Runner {
	t.Helper()
	r, err := run.NewRunner(run.NewCatalog(spec), run.Options{Pump: &spec})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}
