package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// A mistakeIn is a wrong answer at a point, in a pump of one kind. Either judge or count is set.
// It is given the right answer, and may do anything with the pump.
type mistakeIn[P any] struct {
	at    Point
	judge func(p P, right bool) bool
	count func(p P, right int) int
}

// A mistake is one in the reference.
type mistake = mistakeIn[*Reference]

// A planted answers at the points of a pump that has mistakes.
type planted interface {
	judge(at Point, right bool) bool
	count(at Point, right int) int
}

// A flawed is one pump and its mistakes.
type flawed[P any] struct {
	pump     P
	mistakes []mistakeIn[P]
}

// A slip is what planted mistakes remember.
type slip struct {
	on   bool
	n    int
	held []byte
}

// snapshotSlip adds what only a mutant has to remember: the slip, and what the reference leaves
// alone or never reads again. If some is false there is none of it, as in the reference.
func (p *chassis) snapshotSlip(s *model.Snapshot, some bool) {
	if p.flaws == nil {
		return
	}
	s.Place(p.scratch)
	if !some {
		p.slip, p.queue.limit = slip{held: p.slip.held[:0]}, p.env.Limits.Queue
		return
	}
	s.Int(&p.queue.limit)
	s.Flags(&p.slip.on)
	s.Int(&p.slip.n)
	s.Bytes(&p.slip.held)
}

// slipped says whether a mutant has anything of that to remember.
func (p *chassis) slipped() bool {
	return p.slip.on || p.slip.n != 0 || len(p.slip.held) > 0 ||
		p.queue.limit != p.env.Limits.Queue
}

// decide gives the right answer, or the wrong one of a mistake that is planted at the point.
func (p *chassis) decide(at Point, right bool) bool {
	if p.flaws == nil {
		return right
	}
	return p.flaws.judge(at, right)
}

// amount is decide for numbers.
func (p *chassis) amount(at Point, right int) int {
	if p.flaws == nil {
		return right
	}
	return p.flaws.count(at, right)
}

// did is decide where nothing depends on the answer.
func (p *chassis) did(at Point) { p.decide(at, true) }

// misarm asks at the points about wakeups. Only mutants call it, because every turn arms.
func (p *chassis) misarm(mask model.Events) (wrong model.Events) {
	if p.decide(atArmRead, mask&model.Readable != 0) {
		wrong = model.Readable
	}
	if p.decide(atArmWrite, mask&model.Writable != 0) {
		wrong |= model.Writable
	}
	if p.decide(atWakeByHand, false) {
		p.env.Loop.Wake()
	}
	return wrong
}

func (f *flawed[P]) judge(at Point, right bool) bool {
	for i := range f.mistakes {
		if m := &f.mistakes[i]; m.at == at {
			right = m.judge(f.pump, right)
		}
	}
	return right
}

func (f *flawed[P]) count(at Point, right int) int {
	for i := range f.mistakes {
		if m := &f.mistakes[i]; m.at == at {
			right = m.count(f.pump, right)
		}
	}
	return right
}

// A plan is a row of the table of mutants. Its mistakes are the reference's, or with a variant
// those of another shape. The first of them says where the mutant decides wrongly.
type plan struct {
	name     string
	about    string
	bugs     ids
	breaks   oracle.PropertyID
	scenario string
	also     oracle.PropertySet
	because  string
	mistakes []mistake
	variant  variant
}

// A variant is a pump of any shape with mistakes.
type variant struct {
	spec model.Spec // of the correct pump
	new  func(model.Env) model.Pump
	at   []Point
	// whole: each mistake is either a judgement or a number, and not both.
	whole bool
}

// variantOf plants mistakes in a pump of a shape.
func variantOf[P shape](spec model.Spec, empty func() P, mistakes []mistakeIn[P]) variant {
	v := variant{spec: spec, new: built(empty, mistakes...), whole: true}
	for _, m := range mistakes {
		v.at = append(v.at, m.at)
		v.whole = v.whole && (m.judge == nil) != (m.count == nil)
	}
	return v
}

