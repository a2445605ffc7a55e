package hunt_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// hunted is what a hunt of kv-original comes to.
func hunted(t *testing.T, h hunt.Hunt) hunt.Report {
	t.Helper()
	spec := pumps.Named("kv-original")
	h.Pump = &spec
	rep, err := h.Run(context.Background(), run.NewCatalog())
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// TestWorkersFindTheSame: how many workers there are changes nothing that is
// found, reported or learned, with a strategy that learns as with one that does
// not.
func TestWorkersFindTheSame(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"portfolio", "coverage", "pct"} {
		h := hunt.Hunt{Seed: 3, Schedules: 1500, Strategy: strategy, Workers: 1}
		one := hunted(t, h)
		if len(one.Failures) < 3 || one.Stats.Failures != len(one.Failures) {
			t.Errorf("%s: got %d finds, and %d in the statistics; want at least 3 to compare", strategy,
				len(one.Failures), one.Stats.Failures)
		}
		for _, h.Workers = range []int{2, 5} {
			many := hunted(t, h)
			if diff := cmp.Diff(fuzztest.Digest(one), fuzztest.Digest(many)); diff != "" {
				t.Errorf("%s with %d workers: %s", strategy, h.Workers, diff)
			}
			if many.Steps != one.Steps {
				t.Errorf("%s with %d workers: got %d steps; want %d", strategy, h.Workers, many.Steps,
					one.Steps)
			}
		}
	}
}

// TestGenerationsAreNoSeam: schedules are run a generation at a time, and what
// is found in one is masked for those behind it all the same. One by one, the
// schedules find what the hunt found.
func TestGenerationsAreNoSeam(t *testing.T) {
	t.Parallel()
	const schedules = 1500
	rep := hunted(t, hunt.Hunt{Seed: 5, Schedules: schedules, Strategy: "random"})
	spec := pumps.Named("kv-original")
	r, err := run.NewRunner(run.NewCatalog(), run.Options{Pump: &spec})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	watch, want := oracle.EveryProperty, []string(nil)
	for n := range uint64(schedules) {
		res, err := r.Schedule(5, n, watch)
		if err != nil {
			t.Fatal(err)
		}
		if res.Found {
			watch = watch.Without(res.Violation.Property)
			want = append(want, fmt.Sprint(n, " ", res.Violation.Property))
		}
	}
	var got []string
	for _, f := range rep.Failures {
		got = append(got, fmt.Sprint(f.Schedule, " ", f.Result.Violation.Property))
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 3 {
		t.Error(diff, want)
	}
}

// TestEveryStrategyFindsTheStall: that of MB-53428, which a hunt without flags
// finds, and the same again with the same seed.
func TestEveryStrategyFindsTheStall(t *testing.T) {
	t.Parallel()
	for _, s := range run.Strategies() {
		h := hunt.Hunt{Seed: 1, Schedules: 5000, Strategy: s.Name, First: true,
			Watch: oracle.EveryProperty.Only(oracle.Stall)}
		rep := hunted(t, h)
		if len(rep.Failures) != 1 {
			t.Errorf("%s: no stall in %d schedules", s.Name, rep.Schedules)
			continue
		}
		f := rep.Failures[0]
		t.Logf("%-9s schedule %d, found by %s", s.Name, f.Schedule, f.Strategy)
		if s.Name != "portfolio" && f.Strategy != s.Name {
			t.Errorf("%s: got a find of %s", s.Name, f.Strategy)
		}
		if diff := cmp.Diff(fuzztest.Digest(rep), fuzztest.Digest(hunted(t, h))); diff != "" {
			t.Errorf("%s, again: %s", s.Name, diff)
		}
	}
}

// TestFirstIsTheLowest: with First the hunt ends with the violation that has
// the lowest number, and reports no schedule behind it.
func TestFirstIsTheLowest(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 4} {
		rep := hunted(t, hunt.Hunt{Seed: 2, Schedules: 5000, First: true, Workers: workers,
			Strategy: "random"})
		if len(rep.Failures) != 1 || rep.Schedules != rep.Failures[0].Schedule+1 {
			t.Errorf("%d workers: got %d finds in %d schedules; want one, in the last", workers,
				len(rep.Failures), rep.Schedules)
		}
	}
}

// TestStrategyNames: a number is for those that take one, and a bad name lists
// what there is.
func TestStrategyNames(t *testing.T) {
	for _, name := range []string{"portfolio", "random", "pct:1", "pct:16", "delay:3", "coverage"} {
		if s, err := run.StrategyNamed(name); err != nil || s.Name != name {
			t.Errorf("%s: got %v, %v", name, s, err)
		}
	}
	for name, want := range map[string]string{"": "want one of portfolio, random, pct",
		"pct:": "want one of pct:1 to pct:16", "pct:17": "pct:16", "delay:x": "delay:1 to delay:16",
		"pos:2": "pct:1", "surf": "surw"} {
		if _, err := run.StrategyNamed(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v; want %q", name, err, want)
		}
	}
}

// TestHuntLeavesNoWorker: an interrupt ends all of them.
func TestHuntLeavesNoWorker(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(context.Background())
	spec := pumps.ReferenceSpec()
	h := hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: 1, Workers: 4}
	h.Progress = func(s hunt.Stats) {
		if s.Schedules > 500 {
			cancel()
		}
	}
	rep, err := h.Run(ctx, run.NewCatalog())
	if err != nil || !rep.Interrupted || rep.Schedules < 500 {
		t.Errorf("got %v after %d schedules, %v; want an interrupt", rep.Interrupted, rep.Schedules,
			err)
	}
	for range 1000 { // the last of them may be about to end
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("got %d goroutines; want no more than the %d there were", runtime.NumGoroutine(),
		before)
}
