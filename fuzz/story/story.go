package story

import (
	"fmt"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A lane is a column of the picture of a run, as one end sees it.
type lane uint8

const (
	// laneApp to LaneSocket are the end's own.
	laneApp lane = iota
	lanePump
	laneEngine
	laneSocket
	// laneLink is what is between the ends, LanePeer all of the other end.
	laneLink
	lanePeer

	// NumLanes is how many there are.
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

// A Story is a run as a sequence diagram, with its verdict: data for a picture,
// of which [Story.Text] is one.
type Story struct {
	// Title says what ran.
	Title string
	// End is whose lanes they are: the end that is to blame, or if nobody is,
	// that of the pump under test.
	End script.End
	// Config is what ran, and Views what was seen after each step, by end; the
	// first before all.
	Config script.Config
	Views  [][]sim.View
	// Steps are all of them, in order.
	Steps []Step
	// Verdict says what is wrong, and whose decision it was.
	Verdict Verdict
}

// A Step is an action and what it led to.
type Step struct {
	// Number counts from 1.
	Number int
	Action script.Action
	// Text is the action as a line, with what the pump was told.
	Text string
	// Heal: there are no more faults, and no new work.
	Heal bool
	// Now is the virtual time in ticks.
	Now uint64
	// Matters: the verdict can't be understood without it.
	Matters bool
	// Mark says in a clause why it is what the story is about; empty for most.
	Mark  string
	Moves []Move
}

// A Move is something that passes from one lane to another, or with From and To
// the same, that happens in one.
type Move struct {
	// End is whose it is; that of the other link's is drawn in the peer's lane.
	End      script.End
	From, To lane
	Text     string
	// Aside: it moved nothing, or is the peer's own business.
	Aside bool
	// Bytes is how much moved.
	Bytes int
}

// A Verdict is what a run came to, in sentences and in pieces.
type Verdict struct {
	// Property is what does not hold; empty if nothing was found.
	Property string
	// End and Pump are who is to blame, Step is when it was seen.
	End, Pump string
	Step      int
	// Owed is what is owed and where it waits, Wakeup what would have moved it.
	Owed, Wakeup string
	// Lost is the turn after which nothing was armed any more that would have
	// moved it; 0 if nothing ever was, or if it is no question of wakeups. Came
	// is the step at which what waits came, if that was later.
	Lost, Came int
	// Decision is the pump's decision that was wrong.
	Decision Decision
	// Paragraphs are the verdict in sentences. The last one names the lost
	// wakeup or the broken rule.
	Paragraphs []string
}

// Tell makes the story of a replay. It needs the trace.
func Tell(s *script.Script, out *run.Outcome) *Story {
	e := newEvidence(s, out)
	st := &Story{Title: title(&out.Config), End: e.end, Config: out.Config,
		Views: out.Trace.Views, Steps: e.steps()}
	st.Verdict = e.judge()
	e.choose(st)
	return st
}

// title says what a run is of.
func title(c *script.Config) string {
	return fmt.Sprintf("%s at the %s against %s, %s, TLS %s, %s transport, %s-triggered", c.Pump,
		c.Under, c.Peer, engines(c), c.Version, c.Transport, c.Trigger)
}

func engines(c *script.Config) string {
	if c.Engine == c.PeerEngine {
		return c.Engine
	}
	return c.Engine + " against " + c.PeerEngine
}

// evidence is a run that is looked into.
type evidence struct {
	teller
	trace *sim.Trace
	cfg   *script.Config
	found bool
	last  int // the last step that has views

	lost, came int // see lostAt
	made       int // the step in which the end's engine last produced messages
}

func newEvidence(s *script.Script, out *run.Outcome) *evidence {
	e := &evidence{trace: out.Trace, cfg: &out.Config, found: out.Result.Found,
		last: len(out.Trace.Views) - 1}
	ran := *s
	ran.Config = out.Config
	e.teller = teller{script: &ran, out: out, v: out.Result.Violation, end: script.End(out.Config.Under)}
	if e.found {
		e.end = script.End(e.v.End)
		if o := e.v.Obligation; o != oracle.NoObligation && o <= oracle.PumpPipe && e.rests() {
			e.made, _, _ = e.lastAnswer()
		}
		e.lost, e.came = e.lostAt()
	}
	return e
}

// view is what was seen of an end after a step, or after the last that has
// been seen.
func (e *evidence) view(step int, end script.End) *sim.View {
	if e.last < 0 {
		return &sim.View{}
	}
	return &e.trace.Views[min(step, e.last)][end]
}

// lostAt finds the last turn after which nothing was armed that would have
// moved what is owed, and the step at which that came if it came later.
func (e *evidence) lostAt() (lost, came int) {
	if p := e.v.Property; p != oracle.Stall && p != oracle.Deadlock || !e.stranded(e.last) {
		return 0, 0
	}
	came = e.last
	for came > 0 && e.stranded(came-1) {
		came--
	}
	for _, ev := range e.trace.Events {
		if ev.IsAction() && ev.Step <= came && ev.End == e.end && turns(ev.Action.Verb) {
			lost = ev.Step
		}
	}
	if lost == came {
		came = 0
	}
	return lost, came
}

// turns says whether the verb is one in which a pump is called.
func turns(v script.Verb) bool {
	switch v {
	case script.Deliver, script.Window, script.Reset, script.Fin, script.Mutate, script.Tick:
		return false
	}
	return true
}

// stranded says whether after a step something of the kind that is owed in the
// end was owed already, and nothing armed would have moved it.
func (e *evidence) stranded(step int) bool {
	if step < 0 {
		return false
	}
	v := e.view(step, e.end)
	r := &v.Account.Quiescence
	timer := v.Timer != 0 && !v.Account.Closing // a close's only gives it up
	idle := v.Ready == 0 && !timer
	if o := e.v.Obligation; o == oracle.SocketInput {
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
