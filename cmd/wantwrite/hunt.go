package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/model"
)

// huntFlags are the flags of hunt.
type huntFlags struct {
	pump, peer, engine, peerEngine string
	tls, scenario, strategy        string
	property, corpus               string
	seed, schedules                uint64
	time                           time.Duration
	workers                        int
	json, first                    bool
}

func newHunt(t *terminal) *cobra.Command {
	var f huntFlags
	cmd := &cobra.Command{
		Use:   "hunt",
		Short: "look for violations (the main job)",
		Long: "hunt goes through schedules, random runs that are named by a number, and keeps for\n" +
			"each property the first one that breaks it. Each find is run again, shrunk to a\n" +
			"short script, explained and saved. Exit code 1 means that something was found.",
		Example: "  wantwrite hunt\n" +
			"  wantwrite hunt --pump kv-landed --property data-loss\n" +
			"  wantwrite hunt --pump reference --schedules 1000000\n" +
			"  wantwrite hunt --engine openssl --scenario idle-renegotiation --first\n" +
			"  wantwrite hunt --time 30s --json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, t) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.pump, "pump", "kv-original", "the pump under test: see list")
	fl.StringVar(&f.peer, "peer", "", "the other end's pump (default: reference, or now and then"+
		" the pump itself)")
	fl.StringVar(&f.engine, "engine", "model", "the TLS library under the pump: "+engineNames)
	fl.StringVar(&f.peerEngine, "peer-engine", "", "the other end's (default: the same)")
	fl.StringVar(&f.tls, "tls", "", "1.2 or 1.3 (default: both)")
	fl.StringVar(&f.scenario, "scenario", "", "one scenario only: see list (default: all)")
	fl.StringVar(&f.strategy, "strategy", "random", "how actions are picked: random")
	fl.StringVar(&f.property, "property", "", "look for one property only: see list")
	fl.StringVar(&f.corpus, "corpus", "found", "the folder where scripts are saved")
	fl.Uint64Var(&f.seed, "seed", 1, "the seed of the hunt")
	fl.Uint64Var(&f.schedules, "schedules", 0, "how many schedules (default: 20000, or with"+
		" --time as many as fit)")
	fl.DurationVar(&f.time, "time", 0, "stop after this time, such as 30s")
	fl.IntVar(&f.workers, "workers", 1, "how many run at once: 1")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a line")
	fl.BoolVar(&f.first, "first", false, "stop at the first violation")
	return cmd
}

// hunt makes a hunt of the flags.
func (f *huntFlags) hunt(cmd *cobra.Command, c *fuzz.Catalog) (h fuzz.Hunt, err error) {
	h = fuzz.Hunt{Seed: f.seed, Schedules: f.schedules, First: f.first}
	h.Scenario, h.TLS = f.scenario, f.tls
	if f.strategy != "random" {
		return h, fmt.Errorf("got strategy %q; want random", f.strategy)
	}
	if f.tls != "" && f.tls != "1.2" && f.tls != "1.3" {
		return h, fmt.Errorf("got --tls %q; want 1.2 or 1.3", f.tls)
	}
	if f.workers != 1 {
		return h, fmt.Errorf("got --workers %d; want 1", f.workers)
	}
	if f.time < 0 {
		return h, fmt.Errorf("got --time %s; want a positive duration", f.time)
	}
	if cmd.Flags().Changed("schedules") && f.schedules == 0 {
		return h, fmt.Errorf("got --schedules 0; want at least 1")
	}
	if f.schedules == 0 && f.time == 0 {
		h.Schedules = 20000
	}
	return h, f.names(&h, c)
}

// names finds what the names among the flags mean.
func (f *huntFlags) names(h *fuzz.Hunt, c *fuzz.Catalog) (err error) {
	if h.Pump, err = c.Pump(f.pump); err != nil {
		return err
	}
	if f.peer != "" {
		if h.Peer, err = c.Pump(f.peer); err != nil {
			return err
		}
	}
	if f.scenario != "" {
		if _, err := c.Scenario(f.scenario); err != nil {
			return err
		}
	}
	if f.property != "" {
		p, err := c.Property(f.property)
		if err != nil {
			return err
		}
		h.Watch = model.EveryProperty.Only(p.ID)
	}
	if h.Engine, err = c.Engine(f.engine); err != nil {
		return err
	}
	if f.peerEngine != "" {
		h.PeerEngine, err = c.Engine(f.peerEngine)
	}
	return err
}

func (f *huntFlags) run(cmd *cobra.Command, t *terminal) error {
	c := newCatalog()
	h, err := f.hunt(cmd, c)
	if err != nil {
		return err
	}
	if err := corpus.Writable(f.corpus); err != nil {
		return err
	}
	ctx := cmd.Context()
	if f.time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.time)
		defer cancel()
	}
	if !f.json {
		h.Progress = t.progress
	}
	h.Found = func(find *fuzz.Find) error { return f.found(t, find) }
	rep, err := h.Run(ctx, c)
	t.clear()
	if err != nil {
		return err
	}
	return f.end(cmd, t, rep)
}

