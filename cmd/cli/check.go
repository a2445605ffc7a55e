package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/check"
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
		Long: "check goes through all that can happen in a scenario within the bounds: every order in\n" +
			"which bytes arrive and ends are polled, and every moment at which an app does something.\n" +
			"It runs the code itself, on the model's engine. Either no watched property can be\n" +
			"violated within these bounds, or there is a shortest script that violates one, which is\n" +
			"saved (exit code 1). A check that stops before it is done proves nothing (exit code 2).\n\n" +
			"Each size of the buffers, and each kind of world that the scenario draws, is explored by\n" +
			"itself. What the scenario does not do is not done, whatever the bounds say.",
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
	fl.IntVar(&f.workers, "workers", 0, "how many work at once (default: one for each processor)")
	fl.StringVar(&f.memory, "memory", "", "stop at so much memory, such as 500MiB or 4GiB")
	fl.Uint64Var(&f.states, "states", 0, "stop at so many states of a world (default: never)")
	fl.StringVar(&f.checkpoint, "checkpoint", "", "the file where a check that stops is saved, and"+
		" gone on with\nby the same command")
	fl.StringVar(&f.corpus, "corpus", "found", "the folder where a script is saved")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a line")
	return cmd
}

// names are the flags that say what is checked.
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
	fl.StringVar(&f.modes, "modes", "", "some of whole-writes, fixed-buffer, reentrant: traits\nof"+
		" scripts")
}

// bounds are the flags that say how far.
func (f *checkFlags) bounds(cmd *cobra.Command) {
	fl, w := cmd.Flags(), &f.Within
	fl.IntVar(&w.Writes, "writes", w.Writes, "how many messages each end's app may write")
	fl.IntVar(&w.Renegotiations, "renegotiations", w.Renegotiations, "how often each may renegotiate")
	fl.IntVar(&w.KeyUpdates, "keyupdates", w.KeyUpdates, "how often each may update its keys")
	fl.IntVar(&w.Closes, "closes", w.Closes, "how often each may close, or half-close: 0 or 1")
	fl.IntVar(&w.Pauses, "pauses", w.Pauses, "how often each may stop reading")
	fl.IntVar(&w.Faults, "faults", w.Faults, "how often each fault may happen at each end (default: 1"+
		" if the\nscenario is about faults, else 0)")
	fl.StringVar(&f.body, "body", "16", "the sizes of messages, in bytes: such as 16,300")
	fl.StringVar(&f.answer, "answer", "16", "the sizes of their answers")
	fl.IntVar(&w.Record, "record", w.Record, "the most plaintext of a record, in bytes")
	fl.StringVar(&f.buffers, "buffers", "1..3", "how many records fit the buffers: each size, in"+
		" engine and pump, and\nin the link")
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
	return f.end(p.terminal, c, o, s, &rep)
}

// search makes a search of the flags.
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
		p, err := c.Property(f.property)
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
	if f.workers < 0 || f.workers > 256 {
		return fmt.Errorf("got --workers %d; want 1 to 256, or 0 for one for each processor", f.workers)
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

// parseModes reads the settings of the world that are on.
func (f *checkFlags) parseModes() error {
	modes := map[string]*bool{"whole-writes": &f.WholeWrites, "fixed-buffer": &f.FixedBuffer,
		"reentrant": &f.Reentrant}
	for _, word := range words(f.modes) {
		if modes[word] == nil {
			return fmt.Errorf("got --modes %q; want some of whole-writes, fixed-buffer, reentrant", f.modes)
		}
		*modes[word] = true
	}
	return nil
}

// parseWord finds the value that a flag's word means.
func parseWord[T fmt.Stringer](flag, word string, values ...T) (T, error) {
	var known []string
	for _, v := range values {
		if v.String() == word {
			return v, nil
		}
		known = append(known, v.String())
	}
	return values[0], fmt.Errorf("got --%s %q; want one of %s", flag, word, strings.Join(known, ", "))
}

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

// parseDeliver reads portions as scripts have them.
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
