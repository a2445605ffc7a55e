package differential

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A bench is a link of two engines of one library, whose bytes may be on the way, and all that can
// be seen of it.
type bench struct {
	*linktest.Link
	ends [2]end // by role
	// whole makes drains and feeds move all bytes at once, because the length of a signature
	// varies.
	whole bool
	// mute ignores the messages that engines report.
	mute bool
}

// An end is one engine of a bench.
type end struct {
	engine model.Engine
	peer   *end
	cfg    model.EngineConfig

	// Input: way has what the peer has sent and is not here yet. front has what has come of the
	// record that is arriving. inbox is what an attached engine's socket gives.
	way, inbox linktest.Wire
	front      []byte

	// Output: data is what the end writes, the same for both libraries. wrote bytes of it are
	// taken, and owed is the length of a write that has to be repeated. With moved the retry comes
	// from spare.
	data        []byte
	wrote, owed int
	moved       bool
	spare       []byte

	// Early data: early is the length of the last WriteEarly. writesEarly says that it has to be
	// repeated. readsEarly says that ReadEarly is not at the end. past says that a call was made
	// after which no early data is written.
	early                         int
	writesEarly, readsEarly, past bool

	asked  bool            // it has asked for a certificate: see impolite
	said   strings.Builder // alerts and handshake messages of the call
	buffer [all]byte
}

// A view is the answers of an engine's queries, and the number of bytes on the way to it.
type view struct {
	Init, HasPending, Deferred bool
	Pending, Output, Room, Way int
	Shut                       model.ShutState
	Early                      model.EarlyStatus
}

// An outcome is all that is seen of a call.
type outcome struct {
	N      int
	Status model.Status
	Data   string // what was read
	Said   string // handshake messages and alerts that were sent or received, in order
	Ends   [2]view
}

// String is the outcome on one line, with only the length of what was read.
func (o outcome) String() string {
	return fmt.Sprintf("%d %s, read %d, said [%s] client %+v server %+v", o.N, o.Status,
		len(o.Data), o.Said, o.Ends[0], o.Ends[1])
}

// mostWritten is the most bytes that an end writes in a sequence.
const mostWritten = 1 << 20

// stock is what both ends write, each from its own half. No two parts of it are equal, so that
// bytes in the wrong place are found.
var stock = func() []byte {
	p := make([]byte, 2*mostWritten)
	x := uint64(1)
	for i := 0; i < len(p); i += 8 {
		x = x*6364136223846793005 + 1442695040888963407
		binary.LittleEndian.PutUint64(p[i:], x^x>>32)
	}
	return p
}()

// newBench makes both engines in the current run. tune, if not nil, changes their configurations.
func newBench(t rapid.TB, lib model.Library, s *Setting, tune func(*model.EngineConfig)) *bench {
	t.Helper()
	b := &bench{whole: s.Certs}
	var sides [2]linktest.Side
	errors := &model.ErrorQueue{} // one thread drives both ends
	for r := range b.ends {
		role, e := model.Role(r), &b.ends[r]
		e.peer = &b.ends[role.Peer()]
		e.data = stock[r*mostWritten:][:mostWritten]
		e.cfg = s.configure(role)
		e.cfg.Errors = errors
		e.cfg.Watch = e.note
		e.inbox.Room, e.peer.way.Room = e.cfg.In, math.MaxInt
		if s.Transport == model.Attached {
			e.cfg.Socket, e.peer.way.Room = e.inbox.Socket(&e.peer.way), e.cfg.Out
		}
		if tune != nil {
			tune(&e.cfg)
		}
		sides[r] = linktest.Side{Library: lib, Config: e.cfg}
	}
	b.Link = linktest.Pair(t, sides[model.Client], sides[model.Server])
	for r := range b.ends {
		b.ends[r].engine = b.Ends[r]
	}
	return b
}

// note writes down a message that an engine sends or receives. It skips application data, which
// libraries report at different moments.
func (e *end) note(n model.Note) {
	if n.Message != "application data" {
		e.said.WriteString(linktest.Note{By: e.cfg.Role, Note: n}.String() + "; ")
	}
}

