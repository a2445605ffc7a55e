package sim

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A goPump is an inside that consists of a model.Pump, the engine that it drives, and the
// app that owns it. Between pump and engine there is a tap.
type goPump struct {
	e       *endpoint
	spec    *model.Spec
	library model.Library
	cfg     model.EngineConfig
	engine  model.Engine
	tap     tap
	app     app
	pump    model.Pump
	last    func() model.Pump // gives pump
	starter model.Initiator   // the pump, if it is one
	armed   bool              // the engine may attack
}

func newGoPump(e *endpoint) *goPump {
	g := &goPump{e: e}
	g.last = func() model.Pump { return g.pump }
	return g
}

// restart implements inside.
func (g *goPump) restart() error {
	spec, lib := g.e.w.parts.Peer, g.e.w.parts.PeerEngine
	if g.e.w.under(g.e) {
		spec, lib = g.e.w.parts.Pump, g.e.w.parts.Engine
	}
	if g.spec != spec {
		g.crash()
	}
	g.spec, g.library = spec, lib
	g.configure()
	g.e.traits, g.e.acct.Frames = g.cfg.Traits, spec.Restrictions.FramesOnly
	g.app.restart(g)
	engine, err := lib.New(&g.cfg)
	if err != nil {
		return err
	}
	g.engine = engine
	g.tap = tap{e: g.e, engine: engine}
	g.armed = false
	if g.e.w.cfg.Hostile && !g.e.w.under(g.e) {
		_, g.armed = engine.(attack.Attacker)
	}
	g.start()
	return nil
}

// maxEarlyData is what sessions allow: as much as one record holds, as in
// OpenSSL (SSL_CTX_set_max_early_data(3)).
const maxEarlyData = wire.MaxRecordLen

// configure makes the engine's settings from the world's Config.
func (g *goPump) configure() {
	e, w := g.e, g.e.w
	c, s := &w.cfg, &w.cfg.Sizes
	g.cfg = model.EngineConfig{Role: model.Role(e.id & 1), Version: c.Version,
		Transport: c.Transport, In: s.Bio, Out: s.Bio, Errors: &e.host.errors,
		Key: fold(c.Seed, uint64(e.id/2)), ServerChain: s.Chain, ClientChain: s.ClientChain,
		ClientAuth: c.Auth, Retry: c.Retry, Resume: c.Resume, PostAuth: c.PostAuth,
		Tickets: s.Tickets, MaxRecord: s.Record, HandshakeRecord: s.Hello,
		PartialWrite: !c.WholeWrites, MovingBuffer: !c.FixedBuffer,
		Traits: model.Traits{AnswerAtRead: c.AnswerAtRead, RefusalIsWarning: c.SoftRefusal,
			NoDataInReneg: c.StrictReneg}}
	if e.peer().stranger != nil {
		g.cfg.Foreign = g.library.Can().RealTLS // the model only talks to itself, in tests' programs
	}
	switch {
	case !w.under(e): // the peer may be the one that asks
	case c.RefuseReneg:
		g.cfg.Traits.Renegotiation = model.RenegRefuse
	case c.IgnoreReneg:
		g.cfg.Traits.Renegotiation = model.RenegIgnore
	}
	if c.Early > 0 && c.Version == model.TLS13 {
		g.cfg.EarlyData = maxEarlyData
	}
	if c.Transport == model.Attached {
		g.cfg.Socket = socket{e}
	}
	if g.spec.Configure != nil {
		g.ask(func() { g.spec.Configure(&g.cfg) })
	}
	if w.trace != nil {
		g.cfg.Watch = func(n model.Note) { w.trace.note(e, n) }
		g.cfg.KeyLog = w.trace.secret
	}
}

// ask calls what the pump's author has written. A panic of it is a finding like any other.
func (g *goPump) ask(call func()) {
	defer func() {
		if fault := recover(); fault != nil {
			g.e.w.turn = g.e.id
			g.e.w.crashed(fault)
		}
	}()
	call()
}

// start makes the pump. New may use the last one again if it is of the same kind.
func (g *goPump) start() {
	e := g.e
	env := model.Env{Role: model.Role(e.id & 1), Version: g.cfg.Version,
		Transport: g.cfg.Transport, Trigger: e.host.trigger, Engine: &g.tap,
		Socket: socket{e}, Loop: registration{e}, App: &g.app, Limits: e.acct.Limits,
		Last: g.last}
	g.ask(func() {
		if g.pump = g.spec.New(env); g.pump == nil {
			panic("New returned no pump")
		}
	})
	g.starter, _ = g.pump.(model.Initiator)
}

// free implements inside.
func (g *goPump) free() {
	if g.engine != nil {
		g.library.Free(g.engine)
		g.engine = nil
	}
}

// crash implements inside: nobody knows what state the pump is in.
func (g *goPump) crash() { g.pump, g.starter = nil, nil }

// revive implements inside.
func (g *goPump) revive() {
	if g.pump == nil {
		g.start()
	}
}

// turn implements inside.
func (g *goPump) turn(ev model.Events, _ bool) {
	a := g.e.acct
	decrypted, fed := a.Decrypted, a.Fed
	g.e.calls = 0
	g.pump.Ready(ev)
	if g.e.w.cfg.EagerPeer {
		a.Overworks(max(a.Decrypted-decrypted, a.Fed-fed))
	}
	g.app.afterTurn()
}

