package story

import (
	"fmt"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A lane is a column of the diagram of a run, as one end sees it.
type lane uint8

const (
	// laneApp to laneSocket belong to the end.
	laneApp lane = iota
	lanePump
	laneEngine
	laneSocket
	// laneLink is the link between the ends. lanePeer is the whole other end.
	laneLink
	lanePeer

	// numLanes is how many there are.
	numLanes
)

var laneText = [numLanes]string{"app", "pump", "engine", "socket", "link", "peer"}

// String is the lane's word.
func (l lane) String() string {
	if l < numLanes {
		return laneText[l]
	}
	return fmt.Sprintf("Lane(%d)", uint8(l))
}

// lanes names the lanes. A program is in the pump's, and its app and its engine have none.
func (s *Story) lanes() [numLanes]string {
	if s.Config.Foreign(s.End) {
		return [numLanes]string{lanePump: "program", laneSocket: "socket", laneLink: "link", lanePeer: "peer"}
	}
	return laneText
}

// A Story is a run as a sequence diagram, with its verdict. It is data; [Story.Text] and
// [Page] draw it.
type Story struct {
	// Title says what ran.
	Title string
	// End is the end whose lanes are drawn: the one to blame, or if nobody is to blame
	// the one with the pump under test.
	End script.End
	// Config is the world. Trace has what was seen of each end after each step.
	Config script.Config
	Trace  *sim.Trace
	// Steps are all steps, in order. One of them stands for those that the trace leaves
	// out.
	Steps []Step
	// Verdict says what is wrong and which decision of the pump caused it.
	Verdict Verdict
}

// A Step is an action and its effects.
type Step struct {
	// Number counts from 1.
	Number int
	Action script.Action
	// Text is the action as one line, with the events that the pump was told.
	Text string
	// Quiesce: the workload is over; no more faults and no new work.
	Quiesce bool
	// Now is the virtual time in ticks.
	Now uint64
	// Matters: the reader needs this step to understand the verdict.
	Matters bool
	// Mark says in a clause why this step is a turning point; empty for most.
	Mark  string
	Moves []Move
	// Omits: it stands for all that the trace leaves out, up to this step.
	Omits bool
}

// A Move is something that passes from one lane to another. If From and To are the same
// it happens within that lane.
type Move struct {
	// End is the end that makes it. The other link's ends are drawn in the peer's lane.
	End      script.End
	From, To lane
	Text     string
	// Aside: it moved nothing, or it concerns only the peer.
	Aside bool
	// Bytes is how many bytes moved.
	Bytes int
}

// A Verdict is the result of a run, in sentences and in parts.
type Verdict struct {
	// Property is the violated property; empty if nothing was found.
	Property string
	// End and Pump say who is to blame. Seen and Step say where and when the violation was
	// seen.
	End, Pump string
	Seen      string
	Step      int
	// Unsure: the bytes do not tell who is to blame. Then End is Seen.
	Unsure bool
	// Owed says what is owed and where it waits. Wakeup says what would have moved it.
	Owed, Wakeup string
	// Lost is the turn after which no armed wakeup would have moved it. It is 0 if none
	// ever was armed, or if the violation is not about wakeups. Came is the step at
	// which the waiting bytes came, if that was later.
	Lost, Came int
	// Unseen: the turn is one of those that the trace leaves out.
	Unseen bool
	// Decision is the decision that the pump got wrong.
	Decision pumps.Decision
	// Paragraphs are the verdict in sentences. The last one names the lost
	// wakeup or the broken rule.
	Paragraphs []string
	// Places is where the pump's source did it: frames, innermost first, such as
	// "pump.go:31: mypump.(*pump).Ready". It is empty if the pump is the project's.
	Places []string
}

// Tell makes the story of a replay. It needs the trace.
func Tell(s *script.Script, out *run.Outcome) *Story {
	e := newEvidence(s, out)
	st := &Story{Title: title(&out.Config), End: e.end, Config: out.Config,
		Trace: out.Trace, Steps: e.steps()}
	st.Verdict = e.judge()
	e.choose(st)
	return st
}

// title says what ran. What a program's transport and trigger are is not known: those of the world
// are its peer's.
func title(c *script.Config) string {
	if c.Program != "" {
		return fmt.Sprintf("%s at the %s against %s, %s, TLS %s", pumpOf(c, script.End(c.Under)), c.Under, c.Peer,
			engines(c), c.Version)
	}
	return fmt.Sprintf("%s at the %s against %s, %s, TLS %s, %s transport, %s-triggered", c.Pump,
		c.Under, c.Peer, engines(c), c.Version, c.Transport, c.Trigger)
}

func engines(c *script.Config) string {
	if c.Engine == c.PeerEngine {
		return c.Engine
	}
	return c.Engine + " against " + c.PeerEngine
}

// evidence is a run under investigation.
type evidence struct {
	v     sim.Violation // its obligation is that of the end to blame
	end   script.End    // the end to blame, or without a violation that under test
	lines []string      // see say
	trace *sim.Trace
	cfg   *script.Config
	// property is the one that the script is about.
	property string
	found    bool
	last     int      // the last step that has views
	panicked []string // where the pump's source did: see run.Outcome

	saw   oracle.Finding // what was seen
	seen  script.End     // and where; end is the one to blame
	guilt culprit
	// program is what the program did that is to blame; nil if it is a pump.
	program *conduct
	wants   [2 * script.MaxLinks][]bool // see dropped

	lost, came int // see lostAt
	unseen     bool
	made       int // the step in which the end's engine last produced messages
}

func newEvidence(s *script.Script, out *run.Outcome) *evidence {
	e := &evidence{trace: out.Trace, cfg: &out.Config, property: s.Property, found: out.Result.Found,
		v: out.Result.Violation, end: script.End(out.Config.Under), panicked: out.Places}
	if e.trace == nil {
		e.trace = &sim.Trace{} // the process that had it has died
	}
	e.last = e.trace.Last()
	if !e.found {
		return e
	}
	e.saw, e.seen = e.v.Finding, script.End(e.v.End)
	if e.cfg.Foreign(e.seen) {
		e.blameProgram()
		e.end = e.seen
		e.lost, e.came, e.unseen = e.leftProgram()
		return e
	}
	e.guilt = e.blame()
	e.end, e.v.Obligation, e.v.Bytes = e.guilt.end, e.guilt.owed, e.guilt.bytes
	if o := e.v.Obligation; o != oracle.NoObligation && o <= oracle.PumpPipe && e.rests() {
		e.made, _, _ = e.lastAnswer()
	}
	e.lost, e.came, e.unseen = e.lostAt()
	return e
}

// pumpOf names the pump of an end.
func (e *evidence) pumpOf(end script.End) string { return pumpOf(e.cfg, end) }

// view is what was seen of an end after a step, or after the last step that has a view.
func (e *evidence) view(step int, end script.End) *sim.View {
	if e.last < 0 {
		return &sim.View{}
	}
	return &e.trace.View(step)[end]
}

// lostAt finds the last turn after which no armed wakeup would have moved what is owed.
// came is the step at which the bytes came, if they came later. unseen: the turn is one of
// those that the trace leaves out.
func (e *evidence) lostAt() (lost, came int, unseen bool) {
	if p := e.v.Property; p != oracle.Stall && p != oracle.Deadlock || !e.stranded(e.last) {
		return 0, 0, false
	}
	came = e.last
	for came > 0 && e.stranded(came-1) {
		if came--; e.trace.Gap.At > 0 && came == e.trace.Gap.To {
			return 0, 0, true
		}
	}
	for _, ev := range e.trace.Recent() {
		if ev.IsAction() && ev.Step <= came && ev.End == e.end && turns(ev.Action.Verb) {
			lost = ev.Step
		}
	}
	switch {
	case lost == 0 && e.trace.Gap.At > 0:
		return 0, 0, true
	case lost == came:
		came = 0
	}
	return lost, came, false
}

// turns says whether a pump is called in an action with this verb.
func turns(v script.Verb) bool {
	switch v {
	case script.Deliver, script.Window, script.Reset, script.Fin, script.Mutate, script.Tick:
		return false
	}
	return true
}

// stranded says whether, after a step, something of the kind that is owed at the end was
// already owed and no armed wakeup would have moved it.
func (e *evidence) stranded(step int) bool {
	if step < 0 {
		return false
	}
	v := e.view(step, e.end)
	r := &v.Account.Quiescence
	timer := v.Timer != 0 && !v.Account.Closing // a close's only gives it up
	idle := v.Ready == 0 && !timer
	switch o := e.v.Obligation; {
	case o == oracle.SealedOutput && e.v.Bytes == 0: // see hides
		return e.dropped(e.end, step)
	case o == oracle.SocketInput:
		return idle && (r.Unread > 0 || r.UnreadEnd)
	}
	l := e.trace.LedgerAt(e.cfg, step)
	owed, _ := l.Owed(int(e.end), e.v.Obligation)
	switch {
	case owed == oracle.NoObligation:
		return false
	case owed <= oracle.PumpQueue: // with write interest it would not be owed
		return !timer
	case owed == oracle.SocketEnd: // only time would bring it
		return v.Timer == 0
	case owed <= oracle.HeldData:
		return idle && r.Mask&model.Writable == 0
	}
	return idle && r.Mask&model.Writable == 0 && v.InFlight == 0
}