// found saves a find and reports it.
func (f *huntFlags) found(t *terminal, find *fuzz.Find) error {
	s := find.Script
	path, err := corpus.Save(f.corpus, s.Property, fuzz.SlugOf(s), s.Format())
	if err != nil {
		return err
	}
	if f.json {
		return t.object(violationObject(f, find, path))
	}
	t.clear()
	fmt.Fprintf(t.out, "%s in %s: schedule %d of seed %d, scenario %s, after %.2fs\n",
		t.bold(s.Property), s.Config.Pump, find.Schedule, find.Seed, s.Config.Scenario,
		find.Stats.Elapsed.Seconds())
	fmt.Fprintf(t.out, "%s\n", indent(find.Story))
	fmt.Fprintf(t.out, "  shrunk from %d actions to %d: %s\n", find.Original, len(s.Actions), path)
	fmt.Fprintf(t.out, "  replay: wantwrite replay %s\n\n", path)
	return nil
}

// end reports how the hunt ended.
func (f *huntFlags) end(cmd *cobra.Command, t *terminal, rep fuzz.Report) error {
	stopped := rep.Interrupted && cmd.Context().Err() != nil
	result := "clean"
	switch {
	case len(rep.Finds) > 0:
		result = "done"
	case stopped:
		result = "interrupted"
	}
	if f.json {
		if err := t.object(endObject(f, rep, result)); err != nil {
			return err
		}
	} else {
		seconds := rep.Elapsed.Seconds()
		fmt.Fprintf(t.out, "%s: %d found in %d schedules, %d steps, %.1fs (%.0f schedules/s)\n",
			f.pump, len(rep.Finds), rep.Schedules, rep.Steps, seconds,
			float64(rep.Schedules)/max(seconds, 1e-9))
	}
	if stopped {
		return fmt.Errorf("interrupted after %d schedules; what was found is saved in %s",
			rep.Schedules, f.corpus)
	}
	if len(rep.Finds) > 0 {
		return errViolation
	}
	return nil
}

// A violationJSON is the object of a find.
type violationJSON struct {
	Result    string   `json:"result"`
	Property  string   `json:"property"`
	Pump      string   `json:"pump"`
	Engine    string   `json:"engine"`
	TLS       string   `json:"tls"`
	Scenario  string   `json:"scenario"`
	Strategy  string   `json:"strategy"`
	Seed      uint64   `json:"seed"`
	Schedules uint64   `json:"schedules"`
	Steps     uint64   `json:"steps"`
	Actions   int      `json:"actions"`
	Seconds   float64  `json:"seconds"`
	Script    string   `json:"script"`
	Hash      string   `json:"hash"`
	Wire      string   `json:"wire"`
	Story     []string `json:"story"`
}

func violationObject(f *huntFlags, find *fuzz.Find, path string) violationJSON {
	s := find.Script
	return violationJSON{Result: "violation", Property: s.Property, Pump: s.Config.Pump,
		Engine: s.Config.Engine, TLS: s.Config.Version.String(), Scenario: s.Config.Scenario,
		Strategy: f.strategy, Seed: find.Seed, Schedules: find.Stats.Schedules,
		Steps: find.Stats.Steps, Actions: len(s.Actions), Seconds: find.Stats.Elapsed.Seconds(),
		Script: path, Hash: fmt.Sprintf("%016x", s.Hash),
		Wire: fmt.Sprintf("%016x", find.Result.Wire), Story: find.Story}
}

// An endJSON is the object of a hunt's end.
type endJSON struct {
	Result    string  `json:"result"`
	Pump      string  `json:"pump"`
	Engine    string  `json:"engine"`
	TLS       string  `json:"tls,omitempty"`
	Scenario  string  `json:"scenario,omitempty"`
	Strategy  string  `json:"strategy"`
	Seed      uint64  `json:"seed"`
	Schedules uint64  `json:"schedules"`
	Steps     uint64  `json:"steps"`
	Found     int     `json:"found"`
	Seconds   float64 `json:"seconds"`
}

func endObject(f *huntFlags, rep fuzz.Report, result string) endJSON {
	return endJSON{Result: result, Pump: f.pump, Engine: f.engine, TLS: f.tls,
		Scenario: f.scenario, Strategy: f.strategy, Seed: f.seed, Schedules: rep.Schedules,
		Steps: rep.Steps, Found: len(rep.Finds), Seconds: rep.Elapsed.Seconds()}
}
