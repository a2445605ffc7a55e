package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/matrix"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
)

// matrixFlags are the flags of matrix.
type matrixFlags struct {
	matrix.Matrix
	pumps, mutants, engines, tls, strategies, confirm string
	csv, html, corpus                                 string
	json                                              bool
	surveyFlags
}

func newMatrix(p *program) *cobra.Command {
	var f matrixFlags
	cmd := &cobra.Command{
		Use:   "matrix",
		Short: "run pumps and mutants against engines, in a table",
		Long: "matrix hunts in each pump and each mutant with each engine, TLS version and strategy,\n" +
			"a few times each. For each of these cells it says whether there was a failure, of\n" +
			"which property, after how many schedules, how short the script is, and on which real\n" +
			"libraries the script fails too. A cell in which nothing can fail says why. Exit code 1\n" +
			"means that some mutant was not killed in any cell, or that a sound pump failed.\n\n" +
			"The scripts are saved like those of hunt. An interrupt keeps what is done. The result\n" +
			"does not depend on --workers.\n\n" +
			"With --program it hunts in real programs, scenario by scenario and TLS version by TLS version:\n" +
			"what was seen, after how many schedules, how short the script is, how many of ten new processes\n" +
			"repeat it, and what is known of it. Exit code 1 then means that something is not judged yet.",
		Example: "  wantwrite matrix\n" +
			"  wantwrite matrix --html matrix.html --csv matrix.csv\n" +
			"  wantwrite matrix --mutant A,B,*-renegotiation --strategy portfolio,random,pct:3\n" +
			"  wantwrite matrix --engine model,openssl --pump reference,kv-landed --tls any\n" +
			"  wantwrite matrix --json\n" +
			"  wantwrite matrix --program '*' --checkpoint zoo.checkpoint --html zoo.html\n" +
			"  wantwrite matrix --program 'nginx*' --scenario key-updates,closes --schedules 500",
		Args: countArgs(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, p) },
	}
	fl := cmd.Flags()
	pumps, mutants := "all, or none with --mutant", "all,\nor none with --pump"
	if len(p.pumps) > 0 {
		pumps, mutants = "this program's own", "none"
	}
	fl.StringVar(&f.pumps, "pump", "", "pumps, by names or patterns such as kv-*"+
		" (default: "+pumps+")")
	fl.StringVar(&f.mutants, "mutant", "", "mutants, by names, patterns, or families A to K"+
		" (default: "+mutants+")")
	fl.StringVar(&f.engines, "engine", run.DefaultEngine,
		"TLS libraries under the pump, some of "+p.engineNames())
	fl.StringVar(&f.tls, "tls", "1.2,1.3", "TLS versions, some of 1.2, 1.3, and any, which draws both")
	fl.StringVar(&f.strategies, "strategy", run.Portfolio, "how actions are picked, some of "+
		strategyNames())
	fl.StringVar(&f.confirm, "confirm", "", "real libraries that each script is replayed on, or none"+
		" (default: those\nof this machine)")
	fl.Uint64Var(&f.Seed, "seed", 1, "the first seed")
	f.Seeds, f.Schedules = 3, 10000
	fl.Var(&count[int]{&f.Seeds, 1, mostSeeds}, "seeds", "how many hunts for the median of a cell")
	fl.Var(schedulesOf(&f.Schedules), "schedules", "the most schedules of each of these hunts")
	fl.DurationVar(&f.Time, "time", 0, "the most time for the hunts of a cell, such as 10s")
	fl.Var(workersOf(&f.Workers), "workers", "how many cells are filled at once (default: one for each"+
		" core)")
	fl.StringVar(&f.corpus, "corpus", "found", "the folder where scripts are saved")
	fl.StringVar(&f.csv, "csv", "", "write the cells to this file, as comma-separated values")
	fl.StringVar(&f.html, "html", "", "write a page of the cells to this file, and a page of each"+
		" script into a\nfolder beside it")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a line")
	f.add(cmd)
	return cmd
}

