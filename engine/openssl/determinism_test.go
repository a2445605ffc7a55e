package openssl_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
)

// story runs links of both versions through all that they can do, and gives hashes of their
// wires.
func story(t testing.TB, lib *openssl.Library, seed uint64) string {
	lib.Begin(seed)
	defer lib.End()
	var sums []string
	for i, v := range slices.Concat(versions, versions) {
		cfg := config(v)
		cfg.In, cfg.Out, cfg.Tickets = 700, 900, 2
		grown := i >= len(versions)
		cfg.Resume, cfg.Retry, cfg.PostAuth = grown, grown, grown
		l := pair(t, lib, cfg)
		l.Step = 100
		l.Shake()
		l.Say(model.Client, "request")
		if v == model.TLS12 {
			l.Client().Renegotiate()
		} else {
			l.Client().KeyUpdate(true)
			l.Server().Authenticate()
		}
		l.Server().ClearErrors()
		l.Settle()
		l.Read(model.Server)
		l.Shake()
		l.Say(model.Server, "response")
		l.Client().Shutdown()
		l.Settle()
		sums = append(sums, l.Sum())
		l.Free()
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

func TestSameWireInAnotherProcess(t *testing.T) {
	want := story(t, need(t), 42)
	for _, procs := range []string{"1", "4"} {
		got := require.Elsewhere(t, want, "GOMAXPROCS="+procs,
			"OPENSSL_CONF=/nonexistent/openssl.cnf")
		if got != want {
			t.Errorf("with GOMAXPROCS=%s another process has wire %s; want %s", procs, got, want)
		}
	}
}

// Each engine draws from a random stream of its own, so that one link changes no byte of another.
func TestLinksDoNotDisturbEachOther(t *testing.T) {
	lib := need(t)
	run := func(disturb bool) string {
		lib.Begin(5)
		defer lib.End()
		l, m := pair(t, lib, config(model.TLS12)), pair(t, lib, config(model.TLS12))
		defer l.Free()
		defer m.Free()
		if disturb {
			m.Step = 64
			m.Shake()
		}
		l.Step = 64
		l.Shake()
		if disturb && l.Sum() == m.Sum() {
			t.Error("two links of one key have the same bytes")
		}
		return l.Sum()
	}
	if alone, beside := run(false), run(true); alone != beside {
		t.Errorf("alone the wire is %s, beside another link %s", alone, beside)
	}
}

// Runs on several goroutines take turns, because the random generator is the process's.
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

// A world begins its next run without an End in between.
func TestBeginAgainStartsTheNextRun(t *testing.T) {
	lib := need(t)
	want := story(t, lib, 9)
	lib.Begin(8)
	l := pair(t, lib, config(model.TLS12))
	l.Client().Handshake()
	lib.Begin(9)
	l.Free()
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

// The wire of a resumed session does not depend on the time.
func TestResumeAtAnotherTime(t *testing.T) {
	lib := need(t)
	wire := func(v model.Version) string {
		lib.Begin(1)
		defer lib.End()
		cfg := config(v)
		cfg.Resume, cfg.Tickets = true, 1
		l := pair(t, lib, cfg)
		defer l.Free()
		l.Shake()
		return l.Sum()
	}
	before := [2]string{wire(model.TLS12), wire(model.TLS13)}
	time.Sleep(1100 * time.Millisecond) // the clocks of sessions count seconds
	if after := [2]string{wire(model.TLS12), wire(model.TLS13)}; after != before {
		t.Errorf("a second later the wire is %v; want %v", after, before)
	}
}

// certifiedStory is the wire of links with certificates at both ends, tickets and data. Tickets
// have no time in them and signatures are seeded, so it is the same everywhere.
func certifiedStory(t testing.TB) (sums string) {
	lib := need(t)
	for _, v := range versions {
		lib.Begin(5)
		cfg := certified(v, 2000, true)
		cfg.Tickets = 2
		l := pair(t, lib, cfg)
		l.Step = 100
		l.Shake()
		l.Say(model.Server, "the same bytes every time")
		sums += l.Sum() + " "
		l.Free()
		lib.End()
	}
	return sums
}

func TestCertificatesAreTheSameEverywhere(t *testing.T) {
	want := certifiedStory(t)
	for _, procs := range []string{"1", "2"} {
		if got := require.Elsewhere(t, want, "GOMAXPROCS="+procs); got != want {
			t.Errorf("another process has wire %s; want %s", got, want)
		}
	}
	if got := certifiedStory(t); got != want {
		t.Errorf("the second run's wire is %s; want %s as in the first", got, want)
	}
}
