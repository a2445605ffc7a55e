package fuzz

import (
	"context"
	"runtime"
	"time"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim"
)

// A Bench measures how fast and how well strategies search, all in one run: a
// figure means little, its ratio to another of the same run means something.
type Bench struct {
	Catalog *Catalog
	// Mutants, if not nil, are those to measure with; nil means the catalog's.
	Mutants []pumps.Mutant
	// Seeds is how many hunts are made of each pump with each strategy, and
	// Limit how many schedules each may take; 0 means 200 and 2000.
	Seeds int
	Limit uint64
	// Budget is how many schedules all the hunts of one figure may take together,
	// which is then of fewer seeds; 0 means 60000.
	Budget uint64
	// Schedules is how many each speed is measured with; 0 means 6000.
	Schedules uint64
	// Tables, if not empty, are the names of the tables to make.
	Tables []string
	// Row is called with each row as it is known; an error ends the bench.
	Row func(BenchRow) error
	// Progress, if not nil, is called before each figure of the first failures with
	// how many are done, and how many there are.
	Progress func(done, all int)
}

// A BenchRow is a line of a table. What does not apply is 0.
type BenchRow struct {
	// Table is its table's name, Name what was measured, and Pump with which
	// pump.
	Table, Name, Pump string
	// NsPerStep and SchedulesPerSecond are speeds, and Ratio is that of the
	// schedules per second to the table's first row.
	NsPerStep, SchedulesPerSecond, Ratio float64
	// Workers is how many there were, in the table of workers.
	Workers int
	// Found is how many of the Seeds found something within the limit, and Median
	// how many schedules that took. If fewer than half found it that is 0, and
	// Above the limit, which it is above.
	Seeds, Found  int
	Median, Above uint64
	// Note says why there is no figure, or what else it means.
	Note string
}

// A BenchTable is a part of the bench.
type BenchTable struct {
	Name, About string
	run         func(*Bench, context.Context) error
}

// BenchTables lists the tables, in the order in which they are made.
func BenchTables() []BenchTable {
	return []BenchTable{
		{"speed", "the reference pump in all scenarios, on one core", (*Bench).speeds},
		{"go-fuzz", "go test -fuzz and what it fuzzes, the reference pump, on one core",
			(*Bench).goFuzz},
		{"workers", "the same hunt on one core and on all", (*Bench).workers},
		{"first-failure", "schedules until the first failure: the median of the seeds",
			(*Bench).firstFailures},
	}
}

// Run makes the tables.
func (b *Bench) Run(ctx context.Context) error {
	full := *b
	if full.Seeds == 0 {
		full.Seeds = 200
	}
	if full.Limit == 0 {
		full.Limit = 2000
	}
	if full.Budget == 0 {
		full.Budget = 60_000
	}
	if full.Schedules == 0 {
		full.Schedules = 6000
	}
	for _, table := range BenchTables() {
		if !full.wants(table.Name) {
			continue
		}
		if err := table.run(&full, ctx); err != nil {
			return err
		}
	}
	return nil
}

// wants says whether a table is to be made.
func (b *Bench) wants(table string) bool {
	for _, name := range b.Tables {
		if name == table {
			return true
		}
	}
	return len(b.Tables) == 0
}

// A pace is how fast something went.
type pace struct {
	schedules, steps uint64
	took             time.Duration
}

func (p pace) rate() float64 { return float64(p.schedules) / max(p.took.Seconds(), 1e-9) }

// speeds measures each strategy in turn, round after round, and takes the best
// round of each: the others had a busy machine. The first row, to which all are
// compared, is the random walk and nothing else.
func (b *Bench) speeds(ctx context.Context) error {
	const rounds = 3
	contests := b.contests()
	best := make([]pace, len(contests))
	for range rounds {
		for i, c := range contests {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			p, err := c.run(ctx)
			if err != nil {
				return err
			}
			if p.rate() > best[i].rate() {
				best[i] = p
			}
		}
	}
	for i, c := range contests {
		row := BenchRow{Table: "speed", Name: c.name, Pump: "reference", Note: c.note,
			NsPerStep:          float64(best[i].took.Nanoseconds()) / float64(max(1, best[i].steps)),
			SchedulesPerSecond: best[i].rate(), Ratio: best[i].rate() / best[0].rate()}
		if err := b.Row(row); err != nil {
			return err
		}
	}
	return nil
}

// A contest is something whose speed is measured.
type contest struct {
	name, note string
	run        func(context.Context) (pace, error)
}

func (b *Bench) contests() []contest {
	all := []contest{{"bare walk", "random, and nothing is noted of what it reaches", b.bare}}
	for _, s := range Strategies() {
		all = append(all, contest{s.Name, "", func(ctx context.Context) (pace, error) {
			return b.hunt(ctx, s.Name, 1)
		}})
	}
	return append(all, contest{"rapid", "its state machine makes the same choices", b.rapid})
}

// bare runs schedules one by one, without a hunt around them.
func (b *Bench) bare(context.Context) (p pace, err error) {
	spec := pumps.ReferenceSpec()
	r, err := NewRunner(b.Catalog, Options{Pump: &spec})
	if err != nil {
		return p, err
	}
	defer r.Close()
	start := time.Now()
	for n := range b.Schedules {
		res, err := r.Schedule(1, n, oracle.EveryProperty)
		if err != nil {
			return p, err
		}
		p.steps += uint64(res.Steps)
	}
	p.schedules, p.took = b.Schedules, time.Since(start)
	return p, nil
}

// hunt runs a hunt.
func (b *Bench) hunt(ctx context.Context, strategy string, workers int) (p pace, err error) {
	spec := pumps.ReferenceSpec()
	h := Hunt{Options: Options{Pump: &spec}, Seed: 1, Schedules: b.Schedules, Strategy: strategy,
		Workers: workers}
	rep, err := h.Run(ctx, b.Catalog)
	return pace{rep.Schedules, rep.Steps, rep.Elapsed}, err
}

// workers compares one worker with as many as there are cores. The rounds take
// turns, so that both see the same machine.
func (b *Bench) workers(ctx context.Context) error {
	const rounds = 3
	for _, strategy := range []string{Random, Portfolio} {
		var best [2]pace
		counts := [2]int{1, runtime.GOMAXPROCS(0)}
		for range rounds {
			for i, n := range counts {
				p, err := b.hunt(ctx, strategy, n)
				if err != nil {
					return err
				}
				if p.rate() > best[i].rate() {
					best[i] = p
				}
			}
		}
		for i, n := range counts {
			if err := b.Row(BenchRow{Table: "workers", Name: strategy, Pump: "reference", Workers: n,
				SchedulesPerSecond: best[i].rate(), Ratio: best[i].rate() / best[0].rate()}); err != nil {
				return err
			}
		}
	}
	return nil
}

// drawn is the searchers' world for drivers that draw by themselves.
func (r *Runner) drawn(world uint64, below func(n int, label string) int) (*sim.Draw, error) {
	r.drawer.draw(r.menu, world)
	return &sim.Draw{Below: below, Plan: &r.drawer.plan}, r.reset(oracle.EveryProperty)
}
