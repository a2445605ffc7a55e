package proof

import (
	"bytes"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// An op is a method of model.Engine.
type op uint8

const (
	opHandshake op = iota
	opRead
	opWrite
	opShutdown
	opRenegotiate
	opKeyUpdate
	opAuthenticate
	opWriteEarly
	opReadEarly
	opEarlyData
	opClearErrors
	opFeed
	opDrain
	opInitFinished
	opOutputPending
	opInputRoom
	opDeferred
	opErr
)

// A call is one that a pump has made of its engine: the bytes that it gave, or the size of the
// buffer that it lent, and the answer.
type call struct {
	op     op
	end    int
	given  []byte
	lent   int
	n      int
	status model.Status
}

// A tape is all calls that the pumps of a run have made of their engines, in order, and what
// the engines were made from.
type tape struct {
	seed    uint64
	cfgs    []model.EngineConfig
	sockets [][]transfer // by end, of attached engines
	calls   []call
	pumps   int // that have come to be

	ends   []model.Engine // of a playback
	buffer [1 << 16]byte
}

// A transfer is the answer of a socket to a call of an attached engine.
type transfer struct {
	got []byte // by Recv
	n   int    // taken by Send
	st  model.IOStatus
}

// A tapedLibrary records what its engines are made from.
type tapedLibrary struct {
	model.Library
	tape *tape
}

// Begin begins a run, with an empty tape.
func (l *tapedLibrary) Begin(seed uint64) {
	*l.tape = tape{seed: seed}
	l.Library.Begin(seed)
}

func (l *tapedLibrary) New(cfg *model.EngineConfig) (model.Engine, error) {
	mine := *cfg
	t := l.tape
	if cfg.Socket != nil {
		mine.Socket = &tapedSocket{cfg.Socket, t, len(t.cfgs)}
	}
	t.cfgs, t.sockets = append(t.cfgs, mine), append(t.sockets, nil)
	return l.Library.New(&mine)
}

// A tapedSocket records the answers of a socket.
type tapedSocket struct {
	model.Socket
	tape *tape
	end  int
}

func (s *tapedSocket) Recv(p []byte) (int, model.IOStatus) {
	n, st := s.Socket.Recv(p)
	s.record(transfer{append([]byte(nil), p[:n]...), n, st})
	return n, st
}

func (s *tapedSocket) Send(p []byte) (int, model.IOStatus) {
	n, st := s.Socket.Send(p)
	s.record(transfer{nil, n, st})
	return n, st
}

func (s *tapedSocket) record(x transfer) { s.tape.sockets[s.end] = append(s.tape.sockets[s.end], x) }

// A playedSocket gives the recorded answers again.
type playedSocket struct {
	model.Socket
	heard []transfer
}

func (s *playedSocket) Recv(p []byte) (int, model.IOStatus) {
	x := s.next()
	return copy(p, x.got), x.st
}

func (s *playedSocket) Send([]byte) (int, model.IOStatus) {
	x := s.next()
	return x.n, x.st
}

func (s *playedSocket) next() transfer {
	x := s.heard[0]
	s.heard = s.heard[1:]
	return x
}

// recorded is the reference pump with its calls recorded.
func recorded(t *tape) *model.Spec {
	return &model.Spec{Name: "reference", New: func(env model.Env) model.Pump {
		env.Engine = &tapedEngine{Engine: env.Engine, tape: t, end: t.pumps}
		t.pumps++
		return pumps.NewReference(env)
	}}
}

// A tapedEngine records the calls of an engine that the reference pump makes.
type tapedEngine struct {
	model.Engine
	tape  *tape
	end   int
	retry []byte // what has to be given again, from the same place
}

func (r *tapedEngine) note(o op, given []byte, lent int, n int, st model.Status) {
	r.tape.calls = append(r.tape.calls, call{o, r.end, given, lent, n, st})
}

func (r *tapedEngine) Handshake() model.Status {
	st := r.Engine.Handshake()
	r.note(opHandshake, nil, 0, 0, st)
	return st
}

func (r *tapedEngine) Read(p []byte) (int, model.Status) {
	n, st := r.Engine.Read(p)
	r.note(opRead, nil, len(p), n, st)
	return n, st
}

func (r *tapedEngine) Write(p []byte) (int, model.Status) {
	return r.write(opWrite, p, r.Engine.Write)
}

func (r *tapedEngine) WriteEarly(p []byte) (int, model.Status) {
	return r.write(opWriteEarly, p, r.Engine.WriteEarly)
}

func (r *tapedEngine) write(o op, p []byte, write func([]byte) (int, model.Status)) (
	int, model.Status) {

	given := r.retry
	if !bytes.Equal(given, p) {
		given = append([]byte(nil), p...)
	}
	n, st := write(p)
	if r.retry = nil; st != model.OK {
		r.retry = given
	}
	r.note(o, given, 0, n, st)
	return n, st
}

func (r *tapedEngine) ReadEarly(p []byte) (int, model.Status) {
	n, st := r.Engine.ReadEarly(p)
	r.note(opReadEarly, nil, len(p), n, st)
	return n, st
}

func (r *tapedEngine) EarlyData() model.EarlyStatus {
	what := r.Engine.EarlyData()
	r.note(opEarlyData, nil, 0, int(what), 0)
	return what
}

func (r *tapedEngine) Shutdown() model.Status {
	st := r.Engine.Shutdown()
	r.note(opShutdown, nil, 0, 0, st)
	return st
}

func (r *tapedEngine) Renegotiate() model.Status {
	st := r.Engine.Renegotiate()
	r.note(opRenegotiate, nil, 0, 0, st)
	return st
}

func (r *tapedEngine) KeyUpdate(requested bool) model.Status {
	st := r.Engine.KeyUpdate(requested)
	r.note(opKeyUpdate, nil, count(requested), 0, st)
	return st
}

func (r *tapedEngine) Authenticate() model.Status {
	st := r.Engine.Authenticate()
	r.note(opAuthenticate, nil, 0, 0, st)
	return st
}

func (r *tapedEngine) ClearErrors() {
	r.Engine.ClearErrors()
	r.note(opClearErrors, nil, 0, 0, 0)
}

func (r *tapedEngine) Feed(p []byte) int {
	n := r.Engine.Feed(p)
	r.note(opFeed, append([]byte(nil), p...), 0, n, 0)
	return n
}

func (r *tapedEngine) Drain(p []byte) int {
	n := r.Engine.Drain(p)
	r.note(opDrain, nil, len(p), n, 0)
	return n
}

func (r *tapedEngine) InitFinished() bool {
	done := r.Engine.InitFinished()
	r.note(opInitFinished, nil, 0, count(done), 0)
	return done
}

func (r *tapedEngine) OutputPending() int {
	n := r.Engine.OutputPending()
	r.note(opOutputPending, nil, 0, n, 0)
	return n
}

func (r *tapedEngine) InputRoom() int {
	n := r.Engine.InputRoom()
	r.note(opInputRoom, nil, 0, n, 0)
	return n
}

func (r *tapedEngine) Deferred() bool {
	yes := r.Engine.Deferred()
	r.note(opDeferred, nil, 0, count(yes), 0)
	return yes
}

func (r *tapedEngine) Err() error {
	err := r.Engine.Err()
	r.note(opErr, nil, 0, count(err != nil), 0)
	return err
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// play makes the recorded calls again. Their answers have to be the same.
func (m *tape) play(t testing.TB, lib model.Library) {
	lib.Begin(m.seed)
	m.ends = m.ends[:0]
	for i := range m.cfgs {
		if m.cfgs[i].Socket != nil {
			m.cfgs[i].Socket = &playedSocket{heard: m.sockets[i]}
		}
		e, err := lib.New(&m.cfgs[i])
		if err != nil {
			t.Fatal(err)
		}
		m.ends = append(m.ends, e)
	}
	for i := range m.calls {
		c := &m.calls[i]
		if n, st := m.do(m.ends[c.end], c); n != c.n || st != c.status {
			t.Fatalf("call %d of %d, operation %d: got %d, %v; want %d, %v as before", i,
				len(m.calls), c.op, n, st, c.n, c.status)
		}
	}
	for _, e := range m.ends {
		lib.Free(e)
	}
}

// do makes a call.
func (m *tape) do(e model.Engine, c *call) (n int, st model.Status) {
	switch c.op {
	case opHandshake:
		st = e.Handshake()
	case opRead:
		n, st = e.Read(m.buffer[:c.lent])
	case opWrite:
		n, st = e.Write(c.given)
	case opWriteEarly:
		n, st = e.WriteEarly(c.given)
	case opReadEarly:
		n, st = e.ReadEarly(m.buffer[:c.lent])
	case opEarlyData:
		n = int(e.EarlyData())
	case opShutdown:
		st = e.Shutdown()
	case opRenegotiate:
		st = e.Renegotiate()
	case opKeyUpdate:
		st = e.KeyUpdate(c.lent == 1)
	case opAuthenticate:
		st = e.Authenticate()
	case opClearErrors:
		e.ClearErrors()
	case opFeed:
		n = e.Feed(c.given)
	case opDrain:
		n = e.Drain(m.buffer[:c.lent])
	case opInitFinished:
		n = count(e.InitFinished())
	case opOutputPending:
		n = e.OutputPending()
	case opInputRoom:
		n = e.InputRoom()
	case opDeferred:
		n = count(e.Deferred())
	case opErr:
		n = count(e.Err() != nil)
	}
	return n, st
}
