package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// replayFlags are the flags of replay; show and shrink have most of them too.
type replayFlags struct {
	run.ReplayOptions
	programFlags
	json bool
}

func (f *replayFlags) add(cmd *cobra.Command, p *program) {
	fl := cmd.Flags()
	fl.StringVar(&f.Pump, "pump", "", "run another pump than the script's, such as a fixed one")
	fl.StringVar(&f.Engine, "engine", "", "another TLS library than the script's: "+p.engineNames())
	fl.StringVar(&f.PeerEngine, "peer-engine", "",
		"the other end's TLS library (default: that of --engine)")
	fl.BoolVar(&f.Loose, "loose", false, "skip actions that are not enabled, and count them")
	f.programFlags.add(cmd, p, false)
}

func newReplay(p *program) *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay FILE...",
		Short: "run saved scripts again",
		Long: "replay runs saved scripts again. It says of each whether its property is still\n" +
			"violated, and whether the run is the same, byte by byte, as when the script was saved.\n" +
			"Exit code 1 means that at least one script still fails.\n\n" +
			"The project's own scripts, corpus/..., are in the program: they open by that name, or by\n" +
			"its last part, in any folder.",
		Example: "  wantwrite replay found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite replay --engine openssl corpus/stall/no-*.script\n" +
			"  wantwrite replay --pump reference --loose corpus/*/*.script",
		Args: countArgs(1, math.MaxInt, "at least one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c := p.catalog()
			files, err := f.take(cmd, c, args)
			if err != nil {
				return err
			}
			return f.replay(cmd.Context(), p, c, scripts(files))
		},
	}
	f.add(cmd, p)
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object a line")
	return cmd
}

// known looks up the names among the flags.
func (f *replayFlags) known(c *run.Catalog) error {
	if f.PeerEngine == "" {
		f.PeerEngine = f.Engine
	}
	if f.Pump != "" {
		if _, err := c.Pump(f.Pump); err != nil {
			return err
		}
	}
	for _, name := range []string{f.Engine, f.PeerEngine} {
		if name == "" {
			continue
		}
		if _, err := c.Engine(name); err != nil {
			return err
		}
	}
	return nil
}

// scripts are the files that arguments name. An argument that is no file may be a pattern of the
// project's own scripts, which a shell outside the repository has left as it is.
func scripts(args []string) (paths []string) {
	for _, arg := range args {
		own := inProgram(arg)
		if len(own) == 0 || !strings.ContainsAny(arg, "*?[") {
			own = []string{arg}
		}
		paths = append(paths, own...)
	}
	return paths
}

// inProgram are the project's own scripts that a path means, as corpus.Open takes them; none if
// it means a file.
func inProgram(path string) (paths []string) {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	for _, name := range corpus.Find(path) {
		paths = append(paths, "corpus/"+name)
	}
	return paths
}

// openScript opens a script. If there is none of this name, the error has the one that may be meant.
func openScript(path string) (io.ReadCloser, error) {
	file, err := corpus.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		var known []string
		for _, name := range corpus.Names() {
			known = append(known, "corpus/"+name)
		}
		return nil, fmt.Errorf("%w%s", err, script.Suggest(path, known))
	}
	return file, err
}

