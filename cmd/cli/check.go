package cli

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/check"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// checkFlags are the flags of check.
type checkFlags struct {
	check.Within
	pump, peer, tls, scenario, property string
	buffers, deliver, body, answer      string
	transport, trigger, under, modes    string
	memory, checkpoint, corpus          string
	states                              uint64
	workers                             int
	json                                bool
}

func newCheck(p *program) *cobra.Command {
	f := checkFlags{Within: check.DefaultWithin()}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "explore a scenario exhaustively, within bounds",
		Long: "check explores everything that can happen in a scenario within the bounds: every order\n" +
			"in which bytes arrive and ends are polled, and every moment at which an app does\n" +
			"something. It runs the pump's code on the model's engine. Either no watched property can\n" +
			"be violated within these bounds, or check saves a shortest script that violates one\n" +
			"(exit code 1). A check that stops before it is done proves nothing (exit code 2).\n\n" +
			"Each size of the buffers, and each kind of world that the scenario draws, is explored by\n" +
			"itself. Bounds do not add anything that the scenario does not do.",
		Example: "  wantwrite check --pump reference --scenario idle-renegotiation\n" +
			"  wantwrite check --pump kv-original --scenario idle-renegotiation --property stall\n" +
			"  wantwrite check --pump reference --scenario key-update --writes 2 --buffers 1..2\n" +
			"  wantwrite check --pump reference --scenario mutual-close --deliver byte,all\n" +
			"  wantwrite check --pump moved-retry --scenario bulk-both-ways --transport attached" +
			" --modes whole-writes,fixed-buffer\n" +
			"  wantwrite check --pump reference --scenario half-close --memory 4GiB --checkpoint half",
		Args: countArgs(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, p) },
	}
	f.names(cmd, p.pump())
	f.bounds(cmd)
	fl := cmd.Flags()
	fl.Var(workersOf(&f.workers), "workers", "how many goroutines search (default: one for each core)")
	fl.StringVar(&f.memory, "memory", "", "stop at this much memory, such as 500MiB or 4GiB")
	fl.Uint64Var(&f.states, "states", 0, "stop when a world has this many states (default: never)")
	fl.StringVar(&f.checkpoint, "checkpoint", "", "save a check that stops to this file; the same"+
		" command\ncontinues it")
	fl.StringVar(&f.corpus, "corpus", "found", "the folder where a script is saved")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a line")
	return cmd
}

// names adds the flags that say what is checked.
func (f *checkFlags) names(cmd *cobra.Command, pump string) {
	fl := cmd.Flags()
	fl.StringVar(&f.pump, "pump", pump, "the pump under test: see list")
	fl.StringVar(&f.peer, "peer", "", "the other end's pump (default: reference)")
	fl.StringVar(&f.tls, "tls", "", "1.2 or 1.3 (default: both)")
	fl.StringVar(&f.scenario, "scenario", "idle-renegotiation", "the scenario: see list")
	fl.StringVar(&f.property, "property", "", "look for one property only: see list")
	fl.StringVar(&f.transport, "transport", "pair", "pair or attached")
	fl.StringVar(&f.trigger, "trigger", "level", "level, edge or oneshot")
	fl.StringVar(&f.under, "under", "server", "the end under test: client or server")
	fl.StringVar(&f.modes, "modes", "", "some of whole-writes, fixed-buffer, reentrant, as in"+
		" scripts")
}

// bounds adds the flags that bound the search.
func (f *checkFlags) bounds(cmd *cobra.Command) {
	fl, w := cmd.Flags(), &f.Within
	fl.IntVar(&w.Writes, "writes", w.Writes, "how many messages each end's app may write")
	fl.IntVar(&w.Renegotiations, "renegotiations", w.Renegotiations, "how often each may renegotiate")
	fl.IntVar(&w.KeyUpdates, "keyupdates", w.KeyUpdates, "how often each may update its keys")
	fl.IntVar(&w.Closes, "closes", w.Closes, "how often each may close, or half-close: 0 or 1")
	fl.IntVar(&w.Pauses, "pauses", w.Pauses, "how often each may stop reading")
	fl.IntVar(&w.Faults, "faults", w.Faults, "how often each fault may happen at each end (default: 1"+
		" if the\nscenario is about faults, else 0)")
	fl.StringVar(&f.body, "body", "16", "the sizes of messages, in bytes, such as 16,300")
	fl.StringVar(&f.answer, "answer", "16", "the sizes of answers, in bytes")
	fl.IntVar(&w.Record, "record", w.Record, "the most plaintext of a record, in bytes")
	fl.StringVar(&f.buffers, "buffers", "1..3", "how many records fit into the buffers of engine,"+
		" pump and link:\neach of these numbers")
	fl.StringVar(&f.deliver, "deliver", "record,all", "how bytes arrive: byte, part, record, all,"+
		" or counts")
	fl.IntVar(&w.Depth, "depth", 0, "the most actions (default: without limit)")
	fl.Lookup("faults").DefValue = "0" // pflag does not show a 0
}

