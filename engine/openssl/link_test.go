package openssl_test

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"testing"

	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
)

// need gives the machine's OpenSSL.
func need(t testing.TB) *openssl.Library {
	t.Helper()
	lib, err := openssl.Load("")
	if err != nil {
		require.Missing(t, "openssl", err)
	}
	return lib
}

// base is a configuration that leaves the engine room for everything.
func base(v model.Version) model.EngineConfig {
	return model.EngineConfig{
		Version: v, In: 4096, Out: 4096, Key: 7, MaxRecord: 16384,
		PartialWrite: true, MovingBuffer: true,
	}
}

// A link is both ends and the bytes that went between them.
type link struct {
	t      testing.TB
	lib    *openssl.Library
	ends   [2]model.Engine // by Role
	wire   hash.Hash
	buffer [65536]byte
}

// open makes both ends in a run of their own, which ends with the test.
func open(t testing.TB, cfg model.EngineConfig) *link {
	t.Helper()
	return openEach(t, [2]model.EngineConfig{cfg, cfg})
}

// openEach is open for ends that differ: cfgs is indexed by Role.
func openEach(t testing.TB, cfgs [2]model.EngineConfig) *link {
	t.Helper()
	lib := need(t)
	lib.Begin(1)
	t.Cleanup(lib.End)
	l := pairEach(t, lib, cfgs)
	t.Cleanup(l.free)
	return l
}

// pair makes both ends in the run under way.
func pair(t testing.TB, lib *openssl.Library, cfg model.EngineConfig) *link {
	t.Helper()
	return pairEach(t, lib, [2]model.EngineConfig{cfg, cfg})
}

// pairEach is pair for ends that differ.
func pairEach(t testing.TB, lib *openssl.Library, cfgs [2]model.EngineConfig) *link {
	t.Helper()
	l := &link{t: t, lib: lib, wire: sha256.New()}
	for _, r := range []model.Role{model.Client, model.Server} {
		cfgs[r].Role = r
		e, err := lib.New(&cfgs[r])
		if err != nil {
			t.Fatal(err)
		}
		l.ends[r] = e
	}
	return l
}

func (l *link) free() {
	l.lib.Free(l.ends[model.Client])
	l.lib.Free(l.ends[model.Server])
}

func (l *link) client() model.Engine { return l.ends[model.Client] }
func (l *link) server() model.Engine { return l.ends[model.Server] }

// carry moves at most n bytes of ciphertext from one end to the other, as far
// as there is room, and says how many.
func (l *link) carry(from model.Role, n int) int {
	src, dst := l.ends[from], l.ends[from.Peer()]
	got := src.Drain(l.buffer[:min(n, dst.InputRoom(), len(l.buffer))])
	l.wire.Write([]byte{byte(from)})
	l.wire.Write(l.buffer[:got])
	if fed := dst.Feed(l.buffer[:got]); fed != got {
		l.t.Fatalf("%v took %d of %d bytes that it had room for", from.Peer(), fed, got)
	}
	return got
}

// handshake drives both ends, n bytes at a time, until both say OK.
func (l *link) handshake(n int) {
	l.t.Helper()
	for range 100000 {
		c, s := l.client().Handshake(), l.server().Handshake()
		if c == model.Failed || s == model.Failed {
			l.t.Fatalf("handshake: client %v (%v), server %v (%v)",
				c, l.client().Err(), s, l.server().Err())
		}
		moved := l.carry(model.Client, n) + l.carry(model.Server, n)
		if moved == 0 && c == model.OK && s == model.OK {
			return
		}
	}
	l.t.Fatal("handshake: no end in sight")
}

// settle carries everything both ways; nobody reads meanwhile.
func (l *link) settle() {
	for l.carry(model.Client, 1<<16)+l.carry(model.Server, 1<<16) > 0 {
	}
}

// want fails the test if a call answered something else.
func want(t testing.TB, what string, got, want model.Status) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// read reads once from an end: what it got and what it was told.
func (l *link) read(r model.Role) (string, model.Status) {
	var p [16384]byte
	n, s := l.ends[r].Read(p[:])
	return string(p[:n]), s
}

// say has one end write text and the other read it.
func (l *link) say(from model.Role, text string) {
	l.t.Helper()
	n, s := l.ends[from].Write([]byte(text))
	if n != len(text) || s != model.OK {
		l.t.Fatalf("%v wrote %d of %d bytes: %v (%v)", from, n, len(text), s, l.ends[from].Err())
	}
	l.settle()
	got, s := l.read(from.Peer())
	if got != text || s != model.OK {
		l.t.Fatalf("%v read %q, %v (%v); want %q", from.Peer(), got, s,
			l.ends[from.Peer()].Err(), text)
	}
}

// sum is the hash of all bytes carried so far.
func (l *link) sum() string { return hex.EncodeToString(l.wire.Sum(nil)) }