// act implements inside. Most actions are decisions of the app; spurious
// readiness is not, but the loop has not announced it either.
//
// Story 42: the pump had no reason to look at its engine after an attack. The output lay
// there until something else happened. The end of a pause makes the pump look.
func (g *goPump) act(a script.Action) {
	g.e.calls = 0
	switch a.Verb {
	case script.Spurious:
		g.pump.Ready(model.Events(a.Arg) & (model.Readable | model.Writable))
	case script.Write:
		g.app.begin(int(a.Arg), a.Arg2)
	case script.Pause, script.Resume:
		g.pause(a.Verb == script.Pause)
	case script.Renegotiate:
		a := g.e.acct
		a.Renegotiations, a.RenegotiatesAt = a.Renegotiations+1, max(a.Drained, a.Sent)+uint64(g.output())
		g.renegotiate()
	case script.KeyUpdate:
		for range max(1, a.Arg2) {
			g.starter.KeyUpdate(a.Arg == 1)
		}
	case script.Shut, script.Close:
		g.app.leave(a.Verb == script.Close)
	case script.Attack:
		g.engine.(attack.Attacker).Attack(attack.Attack(a.Arg), int(a.Arg2))
		g.pause(false)
	}
	g.app.afterTurn()
}

// pause stops the calls of the app's Data, or starts them again.
func (g *goPump) pause(on bool) {
	g.e.acct.Paused = on
	g.pump.PauseRead(on)
}

// renegotiate begins a handshake, or in TLS 1.3 asks for the client's certificate.
func (g *goPump) renegotiate() {
	if g.cfg.Version == model.TLS13 {
		g.starter.Authenticate()
		return
	}
	g.starter.Renegotiate()
}

// choices implements inside.
func (g *goPump) choices() uint16 {
	a := g.e.acct
	m := uint16(1 << script.Spurious)
	if a.Paused {
		return m | 1<<script.Resume | g.pausedChoices()
	}
	if g.armed {
		m |= 1 << script.Attack
	}
	if a.Told {
		return m
	}
	if !g.spec.Restrictions.NoPause && !g.app.finish {
		m |= 1 << script.Pause
	}
	return m | g.pausedChoices()
}

// pausedChoices are what the app can do whether it is paused or not.
func (g *goPump) pausedChoices() uint16 {
	e, c := g.e, &g.e.w.cfg
	if e.acct.Told || g.app.finish {
		return 0
	}
	var m uint16
	if !g.app.half && e.plain.backlog() < maxBacklog && g.app.mayWrite() {
		m = 1 << script.Write
	}
	if !e.initDone && !e.shaken && !c.Hasty {
		return m
	}
	if g.app.mayClose() {
		m |= 1 << script.Close
	}
	if g.app.mayHalfClose() {
		m |= 1 << script.Shut
	}
	if g.starter == nil || !e.initDone || g.app.half {
		return m
	}
	switch {
	case c.Version == model.TLS13 && c.PostAuth && e.id&1 == 1:
		return m | 1<<script.KeyUpdate | 1<<script.Renegotiate
	case c.Version == model.TLS13:
		return m | 1<<script.KeyUpdate
	case g.cfg.Traits.Renegotiation == model.RenegRefuse:
		return m // OpenSSL does not let who refuses ask: SSL_OP_NO_RENEGOTIATION
	}
	return m | 1<<script.Renegotiate
}

// see implements inside.
func (g *goPump) see(q *oracle.Quiescence) {
	q.Inside, q.Deferred, q.Shut = g.engine.Pending(), g.engine.Deferred(), g.engine.ShutState()
	q.InitDone, q.Shaken = g.engine.InitFinished(), g.e.shaken
	q.Failed, q.Stuck = g.tap.dead(), g.tap.stuck
	q.Buffered = g.input()
	if g.engine.HasPending() {
		q.Buffered++
	}
	q.Output, q.Sealed = g.engine.OutputPending(), 0
	if inspector, ok := g.engine.(model.Inspector); ok {
		q.Sealed = inspector.Unsent()
	}
	if g.e.peer().stranger != nil {
		g.app.review()
	}
}

// input is what lies in the engine's input buffer, in bytes.
func (g *goPump) input() int {
	if g.cfg.Transport != model.Pair {
		return 0
	}
	return g.cfg.In - g.engine.InputRoom()
}

// output implements inside.
func (g *goPump) output() int { return g.engine.OutputPending() }

// shut implements inside.
func (g *goPump) shut() model.ShutState { return g.engine.ShutState() }

// owed implements inside.
func (g *goPump) owed() string { return g.app.speaker.Owed() }

// detail implements inside.
func (g *goPump) detail() detail {
	d := detail{input: g.input(), err: g.engine.Err()}
	if named, ok := g.engine.(interface{ State() string }); ok {
		d.state = named.State()
	}
	return d
}

// savable implements inside.
func (g *goPump) savable() error {
	if _, ok := g.engine.(model.Snapshotter); !ok {
		return fmt.Errorf("sim: got engine %q, whose state can't be saved; want one that is a "+
			"model.Snapshotter, such as model", g.library.Name())
	}
	if _, ok := g.pump.(model.Snapshotter); !ok {
		return fmt.Errorf("sim: got pump %q, whose state can't be saved; want its type to have "+
			"the method Snapshot(*model.Snapshot), which lists its fields", g.spec.Name)
	}
	if _, ok := g.app.speaker.(model.Snapshotter); !ok {
		return fmt.Errorf("sim: got dialogue %q, whose state can't be saved; want its speaker to have "+
			"the method Snapshot(*model.Snapshot), which lists its fields", g.e.w.cfg.Dialogue)
	}
	return nil
}

// snapshot implements inside.
func (g *goPump) snapshot(s *model.Snapshot) {
	g.app.snapshot(s)
	g.pump.(model.Snapshotter).Snapshot(s)
	g.engine.(model.Snapshotter).Snapshot(s)
	g.tap.snapshot(s)
}