func (f *matrixFlags) run(cmd *cobra.Command, p *program) error {
	t := p.terminal
	if f.programs != "" {
		return f.survey(cmd, p)
	}
	if err := f.parse(cmd, p); err != nil {
		return err
	}
	if err := f.writable(); err != nil {
		return err
	}
	f.Pages = f.html != ""
	f.Done = func(c *matrix.Cell) error { return f.done(t, c) }
	if !f.json {
		f.Progress = func(r *matrix.Table) { t.draw(filled(r)) }
	}
	rep, err := f.Matrix.Run(cmd.Context())
	t.clear()
	if rep == nil {
		return err
	}
	if told := f.end(t, rep); err == nil {
		err = told
	}
	if err == nil && rep.Partial {
		s := rep.Summary()
		err = interrupted(len(s.Wanting) > 0, "interrupted after %d of %d cells; their scripts are "+
			"saved in %s", s.Filled, s.Cells, f.corpus)
	}
	if err == nil && !rep.Summary().Holds() {
		err = errViolation
	}
	return err
}

// filled says how far a matrix is.
func filled(r *matrix.Table) string {
	s := r.Summary()
	return fmt.Sprintf("%d of %d cells, %d of %d mutants killed", s.Filled, s.Cells, s.Killed,
		s.Mutants)
}

// parse makes a matrix from the flags.
func (f *matrixFlags) parse(cmd *cobra.Command, p *program) error {
	for _, flag := range onlyPrograms {
		if cmd.Flags().Changed(flag) {
			return fmt.Errorf("got --%s without --program; want both: pumps and mutants go through all scenarios", flag)
		}
	}
	if f.Time < 0 {
		return fmt.Errorf("got --time %s; want a time such as 30s or 5m", f.Time)
	}
	if f.corpus == "" {
		return fmt.Errorf("got an empty --corpus; want a folder")
	}
	f.Catalog = p.catalog
	f.Engines, f.Versions, f.Strategies = words(f.engines), words(f.tls), words(f.strategies)
	for _, list := range [...]struct {
		flag  string
		words []string
	}{{"engine", f.Engines}, {"tls", f.Versions}, {"strategy", f.Strategies}} {
		if len(list.words) == 0 {
			return fmt.Errorf("got an empty --%s; want at least one word", list.flag)
		}
	}
	if err := f.subjects(p); err != nil {
		return err
	}
	return f.libraries(p.catalog())
}

// writable says before the first hunt whether the files can be written.
func (f *matrixFlags) writable() error {
	for _, file := range [...]struct{ flag, path string }{{"csv", f.csv}, {"html", f.html}} {
		if file.path == "" {
			continue
		}
		probe, err := os.CreateTemp(filepath.Dir(file.path), ".probe-*.tmp")
		if err != nil {
			return fmt.Errorf("got --%s %s; want a file in a folder that can be written to", file.flag,
				file.path)
		}
		if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
			return err
		}
	}
	return corpus.Dir(f.corpus).Writable()
}

// subjects looks up the pumps and mutants. By default they are the program's own pumps, or all
// pumps and mutants if it has none.
func (f *matrixFlags) subjects(p *program) error {
	c := p.catalog()
	pumps, mutants := words(f.pumps), words(f.mutants)
	switch {
	case len(pumps)+len(mutants) > 0:
	case len(p.pumps) > 0:
		for _, spec := range p.pumps {
			pumps = append(pumps, spec.Name)
		}
	default:
		pumps, mutants = []string{"*"}, []string{"*"}
	}
	rows, err := matrix.Pumps(c, pumps)
	if err != nil {
		return err
	}
	more, err := matrix.Mutants(c, mutants)
	f.Subjects = append(rows, more...)
	return err
}

