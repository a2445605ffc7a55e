// Package matrix runs pumps and mutants against engines, TLS versions and
// strategies, and tells of each cell what hunts made of it: whether a failure was
// found and by which property, after how many schedules, how short its script
// is, and which real library confirms it.
//
// A [Matrix] fills cells; [Report] holds them, and [Report.Summary] adds them up.
// [Report.Text], [Report.CSV] and [Report.Page] are three ways to look at it, and
// a [Row] is a cell for other programs.
package matrix

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/guard"
	"github.com/wantwrite/wantwrite/fuzz/run"
)

// A Matrix says which cells there are and how much each may cost.
type Matrix struct {
	// Catalog makes a catalog: each worker has its own, for libraries belong to
	// one goroutine.
	Catalog func() *run.Catalog
	// Guard keeps the libraries of the machine out of this process. It may be
	// nil if none is among Engines and Confirm.
	Guard *guard.Guard
	// Subjects are the rows; Engines, Versions and Strategies make the columns.
	// A version is 1.2, 1.3, or Any.
	Subjects                      []Subject
	Engines, Versions, Strategies []string
	// Confirm are the libraries on which each script is replayed.
	Confirm []string
	// Seed is the first seed; there are Seeds of them, and a hunt of each.
	Seed  uint64
	Seeds int
	// Schedules is the most that a hunt may take, and Time, if it is not 0, the
	// most time for a cell's hunts. What is found within a time depends on the
	// machine, what is found within schedules does not.
	Schedules uint64
	Time      time.Duration
	// Workers is how many cells are filled at once; 0 means GOMAXPROCS. What they
	// are filled with does not depend on it.
	Workers int
	// Pages wants a page of each script: see Cell.Page.
	Pages bool
	// Done, if not nil, is called with each cell, in their order, from one
	// goroutine; an error ends the matrix.
	Done func(*Cell) error
	// Progress, if not nil, is called now and then with what is filled so far.
	Progress func(*Report)
}

// Any is the version of cells in which both are drawn, as hunts do by default.
const Any = "any"

// A Report is the cells of a matrix, row by row.
type Report struct {
	Cells []*Cell
	// Columns are the kinds of cells, from left to right: each subject has one
	// of each.
	Columns []Column
	// Confirm are the libraries that were asked.
	Confirm []string
	// Seeds and Schedules are what a cell's hunts had.
	Seeds     int
	Schedules uint64
	// Partial: some cells are not filled, because the context ended, or an error
	// came between.
	Partial bool
	// Elapsed is how long it took.
	Elapsed time.Duration
}

// A Column is what the cells below each other have in common.
type Column struct{ Engine, Version, Strategy string }

// Run fills the cells. Those that are not filled when the context ends are left
// as they are, and the report is partial. The report is there with an error too.
func (m *Matrix) Run(ctx context.Context) (*Report, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	f := &filling{Matrix: m, report: m.report(), teller: &worker{m, m.Catalog()}}
	start := time.Now()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	filled := make(chan attempt)
	go f.crew(ctx, filled)
	err := f.collect(filled, stop)
	f.report.Elapsed = time.Since(start)
	for _, c := range f.report.Cells {
		f.report.Partial = f.report.Partial || c.Outcome == NotRun
	}
	return f.report, err
}

// check looks the names up before anything is hunted.
func (m *Matrix) check() error {
	c := m.Catalog()
	for _, name := range m.Strategies {
		if _, err := run.StrategyNamed(name); err != nil {
			return err
		}
	}
	for _, name := range append(slices.Clone(m.Engines), m.Confirm...) {
		if _, err := c.Engine(name); err != nil {
			return err
		}
	}
	for _, v := range m.Versions {
		if v != "1.2" && v != "1.3" && v != Any {
			return fmt.Errorf("matrix: got TLS version %q; want 1.2, 1.3 or %s", v, Any)
		}
	}
	if slices.Contains(m.Confirm, "model") {
		return fmt.Errorf("matrix: got the model to confirm what is found; want a real library")
	}
	if m.Seeds < 1 || m.Schedules < 1 {
		return fmt.Errorf("matrix: got %d seeds and %d schedules; want at least 1 of each", m.Seeds,
			m.Schedules)
	}
	return nil
}