// planted is the pump of the row.
func (f *plan) planted() variant {
	if f.variant.new != nil {
		return f.variant
	}
	return variantOf(ReferenceSpec(), newReference, f.mistakes)
}

// mutant makes the mutant of the row.
func (f *plan) mutant() Mutant {
	v := f.planted()
	m := Mutant{Spec: v.spec, Of: v.spec.Name, Bugs: f.bugs, Breaks: f.breaks,
		Scenario: f.scenario, Also: f.also, Because: f.because, At: v.at[0]}
	m.Name, m.About, m.New = f.name, f.about, v.new
	return m
}

// either is a set of properties.
func either(ids ...oracle.PropertyID) (s oracle.PropertySet) {
	for _, id := range ids {
		s = s.With(id)
	}
	return s
}

// never and always are the simplest mistakes of the reference: one answer, whatever is right.
func never(at Point) []mistake {
	return judged(at, no[*Reference])
}

func always(at Point) []mistake {
	return judged(at, yes[*Reference])
}

// judged is a wrong judgement, and counted is a wrong number.
func judged[P any](at Point, judge func(p P, right bool) bool) []mistakeIn[P] {
	return []mistakeIn[P]{{at: at, judge: judge}}
}

func counted[P any](at Point, count func(p P, right int) int) []mistakeIn[P] {
	return []mistakeIn[P]{{at: at, count: count}}
}

// answers mistakes one answer of an engine's call for another.
func answers(at Point, wrong func(p *Reference, st model.Status) model.Status) []mistake {
	return counted(at, func(p *Reference, right int) int { return int(wrong(p, model.Status(right))) })
}

// yes and no are the simplest judgements.
func yes[P any](P, bool) bool { return true }
func no[P any](P, bool) bool  { return false }

// gaveUpText says why a stall may end as something else.
const gaveUpText = "a close that waits is given up by its timer, with what it had to send"

// droppedText says why dropped plaintext breaks more than one property.
const droppedText = "what is dropped is to the ledger still in the queue; and what comes in its " +
	"place is a gap only if it is a later part of the stream"

// headerRoom is the size of the stack buffer of one-record-a-write, in bytes.
const headerRoom = 64

// instead mistakes one answer for another.
func instead(of, is model.Status) func(*Reference, model.Status) model.Status {
	return func(_ *Reference, st model.Status) model.Status {
		if st == of {
			return is
		}
		return st
	}
}

func ordinal(b bool) int {
	if b {
		return 1
	}
	return 0
}

// unlessWriteWaits is right, except while a write waits for a handshake.
func (p *Reference) unlessWriteWaits(right bool) bool {
	return right && (p.queue.len() == 0 || p.up())
}

// parked says whether to write now, if what was written during the handshake stays parked after
// it.
func (p *Reference) parked(up, counts bool) bool {
	p.slip.on = p.slip.on || !up && counts && p.queue.len() > 0
	return up && !p.slip.on
}

// unpark ends that when the app writes.
var unpark = judged(atTakePlaintext, func(p *Reference, right bool) bool {
	p.slip.on = p.slip.on && !p.up()
	return right
})

// pastLastFlight holds back what is pending when a handshake ends, until the app's side makes
// output.
func (p *Reference) pastLastFlight(bool) bool {
	switch {
	case !p.up():
		p.slip.n = 0
		return true
	case p.wrote:
		p.slip.n = 1
	}
	return p.slip.n > 0
}

// shakeHandsFirst makes the first handshake by calls of Handshake, and does not read in the same
// turn.
func (p *Reference) shakeHandsFirst(bool) bool {
	if p.slip.on || p.up() {
		p.slip.on = true
		return true
	}
	if st := p.engine().Handshake(); st != model.OK {
		p.readEnded(st)
	}
	p.slip.on = p.up()
	return false
}

