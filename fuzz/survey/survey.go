// Package survey hunts in several real programs, scenario by scenario and TLS version by TLS version.
// For each of these cells it says how many schedules were run, what was seen, after how many of them,
// how short the scripts are, and how many of ten new processes repeat them.
//
// [Survey.Run] fills a [Table]. [Table.Text], [Table.CSV] and [Table.WritePages] show it. A survey takes
// hours, so it keeps what is done in a checkpoint, and goes on from there.
package survey

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/table"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Survey says which programs are hunted in, and how much.
type Survey struct {
	// Catalog makes a catalog whose programs run on a CPU, counted from 1: see program.Options. Each
	// worker has its own.
	Catalog func(cpu int) *run.Catalog
	// Programs are the names of the rows, Versions (1.2, 1.3) and Scenarios the columns. No scenario means
	// all that there are.
	Programs, Versions, Scenarios []string
	// Strategy is how actions are picked, and Seed that of all hunts.
	Strategy string
	Seed     uint64
	// Schedules is how many each program gets. They are divided among its cells, and each has one at least.
	Schedules uint64
	// Workers is how many programs are hunted in at once, each on a CPU. What is found does not depend
	// on it.
	Workers int
	// Checkpoint, if not "", is the file that keeps what is done. Build names the build that does it: a
	// checkpoint of another one is refused.
	Checkpoint, Build string
	// Judged says what is known of a finding in a program; "" if nothing is.
	Judged func(program string, f *oracle.Finding) string
	// Found is called with each find, and says where it has saved the script. It is called by one
	// goroutine at a time.
	Found func(*Find) (path string, err error)
	// Picture makes the page of a find's script, for WritePages.
	Picture func(*script.Script) ([]byte, error)
	// Progress, if not nil, is called now and then with the cells that are filled so far.
	Progress func(*Table)

	hold sync.Mutex // of the table, and of what calls out
}

// A Table is what a survey has come to.
type Table struct {
	Rows []*Row
	// Partial says that some cells are not filled, because the survey was interrupted.
	Partial bool
	// Elapsed is how long it took, with the time before an interrupt.
	Elapsed time.Duration
	// Schedules is how many each program gets.
	Schedules uint64

	at string // what the hunt in hand is doing
}

// A Row is a program.
type Row struct {
	Program, Version string
	// Absent is why it was not hunted in: it is not on this machine, or can't be run.
	Absent string `json:",omitempty"`
	Cells  []*Cell
	Finds  []*Find
	// Known are the causes that were told, for the hunts of the cells still to come.
	Known []byte `json:",omitempty"`
}

// A Cell is a scenario of a program in a TLS version.
type Cell struct {
	Scenario, TLS string
	// Schedules is how many it gets.
	Schedules uint64
	// Filled says that they were run, or that they could not: Failed says why.
	Filled bool
	Failed string `json:",omitempty"`
	// Seen are the finds that were seen in it.
	Seen []Sighting
	// Unrepeated is how many schedules failed in a process that lived on, and in no new one.
	Unrepeated int
	Elapsed    time.Duration
}

// A Sighting is a find that was seen in a cell.
type Sighting struct {
	// Find is its number among the program's, from 1.
	Find int
	// Count is how many of the cell's schedules showed it, and First the first of these, from 1.
	Count, First uint64
}

