package sim

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// maxCalls is how many engine, socket and app calls a pump may make in one
// turn. One that needs more does not return.
const maxCalls = 1 << 17

// An endpoint is one end of a link: its registration with the loop, its
// socket, engine, pump and app, and its page of the ledger.
type endpoint struct {
	w    *World
	id   script.End
	acct *oracle.Account
	host *host
	in   *stream // toward this end
	out  *stream // away from it

	mask   model.Events // interest
	edges  model.Events // edge-triggered: not reported yet
	quiet  model.Events // edge-triggered: the socket has said would-block
	woken  bool
	timer  uint64 // 0: none; otherwise the tick at which it expires
	open   uint16 // what the app can do, as verbs
	metEnd bool   // the pump has read EOF or reset

	armed bool // its engine may attack

	engine  model.Engine
	library model.Library
	pump    model.Pump
	last    func() model.Pump // gives pump
	spec    *model.Spec
	starter model.Initiator
	app     app
	tap     tap
	cfg     model.EngineConfig
	calls   int    // of the pump, in this turn
	moves   uint64 // grows whenever anything moved, or changed for good
}

// restart makes the end new.
func (e *endpoint) restart() error {
	keep := endpoint{w: e.w, id: e.id, acct: e.acct, host: e.host, in: e.in, out: e.out,
		pump: e.pump, last: e.last, spec: e.spec, starter: e.starter, app: e.app, library: e.library,
		engine: e.engine, cfg: e.cfg}
	*e = keep
	e.quiet = model.Readable
	e.edges = model.Writable
	*e.acct = oracle.Account{Limits: e.limits(), Attached: e.cfg.Transport == model.Attached,
		Frames: e.spec.Restrictions.FramesOnly}
	e.app.restart(e)
	e.tap.e = e
	engine, err := e.library.New(&e.cfg)
	if err != nil {
		return err
	}
	e.engine = engine
	if e.w.cfg.Hostile && !e.w.under(e) {
		_, e.armed = engine.(attack.Attacker)
	}
	e.startPump()
	return nil
}

// limits are what the pump of this end has to keep to.
func (e *endpoint) limits() model.Limits {
	s := &e.w.cfg.Sizes
	return model.Limits{Pipe: s.Pipe, Queue: s.Queue, Chunk: s.Chunk, CloseTicks: s.Linger,
		Early: e.early()}
}

// early is how much early data this end may send, or that it reads some.
func (e *endpoint) early() int {
	c := &e.w.cfg
	if !c.Resume || c.RejectEarly && e.id&1 == 1 {
		return 0
	}
	return c.Early
}

// startPump makes the pump; New may use the last one again. One that panics
// already here is a finding like any other.
func (e *endpoint) startPump() {
	defer func() {
		if fault := recover(); fault != nil {
			e.w.turn = e.id
			e.w.crashed(fault)
		}
	}()
	env := model.Env{Role: model.Role(e.id & 1), Version: e.cfg.Version,
		Transport: e.cfg.Transport, Trigger: e.host.trigger, Engine: &e.tap,
		Socket: socket{e}, Loop: registration{e}, App: &e.app, Limits: e.acct.Limits,
		Last: e.last}
	e.pump = e.spec.New(env)
	e.starter, _ = e.pump.(model.Initiator)
}

// call counts the calls of a turn: an endless one ends here.
func (e *endpoint) call() {
	e.calls++
	if e.calls > maxCalls {
		panic(endless{e.id})
	}
}

// endless is the panic that ends a turn which does not end itself.
type endless struct{ end script.End }

// misuse records an offence against a contract; the first one counts.
func (e *endpoint) misuse(what string) {
	if e.acct.Misuse == "" {
		e.acct.Misuse = what
	}
}

// turn calls the pump once, as its loop does.
func (e *endpoint) turn(ev model.Events) {
	e.calls = 0
	before, decrypted, fed := e.moves, e.acct.Decrypted, e.acct.Fed
	e.pump.Ready(ev)
	if e.w.cfg.EagerPeer {
		e.acct.Overworks(max(e.acct.Decrypted-decrypted, e.acct.Fed-fed))
	}
	e.app.afterTurn()
	if e.moves != before || e.ready() == 0 {
		e.acct.Idle = 0
		return
	}
	e.acct.Idle++
}

// rest fills what can be seen when nothing can happen any more.
func (e *endpoint) seeQuiescence() {
	r := &e.acct.Quiescence
	*r = oracle.Quiescence{Unread: e.in.unread(), Room: e.out.room(), Mask: e.mask,
		Inside:   e.engine.Pending(),
		InitDone: e.engine.InitFinished(), Shaken: e.tap.everInit, Deferred: e.engine.Deferred(),
		Shut: e.engine.ShutState(), Failed: e.tap.dead()}
	r.Stuck, r.Spins = e.tap.stuck, e.woken
	r.Broken = e.in.resetSeen || e.out.reset
	r.MetEnd = e.metEnd
	r.UnreadEnd = (e.in.finSeen || e.in.resetSeen) && !e.metEnd
	if e.in.resetSeen {
		r.Room = 1 // a send would not block: it would fail
	}
	if e.cfg.Transport == model.Pair {
		r.Buffered = e.cfg.In - e.engine.InputRoom()
	}
	if e.engine.HasPending() {
		r.Buffered++
	}
	r.Output, r.Sealed = e.unsent()
}
