package fuzz_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/sim"
)

// BenchmarkSchedule is the main figure: schedules of the reference pump over
// all scenarios, with every property and the hash chain on. The baselines
// below it make as many draws and nothing else.
func BenchmarkSchedule(b *testing.B) {
	spec := model.ReferenceSpec()
	r, err := fuzz.NewRunner(fuzz.NewCatalog(), fuzz.Options{Pump: &spec})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for n := range uint64(3000) { // buffers grow to their sizes
		if _, err := r.Schedule(1, n, model.EveryProperty); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	steps, runs := 0, uint64(0)
	for b.Loop() {
		res, err := r.Schedule(1, runs, model.EveryProperty)
		if err != nil || res.Found {
			b.Fatal(res, err)
		}
		steps += res.Steps
		runs++
	}
	report(b, steps)
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

// BenchmarkBareLoop draws and switches, and does nothing.
func BenchmarkBareLoop(b *testing.B) {
	var counts [8]int
	r := sim.Rand(1)
	for b.Loop() {
		for range baselineSteps {
			switch r.Below(8) {
			case 0, 1:
				counts[0]++
			case 2, 3, 4:
				counts[1]++
			case 5:
				counts[2]++
			default:
				counts[3]++
			}
		}
	}
	report(b, b.N*baselineSteps)
	if counts[0] == 0 {
		b.Fatal("nothing was drawn")
	}
}

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