// open reads a script and makes a runner for its pump, or for that of --pump.
func (f *replayFlags) open(c *run.Catalog, path string) (*script.Script, *run.Runner, error) {
	file, err := openScript(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	s, err := script.Parse(file, path)
	if err != nil {
		return nil, nil, err
	}
	if _, err := c.Pump(s.Config.Peer); err != nil {
		return nil, nil, notOurs(c, path, s.Config.Peer)
	}
	if s.Config.Program != "" {
		r, err := f.openProgram(c, path, s)
		return s, r, err
	}
	pump, err := c.Pump(cmp.Or(f.Pump, s.Config.Pump))
	if err != nil {
		return nil, nil, notOurs(c, path, s.Config.Pump)
	}
	r, err := run.NewRunner(c, run.Options{Pump: pump})
	return s, r, err
}

// openProgram makes a runner for a script's program.
func (f *replayFlags) openProgram(c *run.Catalog, path string, s *script.Script) (*run.Runner, error) {
	if f.Pump != "" {
		return nil, fmt.Errorf("%s: got --pump for a script of program %s; want a script of a pump", path, s.Config.Program)
	}
	o, err := c.Subject(&s.Config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return run.NewRunner(c, o)
}

// save saves a script in a folder, under the names of its property, pump and scenario.
func save(folder string, s *script.Script) (path string, err error) {
	slug := corpus.Slug(s.Config.Subject(), s.Config.Scenario)
	return corpus.Dir(folder).Save(s.Property, slug, s.Format())
}

// notOurs is the error of a script whose pump this program does not have.
func notOurs(c *run.Catalog, path, pump string) error {
	var known []string
	for _, spec := range c.Pumps() {
		known = append(known, spec.Name)
	}
	return fmt.Errorf("%s: pump %q is not one of this program's (%s, or a mutant); run it with the "+
		"program that has it: see docs/your-pump.md (cli.Main)", path, pump, strings.Join(known, ", "))
}

// one replays one file. Each error names it.
func (f *replayFlags) one(c *run.Catalog, path string, trace bool) (
	*script.Script, run.Outcome, error) {

	s, r, err := f.open(c, path)
	if err != nil {
		return nil, run.Outcome{}, err
	}
	defer r.Close()
	o := f.ReplayOptions
	o.Trace = trace
	out, err := contained(r, s, o)
	var input *script.InputError
	switch {
	case err == nil:
	case errors.As(err, &input):
		input.File = path
	default:
		err = fmt.Errorf("%s: %w", path, err)
	}
	return s, out, err
}

// replay runs the files one after the other. It reports a file that can't be used, and goes on
// with the next.
func (f *replayFlags) replay(ctx context.Context, p *program, c *run.Catalog, files []string) (err error) {
	if err := f.known(c); err != nil {
		return err
	}
	found := false
	for i, path := range files {
		if ctx.Err() != nil {
			return interrupted(found, "interrupted after %d of %d files", i, len(files))
		}
		s, out, bad := f.one(c, path, false)
		if bad != nil {
			p.complain(bad)
			err = errInput
			continue
		}
		if fail := f.report(p.terminal, path, s, &out); fail != nil {
			return fail
		}
		found = found || out.Result.Found
	}
	if found && err == nil {
		err = errViolation
	}
	return err
}

// A replayJSON is the object of a replayed script.
type replayJSON struct {
	Result     string `json:"result"`
	Property   string `json:"property"`
	Pump       string `json:"pump"`
	Engine     string `json:"engine"`
	TLS        string `json:"tls"`
	Scenario   string `json:"scenario"`
	Strategy   string `json:"strategy"`
	Steps      int    `json:"steps"`
	Actions    int    `json:"actions"`
	Skipped    int    `json:"skipped"`
	Script     string `json:"script"`
	Hash       string `json:"hash"`
	Wire       string `json:"wire"`
	Same       bool   `json:"same"`
	End        string `json:"end"`
	Obligation string `json:"obligation"`
	Verdict    string `json:"verdict"`
}

// verdict is the result of a replay: a word and a sentence.
func verdict(s *script.Script, r *sim.Result) (result, sentence string) {
	switch {
	case r.Found:
		return "violation", r.Violation.String()
	case s.Property == "" || s.Property == oracle.NoProperty.String():
		return "clean", "no violation"
	}
	return "clean", "no violation of " + s.Property
}

// endOf names the end at which a violation was seen; empty if there was none.
func endOf(r *sim.Result) string {
	if !r.Found {
		return ""
	}
	return script.End(r.Violation.End).String()
}

// what is a clause that says what is wrong.
func what(r *sim.Result) string {
	v := &r.Violation
	if v.Obligation == oracle.NoObligation {
		return v.Detail
	}
	return v.Obligation.What()
}

// report prints the result of a replay. The run is the same if its hash is the saved one, which
// is possible only with the script's own pump and engines.
func (f *replayFlags) report(t *terminal, path string, s *script.Script, out *run.Outcome) error {
	res := &out.Result
	result, sentence := verdict(s, res)
	same := out.Own && s.Hash == res.Hash
	if f.json {
		property := s.Property
		if res.Found {
			property = res.Violation.Violated()
		}
		return t.object(replayJSON{Result: result, Property: property,
			Pump: cmp.Or(f.Pump, s.Config.Subject()), Engine: cmp.Or(f.Engine, s.Config.Engine),
			TLS: s.Config.Version.String(), Scenario: s.Config.Scenario, Strategy: "script",
			Steps: res.Steps, Actions: len(s.Actions), Skipped: res.Skipped, Script: path,
			Hash: fmt.Sprintf("%016x", res.Hash), Wire: fmt.Sprintf("%016x", res.Wire),
			Same: same, End: endOf(res), Obligation: res.Violation.Obligation.String(),
			Verdict: sentence})
	}
	t.printf("%s: %s\n", path, t.bold(sentence))
	note := "as saved"
	switch {
	case out.Lost:
		note = "none: the process died"
	case !out.Own:
		note = "another pump or engine than the saved run's"
	case s.Hash == 0:
		note = "no hash was saved"
	case !same:
		note = fmt.Sprintf("saved as %016x: this build does not run it as it was", s.Hash)
	}
	t.printf("  %d steps, hash %016x (%s), wire %016x\n", res.Steps, res.Hash, note, res.Wire)
	if where := out.Where(); where != "" {
		t.printf("  look at %s\n", where)
	}
	if res.Skipped > 0 {
		t.printf("  %d actions were not enabled and were skipped\n", res.Skipped)
	}
	return t.broken
}
