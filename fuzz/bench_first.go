package fuzz

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/wantwrite/wantwrite/model"
)

// firstFailures counts, for each pump that has failures and for each strategy,
// how many schedules a hunt takes to the first.
func (b *Bench) firstFailures(ctx context.Context) error {
	for _, spec := range b.failing() {
		for _, s := range Strategies() {
			if err := b.firstOf(ctx, &spec, s.Name); err != nil {
				return err
			}
		}
		if err := b.rapidFirst(ctx, &spec); err != nil {
			return err
		}
	}
	return nil
}

// failing are the pumps that break something: all but the sound ones.
func (b *Bench) failing() (specs []model.Spec) {
	sound := map[string]bool{}
	for _, spec := range model.Sound() {
		sound[spec.Name] = true
	}
	for _, spec := range b.Catalog.Pumps() {
		if !sound[spec.Name] {
			specs = append(specs, spec)
		}
	}
	mutants := b.Mutants
	if mutants == nil {
		mutants = b.Catalog.Mutants()
	}
	for _, m := range mutants {
		specs = append(specs, m.Spec)
	}
	return specs
}

// firstOf makes a row: a hunt of each seed, as many at once as there are cores.
func (b *Bench) firstOf(ctx context.Context, spec *model.Spec, strategy string) error {
	firsts, errs := make([]uint64, b.Seeds), make([]error, b.Seeds)
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.Seeds; i = int(next.Add(1)) - 1 {
				firsts[i], errs[i] = b.first(ctx, spec, strategy, uint64(i))
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return b.Row(medianRow(BenchRow{Table: "first-failure", Name: strategy, Pump: spec.Name},
		firsts))
}

// first is how many schedules the hunt of a seed takes to its first failure; 0
// if there is none within the limit.
func (b *Bench) first(ctx context.Context, spec *model.Spec, strategy string, seed uint64) (
	uint64, error) {

	rate := Rate{}
	h := Hunt{Options: Options{Pump: spec, Engine: model.NewModels()}, Seed: seed,
		Schedules: b.Limit, Strategy: strategy, Workers: 1, First: true, counted: &rate}
	rep, err := h.Run(ctx, b.Catalog)
	if err == nil && rep.Interrupted {
		err = ctx.Err()
	}
	if rate.Found == 0 {
		return 0, err
	}
	return rep.Schedules, err
}

// rapidFirst makes the row of rapid's state machine.
func (b *Bench) rapidFirst(ctx context.Context, spec *model.Spec) error {
	asInTest()
	r, err := NewRunner(b.Catalog, Options{Pump: spec})
	if err != nil {
		return err
	}
	defer r.Close()
	m := &machine{Runner: r}
	g := m.generator()
	firsts := make([]uint64, b.Seeds)
	for i := range firsts {
		for n := range b.Limit {
			g.Example(i*int(b.Limit) + int(n))
			if m.failed != nil || ctx.Err() != nil {
				return cmp.Or(m.failed, ctx.Err())
			}
			if m.result.Found {
				firsts[i] = n + 1
				break
			}
		}
	}
	return b.Row(medianRow(BenchRow{Table: "first-failure", Name: "rapid", Pump: spec.Name}, firsts))
}

// medianRow fills a row in: 0 among firsts means that nothing was found.
func medianRow(row BenchRow, firsts []uint64) BenchRow {
	row.Seeds = len(firsts)
	row.Found, row.Median = MedianFirst(firsts)
	return row
}

// MedianFirst says how many hunts of several seeds found something, and the
// median of how many schedules each took to the first: 0 among firsts is a hunt
// that found nothing, and 0 the median where fewer than half did. It sorts them.
func MedianFirst(firsts []uint64) (found int, median uint64) {
	middle := (len(firsts) - 1) / 2
	slices.Sort(firsts)
	for len(firsts) > 0 && firsts[0] == 0 {
		firsts = firsts[1:]
	}
	if middle < len(firsts) {
		median = firsts[middle]
	}
	return len(firsts), median
}
