package fuzz

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
)

// firstFailures counts, for each pump that has failures and for each strategy,
// how many schedules a hunt takes to the first. Pumps that fail soon come first.
func (b *Bench) firstFailures(ctx context.Context) error {
	specs, err := b.soonest(ctx, b.failing())
	if err != nil {
		return err
	}
	strategies := Strategies()
	for i, spec := range specs {
		for j, s := range strategies {
			b.progress(i*(len(strategies)+1)+j, len(specs)*(len(strategies)+1))
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

func (b *Bench) progress(done, all int) {
	if b.Progress != nil {
		b.Progress(done, all)
	}
}

// soonest sorts pumps by how soon the random walk of a seed finds a failure.
func (b *Bench) soonest(ctx context.Context, specs []model.Spec) ([]model.Spec, error) {
	first := map[string]uint64{}
	for _, spec := range specs {
		n, err := b.first(ctx, &spec, Random, 0)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			n = b.Limit + 1
		}
		first[spec.Name] = n
	}
	slices.SortStableFunc(specs, func(x, y model.Spec) int {
		return cmp.Compare(first[x.Name], first[y.Name])
	})
	return specs, nil
}

// failing are the pumps that break something: all but the sound ones.
func (b *Bench) failing() (specs []model.Spec) {
	sound := map[string]bool{}
	for _, spec := range pumps.Sound() {
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
	return b.cell(BenchRow{Name: strategy, Pump: spec.Name}, runtime.GOMAXPROCS(0),
		func(seed uint64) (uint64, error) { return b.first(ctx, spec, strategy, seed) })
}

// seedsAtOnce is after how many seeds it is decided whether a cell needs more. What
// is decided does not depend on how many cores there are.
const seedsAtOnce = 16

// cell makes a row of the first failures of the seeds, until it is decided.
func (b *Bench) cell(row BenchRow, workers int, first func(seed uint64) (uint64, error)) error {
	var firsts []uint64
	for len(firsts) < b.Seeds && !b.decided(firsts) {
		from := len(firsts)
		more := make([]uint64, min(seedsAtOnce, b.Seeds-from))
		errs := make([]error, len(more))
		var next atomic.Int64
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for i := int(next.Add(1)) - 1; i < len(more); i = int(next.Add(1)) - 1 {
					more[i], errs[i] = first(uint64(from + i))
				}
			})
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
		firsts = append(firsts, more...)
	}
	row.Table = "first-failure"
	return b.Row(b.medianRow(row, firsts))
}

// decided says whether no more seeds are needed: most have found nothing, or none
// of the first has (one chance in 65,536 if the median were within the limit), or
// the budget is spent.
func (b *Bench) decided(firsts []uint64) bool {
	missed, spent := 0, uint64(0)
	for _, n := range firsts {
		if spent += n; n == 0 {
			missed, spent = missed+1, spent+b.Limit
		}
	}
	return missed > b.Seeds/2 || missed == seedsAtOnce && missed == len(firsts) ||
		spent >= b.Budget
}

// first is how many schedules the hunt of a seed takes to its first failure; 0
// if there is none within the limit.
func (b *Bench) first(ctx context.Context, spec *model.Spec, strategy string, seed uint64) (
	uint64, error) {

	rate := Rate{}
	h := Hunt{Options: Options{Pump: spec, Engine: tls.NewModels()}, Seed: seed,
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
	return b.cell(BenchRow{Name: "rapid", Pump: spec.Name}, 1, func(seed uint64) (uint64, error) {
		for n := range b.Limit {
			g.Example(int(seed*b.Limit + n))
			if m.failed != nil || ctx.Err() != nil {
				return 0, cmp.Or(m.failed, ctx.Err())
			}
			if m.result.Found {
				return n + 1, nil
			}
		}
		return 0, nil
	})
}

// medianRow fills a row in: 0 among firsts means that nothing was found.
func (b *Bench) medianRow(row BenchRow, firsts []uint64) BenchRow {
	row.Seeds = len(firsts)
	if row.Found, row.Median = MedianFirst(firsts); row.Median == 0 {
		row.Above = b.Limit
	}
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
