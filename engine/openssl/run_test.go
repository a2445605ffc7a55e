package openssl_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
)

func TestLoadSaysWhatToInstall(t *testing.T) {
	_, err := openssl.Load("libssl-of-nobody.so.9")
	if err == nil {
		t.Fatal("loaded a library that does not exist")
	}
	for _, part := range []string{`openssl: no library "libssl-of-nobody.so.9" (`, "); "} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error is %q, want %q in it", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is longer than a line: %q", err)
	}
}

func TestLoadRefusesAnotherLibrary(t *testing.T) {
	need(t)
	if runtime.GOOS != "linux" {
		t.Skip("the name of the C library is known for linux only")
	}
	_, err := openssl.Load("libc.so.6")
	const text = `openssl: library "libc.so.6" has no symbol OpenSSL_version_num; ` +
		`want OpenSSL 3, or 1.1.1`
	if err == nil || err.Error() != text {
		t.Fatalf("the error is %v, want %s", err, text)
	}
}

func TestLoadGivesTheSameLibrary(t *testing.T) {
	if again := need(t); again != need(t) {
		t.Fatal("two loads of one name gave two libraries")
	}
	if runtime.GOOS == "linux" {
		if named, err := openssl.Load("libssl.so.3"); named != need(t) {
			t.Fatalf("another name of the file gave another library (%v)", err)
		}
	}
	if d := need(t).Describe(); !strings.HasPrefix(d, "OpenSSL ") {
		t.Fatalf("it describes itself as %q", d)
	}
}

func TestNewSaysWhatItCannotDo(t *testing.T) {
	lib := need(t)
	cfg := base(model.TLS12)
	if _, err := lib.New(&cfg); err == nil || !strings.Contains(err.Error(), "outside a run") {
		t.Errorf("New without Begin: %v", err)
	}
	lib.Begin(1)
	defer lib.End()
	for text, change := range map[string]func(*model.EngineConfig){
		"got transport attached without a socket; want one": func(c *model.EngineConfig) {
			c.Transport = model.Attached
		},
		"renegotiation ignore is not supported": func(c *model.EngineConfig) {
			c.Traits.Renegotiation = model.RenegIgnore
		},
		"OpenSSL answers at the next write": func(c *model.EngineConfig) {
			c.Traits.AnswerAtRead = true
		},
		"only a warning":              func(c *model.EngineConfig) { c.Traits.RefusalIsWarning = true },
		"OpenSSL delivers it":         func(c *model.EngineConfig) { c.Traits.NoDataInReneg = true },
		"buffers of 0 and 4096 bytes": func(c *model.EngineConfig) { c.In = 0 },
	} {
		cfg := base(model.TLS12)
		change(&cfg)
		if _, err := lib.New(&cfg); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error is %v, want one with %q", err, text)
		}
	}
}

// story runs a link of each version through all that it can do, in a run with
// that seed, and gives the hash of the wire.
func story(t testing.TB, lib *openssl.Library, seed uint64) string {
	lib.Begin(seed)
	defer lib.End()
	var sums []string
	for i, v := range slices.Concat(versions, versions) {
		cfg := base(v)
		cfg.In, cfg.Out, cfg.Tickets = 700, 900, 2
		grown := i >= len(versions)
		cfg.Resume, cfg.Retry, cfg.PostAuth = grown, grown, grown
		l := pair(t, lib, cfg)
		l.handshake(100)
		l.say(model.Client, "request")
		if v == model.TLS12 {
			l.client().Renegotiate()
		} else {
			l.client().KeyUpdate(true)
			l.server().Authenticate()
		}
		l.server().ClearErrors()
		l.settle()
		l.read(model.Server)
		l.handshake(100)
		l.say(model.Server, "response")
		l.client().Shutdown()
		l.settle()
		sums = append(sums, l.sum())
		l.free()
	}
	return strings.Join(sums, " ")
}

func TestSameSeedSameWire(t *testing.T) {
	lib := need(t)
	first := story(t, lib, 42)
	if again := story(t, lib, 42); again != first {
		t.Errorf("the same seed gave %s, then %s", first, again)
	}
	if other := story(t, lib, 43); other == first {
		t.Error("another seed gave the same wire")
	}
}

