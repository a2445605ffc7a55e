package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/fuzz"
)

// benchFlags are the flags of bench.
type benchFlags struct {
	fuzz.Bench
	table string
	json  bool

	line lineUp
}

func newBench(t *terminal) *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "measure how fast and how well the strategies search",
		Long: "bench measures the strategies against the bare random walk, against rapid's state\n" +
			"machine on the same worlds and against go test -fuzz of the same target; hunts on all\n" +
			"cores against hunts on one; and for each pump and mutant how many schedules each\n" +
			"strategy takes to the first failure. A figure of one machine means little: look at the\n" +
			"ratios, which are of one run. A first failure \">2000\" is one that fewer than half of\n" +
			"the seeds found in 2000 schedules; \"~300\" is of fewer seeds, for want of budget.",
		Example: "  wantwrite bench\n" +
			"  wantwrite bench --table first-failure --seeds 20\n" +
			"  wantwrite bench --table speed --json",
		Args: countArgs(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, t) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.table, "table", "", "make only this table: "+strings.Join(tableNames(), ", "))
	fl.IntVar(&f.Seeds, "seeds", 200, "how many hunts for the median of first failures")
	fl.Uint64Var(&f.Limit, "limit", 2000, "how many schedules each of these may take")
	fl.Uint64Var(&f.Budget, "budget", 60_000,
		"how many schedules all hunts of one such figure may take together")
	fl.Uint64Var(&f.Schedules, "schedules", 6000, "how many schedules a speed is measured with")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a line")
	return cmd
}

func tableNames() (names []string) {
	for _, table := range fuzz.BenchTables() {
		names = append(names, table.Name)
	}
	return names
}

func (f *benchFlags) run(cmd *cobra.Command, t *terminal) error {
	if f.Seeds < 1 || f.Limit < 1 || f.Budget < 1 || f.Schedules < 1 {
		return fmt.Errorf("got --seeds %d, --limit %d, --budget %d, --schedules %d; want at least 1 "+
			"of each", f.Seeds, f.Limit, f.Budget, f.Schedules)
	}
	if f.table != "" {
		if !strings.Contains(" "+strings.Join(tableNames(), " ")+" ", " "+f.table+" ") {
			return fmt.Errorf("got --table %q; want one of %s", f.table,
				strings.Join(tableNames(), ", "))
		}
		f.Tables = []string{f.table}
	}
	f.Catalog = newCatalog()
	f.line.seeds = f.Seeds
	f.Row = func(row fuzz.BenchRow) error {
		if f.json {
			return t.object(rowObject(row))
		}
		f.line.print(t, row)
		return t.broken
	}
	f.Progress = func(done, all int) { t.draw(fmt.Sprintf("%d of %d first failures", done, all)) }
	err := f.Bench.Run(cmd.Context())
	t.clear()
	f.line.flush(t)
	if cmd.Context().Err() != nil {
		return fmt.Errorf("interrupted; what was measured stands above")
	}
	return err
}

// A lineUp prints rows as they come: a table's name before its first, and a
// pump's first failures on one line, when all are there or an interrupt ends them.
type lineUp struct {
	seeds       int
	table, pump string
	line        string
}

func (l *lineUp) print(t *terminal, row fuzz.BenchRow) {
	if row.Table != l.table {
		l.table, l.pump = row.Table, ""
		heading(t, row.Table)
	}
	switch row.Table {
	case "first-failure":
		l.first(t, row)
	case "workers":
		t.printf("  %-10s %2d workers %9.0f schedules/s %6.2fx\n", row.Name, row.Workers,
			row.SchedulesPerSecond, row.Ratio)
	case "go-fuzz":
		t.printf("  %-13s %9.0f schedules/s %6.2fx  %s\n", row.Name, row.SchedulesPerSecond, row.Ratio,
			row.Note)
	default:
		t.printf("  %-13s %7.0f ns/step %9.0f schedules/s %6.2fx  %s\n", row.Name, row.NsPerStep,
			row.SchedulesPerSecond, row.Ratio, row.Note)
	}
}

// heading is the line above a table.
func heading(t *terminal, name string) {
	for _, table := range fuzz.BenchTables() {
		if table.Name == name {
			t.printf("%s: %s\n", t.bold(name), table.About)
		}
	}
	if name == "first-failure" {
		t.printf("  %-32s", "")
		for _, column := range columns() {
			t.printf(" %9s", column)
		}
		t.printf("\n")
	}
}

// columns are those of the table of first failures.
func columns() (names []string) {
	for _, s := range fuzz.Strategies() {
		names = append(names, s.Name)
	}
	return append(names, "rapid")
}

// first takes in a pump's next figure: the median, or what it is above.
func (l *lineUp) first(t *terminal, row fuzz.BenchRow) {
	if row.Pump != l.pump {
		l.flush(t)
		l.pump = row.Pump
		l.line = fmt.Sprintf("  %-32s", row.Pump)
	}
	text := fmt.Sprint(row.Median)
	switch {
	case row.Median == 0:
		text = fmt.Sprintf(">%d", row.Above)
	case row.Seeds < l.seeds:
		text = "~" + text
	}
	l.line += fmt.Sprintf(" %9s", text)
	if row.Name == "rapid" {
		l.flush(t)
	}
}

// flush prints what there is of a line.
func (l *lineUp) flush(t *terminal) {
	if l.line != "" {
		t.printf("%s\n", l.line)
		l.line = ""
	}
}

// A rowJSON is a row of the bench.
type rowJSON struct {
	Result  string `json:"result"`
	Table   string `json:"table"`
	Name    string `json:"name"`
	Pump    string `json:"pump"`
	Workers int    `json:"workers,omitempty"`
	// NsPerStep and the following are speeds, the ratio is to the first row.
	NsPerStep          float64 `json:"ns_per_step,omitempty"`
	SchedulesPerSecond float64 `json:"schedules_per_second,omitempty"`
	Ratio              float64 `json:"ratio,omitempty"`
	// Seeds and the following are of first failures: how many hunts, how many
	// of them found something, and the median of the schedules that took, or what
	// it is above.
	Seeds  int    `json:"seeds,omitempty"`
	Found  int    `json:"found,omitempty"`
	Median uint64 `json:"median,omitempty"`
	Above  uint64 `json:"above,omitempty"`
	Note   string `json:"note,omitempty"`
}

func rowObject(row fuzz.BenchRow) rowJSON {
	return rowJSON{"row", row.Table, row.Name, row.Pump, row.Workers, row.NsPerStep,
		row.SchedulesPerSecond, row.Ratio, row.Seeds, row.Found, row.Median, row.Above,
		row.Note}
}