// do makes a call and looks at both ends.
func (b *bench) do(c call) (o outcome) {
	e := &b.ends[c.on]
	switch {
	case b.mute && c.op == opFeedRecord: // the library may split its messages otherwise
		c.op, c.n = opFeed, 1<<18
	case b.whole && (c.op == opDrain || c.op == opFeed):
		c.n = 1 << 18
	}
	e.past = e.past || c.op.endsEarly()
	switch c.op {
	case opRead:
		p := e.buffer[:min(c.n, len(e.buffer))]
		o.N, o.Status = e.engine.Read(p)
		o.Data = string(p[:o.N])
	case opReadEarly:
		p := e.buffer[:min(c.n, len(e.buffer))]
		o.N, o.Status = e.readEarly(p)
		o.Data = string(p[:o.N])
	case opWriteEarly:
		o.N, o.Status = e.writeEarly(c.n)
	case opWrite, opMoved, opShorter:
		o.N, o.Status = e.write(c)
	case opDrain:
		o.N = b.count(e.drain(c.n))
	case opFeed:
		o.N = b.count(e.feed(c.n))
	case opFeedRecord:
		o.N = b.count(e.feed(e.rest()))
	case opDamage:
		o.N = e.damage()
	case opFin:
		e.inbox.End = model.EOF
	default:
		o.Status = e.call(c.op)
	}
	b.look(&o)
	return o
}

// look adds to an outcome what was said and what the queries of both ends answer.
func (b *bench) look(o *outcome) {
	if !b.mute {
		o.Said = b.ends[0].said.String() + b.ends[1].said.String()
	}
	for i := range b.ends {
		b.ends[i].said.Reset()
		v := b.ends[i].view()
		v.Output, v.Room, v.Way = b.count(v.Output), b.count(v.Room), b.count(v.Way)
		o.Ends[i] = v
	}
}

// count is a number of bytes as it is compared. With certificates it only says whether there are
// any.
func (b *bench) count(n int) int {
	if b.whole {
		return min(n, 1)
	}
	return n
}

// shake drives a handshake to its end.
func (b *bench) shake() {
	for range 8 {
		for role := range model.Role(2) {
			for _, op := range []op{opFeed, opHandshake, opRead, opDrain} {
				b.do(call{op: op, on: role, n: all})
			}
		}
	}
}

// view asks all queries.
func (e *end) view() view {
	return view{Init: e.engine.InitFinished(), HasPending: e.engine.HasPending(),
		Deferred: e.engine.Deferred(), Pending: e.engine.Pending(),
		Output: e.engine.OutputPending(), Room: e.engine.InputRoom(),
		Way: len(e.way.Bytes), Shut: e.engine.ShutState(), Early: e.engine.EarlyData()}
}

// failed reports whether the engine is dead, as far as the last call tells.
func (e *end) failed() bool {
	err := e.engine.Err()
	f, ok := err.(interface{ Local() bool }) // only the model's errors can say so
	return err != nil && (!ok || !f.Local())
}

// call makes a call without arguments.
func (e *end) call(o op) model.Status {
	switch o {
	case opHandshake:
		return e.engine.Handshake()
	case opShutdown:
		return e.engine.Shutdown()
	case opRenegotiate:
		return e.engine.Renegotiate()
	case opAuthenticate:
		st := e.engine.Authenticate()
		e.asked = e.asked || st == model.OK
		return st
	case opAsk, opUpdate:
		return e.engine.KeyUpdate(o == opAsk)
	}
	e.engine.ClearErrors()
	return model.OK
}

// impolite reports whether a call is left out because its result is not defined. During early data
// OpenSSL has several states of its own, and its manual asks for an order of calls
// (SSL_read_early_data(3)). Early data is left out too where the link has none.
func (e *end) impolite(c call) bool {
	switch c.op {
	case opWriteEarly:
		return e.cfg.EarlyData == 0 || c.on == model.Server
	case opReadEarly:
		return e.cfg.EarlyData == 0 || c.on == model.Client
	case opDrain, opFeed, opFeedRecord, opDamage, opFin, opClearErrors:
		return false
	case opAuthenticate:
		// OpenSSL's client ignores a request after its close_notify, and still answers it, with the
		// context of the request before. It does so too if it closes while a request is on the way.
		return e.peer.engine.ShutState()&model.SentClose != 0
	case opShutdown:
		if e.peer.asked || e.cfg.EarlyData > 0 && !e.engine.InitFinished() {
			return true
		}
	}
	return e.writesEarly || e.readsEarly
}

