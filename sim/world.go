package sim

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Parts is the code that a world runs: what the names of its Config mean.
type Parts struct {
	Pump, Peer         *model.Spec
	Engine, PeerEngine model.Library
	// Program, if not nil, stands at the side under test in the place of Pump and Engine. Quiet is
	// another of the same kind, for the runs that show what it does when nothing interferes.
	Program, Quiet foreign.Program
	// Quirks are the program's: see oracle.Ledger.Quirk.
	Quirks []string
	// Dialogue is what the apps speak; nil is memcached's protocol.
	Dialogue *own.Dialogue
	// Properties are the author's own. Number i has the id oracle.Own + i.
	Properties []own.Property
}

// A World is everything in one run: links, ends, loops, clock and ledger. It can be
// used for run after run, and then allocates nothing.
//
// A World belongs to one goroutine.
type World struct {
	cfg    script.Config
	parts  Parts
	watch  oracle.PropertySet
	now    uint64
	chain  uint64
	steps  int
	n      int // how many ends there are
	ends   [2 * script.MaxLinks]endpoint
	inward [2 * script.MaxLinks]stream // inward[i] leads toward end i
	hosts  [2]host

	pumps      [2 * script.MaxLinks]*goPump // the insides that there can be
	strangers  [script.MaxLinks]*stranger
	sides      sides
	quieter    quiet
	suspicions []suspicion
	err        error // see Err

	accounts [2 * script.MaxLinks]oracle.Account
	tainted  [script.MaxLinks]bool
	ledger   oracle.Ledger
	enabled  Enabled
	turn     script.End // the end whose action is being done

	quiescing bool
	wide      bool   // an action at one end may change what can happen at any
	quiet     bool   // the run only shows what happens: nothing is judged
	rests     []rest // of quiet runs: see note
	form      form   // of the quiet run
	found     bool
	over      bool // the run has found something, or can't go on
	finding   oracle.Finding
	at        int // the step of the finding

	limit uint64 // see SetLimit; 0: none
	spent bool   // the run has come to it

	workload int // its steps
	actions  []script.Action
	marks    []uint64                     // the chain after each step
	keep     bool                         // keep marks
	locate   func(panicked bool) []string // see Locate
	panicked []string                     // see Panicked
	trace    *Trace
	cover    *Cover
	spied    bool   // there is a trace or a cover
	spare    []byte // for mutations
	snap     model.Snapshot
}

// NewWorld makes an empty world; Reset fills it.
func NewWorld() *World {
	w := &World{}
	for i := range w.ends {
		e := &w.ends[i]
		e.w, e.id, e.acct, e.host = w, script.End(i), &w.accounts[i], &w.hosts[i&1]
		e.in, e.out = &w.inward[i], &w.inward[i^1]
		w.pumps[i] = newGoPump(e)
	}
	for i := range w.strangers {
		w.strangers[i] = &stranger{}
	}
	w.staff()
	return w
}

// Reset builds the world anew for a run that looks for the watched
// properties. It fails if an engine can't be had.
func (w *World) Reset(cfg *script.Config, parts *Parts, watch oracle.PropertySet) error {
	w.forget(parts)
	w.cfg, w.watch = *cfg, watch
	w.now, w.steps, w.workload, w.at, w.found, w.over, w.quiescing = 0, 0, 0, 0, false, false, false
	w.finding, w.spent = oracle.Finding{}, false
	w.chain = fold(hashSeed, cfg.Seed)
	w.actions, w.marks, w.panicked = w.actions[:0], w.marks[:0], nil
	w.tainted = [script.MaxLinks]bool{}
	w.n = 2 * cfg.Links
	w.wide = cfg.Links > 1 || cfg.StrictReneg || cfg.EagerPeer
	w.ledger = ledgerOf(cfg)
	for _, word := range parts.Quirks {
		w.ledger.Quirk(word)
	}
	w.ledger.Ends, w.ledger.Tainted = w.accounts[:w.n], w.tainted[:cfg.Links]
	w.spied = w.trace != nil || w.cover != nil
	if w.cover != nil {
		w.cover.restart()
	}
	w.hosts = [2]host{}
	w.hosts[cfg.Under].trigger = cfg.Trigger
	w.begin()
	w.staff()
	for i := range w.inward[:w.n] {
		w.inward[i].restart(cfg.Sizes.Flight, cfg.Sizes.Window)
	}
	for i := range w.ends[:w.n] {
		if err := w.ends[i].restart(); err != nil {
			return err
		}
	}
	if err := w.startProgram(); err != nil {
		return err
	}
	for i := range w.ends[:w.n] {
		w.ends[i].open = w.ends[i].inside.choices()
	}
	w.refreshAll()
	return nil
}

