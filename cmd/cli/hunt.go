package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/guard"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// huntFlags are the flags of hunt.
type huntFlags struct {
	pump, peer, engine, peerEngine string
	tls, scenario, strategy        string
	profile                        string
	property, corpus, confirm      string
	fixed                          string
	seed, schedules                uint64
	time                           time.Duration
	workers                        int
	json, first                    bool
	http                           string
	open                           bool

	saved []string      // the paths of the finds' scripts
	again *hunt.Recheck // of --fixed
}

func newHunt(p *program) *cobra.Command {
	var f huntFlags
	cmd := &cobra.Command{
		Use:   "hunt",
		Short: "look for violations (the main job)",
		Long: "hunt goes through schedules, random runs that are named by a number, and keeps for\n" +
			"each property the first one that breaks it. Each find is run again, shrunk to a\n" +
			"short script, explained and saved. Exit code 1 means that something was found.\n\n" +
			"With --confirm each find is replayed on that library too: it is confirmed there, or\n" +
			"the report says at which step the two went apart. Real libraries run in processes of\n" +
			"their own; one that crashes or hangs costs a schedule, which is saved as a crash.\n\n" +
			"The schedules are shared out among several strategies, and those that still find\n" +
			"something new get more: see list. The same seed finds the same with any --workers.",
		Example: "  wantwrite hunt\n" +
			"  wantwrite hunt --pump kv-landed --property data-loss\n" +
			"  wantwrite hunt --pump reference --schedules 1000000\n" +
			"  wantwrite hunt --confirm openssl\n" +
			"  wantwrite hunt --pump reference --fixed " +
			"found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite hunt --engine openssl --scenario idle-renegotiation --first\n" +
			"  wantwrite hunt --time 30s --json\n" +
			"  wantwrite hunt --time 1h --http 127.0.0.1:8080",
		Args: countArgs(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, p) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.pump, "pump", p.pump(), "the pump under test: see list")
	fl.StringVar(&f.peer, "peer", "", "the other end's pump (default: reference, or now and then"+
		" the pump itself)")
	fl.StringVar(&f.engine, "engine", run.DefaultEngine, "the TLS library under the pump: "+p.engineNames())
	fl.StringVar(&f.peerEngine, "peer-engine", "", "the other end's (default: the same)")
	fl.StringVar(&f.confirm, "confirm", "", "replay each find on this library too, before it is"+
		" reported")
	fl.StringVar(&f.tls, "tls", "", "1.2 or 1.3 (default: both)")
	fl.StringVar(&f.scenario, "scenario", "", "one scenario only: see list (default: all)")
	fl.StringVar(&f.profile, "profile", "", "how the ends know each other: "+
		strings.Join(run.Profiles(), ", ")+" (default: all are drawn)")
	fl.StringVar(&f.strategy, "strategy", run.Portfolio, "how actions are picked: "+
		strategyNames())
	fl.StringVar(&f.property, "property", "", "look for one property only: see list")
	fl.StringVar(&f.fixed, "fixed", "", "a script that once failed: replay it, and then look for its"+
		" property\nuntil 99 % sure that it does not come back (default pump: the script's)")
	fl.StringVar(&f.corpus, "corpus", "found", "the folder where scripts are saved")
	fl.Uint64Var(&f.seed, "seed", 1, "the seed of the hunt")
	fl.Uint64Var(&f.schedules, "schedules", 0, "how many schedules (default: 20000, or with"+
		" --time as many as fit)")
	fl.DurationVar(&f.time, "time", 0, "stop after this time, such as 30s")
	fl.IntVar(&f.workers, "workers", 0, "how many schedules run at once; what is found does not"+
		" depend on it\n(default: one for each core; real engines: 1)")
	fl.StringVar(&f.http, "http", "", "serve a live page of the hunt and /metrics for Prometheus at"+
		" this\naddress, such as 127.0.0.1:8080, or a port of 127.0.0.1; 0 takes any that is free")
	fl.BoolVar(&f.open, "http-open", false, "let --http be an address that other machines can reach")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a line")
	fl.BoolVar(&f.first, "first", false, "stop at the first violation")
	return cmd
}