// again is the call as it has to be made: early data that waits is offered as a whole.
func (e *end) again(c call) call {
	if c.op == opWriteEarly && e.writesEarly {
		c.n = e.early
	}
	return c
}

// write offers data in the way that the op says.
func (e *end) write(c call) (int, model.Status) {
	n := e.owed + c.n
	switch c.op {
	case opShorter:
		n = max(0, e.owed-c.n)
	case opMoved:
		n = e.owed
	}
	n = min(n, all, mostWritten-e.wrote)
	p := e.data[e.wrote : e.wrote+n]
	if c.op == opMoved {
		e.moved = !e.moved
	}
	if e.moved && e.owed > 0 {
		e.spare = append(e.spare[:0], p...)
		p = e.spare
	}
	took, st := e.engine.Write(p)
	switch {
	case st == model.OK:
		e.wrote, e.owed, e.moved = e.wrote+took, 0, false
	case st != model.Failed && e.owed == 0:
		e.owed = n
	case st != model.Failed:
		e.owed = max(e.owed, n)
	}
	return took, st
}

// writeEarly offers the same data at each call, so their place is compared as well.
//
// Story 80: a refused KeyUpdate left an error in the queue. The error hid that early data waited
// for room, and a Write came in the middle of them. A failed WriteEarly on a live engine means a
// refusal only after a call that ends early data.
func (e *end) writeEarly(n int) (took int, st model.Status) {
	n = min(n, all)
	took, st = e.engine.WriteEarly(e.data[:n])
	hidden := st == model.Failed && (e.writesEarly || !e.past && !e.failed())
	e.early, e.writesEarly = n, unfinished(st) || hidden
	return took, st
}

// readEarly reads early data.
func (e *end) readEarly(p []byte) (n int, st model.Status) {
	n, st = e.engine.ReadEarly(p)
	hidden := st == model.Failed && (e.readsEarly || e.failed())
	e.readsEarly = n > 0 || unfinished(st) || hidden
	return n, st
}

// unfinished reports whether a call has to be repeated.
func unfinished(st model.Status) bool { return st == model.WantRead || st == model.WantWrite }

// drain moves output onto the way to the peer.
func (e *end) drain(n int) int {
	if e.cfg.Transport == model.Attached {
		return 0
	}
	got := e.engine.Drain(e.buffer[:min(n, len(e.buffer))])
	return e.peer.way.Put(e.buffer[:got])
}

// feed moves bytes from the way into the engine or its socket.
func (e *end) feed(n int) int {
	p := e.way.Bytes[:min(n, len(e.way.Bytes))]
	if e.cfg.Transport == model.Attached {
		n = e.inbox.Put(p)
	} else {
		n = e.engine.Feed(p)
	}
	e.front = append(e.front, p[:n]...)
	e.way.Bytes = e.way.Bytes[n:]
	for size := e.record(); size > 0 && len(e.front) >= size; size = e.record() {
		e.front = e.front[size:]
	}
	return n
}

// record is the whole length of the record that is arriving, in bytes; 0 if its header is not
// complete. After an alert that was lost in part there are no more records, and a length there
// would be wrong.
func (e *end) record() int {
	var header [wire.HeaderLen]byte
	n := copy(header[:], e.front)
	n += copy(header[n:], e.way.Bytes)
	head := header[:n]
	if len(head) > 2 && (head[0] < wire.TypeChangeCipherSpec || head[1] != 3) {
		return 0
	}
	return wire.RecordSize(head)
}

// rest is the number of bytes of that record that are still to come.
func (e *end) rest() int {
	if size := e.record(); size > 0 {
		return size - len(e.front)
	}
	return len(e.way.Bytes)
}

// damage flips a bit in the tag of the record that is arriving, once both handshakes are over. It
// leaves unsealed records alone, such as the ChangeCipherSpec of TLS 1.3: there the effect of a
// flipped bit depends on the message.
func (e *end) damage() int {
	size, come := e.record(), len(e.front)
	sealed := e.engine.InitFinished() && e.peer.engine.InitFinished()
	if !sealed || size == 0 || come+len(e.way.Bytes) < size || e.first() == wire.TypeChangeCipherSpec {
		return 0
	}
	e.way.Bytes[size-come-1] ^= 1
	return 1
}

// first is the type of the record that is arriving. Its header must be there.
func (e *end) first() byte {
	if len(e.front) > 0 {
		return e.front[0]
	}
	return e.way.Bytes[0]
}