// staff puts a pump behind each socket, or at the side under test a program.
func (w *World) staff() {
	w.sides = sides{}
	if w.parts.Program != nil {
		w.sides[w.cfg.Under] = true
	}
	for i := range w.ends {
		e := &w.ends[i]
		e.inside, e.stranger = w.pumps[i], nil
		if w.sides[i&1] && i < w.n {
			s := w.strangers[i/2]
			s.e, e.inside, e.stranger = e, s, s
		}
	}
}

// forget gives the last run's engines back, and stops its program.
func (w *World) forget(parts *Parts) {
	for i := range w.ends {
		w.ends[i].inside.free()
	}
	if w.parts.Program != nil {
		w.parts.Program.Stop()
	}
	w.parts = *parts
	if w.parts.Program != nil {
		w.parts.Engine = w.parts.PeerEngine // the program has its own
	}
}

// begin tells the libraries that a run starts.
func (w *World) begin() {
	w.parts.Engine.Begin(w.cfg.Seed)
	if w.parts.PeerEngine != w.parts.Engine {
		w.parts.PeerEngine.Begin(w.cfg.Seed)
	}
}

// Close ends the last run: engines are freed and the libraries told.
func (w *World) Close() {
	if w.parts.Engine == nil {
		return
	}
	if w.quieter.world != nil {
		w.quieter.world.Close()
	}
	w.forget(&w.parts)
	w.parts.Engine.End()
	if w.parts.PeerEngine != w.parts.Engine {
		w.parts.PeerEngine.End()
	}
	w.parts = Parts{}
}

// under says whether the end has the pump under test.
func (w *World) under(e *endpoint) bool { return model.Role(e.id&1) == w.cfg.Under }

// fatal are the violations after which a run means nothing. It ends there, even if they
// are not watched.
const fatal = oracle.PropertySet(1<<oracle.Crash | 1<<oracle.Corruption)

// hung are the violations after which only the clock goes on. What it does to the link
// then comes of the hang, so the run ends there too.
//
// Story 70: a flight that nobody sent kept a close waiting until its timer ran out. A
// hunt that no longer watched for stalls put the truncated end down to the peer's pump.
const hung = oracle.PropertySet(1<<oracle.Stall | 1<<oracle.Deadlock)

// judge checks the properties of a moment. The first finding counts.
func (w *World) judge(e *endpoint, m oracle.Moment) {
	if w.over || e.acct.Hostile {
		return
	}
	if w.cover != nil {
		w.cover.judged(w, e, m)
	}
	if w.parts.Program != nil {
		w.suspect(e, m)
		return
	}
	set := w.watch | fatal
	if m == oracle.AtWait {
		set |= hung
	}
	if f, bad := w.ledger.Check(set, int(e.id), m); bad {
		w.find(f)
	}
	if e.acct.Mismatch != oracle.NoMismatch {
		w.over = true
	}
}

// find ends the run with a finding, if it is watched.
func (w *World) find(f oracle.Finding) {
	if w.over {
		return
	}
	w.over = true
	if w.watch.Has(f.Property) {
		if t := w.trace; t != nil && len(t.Events) > 0 {
			t.Events[len(t.Events)-1].Breaks = true
		}
		w.found, w.finding, w.at = true, f, w.steps
	}
}

// judgeClosed checks what the app was told against what the peer has done.
func (w *World) judgeClosed(e *endpoint) {
	p, r := e.peer(), &e.acct.Quiescence
	p.acct.Quiescence.Shut = p.inside.shut()
	e.inside.see(r)
	r.Broken, r.Unread, r.MetEnd = e.in.resetSeen, e.in.unread(), e.metEnd
	w.judge(e, oracle.AtClosed)
}

