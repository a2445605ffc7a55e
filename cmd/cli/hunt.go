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
	"github.com/wantwrite/wantwrite/fuzz/live"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// huntFlags are the flags of hunt.
type huntFlags struct {
	programFlags
	pump, peer, engine, peerEngine string
	tls, scenario, strategy        string
	profile                        string
	property, corpus, confirm      string
	fixed                          string
	seed, schedules                uint64
	time                           time.Duration
	workers                        int
	json, first                    bool
	http, against                  string
	open                           bool

	saved []string      // the paths of the failures' scripts
	again *hunt.Recheck // what --fixed checks; nil without it
}

func newHunt(p *program) *cobra.Command {
	var f huntFlags
	cmd := &cobra.Command{
		Use:   "hunt",
		Short: "look for violations (the main job)",
		Long: "hunt runs schedules, which are random runs that have numbers, and keeps the first\n" +
			"failure of each property. It runs each failure again, shrinks it to a short script,\n" +
			"explains it and saves it. Exit code 1 means that something failed.\n\n" +
			"With --confirm each failure is replayed on that library too. The report says that it is\n" +
			"confirmed, or at which step the library did something else. Real libraries run in child\n" +
			"processes. If one crashes or hangs, its schedule is saved as a crash.\n\n" +
			"The schedules are divided among several strategies (see list); those that still reach\n" +
			"something new get more. The same seed finds the same with any number of --workers.",
		Example: "  wantwrite hunt\n" +
			"  wantwrite hunt --pump kv-landed --property data-loss\n" +
			"  wantwrite hunt --pump reference --schedules 1000000\n" +
			"  wantwrite hunt --confirm openssl\n" +
			"  wantwrite hunt --pump reference --fixed " +
			"found/stall/kv-original-idle-renegotiation.script\n" +
			"  wantwrite hunt --engine openssl --scenario idle-renegotiation --first\n" +
			"  wantwrite hunt --time 30s --json\n" +
			"  wantwrite hunt --time 1h --http 127.0.0.1:8080\n" +
			"  wantwrite hunt --program nginx\n" +
			"  wantwrite hunt --program nginx --against ./my-nginx\n" +
			"  wantwrite hunt --listen 127.0.0.1:8443 --speaks http -- ./myserver --config my.conf",
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, p, args) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.pump, "pump", p.pump(), "the pump under test: see list")
	f.add(cmd, p, true)
	fl.StringVar(&f.peer, "peer", "", "the other end's pump (default: reference, or now and then"+
		" the pump itself)")
	fl.StringVar(&f.engine, "engine", run.DefaultEngine,
		"the TLS library under the pump: "+p.engineNames())
	fl.StringVar(&f.peerEngine, "peer-engine", "", "the other end's TLS library (default: the same)")
	fl.StringVar(&f.confirm, "confirm", "", "replay each failure on this library too, before it is"+
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
	fl.StringVar(&f.against, "against", "", "with a real program: the file of another version of it. Both run the same\nschedules, and the hunt says where they part")
	fl.StringVar(&f.corpus, "corpus", "found", "the folder where scripts are saved")
	fl.Uint64Var(&f.seed, "seed", 1, "the seed of the hunt")
	fl.Var(schedulesOf(&f.schedules), "schedules", "how many schedules (default: 20000, or with"+
		" --time as many as fit)")
	fl.DurationVar(&f.time, "time", 0, "stop after this time, such as 30s")
	fl.Var(workersOf(&f.workers), "workers", "how many schedules run at once; what is found does not"+
		" depend on it\n(default: one for each core; real engines: 1)")
	fl.StringVar(&f.http, "http", "", "serve a live page of the hunt and /metrics for Prometheus at"+
		" this\naddress, such as 127.0.0.1:8080, or a port of 127.0.0.1; 0 is any free port")
	fl.BoolVar(&f.open, "http-open", false, "let --http be an address that other machines can reach")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a line")
	fl.BoolVar(&f.first, "first", false, "stop at the first violation")
	return cmd
}

