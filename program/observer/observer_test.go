//go:build linux && amd64

package observer

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/program/cc"
)

// built is the observer, compiled.
func built(t *testing.T) *Observer {
	t.Helper()
	o, err := Build(t.TempDir())
	var missing *cc.Missing
	if errors.As(err, &missing) {
		require.Missing(t, missing.Tool, err)
	} else if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestImage: the image has what the source says, and the addresses of a process are filled in.
func TestImage(t *testing.T) {
	o := built(t)
	if o.hooks[0] != "SSL_read" || o.hooks[len(o.hooks)-1] != "SSL_free" || !slices.Contains(o.asks, "SSL_want") {
		t.Fatalf("got hooks %q, asks %q", o.hooks, o.asks)
	}
	for i, name := range o.hooks {
		if at := o.wrapper(i); at < base || at >= base+uint64(len(o.image)) {
			t.Errorf("%s leads to %#x, which is not in the image", name, at)
		}
	}
	filled := o.filled(map[string]uint64{"SSL_peek": 77, "SSL_want": 88})
	real, ask := o.symbols["real"], o.symbols["ask"]
	if n := binary.LittleEndian.Uint64(word(filled, real, slices.Index(o.hooks, "SSL_peek"))); n != 77 {
		t.Errorf("SSL_peek is at %d; want 77", n)
	}
	if n := binary.LittleEndian.Uint64(word(filled, ask, slices.Index(o.asks, "SSL_want"))); n != 88 {
		t.Errorf("SSL_want is at %d; want 88", n)
	}
	if bytes.Equal(filled, o.image) || len(o.image) < noteSize*ringNotes {
		t.Error("the image itself has changed, or has no room for the ring")
	}
	if o.symbols["ask"]-o.symbols["ring"] < noteSize*ringNotes {
		t.Errorf("the ring of the source is shorter than %d notes", ringNotes)
	}
}

// TestBuildTwice: what is built is used again, and a damaged one is named.
func TestBuildTwice(t *testing.T) {
	built(t)
	dir := t.TempDir()
	if _, err := Build(dir); err != nil {
		t.Fatal(err)
	}
	path, err := cc.Build(dir, "observer", []cc.File{{Name: "observer.c", Text: source}}, flags)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("cut off"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(dir); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v; want an error that names %s", err, path)
	}
	t.Setenv("CC", "no-such-compiler")
	var missing *cc.Missing
	if _, err := Build(dir); !errors.As(err, &missing) || missing.Tool != "cc" {
		t.Errorf("got %v; want that there is no compiler", err)
	}
}

// TestPlan: which slots of a process are changed, and why there is nothing to watch.
func TestPlan(t *testing.T) {
	o := built(t)
	has := func(names ...string) (list []elf.Symbol) {
		for i, n := range names {
			list = append(list, elf.Symbol{Name: n, Section: 7, Value: uint64(16 * (i + 1))})
		}
		return list
	}
	ssl := object{name: "libssl.so.3", bias: 0x1000, symbols: has(slices.Concat(o.hooks, o.asks)...)}
	program := object{name: "server", bias: 0x100, relocs: []reloc{
		{8, elf.R_X86_64_JMP_SLOT, "SSL_read"}, {16, elf.R_X86_64_GLOB_DAT, "SSL_free"}, {24, elf.R_X86_64_64, "SSL_write"},
		{32, elf.R_X86_64_JMP_SLOT, "puts"}, {40, elf.R_X86_64_RELATIVE, "SSL_peek"}}}
	listens := program
	listens.relocs = append(slices.Clone(program.relocs), reloc{48, elf.R_X86_64_JMP_SLOT, "SSL_CTX_set_msg_callback"})
	old := ssl
	old.symbols = has(append(slices.Clone(o.hooks), "SSL_want")...)
	for _, c := range []struct {
		name   string
		list   []object
		slots  int
		partly string
		blind  string
	}{
		{"a server", []object{program, ssl}, 3, "", ""},
		{"one with a callback", []object{listens, ssl}, 3, "a message callback of its own", ""},
		{"one without TLS", []object{program}, 0, "", "it loads no libssl.so"},
		{"one that links it by hand", []object{{name: "server"}, ssl}, 0, "", "by no slot"},
		{"one with another library", []object{program, old}, 0, "", "has no SSL_get_shutdown"},
	} {
		plan, partly, err := o.look(c.list)
		var blind *Blind
		switch {
		case c.blind != "":
			if !errors.As(err, &blind) || !strings.Contains(blind.Why, c.blind) {
				t.Errorf("%s: got %v; want %q", c.name, err, c.blind)
			}
		case err != nil || len(plan.slots) != c.slots || !strings.Contains(partly, c.partly) || (partly == "") != (c.partly == ""):
			t.Errorf("%s: got %v, %v, %q; want %d slots", c.name, plan, err, partly, c.slots)
		case plan.slots[0].at != 0x108 || plan.addresses["SSL_read"] != 0x1010 || plan.slots[0].held || !plan.slots[2].held:
			t.Errorf("%s: got %+v", c.name, plan)
		case (plan.addresses["SSL_set_msg_callback"] == 0) != (c.partly != ""):
			t.Errorf("%s: a callback is at %#x", c.name, plan.addresses["SSL_set_msg_callback"])
		}
	}
}

// TestSights: what a note of the image means.
func TestSights(t *testing.T) {
	o := &Observer{hooks: []string{"SSL_read", "SSL_shutdown", "SSL_free"}}
	const message = 3
	for _, c := range []struct {
		n    note
		text string
	}{
		{note{Result: 12, Moved: 12, BIO: 0x405, Waits: -1, Update: -1}, "SSL_read: 12"},
		{note{Result: -1, Want: wantsRead, BIO: 0x413, Waits: 1001, Update: -1}, "SSL_read: -1, want-read; 1001 bytes wait in its BIO pair"},
		{note{Result: -1, Want: wantsWrite, BIO: 0x401, Waits: 5, Update: 0},
			"SSL_read: -1, want-write; 5 bytes wait in its memory BIO; a KeyUpdate waits for the next write"},
		{note{Result: 0, Want: 1, Shut: receivedShutdown, BIO: -1, Update: -1}, "SSL_read: 0, closed"},
		{note{Result: -1, Want: 1, BIO: 99, Update: -1}, "SSL_read: -1, failed"},
		{note{Result: 3, Pending: 7, Update: -1}, "SSL_read: 3; 7 bytes wait to be read"},
		{note{What: 1, Result: 0, Want: 1, Update: -1}, "SSL_shutdown: 0, ok"},
		{note{What: message, Result: 122, Want: 22, Shut: 1}, "ClientHello"},
		{note{What: message, Result: 2, Moved: 1, Want: 21, Shut: 100}, "alert no_renegotiation"},
	} {
		s := o.sight(&c.n)
		if got := s.String(); got != c.text {
			t.Errorf("got %q; want %q", got, c.text)
		}
		if c.n.What == message && (s.Message.Bytes != int(c.n.Result) || s.Message.Sent != (c.n.Moved == 1)) {
			t.Errorf("got message %+v", s.Message)
		}
	}
	if s := o.sight(&note{What: 2}); !s.Freed || s.Status != model.Failed {
		t.Errorf("got %+v; want a connection that is freed", s)
	}
}