// ends mistakes some ends of the socket for would-block.
func ends(missed func(p *Reference, st model.IOStatus) bool) []mistake {
	return counted(atSocketEnds, func(p *Reference, right int) int {
		if missed(p, model.IOStatus(right)) {
			return int(model.WouldBlock)
		}
		return right
	})
}

// spin keeps the thread.
func (p *Reference) spin(on bool) bool {
	if on {
		p.env.Loop.Spin()
	}
	return false
}

// leftText says why data that is not read breaks more than one property.
const leftText = "data that is left in the engine is fatal to a renegotiation that a write " +
	"carries on, and the link behind it fills up"

// noBound is more rounds than there ever are.
const noBound = 1 << 30

// shortTurn is how many rounds yields-without-a-wake gives a turn.
const shortTurn = 4

// withhold carries a renegotiation on by reads of nothing, which stop at data.
func (p *Reference) withhold(bool) bool {
	if !p.up() && p.slip.on {
		if _, st := p.engine().Read(nil); st != model.OK {
			p.readEnded(st)
			return false
		}
	}
	p.slip.on = p.slip.on || p.up()
	return p.up() || !p.slip.on
}

// watermark is what read-watermark waits for, in bytes.
const watermark = 48

// enoughToRead says whether enough input lies in the engine. The most room that there ever was is
// taken for the size of the buffer.
func (p *Reference) enoughToRead(bool) bool {
	room := p.env.Engine.InputRoom()
	p.slip.n = max(p.slip.n, room)
	input := p.slip.n - room
	return input == 0 || input >= watermark || room == 0 || p.eof || p.broken
}

// refusedText says why a refused write breaks more than one property.
const refusedText = "an app that has closed is told nothing: then the failure shows in what does " +
	"not reach the peer"

// anySize is more than an app has to write at once, in bytes.
const anySize = 1 << 16

// offered is the length of the last piece that was offered.
func (p *Reference) offered() int {
	if p.retry > 0 {
		return p.retry
	}
	return min(p.queue.len(), p.env.Limits.Chunk)
}

func (p *Reference) unlessRetrying(right bool) bool { return right && !p.stuckW }

// lookForEnd receives again before a byte is decrypted.
func (p *Reference) lookForEnd(right bool) bool {
	if p.slip.on || p.eof || p.broken {
		return right
	}
	p.slip.on, p.dry = true, false
	p.fill()
	p.slip.on = false
	return right
}

// shutDownTwice lets Shutdown read the socket, after our close_notify is sent.
func (p *Reference) shutDownTwice(right bool) bool {
	if p.env.Transport != model.Attached || !p.closing || !p.shut || p.dead || p.eof {
		return right
	}
	switch st := p.engine().Shutdown(); st {
	case model.OK, model.Failed:
		p.eof = true
	}
	return false
}

func (p *Reference) unlessBlocked(right bool) bool { return right && !p.owes() }

func (p *Reference) unlessQueued(right bool) bool {
	return right && (p.queue.len() == 0 || !p.up())
}

// uncleared is the engine of a pump that does not know of the error queue.
type uncleared struct{ model.Engine }

// ClearErrors does nothing.
func (uncleared) ClearErrors() {}

// clearsAfter is the engine of a pump that empties the error queue when a Read or a Write has
// failed, and takes that for enough.
type clearsAfter struct{ model.Engine }

// ClearErrors does nothing.
func (*clearsAfter) ClearErrors() {}

// Read empties the queue if it fails.
func (e *clearsAfter) Read(p []byte) (int, model.Status) {
	n, st := e.Engine.Read(p)
	return n, e.clean(st)
}

// Write empties the queue if it fails.
func (e *clearsAfter) Write(p []byte) (int, model.Status) {
	n, st := e.Engine.Write(p)
	return n, e.clean(st)
}

func (e *clearsAfter) clean(st model.Status) model.Status {
	if st == model.Failed {
		e.Engine.ClearErrors()
	}
	return st
}