// strategyNames lists the values of --strategy.
func strategyNames() string {
	var names []string
	for _, s := range run.Strategies() {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

// hunt makes a hunt of the flags.
func (f *huntFlags) hunt(cmd *cobra.Command, c *run.Catalog, args []string) (h hunt.Hunt, err error) {
	h = hunt.Hunt{Seed: f.seed, Schedules: f.schedules, First: f.first, Strategy: f.strategy,
		Workers: f.workers}
	h.Scenario, h.TLS, h.Profile = f.scenario, f.tls, f.profile
	if _, err := run.StrategyNamed(f.strategy); err != nil {
		return h, err
	}
	if f.profile != "" && !slices.Contains(run.Profiles(), f.profile) {
		return h, notOneOf("profile", f.profile, run.Profiles())
	}
	if f.tls != "" && f.tls != "1.2" && f.tls != "1.3" {
		return h, fmt.Errorf("got --tls %q; want 1.2 or 1.3", f.tls)
	}
	if f.time < 0 {
		return h, fmt.Errorf("got --time %s; want a time such as 30s or 5m", f.time)
	}
	if f.corpus == "" {
		return h, fmt.Errorf("got an empty --corpus; want a folder")
	}
	if f.schedules == 0 && f.time == 0 {
		h.Schedules = 20000
	}
	chosen, err := f.choose(cmd, &h, c, args)
	switch {
	case err != nil:
		return h, err
	case chosen:
		return h, f.namesWithProgram(&h, c)
	case len(args) > 0:
		return h, fmt.Errorf("got %d arguments; want none; see: %s --help", len(args), cmd.CommandPath())
	}
	return h, f.names(&h, c)
}

// namesWithProgram looks up the names among the flags of a hunt in a real program.
func (f *huntFlags) namesWithProgram(h *hunt.Hunt, c *run.Catalog) (err error) {
	f.pump = h.Program.Name
	if f.engine = f.peerEngine; f.engine != "" {
		if h.Engine, err = c.Engine(f.engine); err != nil {
			return err
		}
	}
	if f.peer != "" {
		if h.Peer, err = c.Pump(f.peer); err != nil {
			return err
		}
	}
	if f.property != "" {
		p, err := c.Property(f.property, &model.Spec{Name: f.pump})
		if err != nil {
			return err
		}
		h.Watch = oracle.EveryProperty.Only(p.ID)
	}
	return nil
}

// names looks up the names among the flags.
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
		p, err := c.Property(f.property, h.Pump)
		if err != nil {
			return err
		}
		h.Watch = oracle.EveryProperty.Only(p.ID)
	}
	return f.engines(h, c)
}

// engines looks up the engines. Child processes load those that are real libraries.
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

// real says whether the hunt itself runs real libraries.
func (f *huntFlags) real(c *run.Catalog) bool {
	return f.program == "" && foreign(c, f.engine, f.peerEngine)
}

