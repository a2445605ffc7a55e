package fuzz

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// testCorpus is where tests keep their scripts, below the package's folder.
const testCorpus = "testdata/wantwrite"

// testSchedules is how many schedules Check goes through; a tenth with -short.
const testSchedules = 20000

// Check is the test of a pump, in one line of a user's test: it replays the
// scripts of testdata/wantwrite, which must not fail any more, hunts, and
// lets rapid draw scenarios and actions. What it finds is shrunk, saved in
// testdata/wantwrite and explained in the test's failure. What is given more
// changes the hunt: its strategy, seed, schedules or workers.
//
//	fuzz.Check(t, spec, func(h *fuzz.Hunt) { h.Strategy = "pct:4" })
func Check(t *testing.T, spec model.Spec, more ...func(*hunt.Hunt)) {
	t.Run("replay", func(t *testing.T) { checkReplays(t, spec) })
	t.Run("hunt", func(t *testing.T) { checkHunt(t, spec, more) })
	t.Run("rapid", func(t *testing.T) { Rapid(t, spec) })
}

// checkReplays runs the saved scripts: each once failed, none may now.
func checkReplays(t *testing.T, spec model.Spec) {
	names, err := corpus.All(testCorpus)
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

// checkHunt goes through schedules and saves what it finds.
func checkHunt(t *testing.T, spec model.Spec, more []func(*hunt.Hunt)) {
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

// Rapid is the property test of a pump: rapid draws the scenario and every
// action, with labels, shrinks by itself and keeps its own fail files. The last
// script that failed, the smallest, is saved and explained as Check does it.
func Rapid(t *testing.T, spec model.Spec) {
	r := testRunner(t, spec)
	var last *script.Script
	defer func() { // rapid ends a test that has failed from inside Check
		if last != nil {
			t.Errorf("%s", failure(t, r, tell(r, last)))
		}
	}()
	rapid.Check(t, func(rt *rapid.T) {
		below := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(rt, label) }
		res, err := r.Drawn(below, oracle.EveryProperty)
		if err != nil {
			rt.Fatal(err)
		}
		if res.Found {
			last = failing(r, res)
			rt.Fatalf("%s", res.Violation)
		}
	})
}

// Fuzz is the fuzz target of a pump, in one line of a user's fuzz test. The
// bytes are a script, the choices of a schedule, or if they are few the name of
// a batch of schedules. With each goes a batch.
func Fuzz(f *testing.F, spec model.Spec) {
	FuzzScenario(f, spec, "")
}

// FuzzScenario is Fuzz bound to a scenario.
func FuzzScenario(f *testing.F, spec model.Spec, scenario string) {
	g, err := newTarget(spec, scenario)
	if err != nil {
		f.Fatal(err)
	}
	g.beTwin(f.Name())
	g.pair(f)
	for _, seeds := range [][][]byte{seedBytes(), seedScripts(f), seedBatches(g.methods)} {
		for _, seed := range seeds {
			f.Add(seed)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		res, err := g.fuzzed(data)
		g.countFuzzed()
		if err != nil {
			t.Skip(err)
		}
		if res.Found {
			t.Fatalf("%s", failure(t, g.Runner, tell(g.Runner, failing(g.Runner, res))))
		}
	})
}

// A target is what runs the inputs of a fuzz target.
type target struct {
	*run.Runner
	pump      string
	methods   int    // of the portfolio, as far as they do not learn
	ran, told uint64 // schedules: see countFuzzed
	pal       *twin  // nil if it has none
}

func newTarget(spec model.Spec, scenario string) (*target, error) {
	r, err := run.NewRunner(run.NewCatalog(spec), run.Options{Pump: &spec, Scenario: scenario})
	if err != nil {
		return nil, err
	}
	all, err := run.StrategyNamed(run.Portfolio)
	if err == nil {
		all, err = all.Unlearned() // a fuzz target does its own learning
	}
	if err != nil {
		return nil, err
	}
	r.Use(all)
	return &target{Runner: r, pump: spec.Name, methods: len(all.Methods())}, nil
}

// fuzzed runs what a fuzzer made, and a batch: the one that a few bytes name, or one
// that follows from more.
func (g *target) fuzzed(data []byte) (sim.Result, error) {
	name := data
	if len(data) > maxBatchName {
		if res, err := g.single(data); err != nil || res.Found {
			return res, err
		}
		name = nameOf(data)
	}
	if g.clean(name) {
		return sim.Result{}, nil
	}
	return g.batch(batchOf(name, g.methods))
}

// single runs a schedule of bytes. If they are a script it is run as one, with the
// pump under test in the place of the script's, as far as its actions are enabled;
// any others are the choices of a strategy.
func (g *target) single(data []byte) (sim.Result, error) {
	g.ran++
	if !bytes.HasPrefix(data, []byte("wantwrite script ")) {
		return g.Drawn(choices(data), oracle.EveryProperty)
	}
	s, err := script.Parse(bytes.NewReader(data), "fuzz input")
	if err != nil {
		return sim.Result{}, err
	}
	cfg := s.Config
	cfg.Pump, cfg.Peer, cfg.Engine, cfg.PeerEngine = g.pump, "reference", "model", "model"
	res, _, err := g.Actions(&cfg, s.Actions, run.ScriptOptions{Watch: oracle.EveryProperty, Loose: true})
	return res, err
}

// seedScripts are the texts of the project's corpus and of the test's own.
func seedScripts(f *testing.F) (seeds [][]byte) {
	for _, name := range corpus.Names() {
		seeds = append(seeds, corpus.Text(name))
	}
	own, err := corpus.All(testCorpus)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		f.Fatal(err)
	}
	for _, name := range own {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, text)
	}
	return seeds
}

// choices makes draws from bytes: two for each; when they are used up every
// draw is 0.
func choices(data []byte) func(n int, label string) int {
	return func(n int, _ string) int {
		if len(data) < 2 {
			data = nil
			return 0
		}
		word := int(data[0])<<8 | int(data[1])
		data = data[2:]
		return word % n
	}
}

// seedBytes are inputs for a fuzz target to start from.
func seedBytes() [][]byte {
	var seeds [][]byte
	for n := range uint64(16) {
		r := sim.Rand(n)
		data := make([]byte, 0, 512)
		for range 256 {
			word := r.Uint64()
			data = append(data, byte(word>>8), byte(word))
		}
		seeds = append(seeds, data)
	}
	return seeds
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
