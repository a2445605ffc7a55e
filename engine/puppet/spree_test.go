package puppet_test

import (
	"testing"

	gofuzz "github.com/google/gofuzz"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A spree is a link and what both its ends do. gofuzz fills it, or a fuzzer's bytes do, one byte
// a field.
type spree struct {
	Version model.Version
	Role    model.Role // the puppet's
	Resume  bool
	Retry   bool
	Whole   bool  // writes are not partial
	Late    bool  // hands are shaken first
	In, Out uint8 // how large the buffers are: see capacity
	Record  uint8
	Moves   []move
}

// A move is one thing that happens. The meaning of its numbers depends on its kind.
type move struct {
	Kind  uint8
	Item  uint8
	Count uint8
	More  uint8
}

// maxMoves bounds a spree, because all that it sends has to pass through small buffers.
const maxMoves = 24

// capacity is the size of a buffer: 64 bytes to 64 KiB.
func capacity(b uint8) int { return 64 << (b % 11) }

// config is that of both ends. With crypto/tls they resume a session, because it has no PSK.
func (s *spree) config(resumes bool) model.EngineConfig {
	return model.EngineConfig{Version: s.Version & 1, Key: 7, In: capacity(s.In),
		Out: capacity(s.Out), MaxRecord: 1 + int(s.Record)*64, PartialWrite: !s.Whole,
		MovingBuffer: true, Resume: s.Resume || resumes, Retry: s.Retry}
}

// argument is that of an attack. Half of the lengths are near the limit of a record. A count is
// small. Everything else may be as large as attacks allow.
func (m *move) argument(a attack.Attack) int {
	switch a.String() {
	case "content", "sealed":
		if m.More&1 == 0 {
			return wire.MaxRecordLen + int(m.Count)
		}
	case "key-updates", "hello-requests", "warnings",
		"empties", "alert-pieces", "split":
		return int(m.Count)
	}
	return int(m.Count) * int(m.More) % attack.Max
}

// make makes a move.
func (l *link) make(m *move) {
	victim := l.role.Peer()
	l.victim().ClearErrors()
	switch m.Kind % 11 {
	case 0, 1, 2:
		a := attack.Attack(m.Item) % attack.Count
		l.puppet().Attack(a, m.argument(a))
	case 3:
		l.Carry(l.role, 1+int(m.Count)*int(m.More))
	case 4:
		l.Carry(victim, 1+int(m.Count)*int(m.More))
	case 5:
		l.Read(victim)
	case 6:
		l.Read(l.role)
	case 7:
		l.puppet().Write(make([]byte, 1+int(m.Count)))
	case 8:
		l.honest(m)
	case 9:
		l.victim().Handshake()
	case 10:
		l.flip(int(m.Count) * int(m.More))
	}
}

// flip flips a bit of what comes next to the puppet; 0 flips none.
func (l *link) flip(bit int) {
	l.Tamper = nil
	if bit == 0 {
		return
	}
	l.Tamper = func(from model.Role, p []byte) {
		if from != l.role && len(p) > 0 {
			p[bit/8%len(p)] ^= 1 << (bit % 8)
			l.Tamper = nil
		}
	}
}

// honest is what the victim's pump begins. A Write that has to be made again would have to be
// remembered, so there is none while one may wait.
func (l *link) honest(m *move) {
	v := l.victim()
	switch {
	case m.Item%8 == 0:
		v.Shutdown()
	case m.Item%8 == 1:
		v.KeyUpdate(m.Count&1 == 0)
	case v.InitFinished() && v.OutputPending() == 0 && m.Count < 200:
		if _, st := v.Write(text[:1+int(m.Count)]); st == model.WantWrite {
			l.Settle()
			v.Write(text[:1+int(m.Count)])
		}
	}
}

// text is what the victim writes.
var text [256]byte

// run makes the moves of a spree, drives the link until nothing moves, and says how the victim
// ended. All that the puppet has sealed must have left, unless the victim takes no more.
func (s *spree) run(t testing.TB, lib model.Library) model.Status {
	role := s.Role & 1
	ends := sides(lib, role, s.config(lib.Name() == "gotls"))
	for _, end := range ends {
		end.Library.Begin(1)
		defer end.Library.End()
	}
	l := &link{linktest.Pair(t, ends[model.Client], ends[model.Server]), t, role}
	defer l.Free()
	if s.Late {
		l.shaken()
	}
	for i := range s.Moves[:min(len(s.Moves), maxMoves)] {
		l.make(&s.Moves[i])
	}
	_, last := l.drive(false)
	l.Settle()
	l.Read(l.role)
	l.Settle()
	held := l.puppet().(model.Inspector).Unsent() + l.puppet().OutputPending()
	if full := l.victim().InputRoom() == 0; held > 0 && !full {
		t.Errorf("the puppet holds %d bytes, and the victim has room for %d", held,
			l.victim().InputRoom())
	}
	if last == model.Failed && l.victim().Err() == nil {
		t.Error("the victim failed, and does not say why")
	}
	return last
}

// TestSprees: all sprees that gofuzz makes end, and no library and no puppet breaks. Some victims
// fail, some are closed, and some live.
func TestSprees(t *testing.T) {
	sprees := int(require.Fewer(require.Times(400, 20000)))
	for _, lib := range libraries {
		t.Run(lib.name, func(t *testing.T) {
			f := gofuzz.NewWithSeed(5).NilChance(0).NumElements(1, maxMoves)
			loaded := lib.load(t)
			ended := map[model.Status]int{}
			for range sprees {
				var s spree
				f.Fuzz(&s)
				ended[s.run(t, loaded)]++
			}
			for _, st := range []model.Status{model.Failed, model.Closed, model.WantRead} {
				if ended[st] < sprees/50 {
					t.Errorf("%d of %d victims ended with %v; want more", ended[st], sprees, st)
				}
			}
			t.Log(ended)
		})
	}
}

// spreeOf reads a spree from bytes.
func spreeOf(p []byte) (s spree) {
	next := func() (b uint8) {
		if len(p) > 0 {
			b, p = p[0], p[1:]
		}
		return b
	}
	flags := next()
	s.Version, s.Role = model.Version(flags&1), model.Role(flags>>1&1)
	s.Resume, s.Retry, s.Whole = flags&4 != 0, flags&8 != 0, flags&16 != 0
	s.Late = flags&32 != 0
	s.In, s.Out, s.Record = next(), next(), next()
	for len(p) > 0 && len(s.Moves) < maxMoves {
		s.Moves = append(s.Moves, move{next(), next(), next(), next()})
	}
	return s
}

// FuzzAttacks mutates sprees against crypto/tls, and against OpenSSL where there is one.
func FuzzAttacks(f *testing.F) {
	for a := range uint8(attack.Count) {
		for flags := range uint8(8) {
			f.Add([]byte{flags, 10, 10, 255, 0, a, 33, 1})      // before the handshake
			f.Add([]byte{flags | 32, 10, 10, 255, 0, a, 33, 1}) // after it
		}
	}
	lib, err := openssl.Load("")
	f.Fuzz(func(t *testing.T, p []byte) {
		s := spreeOf(p)
		s.run(t, goTLS(t))
		if err == nil {
			s.run(t, lib)
		}
	})
}