// strategyNames lists the words of --strategy.
func strategyNames() string {
	var names []string
	for _, s := range run.Strategies() {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

// hunt makes a hunt of the flags.
func (f *huntFlags) hunt(cmd *cobra.Command, c *run.Catalog) (h hunt.Hunt, err error) {
	h = hunt.Hunt{Seed: f.seed, Schedules: f.schedules, First: f.first, Strategy: f.strategy,
		Workers: f.workers}
	h.Scenario, h.TLS, h.Profile = f.scenario, f.tls, f.profile
	if _, err := run.StrategyNamed(f.strategy); err != nil {
		return h, err
	}
	if f.profile != "" && !slices.Contains(run.Profiles(), f.profile) {
		return h, fmt.Errorf("got --profile %q; want one of %s", f.profile,
			strings.Join(run.Profiles(), ", "))
	}
	if f.tls != "" && f.tls != "1.2" && f.tls != "1.3" {
		return h, fmt.Errorf("got --tls %q; want 1.2 or 1.3", f.tls)
	}
	if f.workers < 0 || cmd.Flags().Changed("workers") && f.workers == 0 {
		return h, fmt.Errorf("got --workers %d; want at least 1", f.workers)
	}
	if f.time < 0 {
		return h, fmt.Errorf("got --time %s; want a time such as 30s or 5m", f.time)
	}
	if cmd.Flags().Changed("schedules") && f.schedules == 0 {
		return h, fmt.Errorf("got --schedules 0; want at least 1")
	}
	if f.corpus == "" {
		return h, fmt.Errorf("got an empty --corpus; want a folder")
	}
	if f.schedules == 0 && f.time == 0 {
		h.Schedules = 20000
	}
	return h, f.names(&h, c)
}

// names finds what the names among the flags mean.
func (f *huntFlags) names(h *hunt.Hunt, c *run.Catalog) (err error) {
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
		h.Watch = oracle.EveryProperty.Only(p.ID)
	}
	return f.engines(h, c)
}

// engines finds the libraries. Those that are not the model's are loaded by
// the processes that use them.
func (f *huntFlags) engines(h *hunt.Hunt, c *run.Catalog) (err error) {
	if _, err := c.Can(f.engine, f.peerEngine, f.confirm); err != nil {
		return err
	}
	if f.confirm != "" && f.confirm == f.engine {
		return fmt.Errorf("got --confirm %s and --engine %s; want two that differ", f.confirm,
			f.engine)
	}
	if can, err := c.Can(f.confirm); err == nil && !can.UnderTest {
		return fmt.Errorf("got --confirm %s; want a library that others use: a %s keeps no "+
			"promise", f.confirm, f.confirm)
	}
	if f.real(c) {
		return nil
	}
	if h.Engine, err = c.Engine(f.engine); err == nil && f.peerEngine != "" {
		h.PeerEngine, err = c.Engine(f.peerEngine)
	}
	return err
}

// real says whether a library of the machine takes part in the hunt itself.
func (f *huntFlags) real(c *run.Catalog) bool { return foreign(c, f.engine, f.peerEngine) }

func (f *huntFlags) run(cmd *cobra.Command, p *program) error {
	t, c := p.terminal, p.catalog()
	h, err := f.hunt(cmd, c)
	if err != nil {
		return err
	}
	if err := corpus.Dir(f.corpus).Writable(); err != nil {
		return err
	}
	page, err := f.serve(p, &h)
	if err != nil {
		return err
	}
	defer page.close()
	ctx := cmd.Context()
	if f.fixed != "" {
		if err := f.recheck(ctx, cmd, t, &h, c); err != nil {
			return err
		}
	}
	if f.time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.time)
		defer cancel()
	}
	if !f.json {
		h.Progress = func(s hunt.Stats) { t.progress(s, goal{h.Schedules, f.time}) }
	}
	h.Found = func(find *hunt.Failure) error { return f.found(t, find) }
	page.watch(f, &h)
	rep, err := f.guarded(ctx, &h, c)
	t.clear()
	if err != nil {
		return err
	}
	return f.end(cmd, t, rep)
}

// guarded runs the hunt, and keeps the libraries out of this process.
func (f *huntFlags) guarded(ctx context.Context, h *hunt.Hunt, c *run.Catalog) (
	rep hunt.Report, err error) {

	if !f.real(c) && f.confirm == "" {
		return h.Run(ctx, c)
	}
	g, err := newGuard()
	if err != nil {
		return rep, err
	}
	if f.confirm != "" {
		if err := g.Load(f.confirm); err != nil {
			return rep, err
		}
		h.Confirm = func(s *script.Script) (*run.Confirmation, error) {
			return g.Confirm(s, f.confirm)
		}
	}
	if f.real(c) {
		return g.Hunt(ctx, h, guard.Engines{Engine: f.engine, Peer: f.peerEngine})
	}
	return h.Run(ctx, c)
}

// found saves a find and reports it. A terminal that takes nothing more ends
// the hunt.
func (f *huntFlags) found(t *terminal, find *hunt.Failure) error {
	s := find.Script
	path, err := corpus.Dir(f.corpus).Save(s.Property, corpus.Slug(s.Config.Pump, s.Config.Scenario), s.Format())
	if err != nil {
		return err
	}
	f.saved = append(f.saved, path)
	if f.json {
		err = t.object(violationObject(f, find, path))
	} else {
		t.clear()
		tell(t, find, path)
	}
	if t.broken != nil {
		return fmt.Errorf("%w; what was found is saved in %s", t.broken, f.corpus)
	}
	return err
}

// end reports how the hunt ended.
func (f *huntFlags) end(cmd *cobra.Command, t *terminal, rep hunt.Report) error {
	stopped := rep.Interrupted && cmd.Context().Err() != nil
	result := "clean"
	switch {
	case stopped:
		result = "interrupted"
	case len(rep.Failures) > 0:
		result = "done"
	}
	if f.json {
		if err := t.object(endObject(f, rep, result)); err != nil {
			return err
		}
	} else {
		summary(t, f, rep)
	}
	switch {
	case stopped && len(rep.Failures) > 0:
		return fmt.Errorf("interrupted after %d schedules; what was found is saved in %s",
			rep.Schedules, f.corpus)
	case stopped:
		return fmt.Errorf("interrupted after %d schedules; nothing was found", rep.Schedules)
	case len(rep.Failures) > 0:
		return errViolation
	}
	return nil
}
