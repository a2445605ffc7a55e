package differential

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A bench is a pair of engines of one library, the bytes that are on the way
// between them, and all that can be seen of it.
type bench struct {
	lib  model.Library
	ends [2]end // by Role
	// whole: a signature's length varies, so all bytes there are move at once.
	whole bool
	// mute: what engines tell of messages is not looked at.
	mute bool
}

// An end is one engine of a bench.
type end struct {
	engine                  model.Engine
	peer                    *end
	cfg                     model.EngineConfig
	way                     []byte // sent by the peer, from the start of the record that is arriving
	come                    int    // bytes of way that are here already
	inbox                   []byte // attached: what Recv gives
	ended                   bool   // attached: Recv says EOF behind it
	wrote                   int    // plaintext that Write has taken
	early                   int    // length of the last WriteEarly
	writesEarly, readsEarly bool   // it has to be made again; ReadEarly is not at the end
	past                    bool   // a call was made behind which no early data is written
	asked                   bool   // it has asked for a certificate: see impolite
	owed                    int    // length of the write that has to be made again
	data                    []byte // what is written: the same for both libraries
	moved                   bool   // a retry comes from spare
	spare                   []byte
	said                    strings.Builder // alerts and handshake messages of the call
	buffer                  [1 << 15]byte
}

// A view is what an engine's queries say, and how much is on the way to it.
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
	Said   string // handshake messages and alerts that went or came, in order
	Ends   [2]view
}

// mostWritten is how much an end writes in a sequence: its stock of data.
const mostWritten = 1 << 20

// String is the outcome on one line, and of what was read the length only.
func (o outcome) String() string {
	return fmt.Sprintf("%d %s, read %d, said [%s] client %+v server %+v", o.N, o.Status,
		len(o.Data), o.Said, o.Ends[0], o.Ends[1])
}

// stock is what both ends write, each from its own half. It has no two equal
// stretches, so that bytes in the wrong place show.
var stock = func() []byte {
	p := make([]byte, 2*mostWritten)
	x := uint64(1)
	for i := 0; i < len(p); i += 8 {
		x = x*6364136223846793005 + 1442695040888963407
		binary.LittleEndian.PutUint64(p[i:], x^x>>32)
	}
	return p
}()

// newBench makes both engines. tune changes their configurations.
func newBench(lib model.Library, s *Setting, tune func(*model.EngineConfig)) (*bench, error) {
	b := &bench{lib: lib, whole: s.Certs}
	errors := &model.ErrorQueue{} // one thread drives both ends
	for _, role := range []model.Role{model.Client, model.Server} {
		e := &b.ends[role]
		e.peer = &b.ends[role.Peer()]
		e.data = stock[int(role)*mostWritten:][:mostWritten]
		e.cfg = s.configure(role)
		e.cfg.Errors = errors
		e.cfg.Watch = e.note
		if s.Transport == model.Attached {
			e.cfg.Socket = (*port)(e)
		}
		tune(&e.cfg)
		engine, err := lib.New(&e.cfg)
		if err != nil {
			b.free()
			return nil, err
		}
		e.engine = engine
	}
	return b, nil
}

func (b *bench) free() {
	for i := range b.ends {
		if e := b.ends[i].engine; e != nil {
			b.lib.Free(e)
		}
	}
}

// note writes down what an engine says or hears, but for application data:
// libraries tell of that at different moments.
func (e *end) note(n model.Note) {
	if n.Message == "application data" {
		return
	}
	verb := " got "
	if n.Sent {
		verb = " sent "
	}
	e.said.WriteString(e.cfg.Role.String() + verb + n.Message + "; ")
}