// report is the report with cells that are not filled.
func (m *Matrix) report() *Report {
	r := &Report{Confirm: m.Confirm, Seeds: m.Seeds, Schedules: m.Schedules}
	for _, engine := range m.Engines {
		for _, version := range m.Versions {
			for _, strategy := range m.Strategies {
				r.Columns = append(r.Columns, Column{engine, version, strategy})
			}
		}
	}
	taken := map[string]bool{}
	for i := range m.Subjects {
		for _, column := range r.Columns {
			c := &Cell{Subject: &m.Subjects[i], Column: column, Seeds: m.Seeds}
			c.Slug = vacant(taken, corpus.Slug(c.Subject.Spec.Name, column.Engine, column.Version,
				column.Strategy))
			r.Cells = append(r.Cells, c)
		}
	}
	return r
}

// vacant is a slug that no other cell has.
func vacant(taken map[string]bool, slug string) string {
	for name, n := slug, 2; ; n++ {
		if !taken[name] {
			taken[name] = true
			return name
		}
		name = fmt.Sprintf("%s-%d", slug, n)
	}
}

// A filling is a matrix at work.
type filling struct {
	*Matrix
	report *Report
	next   atomic.Int64
	teller *worker // makes scripts and pages of what others found
	told   int     // so many cells have been told, or passed over
}

// An attempt is a cell that was filled, or why it was not.
type attempt struct {
	at    int
	cell  *Cell
	err   error
	fault any // a panic of the workbench itself
}

// crew lets the workers fill the cells.
func (f *filling) crew(ctx context.Context, filled chan<- attempt) {
	n := f.Workers
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	var all sync.WaitGroup
	for range n {
		all.Go(func() { f.work(ctx, filled) })
	}
	all.Wait()
	close(filled)
}

// work fills one cell after the other.
func (f *filling) work(ctx context.Context, filled chan<- attempt) {
	w := &worker{f.Matrix, f.Catalog()}
	for ctx.Err() == nil {
		i := int(f.next.Add(1)) - 1
		if i >= len(f.report.Cells) {
			return
		}
		a := attempt{at: i}
		full := *f.report.Cells[i]
		w.attempt(ctx, &full, &a)
		if ctx.Err() == nil || a.err != nil || a.fault != nil {
			filled <- a // and not one that was interrupted
		}
	}
}

// attempt fills a cell.
func (w *worker) attempt(ctx context.Context, c *Cell, a *attempt) {
	defer func() { a.fault = recover() }() // ours: a pump's own panics are finds
	a.cell, a.err = c, w.fill(ctx, c)
}

// collect takes the cells as they are filled, and tells of them in their order.
// After an error it waits for the others to end.
func (f *filling) collect(filled <-chan attempt, stop func()) (err error) {
	var fault any
	for a := range filled {
		if fault == nil && err == nil {
			fault, err = a.fault, f.take(&a)
		}
		if fault != nil || err != nil {
			stop()
		}
	}
	if fault != nil {
		panic(fault)
	}
	if err == nil {
		err = f.tell(true)
	}
	return err
}

// take puts a cell in its place.
func (f *filling) take(a *attempt) error {
	if a.err != nil || a.fault != nil {
		return a.err
	}
	*f.report.Cells[a.at] = *a.cell
	err := f.tell(false)
	if f.Progress != nil {
		f.Progress(f.report)
	}
	return err
}

// tell tells of the cells whose turn it is: up to the first that is not filled,
// or at the end of all that are.
func (f *filling) tell(all bool) error {
	for ; f.told < len(f.report.Cells); f.told++ {
		c := f.report.Cells[f.told]
		if c.Outcome == NotRun {
			if !all {
				return nil
			}
			continue
		}
		if err := f.teller.finish(c); err != nil {
			return err
		}
		if f.Done == nil {
			continue
		}
		if err := f.Done(c); err != nil {
			return err
		}
	}
	return nil
}
