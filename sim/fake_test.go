package sim

import (
	"bytes"
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A fake is a foreign.Program: a server that says back what it hears. It is one process for all
// links, level-triggered, with the reference pump and the model's engine inside, so that it is
// correct but for its mistake.
type fake struct {
	mistake  mistake
	cfg      script.Config
	seam     foreign.Seam
	library  *tls.Models
	errors   model.ErrorQueue
	ends     []*fakeEnd
	backward bool // the last link goes first
	slow     uint64
	fault    *foreign.Fault
	settled  error
}

// A mistake is what a fake does wrong, or in a way of its own.
type mistake uint8

const (
	none mistake = iota

	// What breaks a property.
	forgetsWrite   // it never waits for room
	forgetsForTime // it does not wait for room, but looks again after a second
	forgetsRead    // once it had to wait for room it never reads again
	keepsSocket    // once it had to wait it ends the stream and does not close the socket
	spins          // it always waits for room
	garbles        // once it had to wait it says a wrong byte
	repeats        // once it had to wait it says the last bytes twice
	dropsAll       // once it had to wait it throws the rest away and closes
	givesUp        // once it had to wait it closes without close_notify
	closesBare     // it never sends close_notify
	startles       // it closes when a wait has reported nothing
	dies           // once it had to wait it dies
	leaks          // and this one grows
	hoards         // it reads on while it can't answer
	ignores        // it reads a renegotiation and says nothing
	cutsAtHello    // it carries renegotiations on, but what waits at one is dropped, and the link closed
	cutsFirst      // it ends a link at a second renegotiation, but what waits is dropped at the first
	leavesBare     // it ends a link at a renegotiation, without close_notify if something waits
	unsupported    // it does what nobody understands

	// What is a server's way.
	saysBare     // it never sends close_notify, and its description says so
	answersOnce  // it closes after the first bytes: see mostOnce
	takesItsTime // it answers after 300 ms
	hangsUp      // after 5 s without a byte it closes
	ticks        // it wakes up each 100 ms to no purpose
	refuses      // a renegotiation, with an alert
	leaves       // it refuses one, drops what waits, and closes
	leavesSecond // it carries one on, and does so at the next
	halfIsWhole  // at a half-close it drops what waits, and closes
)

// mostOnce is how many bytes a fake says back that then closes.
const mostOnce = 500

func newFake(cfg *script.Config, m mistake) *fake {
	return &fake{mistake: m, cfg: *cfg, library: tls.NewModels()}
}

// Start implements foreign.Program.
func (f *fake) Start(s foreign.Seam) error {
	f.Stop()
	*f = fake{mistake: f.mistake, cfg: f.cfg, library: f.library, settled: f.settled, seam: s}
	for link := range s.Links() {
		f.ends = append(f.ends, &fakeEnd{f: f, link: link, wire: s.Wire(link)})
	}
	if f.mistake == ticks {
		f.slow = 100
	}
	return nil
}

// Stop implements foreign.Program.
func (f *fake) Stop() {
	for _, e := range f.ends {
		if e.engine != nil {
			f.library.Free(e.engine)
		}
	}
	f.ends = nil
}

// Ready implements foreign.Program.
func (f *fake) Ready(link int) (ev model.Events) {
	if ev = f.ends[link].ready(); link > 0 {
		return ev
	}
	if next := f.Timer(); next != 0 && next <= f.seam.Now() {
		ev |= model.Expired
	}
	return ev
}

// Interest implements foreign.Program.
func (f *fake) Interest(link int) model.Events { return f.ends[link].interest() }

// Turn implements foreign.Program. All that it moves passes its wires.
func (f *fake) Turn(link int, how foreign.Wakeup) (moved bool) {
	f.seam.Call("wait", fmt.Sprintf("returns for %d", link), 0)
	for i := range f.ends {
		if f.backward {
			i = len(f.ends) - 1 - i
		}
		e := f.ends[i]
		switch {
		case i == link && how.Spurious != 0:
			e.turn(how.Spurious)
		case i == link || !how.Alone:
			e.turn(e.ready())
		}
	}
	if now := f.seam.Now(); !how.Alone || link == 0 {
		for _, e := range f.ends {
			for _, at := range [...]*uint64{&e.timer, &e.again} {
				if *at != 0 && *at <= now {
					*at = 0
					e.turn(model.Expired)
				}
			}
		}
		if f.slow != 0 && f.slow <= now {
			f.slow = now + 100
		}
	}
	return false
}

// Prefer implements foreign.Program.
func (f *fake) Prefer(n int) { f.backward = n == 1 }

// Threads implements foreign.Program.
func (f *fake) Threads() int { return 2 }

// Timer implements foreign.Program.
func (f *fake) Timer() (next uint64) {
	next = f.slow
	for _, e := range f.ends {
		for _, at := range [...]uint64{e.timer, e.again} {
			if at != 0 && (next == 0 || at < next) {
				next = at
			}
		}
	}
	return next
}

// Tick implements foreign.Program.
func (f *fake) Tick() {}

// Fault implements foreign.Program.
func (f *fake) Fault() *foreign.Fault { return f.fault }

// Settled implements foreign.Program.
func (f *fake) Settled() error { return f.settled }

// A fakeEnd is the program's end of a link: its pump's socket, loop and app.
type fakeEnd struct {
	f        *fake
	link     int
	wire     foreign.Wire
	engine   model.Engine
	pump     model.Pump // nil before the connection is accepted
	mask     model.Events
	timer    uint64 // the pump's
	again    uint64 // the fake's own
	woken    bool
	gone     bool
	queue    []byte // what is to be said back
	paused   bool
	blocked  bool // it had to wait for room
	answered int
	heard    bool // in this turn
	told     bool
	halved   bool // its peer says no more, and something waits
	hellos   int  // ClientHellos that have come
}

// ready is what the program's wait would report about the end.
func (e *fakeEnd) ready() model.Events {
	switch {
	case e.gone || !e.wire.Arrived():
		return 0
	case e.pump == nil:
		return model.Readable
	}
	var ev model.Events
	if fin, reset := e.wire.Ended(); e.wire.Unread() > 0 || fin || reset {
		ev |= model.Readable
	}
	if e.wire.Room() > 0 {
		ev |= model.Writable
	}
	return ev & e.interest()
}

// interest is what it waits for.
func (e *fakeEnd) interest() model.Events {
	if e.pump == nil {
		return model.Readable // the listening socket
	}
	if e.gone {
		return 0
	}
	switch mask := e.mask; {
	case e.f.mistake == forgetsWrite, e.f.mistake == forgetsForTime:
		return mask &^ model.Writable
	case e.f.mistake == forgetsRead && e.blocked:
		return mask &^ model.Readable
	case e.f.mistake == spins:
		return mask | model.Writable
	default:
		return mask
	}
}

// turn handles events.
func (e *fakeEnd) turn(ev model.Events) {
	if ev == 0 || e.gone || !e.wire.Arrived() {
		return
	}
	if e.pump == nil {
		e.accept()
	}
	e.heard = false
	before := e.wire.Unread()
	e.woken = true
	for rounds := 0; e.woken && !e.gone && rounds < 1000; rounds++ {
		e.woken = false
		e.pump.Ready(ev)
		e.say()
	}
	if e.f.mistake == startles && !e.heard && before == 0 && ev&model.Readable != 0 && !e.gone {
		e.pump.Close()
	}
	if e.f.mistake == hangsUp && !e.gone && !e.told {
		e.again = e.f.seam.Now() + 5000
	}
}

// accept makes the pump.
func (e *fakeEnd) accept() {
	e.f.seam.Call("accept", "", int64(e.link))
	c := &model.EngineConfig{Role: model.Server, Version: e.f.cfg.Version, In: 1024, Out: 512,
		Errors: &e.f.errors, Key: fold(e.f.seam.Seed(), uint64(e.link)), MaxRecord: 1024,
		HandshakeRecord: 1024, ServerChain: e.f.cfg.Sizes.Chain, PartialWrite: true, MovingBuffer: true}
	switch e.f.mistake {
	case ignores:
		c.Traits.Renegotiation = model.RenegIgnore
	case refuses, leaves, leavesBare:
		c.Traits.Renegotiation = model.RenegRefuse
	case unsupported:
		e.f.fault = &foreign.Fault{Kind: foreign.Unsupported, Text: "io_uring_setup(8, 0): want epoll or poll"}
	}
	c.Watch = func(n model.Note) {
		if n.Message == "ClientHello" && !n.Sent {
			e.hellos++
		}
	}
	var err error
	if e.engine, err = e.f.library.New(c); err != nil {
		panic(err)
	}
	spec := pumps.ReferenceSpec()
	e.pump = spec.New(model.Env{Role: model.Server, Version: c.Version, Engine: e.engine, Socket: e,
		Loop: e, App: e, Limits: model.Limits{Pipe: 4096, Queue: 256, Chunk: 1024, CloseTicks: 50}})
}

// Recv implements model.Socket.
func (e *fakeEnd) Recv(p []byte) (int, model.IOStatus) {
	if e.gone {
		return 0, model.Reset
	}
	n, st := e.wire.Recv(p)
	e.heard = e.heard || st != model.WouldBlock
	return n, st
}

// Send implements model.Socket.
func (e *fakeEnd) Send(p []byte) (int, model.IOStatus) {
	if e.gone {
		return 0, model.Reset
	}
	most := len(p)
	if pieces := e.wire.Split(); pieces > 0 {
		most = min(most, 16*pieces)
	}
	e.wire.Offer(len(p))
	n, st := e.wire.Send(p[:most])
	if st == model.WouldBlock && !e.blocked {
		e.blocked = true
		switch e.f.mistake {
		case dies:
			e.f.fault = &foreign.Fault{Kind: foreign.Crashed, Text: "signal SIGSEGV"}
		case leaks:
			e.f.fault = &foreign.Fault{Kind: foreign.Leaks, Text: "its memory grows"}
		case garbles:
			e.queue = append(e.queue, 'x')
		case repeats:
			e.queue = append(bytes.Clone(e.queue[:min(len(e.queue), 9)]), e.queue...)
		case givesUp:
			e.Close()
		}
	}
	if n < len(p) && e.f.mistake == forgetsForTime {
		e.again = e.f.seam.Now() + 1000
	}
	return n, st
}

// CloseWrite implements model.Socket.
func (e *fakeEnd) CloseWrite() {
	if !e.gone {
		e.wire.CloseWrite()
	}
}

// Close implements model.Socket.
func (e *fakeEnd) Close() {
	if e.gone {
		return
	}
	e.gone, e.timer, e.again = true, 0, 0
	if e.f.mistake == keepsSocket && e.blocked {
		e.wire.CloseWrite()
		return
	}
	e.wire.Close()
}

// Interest implements model.Loop.
func (e *fakeEnd) Interest(mask model.Events) {
	if e.mask != mask {
		e.mask = mask
		e.f.seam.Call("watch", fmt.Sprint(e.link, " ", mask), 0)
	}
}

// Wake implements model.Loop.
func (e *fakeEnd) Wake() { e.woken = true }

// Spin implements model.Loop.
func (e *fakeEnd) Spin() { e.woken = true }

// Timer implements model.Loop.
func (e *fakeEnd) Timer(ticks int) {
	if e.timer = 0; ticks > 0 {
		e.timer = e.f.seam.Now() + uint64(ticks)
	}
}

// Data implements model.App.
func (e *fakeEnd) Data(p []byte) {
	if e.f.mistake == answersOnce {
		p = p[:min(len(p), mostOnce-e.answered-len(e.queue))]
	}
	e.queue = append(e.queue, p...)
	if e.f.mistake == takesItsTime && e.again == 0 {
		e.again = e.f.seam.Now() + 300
	}
	if !e.paused && e.f.mistake != hoards && len(e.queue) > 4096 {
		e.paused = true
		e.pump.PauseRead(true)
	}
}

// leaves says whether it ends the link now, for its client has begun to renegotiate.
func (e *fakeEnd) leaves() bool {
	waits := len(e.queue) > 0
	switch e.f.mistake {
	case leaves, leavesBare:
		return e.hellos > 1
	case cutsAtHello:
		return e.hellos > 1 && waits
	case leavesSecond:
		return e.hellos > 2
	case cutsFirst:
		return e.hellos > 2 || e.hellos > 1 && waits
	}
	return false
}

// say says back what was heard.
func (e *fakeEnd) say() {
	if !e.told && !e.gone && e.leaves() {
		bare := e.f.mistake == leavesBare && len(e.queue) > 0
		if e.queue, e.told = nil, true; bare {
			e.Close()
		} else {
			e.pump.Close()
		}
		return
	}
	if e.f.mistake == takesItsTime && e.again > e.f.seam.Now() {
		return
	}
	for len(e.queue) > 0 && !e.gone && !e.told {
		n := e.pump.Write(e.queue)
		e.queue = e.queue[n:]
		e.answered += n
		if n == 0 {
			break
		}
	}
	if _, reset := e.wire.Ended(); reset {
		e.queue = nil // and read on, for the pump tells of the end behind a pause
	}
	switch {
	case e.gone:
	case e.halved && len(e.queue) == 0 && !e.told:
		e.Closed(model.Clean)
	case e.f.mistake == dropsAll && len(e.queue) > 0 && e.blocked:
		e.queue = nil
		e.pump.Close()
	case e.f.mistake == answersOnce && e.answered >= mostOnce && !e.told:
		e.told = true
		e.pump.Close()
	case e.paused && len(e.queue) < 1024:
		e.paused = false
		e.pump.PauseRead(false)
	}
}

// Writable implements model.App.
func (e *fakeEnd) Writable() { e.woken = true }

// Closed implements model.App.
func (e *fakeEnd) Closed(why model.Cause) {
	if e.told {
		return
	}
	if why == model.Clean && e.f.cfg.Version == model.TLS13 && len(e.queue) > 0 && e.f.finishes() {
		e.halved = true // what waits is still said
		return
	}
	e.told = true
	switch {
	case e.gone:
	case e.f.mistake == closesBare || e.f.mistake == saysBare:
		e.Close()
	case e.f.mistake == halfIsWhole:
		e.queue = nil
		e.pump.Close()
	default:
		e.pump.Close()
	}
}

// finishes says whether the fake still says what waits when its peer says no more.
func (f *fake) finishes() bool {
	switch f.mistake {
	case halfIsWhole, answersOnce, closesBare, saysBare:
		return false
	}
	return true
}

// echoed is the dialogue of a fake.
var echoed = own.Dialogue{Name: "echoed", New: func(own.Place) own.Speaker { return &echo{} }}

// An echo is the speaker that wants back what it has said.
type echo struct {
	said     []byte // and not heard yet
	number   byte
	ends     []int // of the messages, in bytes from the first
	begun, n int   // bytes said and heard
	wrong    string
}

// Begins implements own.Speaker.
func (e *echo) Begins() bool { return true }

// Begin implements own.Speaker.
func (e *echo) Begin(dst []byte, body, _ int) []byte {
	from := len(dst)
	for range body + 1 {
		dst = append(dst, e.number)
		e.number = e.number*5 + 3
	}
	e.said = append(e.said, dst[from:]...)
	e.begun += body + 1
	e.ends = append(e.ends, e.begun)
	return dst
}

// Hear implements own.Speaker.
func (e *echo) Hear(dst, p []byte) []byte {
	e.n += len(p)
	if !bytes.HasPrefix(e.said, p) {
		e.wrong = "other bytes came back than were said"
		return dst
	}
	e.said = e.said[len(p):]
	return dst
}

// Over implements own.Speaker.
func (e *echo) Over() bool { return false }

// Owed implements own.Speaker.
func (e *echo) Owed() string {
	if len(e.said) == 0 {
		return ""
	}
	return fmt.Sprintf("%d bytes that are to come back", len(e.said))
}

// Missing implements own.Judge.
func (e *echo) Missing() bool { return false }

// Heard implements own.Judge.
func (e *echo) Heard() uint64 { return uint64(e.n) }

// Wrong implements own.Judge.
func (e *echo) Wrong() string { return e.wrong }

// Ends implements own.Judge.
func (e *echo) Ends() bool { return false }

// Answers implements own.Judge.
func (e *echo) Answers() (whole int, partial bool) {
	last := 0
	for _, end := range e.ends {
		if end > e.n {
			break
		}
		whole++
		last = end
	}
	return whole, e.n > last
}
