package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// shrinkFlags are the flags of shrink.
type shrinkFlags struct {
	replayFlags
	output string
}

func newShrink(p *program) *cobra.Command {
	var f shrinkFlags
	cmd := &cobra.Command{
		Use:   "shrink FILE...",
		Short: "make saved scripts shorter and simpler",
		Long: "shrink makes saved scripts simpler as long as they fail for the same cause: fewer\n" +
			"actions, rounder sizes, settings nearer to their defaults. At the end no action can be\n" +
			"left out, and no size, setting or argument can be made one step simpler. Each file is\n" +
			"replaced; the old script is kept beside it, with .orig at its end. What its author wrote\n" +
			"into the story stays. An interrupt keeps the best script so far.\n\n" +
			"A script that does not fail any more stays as it is: there is nothing to shrink.",
		Example: "  wantwrite shrink found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite shrink -o short.script found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite shrink --engine openssl -o openssl.script " +
			"corpus/stall/kv-original-idle-renegotiation.script",
		Args: countArgs(1, math.MaxInt, "at least one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c := p.catalog()
			files, err := f.take(cmd, c, args)
			if err != nil {
				return err
			}
			return f.shrink(cmd.Context(), p, c, scripts(files))
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.output, "output", "o", "", "write the shrunk script there and leave FILE alone")
	fl.StringVar(&f.Pump, "pump", "", "shrink for another pump than the script's; needs --output")
	fl.StringVar(&f.Engine, "engine", "", "shrink for another TLS library: "+p.engineNames()+
		"; needs --output")
	fl.StringVar(&f.PeerEngine, "peer-engine", "",
		"the other end's TLS library (default: that of --engine)")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a line")
	f.programFlags.add(cmd, p, false)
	return cmd
}

// check says whether the flags go together.
func (f *shrinkFlags) check(c *run.Catalog, files []string) error {
	other := f.Pump != "" || f.Engine != "" || f.PeerEngine != ""
	switch {
	case f.output != "" && len(files) > 1:
		return fmt.Errorf("got --output and %d files; want one file", len(files))
	case other && f.output == "":
		return errors.New("got another pump or engine and no --output; want a file for what " +
			"is another script then")
	}
	for _, file := range files {
		if f.output == "" && len(inProgram(file)) > 0 {
			return fmt.Errorf("got %s, which is a part of this program, and no --output; want a file for "+
				"what is shrunk", file)
		}
	}
	return f.known(c)
}

// shrink shrinks the files one after the other. It reports a file that can't be used, and goes
// on with the next.
func (f *shrinkFlags) shrink(ctx context.Context, p *program, c *run.Catalog, files []string) (err error) {
	t := p.terminal
	if err := f.check(c, files); err != nil {
		return err
	}
	for i, path := range files {
		if ctx.Err() != nil {
			return interrupted(false, "interrupted after %d of %d files", i, len(files))
		}
		one := &shrunkFile{flags: f, t: t, path: path, to: cmp.Or(f.output, path)}
		bad := one.shrink(ctx, c)
		t.clear()
		switch {
		case t.broken != nil:
			return t.broken
		case one.stats.Interrupted:
			return bad
		case bad != nil:
			t.complain(bad)
			err = errInput
		}
	}
	return err
}

// A shrunkFile is a script that is read from one file and written to another, or to the same.
type shrunkFile struct {
	flags    *shrinkFlags
	t        *terminal
	path, to string
	kept     string // the copy of the original, if its file was replaced
	script   *script.Script
	stats    shrink.Shrunk
	result   sim.Result
	changed  bool
}

// shrink reads, shrinks, writes and reports. Each error names the file.
func (f *shrunkFile) shrink(ctx context.Context, c *run.Catalog) error {
	s, r, err := f.flags.open(c, f.path)
	if err != nil {
		return err
	}
	defer r.Close()
	f.script = s
	for _, swap := range []struct {
		to   string
		from *string
	}{{f.flags.Pump, &s.Config.Pump}, {f.flags.Engine, &s.Config.Engine},
		{f.flags.PeerEngine, &s.Config.PeerEngine}} {
		*swap.from = cmp.Or(swap.to, *swap.from)
	}
	if err := f.simplify(ctx, r); err != nil {
		return naming(f.path, err)
	}
	if err := f.report(); err != nil {
		return err
	}
	if f.stats.Interrupted {
		return interrupted(false, "%s: interrupted after %s runs; the best script so far is in %s", f.path,
			thousands(f.stats.Runs), f.to)
	}
	return nil
}

// simplify shrinks the script and saves it with its new story and hash.
func (f *shrunkFile) simplify(ctx context.Context, r *run.Runner) (err error) {
	s, before := f.script, *f.script
	if f.stats, err = containedShrink(ctx, r, s, f.progress()); err != nil || !f.stats.Fails {
		return err
	}
	f.changed = s.Config != before.Config || !slices.Equal(s.Actions, before.Actions)
	out, err := contained(r, s, run.ReplayOptions{Trace: true})
	if err != nil {
		return err
	}
	f.result = out.Result
	s.Hash, s.Story = out.Result.Hash, story.Retell(s, &out)
	switch {
	case f.to != f.path:
		return corpus.Replace(f.to, s.Format())
	case !f.changed:
		return nil
	}
	if f.kept, err = corpus.Keep(f.path); err != nil {
		return err
	}
	return corpus.Replace(f.to, s.Format())
}

// progress draws how far the shrink is; nil with --json.
func (f *shrunkFile) progress() func(shrink.Shrunk) {
	if f.flags.json {
		return nil
	}
	return func(s shrink.Shrunk) { f.t.draw(f.path + ": " + shrinking(s)) }
}

// A shrinkJSON is the object of a shrunk script.
type shrinkJSON struct {
	Result   string `json:"result"`
	Property string `json:"property"`
	Pump     string `json:"pump"`
	Engine   string `json:"engine"`
	TLS      string `json:"tls"`
	Scenario string `json:"scenario"`
	Strategy string `json:"strategy"`
	// Before and Actions count the actions of the two scripts.
	Before  int  `json:"before"`
	Actions int  `json:"actions"`
	Runs    int  `json:"runs"`
	Minimal bool `json:"minimal"`
	Changed bool `json:"changed"`
	// Script is the file that was written, and Original the copy of what it held.
	Script     string `json:"script"`
	Original   string `json:"original"`
	Hash       string `json:"hash"`
	End        string `json:"end"`
	Obligation string `json:"obligation"`
}

// report prints the result.
func (f *shrunkFile) report() error {
	if f.flags.json {
		return f.t.object(f.object())
	}
	st := &f.stats
	switch {
	case !st.Fails:
		_, sentence := verdict(f.script, &f.result)
		f.t.printf("%s: %s: nothing to shrink\n", f.path, sentence)
		return f.t.broken
	case f.changed:
		done := "shrunk"
		if st.After >= st.Before {
			done = "made simpler," // in its settings and arguments
		}
		f.t.printf("%s: %s from %d actions to %d in %s runs: %s\n", f.path, done, st.Before, st.After,
			thousands(st.Runs), f.t.bold(f.to))
	default:
		f.t.printf("%s: %d actions, as short as it gets (%s runs): %s\n", f.path, st.After,
			thousands(st.Runs), f.to)
	}
	if f.kept != "" {
		f.t.printf("  the original is in %s\n", f.kept)
	}
	if !st.Minimal && !st.Interrupted {
		f.t.printf("  it may get shorter: %s shrink %s\n", f.t.name, f.to)
	}
	return f.t.broken
}

// object makes the object of the result.
func (f *shrunkFile) object() shrinkJSON {
	s, st := f.script, &f.stats
	o := shrinkJSON{Result: "violation", Property: s.Property, Pump: s.Config.Subject(),
		Engine: s.Config.Engine, TLS: s.Config.Version.String(), Scenario: s.Config.Scenario,
		Strategy: "script", Before: st.Before, Actions: st.After, Runs: st.Runs,
		Minimal: st.Minimal, Changed: f.changed, Script: f.to, Original: f.kept,
		Hash: fmt.Sprintf("%016x", s.Hash), End: endOf(&f.result),
		Obligation: f.result.Violation.Obligation.String()}
	switch {
	case !st.Fails:
		o.Result, o.Script = "clean", f.path
	case st.Interrupted:
		o.Result = "interrupted"
	}
	return o
}

// naming adds the file's name to an error.
func naming(path string, err error) error {
	var input *script.InputError
	if errors.As(err, &input) {
		input.File = path
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}
