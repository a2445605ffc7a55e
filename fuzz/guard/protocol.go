package guard

import (
	"errors"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A job is what a child does, as the first line of JSON on its stdin. One field is set.
// Then stdin stays open; when it ends, the child ends the job in good order.
type job struct {
	Hunt    *huntJob    `json:"hunt,omitempty"`
	Replay  *scriptJob  `json:"replay,omitempty"`
	Confirm *confirmJob `json:"confirm,omitempty"`
	Shrink  *shrinkJob  `json:"shrink,omitempty"`
	Load    string      `json:"load,omitempty"` // a library to load
}

// A huntJob is a part of a hunt. It names pumps and engines, which can't be sent.
type huntJob struct {
	Pump, Peer, Engine, PeerEngine, Scenario, TLS, Profile string
	Strategy                                               string
	Seed, Schedules, From, Steps                           uint64
	Watch, Until                                           oracle.PropertySet
	First, Unshrunk                                        bool
	// Alone runs one schedule, tells each of its actions, and does not shrink it.
	Alone bool
}

// A scriptJob is a replay. Lines are the line numbers of the actions in the script's file, for
// messages.
type scriptJob struct {
	Script  string
	Lines   []int
	Options run.ReplayOptions
}

// A confirmJob is a replay of a script on an engine: see run.Confirm.
type confirmJob struct{ Script, Engine string }

// A shrinkJob is the shrink of a script, in at most so many runs; 0 is the default.
type shrinkJob struct {
	Script string
	Runs   int
}

// A message is a line of JSON on a child's stdout. One field is set.
//
// A hunt sends Start at each schedule, Saw, Failure and Far as they come, and Report at its
// end; if it is Alone it sends World and Action too. A shrink sends Far and Shrunk. Each other
// job sends its one answer. A job that fails sends Error.
type message struct {
	Start   *startMessage     `json:"start,omitempty"`
	World   string            `json:"world,omitempty"`  // a run begins: the header of its script
	Action  string            `json:"action,omitempty"` // the run's next action
	Beat    bool              `json:"beat,omitempty"`   // a run begins: the child is alive
	Saw     *sawMessage       `json:"saw,omitempty"`
	Failure *failureMessage   `json:"failure,omitempty"`
	Report  *reportMessage    `json:"report,omitempty"` // the end of a hunt
	Outcome *outcomeMessage   `json:"outcome,omitempty"`
	Confirm *run.Confirmation `json:"confirm,omitempty"`
	Shrunk  *shrunkMessage    `json:"shrunk,omitempty"` // the end of a shrink
	Far     *shrink.Shrunk    `json:"far,omitempty"`    // how far a shrink has come
	Loaded  bool              `json:"loaded,omitempty"`
	Error   *errorMessage     `json:"error,omitempty"`
}

// A startMessage is the number of a schedule that begins, and the steps before it.
type startMessage struct{ Schedule, Steps uint64 }

// A sawMessage is what a schedule has reached.
type sawMessage struct {
	Schedule uint64
	sim.Sighting
}

type failureMessage struct {
	Schedule, Schedules, Steps uint64
	Original                   int
	Shrunk                     shrink.Shrunk
	Strategy, Script           string
	Result                     sim.Result
	Story                      []string
}

// A reportMessage is the end of a hunt.
type reportMessage struct {
	Schedules, Steps uint64
	Interrupted      bool
}

// A shrunkMessage is the end of a shrink.
type shrunkMessage struct {
	Script string
	Shrunk shrink.Shrunk
}

// An outcomeMessage is the end of a replay: the part of a run.Outcome that can be sent.
type outcomeMessage struct {
	Result sim.Result
	Own    bool
	Places []string
}

// An errorMessage is the error of a job. The error types that callers look for are kept.
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
