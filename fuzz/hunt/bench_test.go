package hunt_test

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// BenchmarkSchedule is the main figure: schedules of the reference pump over
// all scenarios, with every property and the hash chain on. The baselines are
// rapid's below, and the bare loop of package sim.
func BenchmarkSchedule(b *testing.B) {
	spec := pumps.ReferenceSpec()
	r, err := run.NewRunner(run.NewCatalog(), run.Options{Pump: &spec})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for n := range uint64(3000) { // buffers grow to their sizes
		if _, err := r.Schedule(1, n, oracle.EveryProperty); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	steps, runs := 0, uint64(0)
	for b.Loop() {
		res, err := r.Schedule(1, runs, oracle.EveryProperty)
		if err != nil || res.Found {
			b.Fatal(res, err)
		}
		steps += res.Steps
		runs++
	}
	report(b, steps)
}

// BenchmarkStrategies hunts with each strategy, on one core. The ratio is to
// the bare walk of BenchmarkSchedule, which takes turns with it.
func BenchmarkStrategies(b *testing.B) {
	const schedules = 500
	spec := pumps.ReferenceSpec()
	r, err := run.NewRunner(run.NewCatalog(), run.Options{Pump: &spec})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for _, s := range run.Strategies() {
		b.Run(s.Name, func(b *testing.B) {
			var bare, hunted time.Duration
			steps := uint64(0)
			for seed := uint64(0); b.Loop(); seed++ {
				start := time.Now()
				for n := range uint64(schedules) {
					if _, err := r.Schedule(seed, n, oracle.EveryProperty); err != nil {
						b.Fatal(err)
					}
				}
				bare += time.Since(start)
				h := hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: seed, Schedules: schedules,
					Strategy: s.Name, Workers: 1}
				rep, err := h.Run(context.Background(), run.NewCatalog())
				if err != nil {
					b.Fatal(err)
				}
				hunted, steps = hunted+rep.Elapsed, steps+rep.Steps
			}
			b.ReportMetric(float64(hunted.Nanoseconds())/float64(steps), "ns/step")
			b.ReportMetric(float64(b.N*schedules)/hunted.Seconds(), "schedules/s")
			b.ReportMetric(bare.Seconds()/hunted.Seconds(), "x-bare-walk")
		})
	}
}

// report gives the figures of runs that took that many steps together.
func report(b *testing.B, steps int) {
	ns := float64(b.Elapsed().Nanoseconds())
	b.ReportMetric(ns/float64(steps), "ns/step")
	b.ReportMetric(float64(steps)/ns*1e9, "steps/s")
	b.ReportMetric(float64(b.N)/ns*1e9, "schedules/s")
	b.ReportMetric(float64(steps)/float64(b.N), "steps/schedule")
}

// baselineSteps is how many draws a baseline makes in place of a schedule.
const baselineSteps = 300

// BenchmarkRapidStateMachine lets rapid's state machine make the draws: an
// action that does nothing, with one argument.
func BenchmarkRapidStateMachine(b *testing.B) {
	steps := 0
	action := func(t *rapid.T) {
		rapid.IntRange(0, 63).Draw(t, "argument")
		steps++
	}
	machine := rapid.Custom(func(t *rapid.T) int {
		for end := steps + baselineSteps; steps < end; {
			t.Repeat(map[string]func(*rapid.T){"deliver": action, "poll": action})
		}
		return steps
	})
	n := 0
	for b.Loop() {
		machine.Example(n)
		n++
	}
	report(b, max(1, steps))
}