func (f *checkFlags) run(cmd *cobra.Command, p *program) error {
	c := p.catalog()
	s, o, err := f.search(c)
	if err != nil {
		return err
	}
	if err := corpus.Dir(f.corpus).Writable(); err != nil {
		return err
	}
	if !f.json {
		s.Progress = p.searching
	}
	rep, err := s.Run(cmd.Context())
	p.clear()
	if err != nil {
		return err
	}
	err = f.end(p.terminal, c, o, s, &rep)
	if err == nil && rep.Unfinished() != "" {
		return f.unfinished(cmd.Context(), &rep)
	}
	return err
}

// search makes a search from the flags.
func (f *checkFlags) search(c *run.Catalog) (s *check.Search, o run.Options, err error) {
	if err := f.parse(); err != nil {
		return nil, o, err
	}
	o = run.Options{Scenario: f.scenario, TLS: f.tls}
	if o.Pump, err = c.Pump(f.pump); err != nil {
		return nil, o, err
	}
	if f.peer != "" {
		if o.Peer, err = c.Pump(f.peer); err != nil {
			return nil, o, err
		}
	}
	if _, err = c.Scenario(f.scenario); err != nil {
		return nil, o, err
	}
	if s, err = f.Within.Search(c, o); err != nil {
		return nil, o, err
	}
	s.Workers, s.States, s.Checkpoint, s.Every = f.workers, f.states, f.checkpoint, 5*time.Minute
	if s.Memory, err = parseMemory(f.memory); err != nil {
		return nil, o, err
	}
	if f.property != "" {
		p, err := c.Property(f.property, o.Pump)
		if err != nil {
			return nil, o, err
		}
		s.Watch = oracle.EveryProperty.Only(p.ID)
	}
	return s, o, nil
}

// parse reads the flags that are lists or words.
func (f *checkFlags) parse() (err error) {
	w := &f.Within
	if f.tls != "" && f.tls != "1.2" && f.tls != "1.3" {
		return fmt.Errorf("got --tls %q; want 1.2 or 1.3", f.tls)
	}
	if f.corpus == "" {
		return fmt.Errorf("got an empty --corpus; want a folder")
	}
	if w.Body, err = parseSizes("body", f.body); err != nil {
		return err
	}
	if w.Answer, err = parseSizes("answer", f.answer); err != nil {
		return err
	}
	if w.Least, w.Most, err = parseRange(f.buffers); err != nil {
		return err
	}
	if w.Deliver, err = parseDeliver(f.deliver); err != nil {
		return err
	}
	transport, err := parseWord("transport", f.transport, model.Pair, model.Attached)
	if err != nil {
		return err
	}
	w.Transport = transport
	w.Trigger, err = parseWord("trigger", f.trigger, model.Level, model.Edge, model.OneShot)
	if err != nil {
		return err
	}
	if w.Under, err = parseWord("under", f.under, model.Client, model.Server); err != nil {
		return err
	}
	return f.parseModes()
}

// parseModes reads the modes, each of which turns a setting of the world on.
func (f *checkFlags) parseModes() error {
	modes := map[string]*bool{"whole-writes": &f.WholeWrites, "fixed-buffer": &f.FixedBuffer,
		"reentrant": &f.Reentrant}
	for _, word := range words(f.modes) {
		if modes[word] == nil {
			known := []string{"whole-writes", "fixed-buffer", "reentrant"}
			return fmt.Errorf("got --modes %q; want some of %s%s", f.modes, strings.Join(known, ", "),
				script.Suggest(word, known))
		}
		*modes[word] = true
	}
	return nil
}