// do makes a call and looks at both ends.
func (b *bench) do(c Call) (o outcome) {
	e := &b.ends[c.On]
	switch {
	case b.mute && c.Op == FeedRecord: // it may pack its messages otherwise
		c.Op, c.N = Feed, 1<<18
	case b.whole && (c.Op == Drain || c.Op == Feed):
		c.N = 1 << 18
	}
	e.past = e.past || c.Op.endsEarly()
	switch c.Op {
	case Read:
		p := e.buffer[:min(c.N, len(e.buffer))]
		o.N, o.Status = e.engine.Read(p)
		o.Data = string(p[:o.N])
	case ReadEarly:
		p := e.buffer[:min(c.N, len(e.buffer))]
		o.N, o.Status = e.engine.ReadEarly(p)
		e.readsEarly = o.N > 0 || unfinished(o.Status) || o.Status == model.Failed &&
			(e.readsEarly || e.failed())
		o.Data = string(p[:o.N])
	case WriteEarly:
		o.N, o.Status = e.writeEarly(c.N)
	case Write, Moved, Shorter:
		o.N, o.Status = e.write(c)
	case Drain:
		o.N = b.count(e.drain(c.N))
	case Feed:
		o.N = b.count(e.feed(c.N))
	case FeedRecord:
		o.N = b.count(e.feed(e.rest()))
	case Damage:
		o.N = e.damage()
	case Fin:
		e.ended = e.cfg.Transport == model.Attached
	default:
		o.Status = e.call(c.Op)
	}
	if !b.mute {
		o.Said = b.ends[0].said.String() + b.ends[1].said.String()
	}
	for i := range b.ends {
		b.ends[i].said.Reset()
		v := b.ends[i].look()
		v.Output, v.Room, v.Way = b.count(v.Output), b.count(v.Room), b.count(v.Way)
		o.Ends[i] = v
	}
	return o
}

// shake drives a handshake to its end, whatever it takes.
func (b *bench) shake() {
	for range 8 {
		for role := range model.Role(2) {
			for _, op := range []Op{Feed, Handshake, Read, Drain} {
				b.do(Call{Op: op, On: role, N: 1 << 15})
			}
		}
	}
}

// count is a number of bytes as it is compared: with certificates, whether
// there are any.
func (b *bench) count(n int) int {
	if b.whole {
		return min(n, 1)
	}
	return n
}

// failed says whether the engine is dead, as far as the last call tells.
func (e *end) failed() bool {
	err := e.engine.Err()
	f, ok := err.(interface{ Local() bool }) // the model's say so
	return err != nil && (!ok || !f.Local())
}

// call makes a call without arguments.
func (e *end) call(op Op) model.Status {
	switch op {
	case Handshake:
		return e.engine.Handshake()
	case Shutdown:
		return e.engine.Shutdown()
	case Renegotiate:
		return e.engine.Renegotiate()
	case Authenticate:
		st := e.engine.Authenticate()
		e.asked = e.asked || st == model.OK
		return st
	case Ask, Update:
		return e.engine.KeyUpdate(op == Ask)
	}
	e.engine.ClearErrors()
	return model.OK
}

