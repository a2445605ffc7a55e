package cli

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	judged "github.com/wantwrite/wantwrite/corpus/programs"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/survey"
	"github.com/wantwrite/wantwrite/fuzz/table"
	"github.com/wantwrite/wantwrite/model/oracle"
	realprog "github.com/wantwrite/wantwrite/program"
)

// surveyFlags are the flags of matrix that real programs alone have.
type surveyFlags struct{ programs, scenarios, checkpoint string }

// onlyPrograms are their names, without that of --program. onlyPumps are those that programs don't have.
var (
	onlyPrograms = []string{"scenario", "checkpoint"}
	onlyPumps    = []string{"pump", "mutant", "engine", "confirm", "seeds", "time"}
)

func (f *surveyFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.programs, "program", "", "real programs in place of pumps, by names or patterns such as 'py*':\n"+
		"see list --programs. --schedules are then those of each program")
	fl.StringVar(&f.scenarios, "scenario", "", "with --program: some scenarios, by names or patterns (default: all)")
	fl.StringVar(&f.checkpoint, "checkpoint", "", "with --program: save what is done in this file after each cell, and go on\n"+
		"from it")
}

// survey hunts in real programs.
func (f *matrixFlags) survey(cmd *cobra.Command, p *program) error {
	t := p.terminal
	s, err := f.newSurvey(cmd, p)
	if err != nil {
		return err
	}
	s.Judged = func(program string, f *oracle.Finding) string { return judged.Known(program, f.Cause()) }
	s.Picture = p.drawFailure
	s.Found = func(find *survey.Find) (string, error) { return save(f.corpus, find.Script) }
	if !f.json {
		s.Progress = func(table *survey.Table) { t.draw(surveyed(table)) }
	}
	rep, err := s.Run(cmd.Context())
	t.clear()
	if rep == nil {
		return err
	}
	if told := f.endSurvey(t, s, rep); err == nil {
		err = told
	}
	sum := rep.Summary()
	switch {
	case err != nil:
		return err
	case rep.Partial:
		hint := "; with --checkpoint FILE it would go on next time"
		if f.checkpoint != "" {
			hint = "; the same command goes on"
		}
		return interrupted(sum.Finds > sum.Judged, "interrupted after %d of %d cells; the scripts are saved in %s%s",
			sum.Filled, sum.Cells, f.corpus, hint)
	}
	if err := s.Finish(); err != nil {
		return err
	}
	switch {
	case sum.Failed > 0:
		return fmt.Errorf("got %d of %d cells that could not be hunted in; want none: each says why", sum.Failed, sum.Cells)
	case sum.Finds > sum.Judged:
		return errViolation
	}
	return nil
}

// newSurvey makes a survey of the flags.
func (f *matrixFlags) newSurvey(cmd *cobra.Command, p *program) (*survey.Survey, error) {
	for _, flag := range onlyPumps {
		if cmd.Flags().Changed(flag) {
			return nil, fmt.Errorf("got --program and --%s; want one of them", flag)
		}
	}
	s := &survey.Survey{Catalog: p.catalogOn, Versions: words(f.tls), Scenarios: words(f.scenarios), Strategy: f.strategies,
		Seed: f.Seed, Schedules: f.Schedules, Workers: f.Workers, Checkpoint: f.checkpoint}
	if s.Workers == 0 {
		s.Workers = runtime.GOMAXPROCS(0)
	}
	err := realprog.Supported()
	if err == nil {
		_, err = run.StrategyNamed(s.Strategy)
	}
	if err == nil {
		s.Programs, err = programsNamed(words(f.programs))
	}
	if err == nil && f.corpus == "" {
		err = fmt.Errorf("got an empty --corpus; want a folder")
	}
	for _, v := range s.Versions {
		if v != "1.2" && v != "1.3" {
			err = fmt.Errorf("got --tls %s; want some of 1.2, 1.3", f.tls)
		}
	}
	if err == nil {
		err = f.writable()
	}
	if err == nil {
		s.Build, err = build()
	}
	return s, err
}

// programsNamed are the described programs that match one of the patterns.
func programsNamed(patterns []string) (names []string, err error) {
	used := make([]bool, len(patterns))
	var known []string
	for _, d := range realprog.Known() {
		known = append(known, d.Name)
		if table.Chosen(patterns, used, d.Name) {
			names = append(names, d.Name)
		}
	}
	return names, table.Idle("program", "a name, or a pattern such as 'py*'", patterns, used, known)
}

// build names this build: the hash of its file.
func build() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// surveyed says how far a survey is.
func surveyed(t *survey.Table) string {
	s := t.Summary()
	line := fmt.Sprintf("%d of %d cells, %d found, %d of them judged", s.Filled, s.Cells, s.Finds, s.Judged)
	if s.At != "" {
		line += "; " + s.At
	}
	return line
}

// A surveyJSON is the object of the end of a matrix of programs.
type surveyJSON struct {
	Result    string  `json:"result"`
	Programs  int     `json:"programs"`
	Absent    int     `json:"absent"`
	Cells     int     `json:"cells"`
	Filled    int     `json:"filled"`
	Failed    int     `json:"failed"`
	Schedules uint64  `json:"schedules"`
	Found     int     `json:"found"`
	Judged    int     `json:"judged"`
	Steady    int     `json:"steady"`
	Seconds   float64 `json:"seconds"`
}

// endSurvey prints the table, or with --json its lines, and writes the files.
func (f *matrixFlags) endSurvey(t *terminal, s *survey.Survey, rep *survey.Table) error {
	if f.json {
		for _, line := range rep.Lines() {
			if err := t.object(line); err != nil {
				return err
			}
		}
		sum := rep.Summary()
		o := surveyJSON{"done", sum.Programs, sum.Absent, sum.Cells, sum.Filled, sum.Failed, sum.Schedules, sum.Finds,
			sum.Judged, sum.Steady, rep.Elapsed.Round(time.Millisecond).Seconds()}
		if rep.Partial {
			o.Result = "interrupted"
		}
		if err := t.object(o); err != nil {
			return err
		}
	} else {
		t.printf("%s", rep.Text(t.bold))
	}
	if err := f.writeCSV(rep.CSV); err != nil {
		return err
	}
	if f.html != "" {
		if err := s.WritePages(rep, f.html); err != nil {
			return err
		}
	}
	if !f.json {
		f.written(t)
	}
	return t.broken
}
