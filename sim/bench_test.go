package sim_test

import (
	"runtime"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// benchConfig is a comfortable world: nothing is tight, nothing fails.
func benchConfig() (script.Config, sim.Parts) {
	spec := pumps.ReferenceSpec()
	library := tls.NewModels()
	cfg := script.Config{Pump: spec.Name, Peer: spec.Name, Under: model.Server, Links: 1, Seed: 1,
		Sizes: script.Sizes{Bio: 8192, Pipe: 8192, Queue: 8192, Chunk: 8192, Flight: 16384,
			Window: 16384, Record: 16384, Hello: 16384, Linger: 16}}
	return cfg, sim.Parts{Pump: &spec, Peer: &spec, Engine: library, PeerEngine: library}
}

// benchPlan makes workloads of about 300 steps: requests and answers of up to 64
// bytes, renegotiations, records that arrive in parts.
func benchPlan() sim.Plan {
	p := sim.Plan{Steps: 300, Portions: [4]uint16{4, 8, 6, 2}, Body: 64, Answer: 64}
	for role := range 2 {
		p.Weights[role][script.Deliver] = 40
		p.Weights[role][script.Poll] = 60
	}
	p.Weights[0][script.Write] = 2
	p.Weights[0][script.Renegotiate], p.Budget[0][script.Renegotiate] = 1, 2
	return p
}

// BenchmarkWorld is a world with every property and the hash chain on.
func BenchmarkWorld(b *testing.B) {
	cfg, parts := benchConfig()
	plan := benchPlan()
	w := sim.NewWorld()
	defer w.Close()
	var random sim.Random
	run := func(seed uint64) int {
		if err := w.Reset(&cfg, &parts, oracle.EveryProperty); err != nil {
			b.Fatal(err)
		}
		random.Restart(&plan, seed)
		res := w.Run(&random)
		if res.Found {
			b.Fatal(res.Violation)
		}
		return res.Steps
	}
	for seed := range uint64(500) { // buffers grow to their sizes
		run(seed)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	steps, seed := 0, uint64(0)
	for b.Loop() {
		steps += run(seed)
		seed++
	}
	runtime.ReadMemStats(&after)
	ns := float64(b.Elapsed().Nanoseconds())
	b.ReportMetric(ns/float64(steps), "ns/step")
	b.ReportMetric(float64(steps)/ns*1e9, "steps/s")
	b.ReportMetric(float64(b.N)/ns*1e9, "schedules/s")
	b.ReportMetric(float64(steps)/float64(b.N), "steps/schedule")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(steps), "allocs/step")
}

// BenchmarkBareLoop is the baseline: as many draws and switches, and nothing
// done.
func BenchmarkBareLoop(b *testing.B) {
	const draws = 300
	var counts [4]int
	r := sim.Rand(1)
	for b.Loop() {
		for range draws {
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
	ns := float64(b.Elapsed().Nanoseconds())
	b.ReportMetric(ns/float64(b.N*draws), "ns/step")
	if counts[0] == 0 {
		b.Fatal("nothing was drawn")
	}
}
