// Package matrix hunts in each of several pumps and mutants, with each of several engines, TLS
// versions and strategies. For each combination, a cell, it says whether a failure was found,
// of which property, after how many schedules, how short its script is, and which real
// libraries confirm it.
//
// [Matrix.Run] fills a [Table]. [Table.Text], [Table.CSV] and [Table.WritePages] show it,
// [Table.Summary] adds it up, and a [Row] is a cell for other programs.
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

// A Matrix says which cells there are, and how much each may cost.
type Matrix struct {
	// Catalog makes a catalog. Each goroutine that fills cells has its own, because a library
	// belongs to one goroutine.
	Catalog func() *run.Catalog
	// Guard runs real libraries in child processes. It may be nil if there are none among
	// Engines and Confirm.
	Guard *guard.Guard
	// Subjects are the rows. Each combination of Engines, Versions and Strategies is a column.
	// A version is 1.2, 1.3, or any, which draws one of them for each schedule.
	Subjects                      []Subject
	Engines, Versions, Strategies []string
	// Confirm names the real libraries on which each script is replayed.
	Confirm []string
	// Seed is the first of Seeds seeds. A cell has a hunt for each.
	Seed  uint64
	Seeds int
	// Schedules is the most that a hunt may take. Time, if not 0, is the most time for the
	// hunts of a cell; with it, what is found depends on the machine.
	Schedules uint64
	Time      time.Duration
	// Workers is how many cells are filled at once; 0 means GOMAXPROCS. The result does not
	// depend on it.
	Workers int
	// Pages makes a page of each script: see Cell.Page.
	Pages bool
	// Done, if not nil, is called with each filled cell, in the order of the table, from one
	// goroutine. An error ends the matrix.
	Done func(*Cell) error
	// Progress, if not nil, is called with the cells that are filled so far.
	Progress func(*Table)
}

// anyVersion is the version of cells whose hunts draw it, as hunts do by default.
const anyVersion = "any"

// A Table is the cells of a matrix, row by row.
type Table struct {
	Cells []*Cell
	// Confirm, Seeds and Schedules are those of the matrix.
	Confirm   []string
	Seeds     int
	Schedules uint64
	// Partial says that some cells are not filled, because of the context or an error.
	Partial bool
	// Elapsed is how long it took.
	Elapsed time.Duration

	columns []column // each subject has a cell in each
}

// A column is what the cells below each other have in common.
type column struct{ Engine, Version, Strategy string }

// Run fills the cells. If the context ends the table is partial. If there is an error after
// the first cell, the table is returned too.
func (m *Matrix) Run(ctx context.Context) (*Table, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	f := &filling{Matrix: m, table: m.table(), teller: &filler{m, m.Catalog()}}
	start := time.Now()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	filled := make(chan attempt)
	go f.start(ctx, filled)
	err := f.collect(filled, stop)
	f.table.Elapsed = time.Since(start)
	for _, c := range f.table.Cells {
		f.table.Partial = f.table.Partial || c.outcome == notRun
	}
	return f.table, err
}

// check looks all names up before the first hunt.
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
		if v != "1.2" && v != "1.3" && v != anyVersion {
			return fmt.Errorf("matrix: got TLS version %q; want 1.2, 1.3 or %s", v, anyVersion)
		}
	}
	for _, name := range m.Confirm {
		if can, err := c.Can(name); err != nil || !can.RealTLS {
			return fmt.Errorf("matrix: got the %s to confirm what is found; want a real library", name)
		}
	}
	if m.Seeds < 1 || m.Schedules < 1 {
		return fmt.Errorf("matrix: got %d seeds and %d schedules; want at least 1 of each", m.Seeds,
			m.Schedules)
	}
	return nil
}

// table makes the table, with no cell filled.
func (m *Matrix) table() *Table {
	t := &Table{Confirm: m.Confirm, Seeds: m.Seeds, Schedules: m.Schedules}
	for _, engine := range m.Engines {
		for _, version := range m.Versions {
			for _, strategy := range m.Strategies {
				t.columns = append(t.columns, column{engine, version, strategy})
			}
		}
	}
	catalog, taken := m.Catalog(), map[string]bool{}
	for i := range m.Subjects {
		for _, col := range t.columns {
			c := &Cell{Subject: &m.Subjects[i], column: col, Seeds: m.Seeds}
			c.can, _ = catalog.Can(col.Engine) // check knows it
			c.Slug = vacant(taken, corpus.Slug(c.Subject.Spec.Name, col.Engine, col.Version,
				col.Strategy))
			t.Cells = append(t.Cells, c)
		}
	}
	return t
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

// A filling is a matrix that is being filled.
type filling struct {
	*Matrix
	table  *Table
	next   atomic.Int64 // the cell that is filled next
	teller *filler      // replays the scripts that others found, and makes their pages
	told   int          // how many cells are told or passed over
}

// An attempt is a filled cell, or the reason why it could not be filled.
type attempt struct {
	at    int
	cell  *Cell
	err   error
	fault any // a panic of the workbench itself
}

// start starts the goroutines that fill the cells, and waits for them.
func (f *filling) start(ctx context.Context, filled chan<- attempt) {
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

// work fills one cell after the other. It does not send a cell that was interrupted.
func (f *filling) work(ctx context.Context, filled chan<- attempt) {
	w := &filler{f.Matrix, f.Catalog()}
	for ctx.Err() == nil {
		i := int(f.next.Add(1)) - 1
		if i >= len(f.table.Cells) {
			return
		}
		a := attempt{at: i}
		full := *f.table.Cells[i]
		w.attempt(ctx, &full, &a)
		if ctx.Err() == nil || a.err != nil || a.fault != nil {
			filled <- a
		}
	}
}

// attempt fills a cell. A panic here is a fault of the workbench: one of a pump is a failure.
func (w *filler) attempt(ctx context.Context, c *Cell, a *attempt) {
	defer func() { a.fault = recover() }()
	a.cell, a.err = c, w.fill(ctx, c)
}

// collect takes the cells as they are filled, and tells of them in the order of the table.
// After an error it stops the others and waits for them.
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

// take puts a filled cell into the table.
func (f *filling) take(a *attempt) error {
	if a.err != nil || a.fault != nil {
		return a.err
	}
	*f.table.Cells[a.at] = *a.cell
	err := f.tell(false)
	if f.Progress != nil {
		f.Progress(f.table)
	}
	return err
}

// tell tells of the cells up to the first that is not filled; at the end it tells of all that
// are filled.
func (f *filling) tell(end bool) error {
	for ; f.told < len(f.table.Cells); f.told++ {
		c := f.table.Cells[f.told]
		if c.outcome == notRun {
			if !end {
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
