package proof

import (
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// The benchmarks compare, in one run, a world that drives OpenSSL with a bare loop. The bare
// loop makes the calls that the pumps have made of their engines in that world: in the same
// order, with the same bytes, on engines of the same binding. A careful C program would make
// the same calls, because the reference pump clears the error queue before each call whose
// answer it judges, and asks for nothing that it knows. The world adds pumps, apps, sockets,
// links, loops, draws, properties, the hash chain, and its own questions to the engines.

// BenchmarkSchedules compares schedules as hunts draw them, over all scenarios, versions,
// transports and profiles.
func BenchmarkSchedules(b *testing.B) {
	const schedules, seed = 100, 21
	lib := library(b, catalog(), "openssl")
	tapes := make([]*tape, schedules)
	for n := range tapes {
		tapes[n] = &tape{}
		spec := recorded(tapes[n])
		r := runner(b, run.Options{Pump: spec, Peer: spec, Engine: &tapedLibrary{lib, tapes[n]}})
		schedule(b, r, seed, uint64(n))
		r.Close()
	}
	spec := pumps.ReferenceSpec()
	r := runner(b, run.Options{Pump: &spec, Peer: &spec, Engine: lib})
	defer r.Close()
	c := newComparison(schedules)
	for b.Loop() {
		for n, tape := range tapes {
			c.turn(n, func() { schedule(b, r, seed, uint64(n)) }, func() { tape.play(b, lib) })
		}
	}
	c.report(b, "schedules/s")
}

func runner(t testing.TB, o run.Options) *run.Runner {
	t.Helper()
	r, err := run.NewRunner(run.NewCatalog(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// schedule runs a schedule, which may not fail.
func schedule(t testing.TB, r *run.Runner, seed, n uint64) {
	res, err := r.Schedule(seed, n, oracle.EveryProperty)
	if err != nil {
		t.Fatal(err)
	}
	if res.Found {
		t.Fatal(res.Violation)
	}
}

// BenchmarkLinks compares whole links of each profile: handshake, four requests
// and their answers of 1000 bytes, and the close of both ends.
func BenchmarkLinks(b *testing.B) {
	for _, profile := range run.Profiles() {
		for _, v := range []model.Version{model.TLS12, model.TLS13} {
			b.Run(profile+"/tls="+v.String(), func(b *testing.B) { compareLinks(b, profile, v) })
		}
	}
}

func compareLinks(b *testing.B, profile string, v model.Version) {
	lib := library(b, catalog(), "openssl")
	cfg, actions := comfortable(profile, v), life(b)
	m := &tape{}
	w := newStage(recorded(m), &tapedLibrary{lib, m})
	w.play(b, &cfg, actions)
	w.Close()
	spec := pumps.ReferenceSpec()
	w = newStage(&spec, lib)
	defer w.Close()
	c := newComparison(1)
	for b.Loop() {
		c.turn(0, func() { w.play(b, &cfg, actions) }, func() { m.play(b, lib) })
	}
	c.report(b, "links/s")
	b.ReportMetric(float64(len(m.calls)), "calls/link")
}

// A comparison takes the time of runs, in a world and as a bare loop in turns, and keeps the
// shortest of each run, so that other work of the machine does not count.
type comparison struct{ world, bare []time.Duration }

func newComparison(runs int) *comparison {
	c := &comparison{make([]time.Duration, runs), make([]time.Duration, runs)}
	for i := range runs {
		c.world[i], c.bare[i] = time.Hour, time.Hour
	}
	return c
}

// turn takes the time of run number i once more.
func (c *comparison) turn(i int, world, bare func()) {
	begin := time.Now()
	world()
	middle := time.Now()
	bare()
	c.world[i] = min(c.world[i], middle.Sub(begin))
	c.bare[i] = min(c.bare[i], time.Since(middle))
}

// report gives the figures of all runs together.
func (c *comparison) report(b *testing.B, unit string) {
	var world, bare time.Duration
	for i := range c.world {
		world, bare = world+c.world[i], bare+c.bare[i]
	}
	runs := float64(len(c.world))
	b.ReportMetric(runs/world.Seconds(), unit)
	b.ReportMetric(runs/bare.Seconds(), "bare-"+unit)
	b.ReportMetric(world.Seconds()/bare.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op") // of both together: it says nothing
}

// comfortable is a world whose buffers have room for everything.
func comfortable(profile string, v model.Version) script.Config {
	cfg := script.Config{Pump: "reference", Peer: "reference", Engine: "openssl",
		PeerEngine: "openssl", Scenario: "bench", Under: model.Server, Version: v, Links: 1,
		Seed: 1, Auth: profile == "mutual"}
	cfg.Sizes = script.Sizes{Bio: 8192, Pipe: 8192, Queue: 8192, Chunk: 8192, Flight: 1 << 16,
		Window: 1 << 16, Record: 16384, Hello: 16384, Linger: 16}
	if profile != "psk" {
		cfg.Sizes.Chain, cfg.Sizes.ClientChain = 600, 600
	}
	return cfg
}

// A link carries that many requests, with bodies of that many bytes.
const requests, requestBody = 4, 100

// life is the actions of a link's workload. Its close ends while the world quiesces.
func life(t testing.TB) (actions []script.Action) {
	t.Helper()
	do := func(lines ...string) {
		for _, line := range lines {
			a, err := script.ParseAction(line)
			if err != nil {
				t.Fatal(err)
			}
			actions = append(actions, a)
		}
	}
	round := func() { do("poll client", "deliver server all", "poll server", "deliver client all") }
	for range 3 {
		round()
	}
	for range requests {
		do("write client 100 1000")
		round()
	}
	do("close client")
	round()
	return actions
}

// A stage is a world that plays one life again and again.
type stage struct {
	*sim.World
	parts  sim.Parts
	script sim.Scripted
}

func newStage(spec *model.Spec, lib model.Library) *stage {
	return &stage{World: sim.NewWorld(), parts: sim.Parts{Pump: spec, Peer: spec, Engine: lib,
		PeerEngine: lib}}
}

// play runs the life until the world is at rest.
func (s *stage) play(t testing.TB, cfg *script.Config, actions []script.Action) {
	if err := s.Reset(cfg, &s.parts, oracle.EveryProperty); err != nil {
		t.Fatal(err)
	}
	s.script.Restart(actions, true)
	if res := s.Run(&s.script); res.Found {
		t.Fatal(res.Violation)
	}
	end := &s.Ledger().Ends[model.Server]
	if end.Delivered != requests*(24+requestBody) || !end.Gone {
		t.Fatalf("got %d bytes at the server, gone %v; want a whole life", end.Delivered, end.Gone)
	}
}
