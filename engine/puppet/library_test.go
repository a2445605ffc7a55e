package puppet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// wireOf is the wire of links of two puppets, with attacks between the handshake and the close.
// There is a line for each version, with a resumed session and without: its hash.
func wireOf(t *testing.T, seed uint64) string {
	var sums []string
	for i := range 4 {
		cfg := config(model.Version(i & 1))
		cfg.Resume, cfg.Retry = i&2 != 0, i&2 != 0
		other := puppet.New()
		l := open(t, seeded{other, seed}, model.Client, cfg)
		l.puppet().Attack(item("split"), 7)
		l.shaken()
		if cfg.Version == model.TLS13 {
			l.puppet().Attack(item("key-updates"), 3)
		}
		l.puppet().Attack(item("warnings"), 2)
		l.drive(false)
		l.Say(model.Server, "and on")
		l.close(model.Client)
		sums = append(sums, fmt.Sprint(i, " ", l.Sum()))
	}
	return strings.Join(sums, "\n")
}

// seeded is a library that begins all runs with one seed.
type seeded struct {
	*puppet.Library
	seed uint64
}

func (s seeded) Begin(uint64) { s.Library.Begin(s.seed) }

// TestHonestWire: what a puppet says by itself is the same bytes as ever, when nobody meddles.
func TestHonestWire(t *testing.T) {
	want := `0 a1b50434c7955c386e21bd7afd78c492652791787e4dd5dd32b0c73ba36955e8
1 0e140e39806f0f0d8f82289b6fc14b6b33f7cea8217b2adfccbbf09e6a36f93e
2 e2ba5e21f77e5b245a25e58fd795bba02d574f975756bed6562a739819c174a1
3 e27e862e8180ab36a16b1fc40b1d8d37e7a9817eff64009e2a69fecf02df88b9`
	if got := wireOf(t, 5); got != want {
		t.Errorf("got\n%s; want\n%s", got, want)
	}
}

// repeats fails the test unless the same seed gives the same bytes on the wire in any process, and
// another seed others.
func repeats(t *testing.T, wire func(t *testing.T, seed uint64) string) {
	t.Helper()
	ours := wire(t, 5)
	if theirs := require.Elsewhere(t, ours, "GOMAXPROCS=1"); theirs != ours {
		t.Errorf("another process has another wire:\n%s\n%s", ours, theirs)
	}
	if again := wire(t, 5); again != ours {
		t.Errorf("two runs differ:\n%s\n%s", ours, again)
	}
	if wire(t, 6) == ours {
		t.Error("two seeds have one wire")
	}
}

// TestSameInAnotherProcess: a puppet's wire follows from the seed.
func TestSameInAnotherProcess(t *testing.T) { repeats(t, wireOf) }

// TestNewSaysWhatItCannot: the error of New names what a puppet does not support.
func TestNewSaysWhatItCannot(t *testing.T) {
	for want, change := range map[string]func(*model.EngineConfig){
		"certificates":    func(c *model.EngineConfig) { c.ServerChain = 300 },
		"early data":      func(c *model.EngineConfig) { c.EarlyData = 1 },
		"post-handshake":  func(c *model.EngineConfig) { c.PostAuth = true },
		"want at least 1": func(c *model.EngineConfig) { c.Out = 0 },
		"no socket":       func(c *model.EngineConfig) { c.Transport = model.Attached },
	} {
		cfg := config(model.TLS13)
		change(&cfg)
		e, err := puppet.New().New(&cfg)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, %v; want an error about %q", e, err, want)
		}
	}
}

// TestRefusedCalls: a call that a puppet does not support fails, and the link lives.
func TestRefusedCalls(t *testing.T) {
	l := open(t, puppet.New(), model.Client, config(model.TLS13))
	if st := l.puppet().Shutdown(); st != model.Failed {
		t.Errorf("Shutdown in the handshake says %v; want it refused", st)
	}
	l.shaken()
	for what, call := range map[string]func() model.Status{
		"Renegotiate":  l.puppet().Renegotiate,
		"Authenticate": l.puppet().Authenticate,
		"WriteEarly":   func() model.Status { _, st := l.puppet().WriteEarly(nil); return st },
	} {
		if st := call(); st != model.Failed || l.puppet().Err() == nil {
			t.Errorf("%s says %v (%v); want it refused", what, st, l.puppet().Err())
		}
	}
	l.lives("refused calls")
}

// TestTamperedRecords: a puppet notices every bit that is flipped on the way to it.
func TestTamperedRecords(t *testing.T) {
	roles(t, func(t *testing.T, v model.Version, r model.Role) {
		for bit := 40; bit < 400; bit += 7 { // behind the header
			l := open(t, puppet.New(), r, config(v)).shaken()
			if _, st := l.victim().Write([]byte("a text that is long enough")); st != model.OK {
				t.Fatal(st)
			}
			rec := make([]byte, 1000)
			rec = rec[:l.victim().Drain(rec)]
			rec[bit/8%len(rec)] ^= 1 << (bit % 8)
			l.puppet().Feed(rec)
			if _, st := l.Read(r); st != model.Failed && bit/8%len(rec) > 4 {
				t.Fatalf("bit %d: the puppet says %v; want failed", bit, st)
			}
		}
	})
}

// TestTamperedHellos: whichever byte of a hello is changed, the handshake fails and no puppet
// panics.
func TestTamperedHellos(t *testing.T) {
	roles(t, func(t *testing.T, v model.Version, sender model.Role) {
		for _, w := range everyWay {
			t.Run(fmt.Sprintf("%+v", w), func(t *testing.T) {
				cfg := config(v)
				cfg.Resume, cfg.Retry = w.resume, w.retry
				for at, longest := wire.HeaderLen, wire.HeaderLen+1; at < longest; at++ {
					longest = tamper(t, sender, cfg, at)
				}
			})
		}
	})
}

// tamper changes the byte at a place of the puppet's hello, and gives the hello's length.
func tamper(t *testing.T, sender model.Role, cfg model.EngineConfig, at int) (size int) {
	t.Helper()
	l := open(t, puppet.New(), sender, cfg)
	defer l.Free()
	if sender == model.Server {
		l.Ends[model.Client].Handshake()
		l.Move(model.Client)
	}
	l.puppet().Handshake()
	hello := make([]byte, 1<<12)
	hello = hello[:l.puppet().Drain(hello)]
	size = wire.RecordSize(hello)
	hello[at] ^= 0x10
	l.victim().Feed(hello)
	if l.Try(); l.puppet().InitFinished() && l.victim().InitFinished() {
		t.Fatalf("byte %d of %d changed, and nobody noticed", at, size)
	}
	return size
}

// TestKeyLog: the secrets that a puppet logs for Wireshark are those that OpenSSL logs.
func TestKeyLog(t *testing.T) {
	for v, want := range map[model.Version]int{model.TLS12: 1, model.TLS13: 4} {
		var lines [2][]string
		sides := [2]linktest.Side{{Library: puppet.New()}, {Library: need(t)}}
		for r := range sides {
			sides[r].Config = config(v)
			sides[r].Config.KeyLog = func(line string) { lines[r] = append(lines[r], line) }
		}
		linktest.Open(t, sides[model.Client], sides[model.Server]).Shake()
		if len(lines[0]) != want {
			t.Errorf("TLS %s: the puppet wrote %d lines; want %d", v, len(lines[0]), want)
		}
		for _, line := range lines[0] {
			if !slices.Contains(lines[1], line) {
				t.Errorf("TLS %s: OpenSSL has not written %q", v, line)
			}
		}
	}
}