// parseSizes reads a list of sizes.
func parseSizes(flag, list string) (sizes []int, err error) {
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil {
			return nil, fmt.Errorf("got --%s %q; want sizes in bytes, such as 16 or 16,300", flag, list)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

// parseRange reads a number of records or a range of them.
func parseRange(text string) (lo, hi int, err error) {
	first, last, ranged := strings.Cut(text, "..")
	if !ranged {
		last = first
	}
	lo, err = strconv.Atoi(first)
	if err == nil {
		hi, err = strconv.Atoi(last)
	}
	if err != nil || lo < 1 || hi < lo {
		return 0, 0, fmt.Errorf("got --buffers %q; want a number of records, or a range such as 1..3",
			text)
	}
	return lo, hi, nil
}

// parseDeliver reads a list of amounts, in the form that scripts have.
func parseDeliver(list string) (args []uint32, err error) {
	for word := range strings.SplitSeq(list, ",") {
		a, err := script.ParseAction("deliver client " + strings.TrimSpace(word))
		if err != nil {
			return nil, fmt.Errorf("got --deliver %q; want some of byte, part, record, all, or counts of"+
				" bytes", list)
		}
		args = append(args, a.Arg)
	}
	return args, nil
}

// parseMemory reads a size with its unit.
func parseMemory(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	number := strings.TrimRight(text, "kKMGTiB")
	scale := map[string]float64{"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
		"kB": 1e3, "MB": 1e6, "GB": 1e9}[text[len(number):]]
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || scale == 0 || n*scale < 1 || n*scale > math.MaxInt64 {
		return 0, fmt.Errorf("got --memory %q; want a size such as 500MiB or 4GiB", text)
	}
	return uint64(n * scale), nil
}

// searching draws how far a check is.
func (t *terminal) searching(s check.Stats) {
	t.draw(fmt.Sprintf("world %d of %d, %d states, %.0f/s, depth %d", s.Worlds+1, s.Of, s.States,
		perSecond(&s), s.Depth))
}

// perSecond is the rate of a check, in states.
func perSecond(s *check.Stats) float64 { return float64(s.States) / max(s.Elapsed.Seconds(), 1e-9) }

// perState is the memory of a state of the largest world, in bytes.
func perState(s *check.Stats) float64 { return float64(s.Memory) / float64(max(1, s.Largest)) }

// end reports the result of a check.
func (f *checkFlags) end(t *terminal, c *run.Catalog, o run.Options, s *check.Search,
	rep *check.Report) error {

	failure, path, err := f.save(c, o, rep)
	if err != nil {
		return err
	}
	if f.json {
		err = t.object(checkObject(f, s, rep, failure, path))
	} else {
		f.tell(t, s, rep, failure, path)
	}
	switch {
	case err != nil:
		return err
	case failure != nil:
		return errViolation
	}
	return nil
}

// save saves the script of a counterexample; failure is nil if there is none.
func (f *checkFlags) save(c *run.Catalog, o run.Options, rep *check.Report) (
	failure *hunt.Failure, path string, err error) {

	if rep.Counterexample == nil {
		return nil, "", nil
	}
	r, err := run.NewRunner(c, o)
	if err != nil {
		return nil, "", err
	}
	defer r.Close()
	failure = &hunt.Failure{Script: rep.Counterexample.Script()}
	if err := failure.Tell(r); err != nil {
		return nil, "", err
	}
	path, err = save(f.corpus, failure.Script)
	return failure, path, err
}

// unfinished is the error of a check that stopped before it was done.
func (f *checkFlags) unfinished(ctx context.Context, rep *check.Report) error {
	hint := "; nothing was found so far"
	if f.checkpoint != "" {
		hint += ", and " + f.checkpoint + " is there to go on from"
	}
	err := fmt.Errorf("%s after %d states of world %d of %d%s", rep.Unfinished(), rep.States,
		rep.Worlds+1, rep.Of, hint)
	if ctx.Err() != nil {
		return interrupted(false, "%v", err)
	}
	return err
}

// tell prints a report for people.
func (f *checkFlags) tell(t *terminal, s *check.Search, rep *check.Report, failure *hunt.Failure,
	path string) {

	verdict := "holds within these bounds"
	switch {
	case failure != nil:
		verdict = failure.Script.Property
	case rep.Unfinished() != "":
		verdict = "not done"
	}
	if failure != nil {
		t.printf("%s in %s: a shortest script, scenario %s\n%s\n", t.bold(verdict), f.pump, f.scenario,
			indent(failure.Story))
		t.printf("  %d actions: %s\n  replay: %s replay %s\n\n", len(failure.Script.Actions), path,
			t.name, path)
	}
	t.printf("%s: %s\n", f.pump, verdict)
	t.printf("  %d states, %d transitions, depth %d, in %s; quiesced %d times\n", rep.States,
		rep.Transitions, rep.Depth, worlds(rep), rep.Quiesced)
	t.printf("  %.1fs, %.0f states/s, %.1f bytes a state in the largest world\n",
		rep.Elapsed.Seconds(), perSecond(&rep.Stats), perState(&rep.Stats))
	t.printf("  bounds: %s\n", f.within(s))
	if p := rep.Partial; p != nil {
		t.printf("  covered of world %d: all that takes fewer than %d actions; %d states wait\n",
			rep.Worlds+1, p.Level, p.Frontier)
	}
	t.printf("%s\n", indent(f.meaning(rep)))
}

// worlds counts the worlds that were explored.
func worlds(rep *check.Report) string {
	if rep.Worlds < rep.Of {
		return fmt.Sprintf("%d of %d worlds", rep.Worlds, rep.Of)
	}
	return fmt.Sprintf("%d worlds", rep.Of)
}

// within is the bounds in words.
func (f *checkFlags) within(s *check.Search) string {
	var may []string
	for role, budget := range s.Bounds.Budget {
		var verbs []string
		for v, n := range budget {
			if n > 0 {
				verbs = append(verbs, fmt.Sprintf("%s %d", script.Verb(v), n))
			}
		}
		if verbs != nil {
			may = append(may, fmt.Sprintf("%s: %s", script.End(role), strings.Join(verbs, ", ")))
		}
	}
	if may == nil {
		may = []string{"no app does anything"}
	}
	text := fmt.Sprintf("%s; messages of %s bytes, answers of %s; records of %d; buffers of %s"+
		" records; bytes arrive by %s; %s transport, %s trigger, under test the %s",
		strings.Join(may, "; "), f.body, f.answer, f.Record, f.buffers, f.deliver, f.transport, f.trigger,
		f.under)
	if f.modes != "" {
		text += "; " + strings.Join(words(f.modes), ", ")
	}
	if f.Depth > 0 {
		text += fmt.Sprintf("; at most %d actions", f.Depth)
	}
	return text
}

// meaning says what the result proves, and what it does not.
func (f *checkFlags) meaning(rep *check.Report) []string {
	switch {
	case rep.Counterexample != nil && rep.Partial != nil:
		return []string{"there may be a shorter one in the worlds that were not explored"}
	case rep.Counterexample != nil:
		return []string{"no script of fewer actions violates a watched property within these bounds"}
	case rep.Unfinished() != "":
		return []string{"this proves nothing yet: what was not reached may violate a property"}
	}
	return []string{
		"proved: on the model's engine this build of the pump violates no watched property in any",
		"  run within the bounds, whichever way bytes, turns and the app's actions fall",
		"states are compared whole and not by a hash: the odds that one was missed are 0",
		"not proved: other sizes and counts, more links, what another library does otherwise, and",
		"  timers that run out while bytes are still on their way",
	}
}

// A checkJSON is the object of a check.
type checkJSON struct {
	Result      string   `json:"result"`
	Stop        string   `json:"stop"`
	Pump        string   `json:"pump"`
	Scenario    string   `json:"scenario"`
	TLS         string   `json:"tls,omitempty"`
	States      uint64   `json:"states"`
	Transitions uint64   `json:"transitions"`
	Heals       uint64   `json:"heals"`
	Depth       int      `json:"depth"`
	Worlds      int      `json:"worlds"`
	Of          int      `json:"of"`
	Seconds     float64  `json:"seconds"`
	Rate        float64  `json:"states_per_second"`
	Memory      uint64   `json:"memory"`
	BytesState  float64  `json:"bytes_per_state"`
	MissedOdds  float64  `json:"missed_odds"`
	Bounds      string   `json:"bounds"`
	Covered     int      `json:"covered,omitempty"`
	Frontier    uint64   `json:"frontier,omitempty"`
	Property    string   `json:"property,omitempty"`
	Actions     int      `json:"actions,omitempty"`
	Script      string   `json:"script,omitempty"`
	Hash        string   `json:"hash,omitempty"`
	End         string   `json:"end,omitempty"`
	Obligation  string   `json:"obligation,omitempty"`
	What        string   `json:"what,omitempty"`
	Story       []string `json:"story,omitempty"`
}

// checkObject makes the object of a check.
func checkObject(f *checkFlags, s *check.Search, rep *check.Report, failure *hunt.Failure,
	path string) checkJSON {

	o := checkJSON{Result: "holds", Stop: rep.Stop.String(), Pump: f.pump, Scenario: f.scenario,
		TLS: f.tls, States: rep.States, Transitions: rep.Transitions, Heals: rep.Quiesced,
		Depth: rep.Depth, Worlds: rep.Worlds, Of: rep.Of, Seconds: rep.Elapsed.Seconds(),
		Rate: perSecond(&rep.Stats), Memory: rep.Memory, BytesState: perState(&rep.Stats),
		Bounds: f.within(s)}
	if rep.Unfinished() != "" {
		o.Result = "unfinished"
	}
	if p := rep.Partial; p != nil {
		o.Covered, o.Frontier = p.Level, p.Frontier
	}
	if failure != nil {
		v := &failure.Result
		o.Result, o.Property = "violation", failure.Script.Property
		o.Actions, o.Script = len(failure.Script.Actions), path
		o.Hash = fmt.Sprintf("%016x", failure.Script.Hash)
		o.End, o.Obligation, o.What = endOf(v), v.Violation.Obligation.String(), what(v)
		o.Story = failure.Story
	}
	return o
}
