package puppet_test

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"os"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/tls"
)

// A link is a puppet at one end, a library at the other, and the bytes between
// them. It moves whatever there is: nobody's pump is under test.
type link struct {
	t     testing.TB
	ends  [2]model.Engine // by role
	role  model.Role      // the puppet's
	notes [2][]model.Note // what each has sent and absorbed
	wire  hash.Hash
	sent  []byte // by the puppet
	moved int
	flip  int // the bit of what comes next to the puppet that is flipped; 0: none
	frees []func()
	buf   [1 << 16]byte
}

// base is a configuration that leaves engines room for everything.
func base(v model.Version) model.EngineConfig {
	return model.EngineConfig{Version: v, In: 1 << 16, Out: 1 << 16, Key: 7, MaxRecord: 16384,
		PartialWrite: true, MovingBuffer: true}
}

// open makes both ends. The libraries are in a run that ends with the test, or with
// free.
func open(t testing.TB, other model.Library, role model.Role, cfg model.EngineConfig) *link {
	t.Helper()
	var lib model.Library = puppet.New()
	if other.Name() == "model" {
		lib = tls.NewModels() // whose records nobody else opens
	}
	lib.Begin(1)
	other.Begin(1)
	l := &link{t: t, role: role, wire: sha256.New(), frees: []func(){other.End}}
	t.Cleanup(l.free)
	for _, r := range []model.Role{model.Client, model.Server} {
		var by model.Library = other
		if r == role {
			by = lib
		}
		own := cfg
		own.Role = r
		own.Watch = func(n model.Note) { l.notes[r] = append(l.notes[r], n) }
		e, err := by.New(&own)
		if err != nil {
			t.Fatal(err)
		}
		l.frees = append(l.frees, func() { by.Free(e) })
		l.ends[r] = e
	}
	return l
}

// free gives the ends back, and ends the run; a second time does nothing.
func (l *link) free() {
	for i := len(l.frees) - 1; i >= 0; i-- {
		l.frees[i]()
	}
	l.frees = nil
}

func (l *link) puppet() attack.Attacker { return l.ends[l.role].(attack.Attacker) }
func (l *link) victim() model.Engine    { return l.ends[l.role.Peer()] }

// carry moves n bytes from one end to the other, as far as there is room.
func (l *link) carry(from model.Role, n int) int {
	src, dst := l.ends[from], l.ends[from.Peer()]
	got := src.Drain(l.buf[:min(n, dst.InputRoom(), len(l.buf))])
	if l.flip > 0 && from != l.role && got > 0 {
		l.buf[l.flip/8%got] ^= 1 << (l.flip % 8)
		l.flip = 0
	}
	fmt.Fprint(l.wire, from, got)
	l.wire.Write(l.buf[:got])
	if from == l.role {
		l.sent = append(l.sent, l.buf[:got]...)
	}
	if fed := dst.Feed(l.buf[:got]); fed != got {
		l.t.Fatalf("%v took %d of %d bytes that it had room for", from.Peer(), fed, got)
	}
	l.moved += got
	return got
}

// settle carries all there is both ways; nobody is called meanwhile.
func (l *link) settle() {
	for l.carry(model.Client, 1<<16)+l.carry(model.Server, 1<<16) > 0 {
	}
}

// shake drives both handshakes until nothing moves, and gives what they said
// last. Who is done reads: tickets may come.
func (l *link) shake() (client, server model.Status) {
	for range 1 << 17 {
		client, server = l.handshake(model.Client), l.handshake(model.Server)
		if l.carry(model.Client, 1<<16)+l.carry(model.Server, 1<<16) == 0 {
			return client, server
		}
	}
	l.t.Fatal("handshake: no end in sight")
	return
}

func (l *link) handshake(r model.Role) model.Status {
	e := l.ends[r]
	e.ClearErrors()
	if e.InitFinished() {
		e.Read(nil)
		return model.OK
	}
	return e.Handshake()
}

// established shakes hands, and fails the test if that fails.
func (l *link) established() *link {
	l.t.Helper()
	if c, s := l.shake(); c != model.OK || s != model.OK {
		l.t.Fatalf("handshake: client %v (%v), server %v (%v)", c, l.ends[model.Client].Err(),
			s, l.ends[model.Server].Err())
	}
	return l
}

// read reads once from an end: what it got and what it was told.
func (l *link) read(r model.Role) (string, model.Status) {
	p := make([]byte, 1<<15)
	l.ends[r].ClearErrors()
	n, st := l.ends[r].Read(p)
	return string(p[:n]), st
}

// say has one end write text and the other read it.
func (l *link) say(from model.Role, text string) {
	l.t.Helper()
	l.ends[from].ClearErrors()
	if n, st := l.ends[from].Write([]byte(text)); n != len(text) || st != model.OK {
		l.t.Fatalf("%v wrote %d of %d bytes: %v (%v)", from, n, len(text), st, l.ends[from].Err())
	}
	l.settle()
	if got, st := l.read(from.Peer()); got != text || st != model.OK {
		l.t.Fatalf("%v read %q, %v (%v); want %q", from.Peer(), got, st,
			l.ends[from.Peer()].Err(), text)
	}
}

// need gives the machine's OpenSSL.
func need(t testing.TB) model.Library {
	t.Helper()
	lib, err := openssl.Load("")
	if err != nil {
		require.Missing(t, "openssl", err)
	}
	return lib
}

// goTLS gives crypto/tls.
func goTLS(testing.TB) model.Library { return gotls.New() }

// longer is the long figure with WANTWRITE_LONG=1, as CI has it, and the short one
// otherwise.
func longer(short, long uint64) uint64 {
	if os.Getenv("WANTWRITE_LONG") == "1" {
		return long
	}
	return short
}

// roles runs a test for both versions, with the puppet at either end.
func roles(t *testing.T, test func(t *testing.T, v model.Version, r model.Role)) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		for _, r := range []model.Role{model.Client, model.Server} {
			t.Run(v.String()+" "+r.String(), func(t *testing.T) { test(t, v, r) })
		}
	}
}