const childSeed = "WANTWRITE_OPENSSL_CHILD"

// TestChild is the other process of TestSameWireInAnotherProcess.
func TestChild(t *testing.T) {
	if os.Getenv(childSeed) == "" {
		t.Skip("it is run by TestSameWireInAnotherProcess")
	}
	fmt.Printf("wire=%s\n", story(t, need(t), 42))
}

func TestSameWireInAnotherProcess(t *testing.T) {
	want := "wire=" + story(t, need(t), 42)
	for _, procs := range []string{"1", "4"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
		cmd.Env = append(os.Environ(), childSeed+"=1", "GOMAXPROCS="+procs,
			"OPENSSL_CONF=/nonexistent/openssl.cnf")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("the other process: %v\n%s", err, out)
		}
		if !slices.Contains(strings.Split(string(out), "\n"), want) {
			t.Errorf("with GOMAXPROCS=%s it has another wire:\n%swant %s", procs, out, want)
		}
	}
}

// Each engine draws from a stream of its own: what one link does changes no
// byte of another.
func TestLinksDoNotDisturbEachOther(t *testing.T) {
	lib := need(t)
	run := func(disturb bool) string {
		lib.Begin(5)
		defer lib.End()
		l, m := pair(t, lib, base(model.TLS12)), pair(t, lib, base(model.TLS12))
		defer l.free()
		defer m.free()
		if disturb {
			m.handshake(64)
		}
		l.handshake(64)
		if disturb && l.sum() == m.sum() {
			t.Error("two links of one key have the same bytes")
		}
		return l.sum()
	}
	if alone, beside := run(false), run(true); alone != beside {
		t.Errorf("alone the wire is %s, beside another link %s", alone, beside)
	}
}

// Runs on several goroutines take turns, because randomness is the process's.
func TestRunsTakeTurns(t *testing.T) {
	lib := need(t)
	want := story(t, lib, 9)
	sums := make(chan string)
	for range 4 {
		go func() { sums <- story(t, lib, 9) }()
	}
	for range 4 {
		if got := <-sums; got != want {
			t.Errorf("beside others the wire is %s, want %s", got, want)
		}
	}
}

// A world that is used again begins the next run without an End between.
func TestBeginAgainStartsTheNextRun(t *testing.T) {
	lib := need(t)
	want := story(t, lib, 9)
	lib.Begin(8)
	l := pair(t, lib, base(model.TLS12))
	l.client().Handshake()
	lib.Begin(9)
	l.free()
	if got := story(t, lib, 9); got != want {
		t.Errorf("in a run that followed another the wire is %s, want %s", got, want)
	}
	lib.End() // and story's End was the end already
	done := make(chan string)
	go func() { done <- story(t, lib, 9) }()
	if got := <-done; got != want {
		t.Errorf("on another goroutine the wire is %s, want %s", got, want)
	}
}

// watched makes a configuration that appends its notes to a list.
func watched(who string, cfg model.EngineConfig, notes *[]string) model.EngineConfig {
	cfg.Watch = func(n model.Note) {
		verb := "got"
		if n.Sent {
			verb = "sent"
		}
		line := fmt.Sprintf("%s %s %s", who, verb, n.Message)
		if n.Message == "application data" {
			line += fmt.Sprintf(" %d", n.Bytes)
		}
		*notes = append(*notes, line)
	}
	return cfg
}

// watch opens a link of which both ends note what happens.
func watch(t *testing.T, v model.Version, notes *[]string) *link {
	cfgs := [2]model.EngineConfig{
		watched("client", base(v), notes), watched("server", base(v), notes),
	}
	cfgs[model.Server].Traits.Renegotiation = model.RenegRefuse
	return openEach(t, cfgs)
}

