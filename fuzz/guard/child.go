package guard

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A child is this process when a Guard of another process has started it. It does one job.
type child struct {
	catalog *run.Catalog
	out     *json.Encoder
}

// A lifeline is a child's stdin. It ends when the parent is gone, or wants the child to end.
type lifeline struct{ in io.Reader }

// exitOrphan is the exit code of a child whose parent is gone.
const exitOrphan = 3

// grace is longer than the present schedule takes, and the shrink of its script. A parent that
// lives kills a child that hangs much earlier.
const grace = 2 * time.Minute

// Read implements io.Reader.
//
// Story 94: the parent is killed while its child hangs in the library. The child never notices,
// and keeps a core busy for ever.
func (l *lifeline) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	if err != nil {
		time.AfterFunc(grace, func() { os.Exit(exitOrphan) })
	}
	return n, err
}

// Serve makes this process a child of a Guard. It reads a job from in, and writes to out what
// comes of it; nothing else may be written there. When in ends, as it does when the parent
// dies, the job ends after the schedule at hand. An error means that there is no job, or that
// out fails.
func Serve(c *run.Catalog, in io.Reader, out io.Writer) error {
	if in == os.Stdin {
		in = &lifeline{in}
	}
	lines := bufio.NewReader(in)
	text, err := lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("fuzz: a child got no job: %w", err)
	}
	var j job
	if err := json.Unmarshal(text, &j); err != nil {
		return fmt.Errorf("fuzz: a child got a job that it can't read: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		cancel()
	}()
	w := &child{c, json.NewEncoder(out)}
	m, err := w.do(ctx, &j)
	if err != nil {
		m = message{Error: newErrorMessage(err)}
	}
	return w.out.Encode(m)
}

// do does a job. It returns the last message.
func (c *child) do(ctx context.Context, j *job) (m message, err error) {
	switch {
	case j.Hunt != nil:
		m.Report, err = c.hunt(ctx, j.Hunt)
	case j.Replay != nil:
		m.Outcome, err = c.replay(j.Replay)
	case j.Confirm != nil:
		m.Confirm, err = c.confirm(j.Confirm)
	case j.Shrink != nil:
		m.Shrunk, err = c.shrink(ctx, j.Shrink)
	default:
		m.Loaded = true
		_, err = c.catalog.Engine(j.Load)
	}
	return m, err
}

func (c *child) hunt(ctx context.Context, j *huntJob) (*reportMessage, error) {
	h := hunt.Hunt{Seed: j.Seed, Schedules: j.Schedules, Watch: j.Watch, First: j.First,
		Until: j.Until, Strategy: j.Strategy, Unshrunk: j.Unshrunk || j.Alone}
	h.Child.From, h.Child.Steps = j.From, j.Steps
	seen := &witness{child: c, all: j.Alone}
	h.Child.Observe = seen
	if err := c.names(&h.Options, j); err != nil {
		return nil, err
	}
	h.Child.Starts = func(n, steps uint64) error {
		seen.fresh = true
		return c.out.Encode(message{Start: &startMessage{n, steps}})
	}
	h.Child.Saw = func(n uint64, s sim.Sighting) error {
		return c.out.Encode(message{Saw: &sawMessage{n, s}})
	}
	h.Found = func(f *hunt.Failure) error {
		return c.out.Encode(message{Failure: &failureMessage{f.Schedule, f.Stats.Schedules, f.Stats.Steps,
			f.Original, f.Shrunk, f.Strategy, string(f.Script.Format()), f.Result, f.Story}})
	}
	h.Progress = func(s hunt.Stats) {
		if s.Shrinking != nil {
			c.far(*s.Shrinking)
		}
	}
	rep, err := h.Run(ctx, c.catalog)
	return &reportMessage{rep.Schedules, rep.Steps, rep.Interrupted}, err
}

// names looks up the names of a job.
func (c *child) names(o *run.Options, j *huntJob) (err error) {
	o.Scenario, o.TLS, o.Profile = j.Scenario, j.TLS, j.Profile
	if o.Pump, err = c.catalog.Pump(j.Pump); err != nil {
		return err
	}
	if j.Peer != "" {
		if o.Peer, err = c.catalog.Pump(j.Peer); err != nil {
			return err
		}
	}
	if o.Engine, err = c.catalog.Engine(j.Engine); err != nil {
		return err
	}
	o.PeerEngine, err = c.catalog.Engine(cmp.Or(j.PeerEngine, j.Engine))
	return err
}

func (c *child) replay(j *scriptJob) (*outcomeMessage, error) {
	script, r, err := c.open(j.Script, j.Options.Pump)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	script.Lines = j.Lines
	out, err := run.Replay(r, script, j.Options)
	return &outcomeMessage{out.Result, out.Own, out.Places}, err
}

func (c *child) confirm(j *confirmJob) (*run.Confirmation, error) {
	script, r, err := c.open(j.Script, "")
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return run.Confirm(r, script, j.Engine)
}

// far tells how far a shrink has come, and with that that this process is alive.
func (c *child) far(s shrink.Shrunk) {
	_ = c.out.Encode(message{Far: &s}) // the last message returns the error
}

func (c *child) shrink(ctx context.Context, j *shrinkJob) (*shrunkMessage, error) {
	script, r, err := c.open(j.Script, "")
	if err != nil {
		return nil, err
	}
	defer r.Close()
	st, err := shrink.Shrink(ctx, r, script, shrink.Options{Runs: j.Runs, Progress: c.far})
	return &shrunkMessage{string(script.Format()), st}, err
}

// open reads a job's script, and makes a runner for its pump or another one.
func (c *child) open(text, pump string) (*script.Script, *run.Runner, error) {
	script, err := script.Parse(strings.NewReader(text), "job")
	if err != nil {
		return nil, nil, err
	}
	spec, err := c.catalog.Pump(cmp.Or(pump, script.Config.Pump))
	if err != nil {
		return nil, nil, err
	}
	r, err := run.NewRunner(c.catalog, run.Options{Pump: spec})
	return script, r, err
}

// A witness tells the parent when a run begins, so that the parent sees a hang; and each
// action before it is done, if all.
type witness struct {
	*child
	all   bool
	fresh bool // Start has just told that a run begins
}

func (w *witness) World(cfg *script.Config) {
	fresh := w.fresh
	w.fresh = false
	if fresh && !w.all {
		return
	}
	m := message{Beat: true}
	if w.all {
		m.World = string((&script.Script{Config: *cfg}).Format())
	}
	_ = w.out.Encode(m) // the next Start returns the error
}

func (w *witness) Follow(s sim.Scheduler) sim.Scheduler {
	if !w.all {
		return s
	}
	return &told{s, w}
}

// told tells each action of a strategy before it is done. After a crash the last one is the
// action in which the library crashed.
type told struct {
	sim.Scheduler
	w *witness
}

// Next implements sim.Strategy.
func (t *told) Next(w *sim.World) (script.Action, bool) {
	a, ok := t.Scheduler.Next(w)
	if ok {
		_ = t.w.out.Encode(message{Action: a.String()})
	}
	return a, ok
}
