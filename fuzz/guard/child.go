package guard

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A job is what a child process is to do: the first line on its stdin. It is
// one of: a part of a hunt, a replay, a confirmation, a shrink, or to load a
// library.
type job struct {
	Hunt    *huntJob    `json:"hunt,omitempty"`
	Replay  *scriptJob  `json:"replay,omitempty"`
	Confirm *confirmJob `json:"confirm,omitempty"`
	Shrink  *shrinkJob  `json:"shrink,omitempty"`
	Load    string      `json:"load,omitempty"`
}

// A huntJob is a part of a hunt, with names for what has code.
type huntJob struct {
	Pump, Peer, Engine, PeerEngine, Scenario, TLS, Profile string
	Strategy                                               string
	Seed, Schedules, From, Steps                           uint64
	Watch, Until                                           oracle.PropertySet
	First, Unshrunk                                        bool
	// Alone: one schedule only, told action by action, and not shrunk.
	Alone bool
}

// A scriptJob is a replay. Lines are the script's lines in its file, for
// messages.
type scriptJob struct {
	Script  string
	Lines   []int
	Options run.ReplayOptions
}

type confirmJob struct{ Script, Engine string }

type shrinkJob struct {
	Script string
	Runs   int
}

// A message is a line on a child's stdout: one of these.
type message struct {
	Start   *startMessage     `json:"start,omitempty"`
	World   string            `json:"world,omitempty"`  // a run begins: its script's head
	Action  string            `json:"action,omitempty"` // is about to be done
	Beat    bool              `json:"beat,omitempty"`   // a run begins
	Saw     *sawMessage       `json:"saw,omitempty"`
	Find    *findMessage      `json:"find,omitempty"`
	Report  *reportMessage    `json:"report,omitempty"` // the end of a hunt
	Outcome *outcomeMessage   `json:"outcome,omitempty"`
	Confirm *run.Confirmation `json:"confirm,omitempty"`
	Shrunk  *shrunkMessage    `json:"shrunk,omitempty"` // the end of a shrink
	Far     *shrink.Shrunk    `json:"far,omitempty"`    // how far a shrink has come
	Loaded  bool              `json:"loaded,omitempty"`
	Error   *errorMessage     `json:"error,omitempty"`
}

type startMessage struct{ Schedule, Steps uint64 }

// A sawMessage is what a schedule has reached.
type sawMessage struct {
	Schedule uint64
	sim.Sighting
}

type findMessage struct {
	Schedule, Schedules, Steps uint64
	Original                   int
	Shrunk                     shrink.Shrunk
	Strategy, Script           string
	Result                     sim.Result
	Story                      []string
}

type reportMessage struct {
	Schedules, Steps uint64
	Interrupted      bool
}

type shrunkMessage struct {
	Script string
	Shrunk shrink.Shrunk
}

type outcomeMessage struct {
	Result sim.Result
	Own    bool
}

// An errorMessage is an error of a job. What callers look at in errors is
// carried along.
type errorMessage struct {
	Text        string
	Input       *script.InputError
	Determinism *hunt.DeterminismError
}

func newErrorMessage(err error) *errorMessage {
	m := &errorMessage{Text: err.Error()}
	if !errors.As(err, &m.Input) {
		errors.As(err, &m.Determinism)
	}
	return m
}

func (m *errorMessage) err() error {
	switch {
	case m.Input != nil:
		return m.Input
	case m.Determinism != nil:
		return m.Determinism
	}
	return errors.New(m.Text)
}

// A worker is the child's side: it does one job.
type worker struct {
	catalog *run.Catalog
	out     *json.Encoder
}

// Serve makes this process a child of a Guard: it does the job that it reads
// from in and writes to out what comes of it, and nothing else may be written
// there. When in ends, which it does with the parent, the job ends in good
// order after the schedule at hand. An error means that the parent can't be
// talked to.
func Serve(c *run.Catalog, in io.Reader, out io.Writer) error {
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
	w := &worker{c, json.NewEncoder(out)}
	m, err := w.do(ctx, &j)
	if err != nil {
		m = message{Error: newErrorMessage(err)}
	}
	return w.out.Encode(m)
}

// do does a job; the message is its last.
func (w *worker) do(ctx context.Context, j *job) (m message, err error) {
	switch {
	case j.Hunt != nil:
		m.Report, err = w.hunt(ctx, j.Hunt)
	case j.Replay != nil:
		m.Outcome, err = w.replay(j.Replay)
	case j.Confirm != nil:
		m.Confirm, err = w.confirm(j.Confirm)
	case j.Shrink != nil:
		m.Shrunk, err = w.shrink(ctx, j.Shrink)
	default:
		m.Loaded = true
		_, err = w.catalog.Engine(j.Load)
	}
	return m, err
}