// libraries looks up the libraries that confirm failures: those of --confirm, or all real ones
// that this machine has. One that --lib names has to be there.
func (f *matrixFlags) libraries(c *run.Catalog) (err error) {
	f.Confirm = words(f.confirm)
	switch {
	case f.confirm == "none":
		f.Confirm = nil
	case len(f.Confirm) == 0:
		f.Confirm = c.EnginesThat(confirms)
		f.Confirm = slices.DeleteFunc(f.Confirm, func(name string) bool {
			_, absent := c.Engine(name)
			return absent != nil && !libraryNamed()
		})
	}
	f.Guard, err = newGuard()
	judges := c.EnginesThat(func(can model.Capabilities) bool { return can.UnderTest })
	for _, name := range append(slices.Clone(f.Engines), f.Confirm...) {
		if can, unknown := c.Can(name); unknown == nil && !can.UnderTest {
			return fmt.Errorf("got engine %s, which is a peer only; want some of %s", name,
				strings.Join(judges, ", "))
		}
	}
	for _, name := range f.Confirm {
		if can, unknown := c.Can(name); err == nil && unknown == nil && !confirms(can) {
			err = fmt.Errorf("got --confirm %s; want real libraries: %s", f.confirm,
				strings.Join(c.EnginesThat(confirms), ", "))
		}
	}
	return err
}

// confirms says whether a library is a real one, which can confirm what the model shows.
func confirms(can model.Capabilities) bool { return can.RealTLS && can.UnderTest }

// done saves the script of a cell, and prints the cell with --json.
func (f *matrixFlags) done(t *terminal, c *matrix.Cell) (err error) {
	if c.Script != nil {
		c.Path, err = corpus.Dir(f.corpus).Save(c.Script.Property, c.Slug, c.Script.Format())
		if err != nil {
			return err
		}
	}
	if f.json {
		err = t.object(c.Row())
	}
	if t.broken != nil {
		return fmt.Errorf("%w; the scripts so far are saved in %s", t.broken, f.corpus)
	}
	return err
}

// A matrixJSON is the object of a matrix's end.
type matrixJSON struct {
	Result    string   `json:"result"`
	Cells     int      `json:"cells"`
	Filled    int      `json:"filled"`
	Senseless int      `json:"senseless"`
	Mutants   int      `json:"mutants"`
	Killed    int      `json:"killed"`
	Confirmed int      `json:"confirmed"`
	Median    uint64   `json:"median"`
	P90       uint64   `json:"p90"`
	Alive     []string `json:"alive"`
	Wanting   []string `json:"wanting"`
	Seconds   float64  `json:"seconds"`
}

// end prints the table, or with --json the last object, and writes the files.
func (f *matrixFlags) end(t *terminal, rep *matrix.Table) error {
	if f.json {
		if err := t.object(f.object(rep)); err != nil {
			return err
		}
	} else {
		t.printf("%s", rep.Text(t.bold))
	}
	if err := f.files(rep); err != nil {
		return err
	}
	if f.json {
		return t.broken
	}
	f.written(t)
	return t.broken
}

// object makes the object of the matrix's end.
func (f *matrixFlags) object(rep *matrix.Table) matrixJSON {
	s := rep.Summary()
	o := matrixJSON{"done", s.Cells, s.Filled, s.Senseless, s.Mutants, s.Killed, s.Confirmed,
		s.Median, s.P90, append([]string{}, s.Alive...), append([]string{}, s.Wanting...),
		rep.Elapsed.Round(time.Millisecond).Seconds()}
	if rep.Partial {
		o.Result = "interrupted"
	}
	return o
}

// files writes the files of --csv and --html.
func (f *matrixFlags) files(rep *matrix.Table) error {
	if err := f.writeCSV(rep.CSV); err != nil || f.html == "" {
		return err
	}
	return rep.WritePages(f.html)
}

// writeCSV writes the file of --csv.
func (f *matrixFlags) writeCSV(write func(io.Writer) error) error {
	if f.csv == "" {
		return nil
	}
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return err
	}
	return corpus.Replace(f.csv, text.Bytes())
}

// written tells of the files that were written.
func (f *matrixFlags) written(t *terminal) {
	for _, path := range []string{f.csv, f.html} {
		if path != "" {
			t.printf("  written: %s\n", path)
		}
	}
}