// hoard receives all that there is, and feeds what fits.
func (p *Reference) hoard(right bool) bool {
	if p.env.Transport == model.Attached || p.discards() {
		return right
	}
	for !p.slip.on && !p.dry {
		n, st := p.env.Socket.Recv(p.scratch)
		p.dry = n < len(p.scratch)
		p.slip.held = append(p.slip.held, p.scratch[:n]...)
		p.slip.on, p.slip.n = st == model.EOF || st == model.Reset, int(st)
	}
	if len(p.slip.held) > 0 {
		n := p.env.Engine.Feed(p.slip.held)
		p.slip.held = p.slip.held[n:]
		p.due = p.due || n > 0
	}
	if p.slip.on && len(p.slip.held) == 0 {
		p.ended(model.IOStatus(p.slip.n)) // behind all that came before it
	}
	return false
}

// hasRoomForHoard says whether some of it fits now.
func (p *Reference) hasRoomForHoard(bool) bool {
	room := p.env.Transport == model.Pair && p.env.Engine.InputRoom() > 0
	if len(p.slip.held) == 0 || !room || p.over || p.dead || p.broken || p.discards() {
		return false
	}
	p.dry = false
	return true
}

// hoardOutput drains the engine behind what the socket has not taken yet.
func (p *Reference) hoardOutput(right bool) bool {
	if p.env.Transport == model.Attached || p.pipe.len() == 0 || p.silent() {
		return right
	}
	if n := p.env.Engine.Drain(p.scratch); n > 0 {
		p.pipe.limit = max(p.pipe.limit, p.pipe.len()+n)
		p.pipe.put(p.scratch[:n], false)
		p.retryStuck() // so that more comes
	}
	return right
}

// useFreed does what a C library does with memory that is gone, on a good day.
func (p *Reference) useFreed(n int) int {
	if p.slip.on {
		panic("the engine was let go in a callback, and is used")
	}
	return n
}

// repeat hands the last data over again.
func (p *Reference) repeat(n int) int {
	if p.slip.on && !p.closing {
		p.slip.on = false
		p.env.App.Data(p.scratch[:n])
	}
	return n
}

// force calls Handshake as long as a later handshake is under way.
func (p *Reference) force(bool) bool {
	if !p.up() && p.slip.on {
		if st := p.engine().Handshake(); st != model.OK {
			p.readEnded(st)
			return false
		}
	}
	p.slip.on = p.slip.on || p.up()
	return true
}

// boundByProgress bounds a turn by the handshakes and the data in it.
var boundByProgress = []mistake{
	{at: atRoundsOfTurn, count: func(*Reference, int) int { return noBound }},
	{at: atDeliver, judge: func(p *Reference, right bool) bool {
		p.slip.n++
		return right
	}},
	{at: atTakeInput, judge: func(p *Reference, right bool) bool {
		p.slip.n += ordinal(!p.up())
		return right && p.slip.n < model.MaxRounds
	}},
	{at: atArmRead, judge: func(p *Reference, right bool) bool {
		p.slip.on, p.slip.n = p.slip.n >= model.MaxRounds, 0
		return right
	}},
	{at: atWakeByHand, judge: func(p *Reference, _ bool) bool {
		on := p.slip.on
		p.slip.on = false
		return on
	}},
}

// waitForFlush makes a close in a handshake wait for a flush that never comes.
var waitForFlush = []mistake{
	{at: atCallClose, judge: func(p *Reference, _ bool) bool {
		p.slip.on = p.slip.on || !p.up()
		return true
	}},
	{at: atAllIsWritten, judge: func(p *Reference, right bool) bool {
		return right && !p.slip.on
	}},
}

// shutDownAnyway calls Shutdown in a handshake.
var shutDownAnyway = []mistake{
	{at: atRestart, judge: func(p *Reference, _ bool) bool {
		p.env.Engine = &clearsAfter{Engine: p.env.Engine}
		return true
	}},
	{at: atAllIsWritten, judge: func(p *Reference, right bool) bool {
		if right && !p.up() && !p.dead && !p.slip.on {
			p.slip.on = true
			p.env.Engine.Shutdown()
		}
		return right
	}},
}
