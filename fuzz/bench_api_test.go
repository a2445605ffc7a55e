package fuzz_test

import (
	"context"
	"errors"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// benched makes a table with few schedules.
func benched(t *testing.T, table string) (rows []fuzz.BenchRow) {
	t.Helper()
	b := fuzz.Bench{Catalog: fuzz.NewCatalog(), Mutants: exemplars(t), Seeds: 3, Limit: 60, Schedules: 64,
		Tables: []string{table}, Row: func(row fuzz.BenchRow) error {
			if row.Table != table {
				t.Errorf("got a row of %s; want %s", row.Table, table)
			}
			rows = append(rows, row)
			return nil
		}}
	if err := b.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestBenchSpeeds: each strategy has a row, and so has rapid; the bare walk,
// the first, is what they are compared with.
func TestBenchSpeeds(t *testing.T) {
	rows := benched(t, "speed")
	if want := len(fuzz.Strategies()) + 2; len(rows) != want {
		t.Fatalf("got %d rows; want %d", len(rows), want)
	}
	for _, row := range rows {
		if row.NsPerStep <= 0 || row.SchedulesPerSecond <= 0 || row.Ratio <= 0 {
			t.Errorf("%s: got no figures: %+v", row.Name, row)
		}
	}
	if rows[0].Name != "bare walk" || rows[0].Ratio != 1 || rows[len(rows)-1].Name != "rapid" {
		t.Errorf("got %+v first and %s last", rows[0], rows[len(rows)-1].Name)
	}
	if n := len(benched(t, "workers")); n != 4 {
		t.Errorf("got %d rows of workers; want 4", n)
	}
}

// TestBenchFirstFailures: every pump but the sound ones is there with every
// strategy, and those that fail at once are found by all.
func TestBenchFirstFailures(t *testing.T) {
	t.Parallel()
	rows := benched(t, "first-failure")
	c := fuzz.NewCatalog()
	pumps := len(c.Pumps()) - len(pumps.Sound()) + len(exemplars(t))
	if want := pumps * (len(fuzz.Strategies()) + 1); len(rows) != want {
		t.Fatalf("got %d rows; want %d", len(rows), want)
	}
	for _, row := range rows {
		if row.Seeds != 3 || row.Found > 3 || row.Found >= 2 != (row.Median > 0) ||
			row.Median > 0 == (row.Above == 60) {
			t.Errorf("%+v makes no sense", row)
		}
		if row.Pump == "kv-original" && row.Found != 3 {
			t.Errorf("%s finds something in kv-original with %d of 3 seeds only", row.Name, row.Found)
		}
	}
}

// TestBenchEnds: an error of the caller's, or the end of its context, ends it.
func TestBenchEnds(t *testing.T) {
	enough := errors.New("enough")
	b := fuzz.Bench{Catalog: fuzz.NewCatalog(), Schedules: 64,
		Row: func(fuzz.BenchRow) error { return enough }}
	if err := b.Run(context.Background()); !errors.Is(err, enough) {
		t.Errorf("got %v; want the caller's error", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v; want a cancelled bench", err)
	}
}

// TestBenchBudget: a figure that is far, or for which the budget is spent, takes
// fewer seeds, and says so.
func TestBenchBudget(t *testing.T) {
	progress := 0
	b := fuzz.Bench{Catalog: fuzz.NewCatalog(), Mutants: []pumps.Mutant{}, Seeds: 100, Limit: 2,
		Budget: 40, Tables: []string{"first-failure"}, Progress: func(done, all int) {
			if progress++; done >= all {
				t.Errorf("got %d of %d done and one to come", done, all)
			}
		}, Row: func(row fuzz.BenchRow) error {
			if row.Seeds >= 100 || row.Seeds < 16 || row.Median == 0 && row.Above != 2 {
				t.Errorf("got %+v; want fewer seeds", row)
			}
			return nil
		}}
	if err := b.Run(context.Background()); err != nil || progress == 0 {
		t.Errorf("got %v, and %d reports; want some", err, progress)
	}
}
