package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/sim"
)

// replayFlags are the flags of replay and show.
type replayFlags struct {
	fuzz.ReplayOptions
	json, all bool
}

func (f *replayFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.Pump, "pump", "", "another pump than the script's: is it fixed?")
	fl.StringVar(&f.Engine, "engine", "", "another TLS library than the script's: "+engineNames)
	fl.StringVar(&f.PeerEngine, "peer-engine", "", "the other end's (default: as --engine)")
	fl.BoolVar(&f.Loose, "loose", false, "skip actions that are not enabled, and count them")
}

func newReplay(t *terminal) *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay FILE...",
		Short: "run saved scripts again",
		Long: "replay runs saved scripts and says of each whether its property is still violated,\n" +
			"and whether the run is the one that was saved, to the byte. Exit code 1 means that\n" +
			"at least one is.",
		Example: "  wantwrite replay found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite replay --engine openssl corpus/stall/*.script\n" +
			"  wantwrite replay --pump reference corpus/*/*.script",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, files []string) error { return f.replay(t, files) },
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object a line")
	return cmd
}

// open reads a script and makes a runner for it.
func (f *replayFlags) open(c *fuzz.Catalog, path string) (*sim.Script, *fuzz.Runner, error) {
	file, err := corpus.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	s, err := sim.ParseScript(file, path)
	if err != nil {
		return nil, nil, err
	}
	pump, err := c.Pump(s.Config.Pump)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	r, err := fuzz.NewRunner(c, fuzz.Options{Pump: pump})
	return s, r, err
}

// one replays one file.
func (f *replayFlags) one(c *fuzz.Catalog, path string, trace bool) (
	*sim.Script, fuzz.Outcome, error) {

	s, r, err := f.open(c, path)
	if err != nil {
		return nil, fuzz.Outcome{}, err
	}
	defer r.Close()
	o := f.ReplayOptions
	o.Trace = trace
	if o.PeerEngine == "" {
		o.PeerEngine = o.Engine
	}
	out, err := fuzz.Replay(r, s, o)
	var input *sim.InputError
	if errors.As(err, &input) && input.File == "" {
		input.File = path
	}
	return s, out, err
}

func (f *replayFlags) replay(t *terminal, files []string) error {
	c := newCatalog()
	found := false
	for _, path := range files {
		s, out, err := f.one(c, path, false)
		if err != nil {
			return err
		}
		found = found || out.Result.Found
		if err := f.report(t, path, s, &out); err != nil {
			return err
		}
	}
	if found {
		return errViolation
	}
	return nil
}

// A replayJSON is the object of a replayed script.
type replayJSON struct {
	Result   string `json:"result"`
	Property string `json:"property"`
	Pump     string `json:"pump"`
	Engine   string `json:"engine"`
	Script   string `json:"script"`
	Steps    int    `json:"steps"`
	Skipped  int    `json:"skipped"`
	Hash     string `json:"hash"`
	Wire     string `json:"wire"`
	Same     bool   `json:"same"`
	Verdict  string `json:"verdict"`
}

// report prints what came of a replay. Same means that the hash is the saved
// one, which only a run with the script's own pump and engines can have.
func (f *replayFlags) report(t *terminal, path string, s *sim.Script, out *fuzz.Outcome) error {
	res := out.Result
	result, verdict := "clean", "no violation of "+s.Property
	if res.Found {
		result, verdict = "violation", res.Violation.String()
	}
	same := out.Own && s.Hash == res.Hash
	if f.json {
		return t.object(replayJSON{Result: result, Property: s.Property,
			Pump: either(f.Pump, s.Config.Pump), Engine: either(f.Engine, s.Config.Engine),
			Script: path, Steps: res.Steps, Skipped: res.Skipped,
			Hash: fmt.Sprintf("%016x", res.Hash), Wire: fmt.Sprintf("%016x", res.Wire),
			Same: same, Verdict: verdict})
	}
	fmt.Fprintf(t.out, "%s: %s\n", path, t.bold(verdict))
	note := "as saved"
	switch {
	case !out.Own:
		note = "another pump or engine than the saved run's"
	case s.Hash == 0:
		note = "no hash was saved"
	case !same:
		note = fmt.Sprintf("saved as %016x: this build does not run it as it was", s.Hash)
	}
	fmt.Fprintf(t.out, "  %d steps, hash %016x (%s), wire %016x\n", res.Steps, res.Hash, note,
		res.Wire)
	if res.Skipped > 0 {
		fmt.Fprintf(t.out, "  %d actions were not enabled and were skipped\n", res.Skipped)
	}
	return nil
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func newShow(t *terminal) *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "explain a saved script",
		Long: "show runs a script and prints what happened, action by action, with the calls that\n" +
			"the pumps made, and then the story of the violation.",
		Example: "  wantwrite show found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite show --all --engine openssl found/stall/kv-original-idle-renegotiation.script",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return f.show(t, args[0]) },
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&f.all, "all", false, "also calls that moved nothing")
	return cmd
}

func (f *replayFlags) show(t *terminal, path string) error {
	s, out, err := f.one(newCatalog(), path, true)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s against %s, %s, TLS %s, %s, %s\n\n", either(f.Pump, s.Config.Pump),
		s.Config.Peer, either(f.Engine, s.Config.Engine), s.Config.Version, s.Config.Transport,
		s.Config.Trigger)
	fmt.Fprint(t.out, fuzz.TraceText(out.Trace, f.all))
	if !out.Result.Found {
		fmt.Fprintf(t.out, "\nno violation of %s\n", s.Property)
		return nil
	}
	fmt.Fprintf(t.out, "\n%s\n", indent(fuzz.Explain(s, &out)))
	return errViolation
}