// Run fills the cells. If the context ends the table is partial. A cell whose hunt fails says so, and the
// others go on.
func (s *Survey) Run(ctx context.Context) (*Table, error) {
	t, err := s.resume()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	start, before := time.Now(), t.Elapsed
	rows := make(chan *Row)
	var all sync.WaitGroup
	for i := range max(1, s.Workers) {
		all.Go(func() {
			for r := range rows {
				if err := s.fill(ctx, t, r, s.Catalog(1+i), func() { t.Elapsed = before + time.Since(start) }); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, r := range t.Rows {
		rows <- r
	}
	close(rows)
	all.Wait()
	t.Elapsed = before + time.Since(start)
	for _, r := range t.Rows {
		t.Partial = t.Partial || slices.ContainsFunc(r.Cells, func(c *Cell) bool { return !c.Filled })
	}
	if err = context.Cause(ctx); err == ctx.Err() {
		err = nil // an interrupt
	}
	return t, err
}

// table makes the table, with no cell filled.
func (s *Survey) table() (*Table, error) {
	t := &Table{Schedules: s.Schedules}
	c := s.Catalog(1)
	used := make([]bool, len(s.Scenarios))
	var known []string
	for _, name := range s.Programs {
		r := &Row{Program: name}
		t.Rows = append(t.Rows, r)
		p, err := c.Program(name)
		if err != nil {
			r.Absent = err.Error()
			continue
		}
		r.Version = p.Version
		if known, err = s.cells(c, r, p, used); err != nil {
			return nil, err
		}
	}
	if known == nil { // no program is here
		return t, nil
	}
	if err := table.Idle("scenario", "one of a program's", s.Scenarios, used, known); err != nil {
		return nil, fmt.Errorf("survey: %w", err)
	}
	return t, nil
}

// cells makes the cells of a row, and lists the scenarios that there are.
func (s *Survey) cells(c *run.Catalog, r *Row, p *run.Program, used []bool) (known []string, err error) {
	for _, version := range s.Versions {
		fit, err := c.ScenariosOf(p, version)
		if err != nil {
			return nil, err
		}
		for _, sc := range fit {
			known = append(known, sc.Name)
			if len(s.Scenarios) == 0 || table.Chosen(s.Scenarios, used, sc.Name) {
				r.Cells = append(r.Cells, &Cell{Scenario: sc.Name, TLS: version})
			}
		}
	}
	n := uint64(len(r.Cells))
	for i, cell := range r.Cells {
		cell.Schedules = s.Schedules / n
		if uint64(i) < s.Schedules%n || cell.Schedules == 0 { // no cell is left out
			cell.Schedules++
		}
	}
	return known, nil
}

// fill fills the cells of a row, one after the other.
func (s *Survey) fill(ctx context.Context, t *Table, r *Row, c *run.Catalog, tick func()) error {
	for _, cell := range r.Cells {
		if cell.Filled || ctx.Err() != nil {
			continue
		}
		w := &hunting{Survey: s, table: t, row: r, cell: cell, tick: tick}
		if err := w.run(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// A hunting is the hunt in a cell.
type hunting struct {
	*Survey
	table *Table
	row   *Row
	cell  *Cell
	tick  func()
	finds []*Find // of the hunt
}

// run hunts in the cell. It fills it only if the hunt has come to its end.
func (w *hunting) run(ctx context.Context, c *run.Catalog) error {
	h := hunt.Hunt{Seed: w.Seed, Schedules: w.cell.Schedules, Strategy: w.Strategy, Workers: 1}
	h.Scenario, h.TLS = w.cell.Scenario, w.cell.TLS
	h.Progress = w.progress
	var broken error
	h.Found = func(f *hunt.Failure) error {
		broken = w.found(f)
		return broken
	}
	var rep hunt.Report
	err := h.Remember(w.row.Known)
	if err == nil {
		h.Program, err = c.Program(w.row.Program)
	}
	if err == nil {
		rep, err = h.Run(ctx, c)
	}
	if broken != nil || err == nil && rep.Interrupted {
		return broken
	}
	return w.fill(&rep, err)
}

// found saves a find.
func (w *hunting) found(f *hunt.Failure) (err error) {
	w.hold.Lock()
	defer w.hold.Unlock()
	find := newFind(f)
	find.Number = len(w.row.Finds) + len(w.finds) + 1
	if w.Judged != nil {
		find.Judged = w.Judged(w.row.Program, &f.Result.Violation.Finding)
	}
	w.finds = append(w.finds, find)
	if w.Found != nil {
		find.Path, err = w.Found(find)
	}
	return err
}

// fill takes the hunt's result into the table, and saves it.
func (w *hunting) fill(rep *hunt.Report, failed error) error {
	w.hold.Lock()
	defer w.hold.Unlock()
	c, r := w.cell, w.row
	c.Filled, c.Unrepeated, c.Elapsed = true, rep.Unrepeated, rep.Elapsed
	r.Finds = append(r.Finds, w.finds...)
	if failed != nil {
		c.Failed = failed.Error()
	}
	for _, k := range rep.Causes {
		if k.Seen > 0 {
			c.see(Sighting{k.Find, k.Seen, k.First})
		}
	}
	w.tick()
	if rep.Causes != nil {
		var err error
		if r.Known, err = rep.Memory(nil); err != nil {
			return err
		}
	}
	return w.save(w.table)
}

// see adds what was seen of a find.
func (c *Cell) see(s Sighting) {
	i := slices.IndexFunc(c.Seen, func(o Sighting) bool { return o.Find == s.Find })
	if i < 0 {
		c.Seen = append(c.Seen, s)
		return
	}
	c.Seen[i].Count += s.Count
	c.Seen[i].First = min(c.Seen[i].First, s.First)
}

// progress tells how far the survey is.
func (w *hunting) progress(st hunt.Stats) {
	if w.Progress == nil {
		return
	}
	w.hold.Lock()
	defer w.hold.Unlock()
	w.tick()
	w.table.at = fmt.Sprintf("%s, %s, TLS %s: %d of %d schedules", w.row.Program, w.cell.Scenario, w.cell.TLS,
		st.Schedules, w.cell.Schedules)
	if st.Shrinking != nil {
		w.table.at += fmt.Sprintf(", shrinking: %d -> %d actions", st.Shrinking.Before, st.Shrinking.After)
	}
	w.Progress(w.table)
}