// step does one action and judges what came of it, by the author's own properties too.
func (w *World) step(a script.Action) {
	w.advance(a)
	if len(w.parts.Properties) > 0 {
		w.judgeOwn(false)
	}
}

// advance does one action and judges what came of it by the workbench's properties. They
// look at the end of the action alone, so that the rest of the world may be missing.
func (w *World) advance(a script.Action) {
	w.steps++
	w.chain = fold(w.chain, packed(a))
	if w.trace != nil {
		w.trace.begin(w, a)
	}
	w.turn = a.On
	w.do(a)
	if e := &w.ends[a.On]; turns>>a.Verb&1 != 0 && e.acct.Suspect() {
		w.judge(e, oracle.AtStep)
	}
	w.refresh(a)
	w.chain = fold(w.chain, uint64(w.enabled)^w.now<<7)
	if w.cover != nil {
		w.cover.state(w, a)
	}
	if w.keep {
		w.marks = append(w.marks, w.chain)
	}
	if w.trace != nil {
		w.trace.end(w)
	}
	if w.limit > 0 && uint64(w.steps)+w.movement() > w.limit {
		w.over, w.spent = true, true
	}
}

// SetLimit bounds the runs after it: a run ends after so many steps, and calls that moved
// something, together. 0 is no limit. Nothing is said of a pump then: see Result.Spent.
func (w *World) SetLimit(n uint64) { w.limit = n }

// packed is an action as a word for the chain.
func packed(a script.Action) uint64 {
	return uint64(a.Verb) | uint64(a.On)<<8 | uint64(a.Arg)<<16 ^ uint64(a.Arg2)<<32
}

// Violation says what a run found.
type Violation struct {
	oracle.Finding
	// Step is the number of the action, from 1. What the world does to quiesce counts.
	Step int
}

// A Result is what a run came to.
type Result struct {
	// Found: a watched property does not hold.
	Found     bool
	Violation Violation
	// Steps is how many actions were done, and Workload how many of them the scheduler
	// picked.
	Steps, Workload int
	// Hash is the end of the chain, Wire that of the bytes on the wire.
	Hash, Wire uint64
	// Skipped is how many actions of a loose script were not enabled.
	Skipped int
	// Spent: the run was ended by its limit, and judged no further.
	Spent bool
}

// result sums the run up.
func (w *World) result() Result {
	r := Result{Found: w.found, Violation: Violation{w.finding, w.at}, Steps: w.steps,
		Workload: w.workload, Wire: hashSeed, Spent: w.spent && !w.found}
	for i := range w.inward[:w.n] {
		r.Wire = fold(r.Wire, w.inward[i].wire)
	}
	r.Hash = fold(w.chain, r.Wire)
	return r
}

// Actions are the workload of the last run. The next run reuses the slice.
func (w *World) Actions() []script.Action { return w.actions }

// Marks are the chain after each step of the last run, if KeepMarks was set.
func (w *World) Marks() []uint64 { return w.marks }

// KeepMarks makes the following runs keep the chain after each step, so that two runs
// can be compared step by step.
func (w *World) KeepMarks(on bool) { w.keep = on }

// Locate makes the following runs ask where a pump is in its source: at each call that is
// traced, and when it has panicked. The answer is the pump's own frames, innermost first,
// one string each. It goes into the trace and to Panicked, and nowhere else: a hash or a
// finding that had it would differ from build to build. nil ends that.
func (w *World) Locate(frames func(panicked bool) []string) { w.locate = frames }

// Panicked is where the pump of the last run panicked, or was when it did not return. It is
// empty if no pump did, or if nobody asked: see Locate.
func (w *World) Panicked() []string { return w.panicked }

// Ledger is that of the last run.
func (w *World) Ledger() *oracle.Ledger { return &w.ledger }

// String names a violation in a line.
func (v Violation) String() string {
	s := fmt.Sprintf("step %d: %s at the %s", v.Step, v.Violated(), script.End(v.End))
	if v.Obligation != oracle.NoObligation {
		s += ": " + v.Obligation.What()
		if v.Bytes > 0 {
			s += fmt.Sprintf(" (%d bytes)", v.Bytes)
		}
	}
	if v.Detail != "" {
		s += ": " + v.Detail
	}
	return s
}