func (f *huntFlags) run(cmd *cobra.Command, p *program, args []string) error {
	t, c := p.terminal, p.catalog()
	h, err := f.hunt(cmd, c, args)
	if err != nil {
		return err
	}
	if err := corpus.Dir(f.corpus).Writable(); err != nil {
		return err
	}
	if f.against != "" {
		return f.compare(cmd, p, &h)
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
	h.Found = func(failure *hunt.Failure) error { return f.found(t, failure) }
	page.watch(f, &h)
	rep, err := f.guarded(ctx, &h, c)
	t.clear()
	if err != nil {
		return err
	}
	return f.end(cmd, t, rep)
}

// guarded runs the hunt, with real libraries in child processes.
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

// found saves a failure and reports it. If the report can't be printed the hunt ends.
func (f *huntFlags) found(t *terminal, failure *hunt.Failure) error {
	path, err := save(f.corpus, failure.Script)
	if err != nil {
		return err
	}
	f.saved = append(f.saved, path)
	if f.json {
		err = t.object(violationObject(f, failure, path))
	} else {
		t.clear()
		tell(t, failure, path)
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
		return interrupted(true, "interrupted after %d schedules; what was found is saved in %s",
			rep.Schedules, f.corpus)
	case stopped:
		return interrupted(false, "interrupted after %d schedules; nothing was found", rep.Schedules)
	case len(rep.Failures) > 0:
		return errViolation
	}
	return nil
}

// recheck prepares the hunt of --fixed. It replays the script, and says how many schedules are
// needed to be sure that its failure does not come back.
func (f *huntFlags) recheck(ctx context.Context, cmd *cobra.Command, t *terminal, h *hunt.Hunt,
	c *run.Catalog) error {

	if f.real(c) || f.property != "" || f.confirm != "" {
		return fmt.Errorf("got --fixed with --engine, --peer-engine, --confirm or --property; want " +
			"it on the model: the property is the script's")
	}
	var open replayFlags
	s, r, err := open.open(c, f.fixed)
	if err != nil {
		return err
	}
	r.Close()
	if foreign(c, s.Config.Engine, s.Config.PeerEngine) {
		return fmt.Errorf("%s: got a script of engine %s; want one of the model's: hunts on a "+
			"library of this machine don't say how often they would find it", f.fixed, s.Config.Engine)
	}
	if !cmd.Flags().Changed("pump") {
		f.pump = s.Config.Pump
		if h.Pump, err = c.Pump(f.pump); err != nil {
			return fmt.Errorf("%s: %w", f.fixed, err)
		}
	}
	if !cmd.Flags().Changed("strategy") {
		h.Strategy = ""
	}
	if !cmd.Flags().Changed("schedules") {
		h.Schedules = 0
	}
	f.again, err = h.Recheck(ctx, c, s)
	switch {
	case err != nil && ctx.Err() != nil:
		return interrupted(false, "%s: interrupted before it was known how often it failed", f.fixed)
	case err != nil:
		return fmt.Errorf("%s: %w", f.fixed, err)
	}
	if h.Strategy != "" {
		f.strategy = h.Strategy
	}
	f.scenario = h.Scenario
	if v := f.again.Still; v != nil {
		return f.still(t, v.String())
	}
	return nil
}

// still reports that the script still fails.
func (f *huntFlags) still(t *terminal, violation string) error {
	if f.json {
		if err := t.object(fixedJSON{Result: "violation", Script: f.fixed, Pump: f.pump,
			Property: f.again.Script.Property, What: violation}); err != nil {
			return err
		}
	} else {
		t.printf("%s still fails with %s: %s\n  replay: %s replay --loose --pump %s %s\n",
			f.fixed, f.pump, violation, t.name, f.pump, f.fixed)
	}
	return errViolation
}

// A fixedJSON is the object of --fixed: a line of its own if the script still fails, otherwise
// part of the hunt's end.
type fixedJSON struct {
	Result   string `json:"result,omitempty"`
	Script   string `json:"script"`
	Pump     string `json:"pump,omitempty"`
	Property string `json:"property"`
	What     string `json:"what,omitempty"`
	// The failure was found FoundBefore times in Schedules. Measured says that this was measured
	// now, with the script's own pump.
	FoundBefore uint64 `json:"found_before,omitempty"`
	Schedules   uint64 `json:"schedules_before,omitempty"`
	Measured    bool   `json:"measured,omitempty"`
	// Enough is the number of schedules that make 99 % sure. Sure is how sure, from 0 to 1,
	// those of this hunt make.
	Enough uint64  `json:"enough,omitempty"`
	Sure   float64 `json:"sure,omitempty"`
}

// fixedObject is the object of --fixed at the end of a hunt; nil without --fixed.
func fixedObject(f *huntFlags, rep *hunt.Report) *fixedJSON {
	k := f.again
	if k == nil {
		return nil
	}
	return &fixedJSON{Script: f.fixed, Property: k.Script.Property, FoundBefore: k.Rate.Found,
		Schedules: k.Rate.Schedules, Measured: k.Measured, Enough: k.Rate.Enough(),
		Sure: k.Rate.Sure(rep.Schedules)}
}

// A liveHunt is the page of a hunt with --http; it is empty without the flag.
type liveHunt struct {
	board  *live.Board
	server *live.Server
}

// serve starts to serve the hunt's page if there is --http, and prints its address.
func (f *huntFlags) serve(p *program, h *hunt.Hunt) (l liveHunt, err error) {
	if f.http == "" {
		if f.open {
			return l, fmt.Errorf("got --http-open without --http; want the address to serve at")
		}
		return l, nil
	}
	l.board = live.NewBoard(f.about(h))
	l.board.Picture = p.drawFailure
	if l.server, err = live.Serve(f.http, f.open, l.board); err != nil {
		return l, fmt.Errorf("--http: %w", err)
	}
	fmt.Fprintf(p.err, "live page: %s\n", l.server.URL)
	return l, nil
}

// about describes the hunt.
func (f *huntFlags) about(h *hunt.Hunt) live.About {
	return live.About{Pump: f.pump, Engine: f.engine, TLS: f.tls, Scenario: f.scenario,
		Strategy: f.strategy, Seed: f.seed, Schedules: h.Schedules, Time: f.time}
}

// drawFailure makes the page of a failing script. It shares nothing with the hunt, which goes on.
func (p *program) drawFailure(s *script.Script) ([]byte, error) {
	c := p.catalog()
	o, err := c.Subject(&s.Config)
	if err != nil {
		return nil, err
	}
	r, err := run.NewRunner(c, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	out, err := contained(r, s, run.ReplayOptions{Trace: true})
	if err != nil {
		return nil, err
	}
	if out.Lost {
		return nil, fmt.Errorf("the process that ran it died: there is no trace")
	}
	return story.Page(story.Tell(s, &out))
}

// watch connects the hunt to the board. The description is set again, because --fixed changes
// it.
func (l *liveHunt) watch(f *huntFlags, h *hunt.Hunt) {
	if l.board == nil {
		return
	}
	l.board.Describe(f.about(h))
	progress, found := h.Progress, h.Found
	h.Progress = func(s hunt.Stats) {
		l.board.Progress(s)
		if progress != nil {
			progress(s)
		}
	}
	h.Found = func(failure *hunt.Failure) error {
		before := len(f.saved)
		err := found(failure)
		if n := len(f.saved); n > before {
			l.board.Found(failure, f.saved[n-1])
		}
		return err
	}
}

// close stops to serve the page.
func (l *liveHunt) close() {
	if l.server != nil {
		l.server.Close()
	}
}
