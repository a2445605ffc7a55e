package pumps

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
)

// TestReferenceTraces replays testdata/reference, two reference pumps, and
// testdata/shapes, a pump of another shape as the server: with two real engines of
// the model, and between them a link that the trace scripts. The verbs:
//
//	new [pump= attached tls= bio= pipe= chunk= link= trigger= chain= at-read]   make both ends
//	up            shake hands, in silence
//	ready END     one turn of END's loop, if anything is ready
//	run           turns of both until nothing is ready
//	spurious END  a turn with nothing ready
//	room END n=N  END's socket holds N bytes that the peer has not read
//	write END     its app writes the text below
//	answer END    its app writes the text below as soon as it is given data
//	renegotiate, keyupdate [requested], pause, resume, shut, close END
//	tick n=N      time passes
//
// A line tells what one end did: messages that its engine absorbed (<) and
// sent (>), bytes that its socket moved, calls of loop and app. Calls that
// moved nothing are left out, except a send that the socket refused.
func TestReferenceTraces(t *testing.T) {
	for _, dir := range []string{"testdata/reference", "testdata/shapes"} {
		replayLinks(t, dir)
	}
}

func replayLinks(t *testing.T, dir string) {
	datadriven.Walk(t, dir, func(t *testing.T, path string) {
		var l *refLink
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "new" {
				l = newRefLink(t, d)
				return ""
			}
			l.verb(t, d)
			return l.trace()
		})
	})
}

// A refLink is two ends and the bytes between them.
type refLink struct {
	ends [2]*refEnd
	log  []string
	mute bool
	now  int
}

// A refEnd is one end: the pump's socket, loop and app.
type refEnd struct {
	link   *refLink
	role   model.Role
	pump   model.Pump
	engine model.Engine
	errors model.ErrorQueue

	inbox     []byte // sent by the peer and not received
	room      int    // how much the peer's inbox may hold
	fin       bool   // the peer has sent FIN
	gone      bool
	trigger   model.Trigger
	mask      model.Events
	edges     model.Events // not reported yet
	quiet     model.Events // the socket has said would-block
	woken     bool
	deadline  int
	unwritten []byte // what the pump has not taken
	answer    []byte // what the app writes when it is given data
}

func newRefLink(t *testing.T, d *datadriven.TestData) *refLink {
	l := &refLink{}
	version, trigger, room := "1.2", "level", 1<<16
	cfg := model.EngineConfig{Version: model.TLS12, In: 20000, Out: 20000, Key: 7, MaxRecord: 16384,
		PartialWrite: true, MovingBuffer: true}
	lim := model.Limits{Pipe: 4096, Queue: 4096, Chunk: 4096, CloseTicks: 10}
	d.MaybeScanArgs(t, "tls", &version)
	d.MaybeScanArgs(t, "trigger", &trigger)
	d.MaybeScanArgs(t, "bio", &cfg.In)
	d.MaybeScanArgs(t, "pipe", &lim.Pipe)
	d.MaybeScanArgs(t, "chunk", &lim.Chunk)
	d.MaybeScanArgs(t, "link", &room)
	d.MaybeScanArgs(t, "chain", &cfg.ServerChain)
	cfg.Out, cfg.Traits.AnswerAtRead = cfg.In, d.HasArg("at-read")
	if d.HasArg("attached") {
		cfg.Transport = model.Attached
	}
	pumps := [2]model.Spec{ReferenceSpec(), shapeNamed(t, d)}
	if version == "1.3" {
		cfg.Version = model.TLS13
	}
	for r := range l.ends {
		l.ends[r] = &refEnd{link: l, role: model.Role(r), room: room, quiet: model.Readable,
			edges: model.Writable}
		if trigger == "edge" {
			l.ends[r].trigger = model.Edge
		}
	}
	for r, e := range l.ends {
		e.build(&pumps[r], cfg, lim)
	}
	l.log = nil
	return l
}