func TestNotesOfTLS12(t *testing.T) {
	var notes []string
	l := watch(t, model.TLS12, &notes)
	l.handshake(1 << 16)
	l.say(model.Client, "hello")
	l.client().Renegotiate()
	l.settle()
	l.read(model.Server)
	l.settle()
	l.read(model.Client)
	want := []string{
		"client sent ClientHello", "server got ClientHello",
		"server sent ServerHello", "server sent ServerHelloDone",
		"client got ServerHello", "client got ServerHelloDone",
		"client sent ClientKeyExchange", "client sent Finished",
		"server got ClientKeyExchange", "server got Finished", "server sent Finished",
		"client got Finished",
		"client sent application data 5", "server got application data 5",
		"client sent ClientHello", "server got ClientHello",
		"server sent alert no_renegotiation", "client got alert no_renegotiation",
		"client sent alert handshake_failure",
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("the notes differ (-want +got):\n%s", diff)
	}
}

func TestNotesOfTLS13(t *testing.T) {
	var notes []string
	l := watch(t, model.TLS13, &notes)
	l.handshake(1 << 16)
	l.client().KeyUpdate(true)
	l.settle()
	l.read(model.Server)
	l.say(model.Server, "hello")
	l.server().Shutdown()
	l.settle()
	l.read(model.Client)
	want := []string{
		"client sent ClientHello", "server got ClientHello",
		"server sent ServerHello", "server sent EncryptedExtensions", "server sent Finished",
		"client got ServerHello", "client got EncryptedExtensions", "client got Finished",
		"client sent Finished", "server got Finished",
		"client sent KeyUpdate", "server got KeyUpdate", "server sent KeyUpdate",
		"server sent application data 5",
		"client got KeyUpdate", "client got application data 5",
		"server sent alert close_notify", "client got alert close_notify",
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("the notes differ (-want +got):\n%s", diff)
	}
}

// How many tickets a server sends after a handshake with a PSK.
func TestTickets(t *testing.T) {
	for _, n := range []int{0, 1, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			var notes []string
			cfg := base(model.TLS13)
			cfg.Tickets = n
			l := openEach(t, [2]model.EngineConfig{cfg, watched("server", cfg, &notes)})
			l.handshake(1 << 16)
			sent := strings.Count(strings.Join(notes, "\n"), "NewSessionTicket")
			if sent != min(n, 1) {
				t.Errorf("%d tickets were asked for, %d sent; want %d", n, sent, min(n, 1))
			}
		})
	}
}

func TestCallsDoNotAllocate(t *testing.T) {
	if require.Race {
		t.Skip("allocations are not counted under the race detector")
	}
	l := open(t, base(model.TLS12))
	l.handshake(1 << 16)
	var text, got [100]byte
	n := testing.AllocsPerRun(100, func() {
		l.client().Write(text[:])
		l.server().Feed(l.buffer[:l.client().Drain(l.buffer[:])])
		l.server().Read(got[:])
		l.server().Read(got[:])
		l.server().ClearErrors()
		l.server().OutputPending()
		l.server().InitFinished()
	})
	if n != 0 {
		t.Errorf("a record written and read costs %v allocations", n)
	}
}

// BenchmarkLink is two engines, their handshake, and their end.
func BenchmarkLink(b *testing.B) {
	lib := need(b)
	for _, v := range versions {
		b.Run("tls="+v.String(), func(b *testing.B) {
			b.ReportAllocs()
			lib.Begin(1)
			defer lib.End()
			for b.Loop() {
				l := pair(b, lib, base(v))
				l.handshake(1 << 16)
				l.free()
			}
		})
	}
}

// BenchmarkCall is what single calls cost.
func BenchmarkCall(b *testing.B) {
	l := open(b, base(model.TLS12))
	l.handshake(1 << 16)
	var p [100]byte
	b.Run("OutputPending", func(b *testing.B) {
		for b.Loop() {
			l.client().OutputPending()
		}
	})
	b.Run("Read=WantRead", func(b *testing.B) {
		for b.Loop() {
			l.client().Read(p[:])
		}
	})
	b.Run("Record100", func(b *testing.B) {
		for b.Loop() {
			l.client().Write(p[:])
			l.server().Feed(l.buffer[:l.client().Drain(l.buffer[:])])
			l.server().Read(p[:])
		}
	})
}