func (w *worker) hunt(ctx context.Context, j *huntJob) (*reportMessage, error) {
	h := hunt.Hunt{Seed: j.Seed, Schedules: j.Schedules, Watch: j.Watch, First: j.First,
		Until: j.Until, Strategy: j.Strategy, Unshrunk: j.Unshrunk || j.Alone}
	h.Child.From, h.Child.Steps = j.From, j.Steps
	seen := &witness{worker: w, all: j.Alone}
	h.Child.Observe = seen
	if err := w.names(&h.Options, j); err != nil {
		return nil, err
	}
	h.Child.Starts = func(n, steps uint64) error {
		seen.fresh = true
		return w.out.Encode(message{Start: &startMessage{n, steps}})
	}
	h.Child.Saw = func(n uint64, s sim.Sighting) error {
		return w.out.Encode(message{Saw: &sawMessage{n, s}})
	}
	h.Found = func(f *hunt.Failure) error {
		return w.out.Encode(message{Find: &findMessage{f.Schedule, f.Stats.Schedules, f.Stats.Steps,
			f.Original, f.Shrunk, f.Strategy, string(f.Script.Format()), f.Result, f.Story}})
	}
	h.Progress = func(s hunt.Stats) {
		if s.Shrinking != nil {
			w.far(*s.Shrinking)
		}
	}
	rep, err := h.Run(ctx, w.catalog)
	return &reportMessage{rep.Schedules, rep.Steps, rep.Interrupted}, err
}

// names finds what the names of a job mean.
func (w *worker) names(o *run.Options, j *huntJob) (err error) {
	o.Scenario, o.TLS, o.Profile = j.Scenario, j.TLS, j.Profile
	if o.Pump, err = w.catalog.Pump(j.Pump); err != nil {
		return err
	}
	if j.Peer != "" {
		if o.Peer, err = w.catalog.Pump(j.Peer); err != nil {
			return err
		}
	}
	if o.Engine, err = w.catalog.Engine(j.Engine); err != nil {
		return err
	}
	o.PeerEngine, err = w.catalog.Engine(cmp.Or(j.PeerEngine, j.Engine))
	return err
}

func (w *worker) replay(j *scriptJob) (*outcomeMessage, error) {
	script, r, err := w.open(j.Script, j.Options.Pump)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	script.Lines = j.Lines
	out, err := run.Replay(r, script, j.Options)
	return &outcomeMessage{out.Result, out.Own}, err
}

func (w *worker) confirm(j *confirmJob) (*run.Confirmation, error) {
	script, r, err := w.open(j.Script, "")
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return run.Confirm(r, script, j.Engine)
}

// far tells how far a shrink has come, and that this process is alive.
func (w *worker) far(s shrink.Shrunk) {
	_ = w.out.Encode(message{Far: &s}) // who can't hear is told so at the end
}

func (w *worker) shrink(ctx context.Context, j *shrinkJob) (*shrunkMessage, error) {
	script, r, err := w.open(j.Script, "")
	if err != nil {
		return nil, err
	}
	defer r.Close()
	st, err := shrink.Shrink(ctx, r, script, shrink.ShrinkOptions{Runs: j.Runs, Progress: w.far})
	return &shrunkMessage{string(script.Format()), st}, err
}

// open reads a job's script and makes a runner for it, or for another pump.
func (w *worker) open(text, pump string) (*script.Script, *run.Runner, error) {
	script, err := script.Parse(strings.NewReader(text), "job")
	if err != nil {
		return nil, nil, err
	}
	spec, err := w.catalog.Pump(cmp.Or(pump, script.Config.Pump))
	if err != nil {
		return nil, nil, err
	}
	r, err := run.NewRunner(w.catalog, run.Options{Pump: spec})
	return script, r, err
}

// A witness tells the parent that runs begin, so that it can see a hang, and
// if it is asked for all, each action, before it is done.
type witness struct {
	*worker
	all   bool
	fresh bool // a start has just been told, and would be told twice
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
	_ = w.out.Encode(m) // who can't hear is told so at the next start
}

func (w *witness) Follow(s sim.Scheduler) sim.Scheduler {
	if !w.all {
		return s
	}
	return &told{s, w}
}

// told is a strategy whose actions are told before they are done: the last
// one is that from which a library did not come back.
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