// shapeNamed is the server's pump.
func shapeNamed(t *testing.T, d *datadriven.TestData) model.Spec {
	name := "reference"
	d.MaybeScanArgs(t, "pump", &name)
	for _, spec := range Sound() {
		if spec.Name == name {
			return spec
		}
	}
	d.Fatalf(t, "no sound pump %q", name)
	return model.Spec{}
}

// build makes the end's engine and pump.
func (e *refEnd) build(spec *model.Spec, cfg model.EngineConfig, lim model.Limits) {
	cfg.Role, cfg.Errors, cfg.Watch = e.role, &e.errors, e.watch
	if cfg.Transport == model.Attached {
		cfg.Socket = refSocket{e}
	}
	engine, err := tls.NewModels().New(&cfg)
	if err != nil {
		panic(err)
	}
	e.engine = engine
	e.pump = spec.New(model.Env{Role: e.role, Version: cfg.Version, Transport: cfg.Transport,
		Trigger: e.trigger, Engine: e.engine, Socket: refSocket{e}, Loop: e, App: e, Limits: lim})
}

// trace is the log, and ends with what both loops wait for.
func (l *refLink) trace() string {
	if l.mute {
		return ""
	}
	lines := l.log
	l.log = nil
	for _, e := range l.ends {
		state := fmt.Sprintf("%s waits for %s", e.role, e.mask)
		if e.gone {
			state = fmt.Sprintf("%s is gone", e.role)
		}
		if n := e.engine.OutputPending(); n > 0 {
			state += fmt.Sprintf(", %d bytes in the engine", n)
		}
		lines = append(lines, state)
	}
	return strings.Join(lines, "\n") + "\n"
}

func (l *refLink) verb(t *testing.T, d *datadriven.TestData) {
	switch d.Cmd {
	case "up":
		l.mute = true
		l.run(t)
		l.mute = false
		if !l.ends[0].engine.InitFinished() || !l.ends[1].engine.InitFinished() {
			d.Fatalf(t, "the handshake does not end")
		}
	case "run":
		l.run(t)
	case "tick":
		n := 0
		d.ScanArgs(t, "n", &n)
		l.now += n
	default:
		e := l.ends[model.Client]
		if d.CmdArgs[0].Key == "server" {
			e = l.ends[model.Server]
		}
		e.verb(t, d)
	}
}

func (e *refEnd) verb(t *testing.T, d *datadriven.TestData) {
	switch d.Cmd {
	case "ready":
		if !e.turn() {
			e.say("is not ready")
		}
	case "spurious":
		e.pump.Ready(model.Readable | model.Writable)
	case "room":
		d.ScanArgs(t, "n", &e.room)
	case "write":
		e.unwritten = append(e.unwritten, strings.TrimSuffix(d.Input, "\n")...)
		e.offer()
	case "answer":
		e.answer = append(e.answer, strings.TrimSuffix(d.Input, "\n")...)
	case "renegotiate":
		e.pump.(model.Initiator).Renegotiate()
	case "keyupdate":
		e.pump.(model.Initiator).KeyUpdate(d.HasArg("requested"))
	case "pause", "resume":
		e.pump.PauseRead(d.Cmd == "pause")
	case "shut":
		e.pump.CloseWrite()
	case "close":
		e.pump.Close()
	default:
		d.Fatalf(t, "no verb %q", d.Cmd)
	}
}

// run lets both loops turn until nothing is ready.
func (l *refLink) run(t *testing.T) {
	for range 10000 {
		client, server := l.ends[model.Client].turn(), l.ends[model.Server].turn()
		if !client && !server {
			return
		}
	}
	t.Fatal("the loops do not come to rest")
}