// write offers data, in the way that the op says.
func (e *end) write(c Call) (int, model.Status) {
	n := e.owed + c.N
	switch {
	case c.Op == Shorter:
		n = max(0, e.owed-c.N)
	case c.Op == Moved:
		n = e.owed
	}
	n = min(n, 1<<15, mostWritten-e.wrote)
	p := e.data[e.wrote : e.wrote+n]
	if c.Op == Moved {
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

// impolite says whether a call is left out, because what comes of it is nobody's
// guess: in the middle of early data, where OpenSSL has half a dozen states of
// its own and its manual asks for an order (SSL_read_early_data(3)), or about
// early data where there can be none.
func (e *end) impolite(c Call) bool {
	switch c.Op {
	case WriteEarly:
		return e.cfg.EarlyData == 0 || c.On == model.Server
	case ReadEarly:
		return e.cfg.EarlyData == 0 || c.On == model.Client
	case Drain, Feed, FeedRecord, Damage, Fin, Clear:
		return false
	case Authenticate:
		// OpenSSL's client ignores a request after its close_notify, and answers
		// it all the same, with the context of the one before. So it does if it
		// closes while one is on the way.
		return e.peer.engine.ShutState()&model.SentClose != 0
	case Shutdown:
		if e.peer.asked || e.cfg.EarlyData > 0 && !e.engine.InitFinished() {
			return true
		}
	}
	return e.writesEarly || e.readsEarly
}

// unfinished says whether a call has to be made again.
func unfinished(st model.Status) bool { return st == model.WantRead || st == model.WantWrite }

// writeEarly offers the same data at each call: where it is from shows as well.
//
// Story 80: an error that a refused KeyUpdate had left in the queue hid that early
// data waited for room, and a Write came in the middle of it. Only behind a call that
// ends early data is a failed WriteEarly of an engine that lives one that was refused.
func (e *end) writeEarly(n int) (took int, st model.Status) {
	n = min(n, 1<<15)
	took, st = e.engine.WriteEarly(e.data[:n])
	hidden := st == model.Failed && (e.writesEarly || !e.past && !e.failed())
	e.early, e.writesEarly = n, unfinished(st) || hidden
	return took, st
}

// again is the call as it has to be made: early data that waits is offered whole.
func (e *end) again(c Call) Call {
	if c.Op == WriteEarly && e.writesEarly {
		c.N = e.early
	}
	return c
}

// endsEarly says whether no early data is written behind a call.
func (o Op) endsEarly() bool {
	switch o {
	case Handshake, Read, Write, Moved, Shorter:
		return true
	}
	return false
}

// drain moves output onto the way to the peer.
func (e *end) drain(n int) int {
	if e.cfg.Transport == model.Attached {
		return 0
	}
	got := e.engine.Drain(e.buffer[:min(n, len(e.buffer))])
	e.peer.way = append(e.peer.way, e.buffer[:got]...)
	return got
}

// feed moves what is on the way into the engine, or its socket.
func (e *end) feed(n int) int {
	p := e.way[e.come:]
	p = p[:min(n, len(p))]
	if e.cfg.Transport == model.Attached {
		p = p[:max(0, min(len(p), e.cfg.In-len(e.inbox)))]
		e.inbox = append(e.inbox, p...)
	} else {
		p = p[:e.engine.Feed(p)]
	}
	e.come += len(p)
	for size := e.record(); size > 0 && e.come >= size; size = e.record() {
		e.way, e.come = e.way[size:], e.come-size
	}
	return len(p)
}

// record is the whole length of the record at the front of the way, 0 if not
// even its header is there. Behind an alert that was lost in part there are no
// records any more, and what looks like a length is anything.
func (e *end) record() int {
	if len(e.way) > 2 && (e.way[0] < wire.TypeChangeCipherSpec || e.way[1] != 3) {
		return 0
	}
	return wire.RecordSize(e.way)
}

// rest is how much of that record is still to come.
func (e *end) rest() int {
	if size := e.record(); size > 0 {
		return size - e.come
	}
	return len(e.way) - e.come
}

// damage flips a bit of the tag of the record at the front of the way, once
// both handshakes are over. What comes unsealed, as the ChangeCipherSpec of
// TLS 1.3 does, is left alone: it depends on the message what a flipped bit of
// it means.
func (e *end) damage() int {
	size := e.record()
	sealed := e.engine.InitFinished() && e.peer.engine.InitFinished()
	if !sealed || size == 0 || len(e.way) < size || e.way[0] == wire.TypeChangeCipherSpec {
		return 0
	}
	e.way[size-1] ^= 1
	return 1
}

// look asks all queries.
func (e *end) look() view {
	return view{Init: e.engine.InitFinished(), HasPending: e.engine.HasPending(),
		Deferred: e.engine.Deferred(), Pending: e.engine.Pending(),
		Output: e.engine.OutputPending(), Room: e.engine.InputRoom(),
		Way: len(e.way) - e.come, Shut: e.engine.ShutState(), Early: e.engine.EarlyData()}
}