// turn calls the pump if anything is ready.
func (e *refEnd) turn() bool {
	if e.gone {
		return false
	}
	e.edges |= e.readiness() & e.quiet
	e.quiet &^= e.edges
	ev := e.mask & e.readiness()
	if e.trigger == model.Edge {
		ev = e.mask & e.edges
		e.edges &^= ev
	}
	if e.woken {
		ev |= model.Woken
	}
	if e.deadline > 0 && e.deadline <= e.link.now {
		e.deadline = 0
		ev |= model.Expired
	}
	e.woken = false
	if ev == 0 {
		return false
	}
	e.say("ready: %s", ev)
	e.pump.Ready(ev)
	return true
}

func (e *refEnd) peer() *refEnd { return e.link.ends[e.role.Peer()] }

func (e *refEnd) free() int { return max(0, e.room-len(e.peer().inbox)) }

func (e *refEnd) readiness() model.Events {
	var ev model.Events
	if len(e.inbox) > 0 || e.fin {
		ev |= model.Readable
	}
	if e.free() > 0 {
		ev |= model.Writable
	}
	return ev
}

func (e *refEnd) say(format string, args ...any) {
	if !e.link.mute {
		e.link.log = append(e.link.log, fmt.Sprintf("  %-7s", e.role)+fmt.Sprintf(format, args...))
	}
}

func (e *refEnd) watch(n model.Note) {
	arrow := "<"
	if n.Sent {
		arrow = ">"
	}
	e.say("%s %s (%d)", arrow, n.Message, n.Bytes)
}

// A refSocket is a refEnd's Socket; its Close is not the loop's.
type refSocket struct{ e *refEnd }

func (s refSocket) Recv(p []byte) (int, model.IOStatus) {
	e := s.e
	n := copy(p, e.inbox)
	e.inbox = e.inbox[n:]
	if n < len(p) {
		e.quiet |= model.Readable
		e.edges &^= model.Readable
	}
	switch {
	case n > 0:
		e.say("recv %d", n)
		return n, model.IOOK
	case e.fin:
		e.say("recv: eof")
		return 0, model.EOF
	}
	return 0, model.WouldBlock
}

func (s refSocket) Send(p []byte) (int, model.IOStatus) {
	e := s.e
	n := min(len(p), e.free())
	if n < len(p) {
		e.quiet |= model.Writable
		e.edges &^= model.Writable
	}
	if n == 0 {
		e.say("send %d: would-block", len(p))
		return 0, model.WouldBlock
	}
	e.say("send %d of %d", n, len(p))
	e.peer().inbox = append(e.peer().inbox, p[:n]...)
	return n, model.IOOK
}

func (s refSocket) CloseWrite() {
	s.e.say("FIN")
	s.e.peer().fin = true
}

func (s refSocket) Close() {
	s.e.say("close, %d bytes unread", len(s.e.inbox))
	s.e.gone, s.e.peer().fin = true, true
}

func (e *refEnd) Interest(mask model.Events) {
	e.say("interest %s", mask)
	e.edges |= e.readiness() & mask &^ e.mask
	e.mask = mask
}

func (e *refEnd) Wake() {
	e.say("wake")
	e.woken = true
}

func (e *refEnd) Timer(ticks int) {
	e.say("timer %d", ticks)
	e.deadline = 0
	if ticks > 0 {
		e.deadline = e.link.now + ticks
	}
}

func (e *refEnd) Spin() { panic("model: the reference does not spin") }

func (e *refEnd) Data(p []byte) {
	text := strconv.Quote(string(p))
	if len(p) > 24 {
		text = fmt.Sprintf("%d bytes", len(p))
	}
	e.say("app: data %s", text)
	if len(e.answer) > 0 {
		e.unwritten, e.answer = append(e.unwritten, e.answer...), nil
		e.offer()
		e.say("app: data is done")
	}
}

func (e *refEnd) Writable() {
	e.say("app: asked for more")
	e.offer()
}

func (e *refEnd) Closed(why model.Cause) { e.say("app: closed, %s", why) }

func (e *refEnd) offer() {
	n := e.pump.Write(e.unwritten)
	e.say("app: %d of %d bytes taken", n, len(e.unwritten))
	e.unwritten = e.unwritten[n:]
}
