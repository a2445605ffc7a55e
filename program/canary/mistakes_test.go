//go:build linux

package canary

import (
	"crypto/tls"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/require"
)

// late is a client that writes all, and reads after a while: the server's socket is full then, and
// its buffers are too.
func late(size int) func(*server) error {
	return exchange{client: client{small: true}, size: size, after: true}.run
}

// revealed says which client shows a mistake on a real socket, without a scheduler: by program and
// mistake. For the others it says why none does.
var revealed = map[string]func(*server) error{
	"poll reply-left":        renegotiate,
	"poll flight-fits":       unhurried,
	"poll write-always":      idles,
	"poll eof-spins":         cut,
	"poll eof-first":         burst(100, 100, true),
	"poll sent-twice":        late(plenty),
	"poll shared-buffer":     both,
	"poll fin-first":         stuffed(true),
	"poll close-unread":      garbage,
	"poll stale-queue":       foreign,
	"poll use-after-failure": survives(garbage),
	"poll no-backpressure":   deaf,
	"poll failure-leaks":     several(3, mute),

	"edge want-write-at-read": unhurried,
	"edge want-is-error":      unhurried,
	"edge turn-forgotten":     burst(100, 1, false),
	"edge no-write-edge":      late(plenty),
	"edge spins-on-want":      stuffed(false),
	"edge short-write":        late(plenty),
	"edge emptied-at-end":     stuffed(true),
	"edge written-twice":      late(plenty),
	"edge close-unread":       garbage,
	"edge buffer-moves":       late(plenty),
	"edge stale-queue":        foreign,
	"edge rdhup-closes":       stuffed(true),
	"edge empty-at-close":     survives(vanish),
	"edge no-backpressure":    deaf,
	"edge reset-leaks":        several(3, vanish),

	"select want-write-at-read": unhurried,
	"select pending-ignored": exchange{client: client{small: true}, size: 8 * 16000, piece: 16000,
		after: true, open: true}.run,
	"select write-dropped":     exchange{client: client{small: true}, size: plenty, after: true, open: true}.run,
	"select write-always":      dawdles,
	"select emptied-at-end":    stuffed(true),
	"select fin-first":         stuffed(true),
	"select close-unread":      garbage,
	"select stale-queue":       foreign,
	"select use-after-failure": survives(garbage),
	"select no-backpressure":   deaf,
	"select queue-leaks":       grows(vanish),

	"bufferevent paused-for-ever":    late(plenty),
	"bufferevent flush-not-enabled":  stuffed(true),
	"bufferevent eof-again":          stuffed(true),
	"bufferevent free-at-eof":        stuffed(true),
	"bufferevent shutdown-early":     stuffed(true),
	"bufferevent copied-not-drained": late(plenty),
	"bufferevent close-unread":       garbage,
	"bufferevent reason-of-reset":    survives(vanish),
	"bufferevent no-backpressure":    deaf,
	"bufferevent failure-leaks":      several(3, mute),

	"kv original":          renegotiate,
	"kv flag-first":        asks{client: batched, answers: make24(1), end: true}.run,
	"kv zero-return-empty": asks{client: batched, answers: make24(1), end: true}.run,
	"kv want-write-accept": asks{answers: []int{10}, end: true}.run,
	"kv accept-loop":       dawdles,
	"kv yield-sleeps":      asks{client: batched, answers: append(make([]int, 74), 24)}.run,
	"kv stays-writable":    answered,
	"kv piece-refilled":    asks{client: client{small: true}, answers: []int{1 << 20}, after: true}.run,
	"kv close-unread":      garbage,
	"kv drained-at-close":  survives(overwhelmed),
	"kv failure-leaks":     several(3, mute),
}

// scheduled are the mistakes that only a scheduler shows, and why.
var scheduled = map[string]string{
	"edge shutdown-once":        "the last bytes would have to fit exactly",
	"edge accept-once":          "two connections would have to come while the server does something else",
	"select accept-asserts":     "Linux gives the connection to accept, also when it was reset",
	"bufferevent shutdown-once": "the last bytes would have to fit exactly",
	"select append-to-offered":  "select waits for room for a record, so no write is repeated",
	"select retry-repeats":      "select waits for room for a record, so no write is repeated",
	"select shorter-retry":      "select waits for room for a record, so no write is repeated",
	"kv fin-first":              "close_notify would have to meet a full socket",
	"kv speculative":            "the answer would have to meet a full socket",
	"kv landed":                 "the answer would have to meet a full socket",
	"kv want-write-read":        "the BIO would have to be full when a key is updated",
}

// certified are the mistakes that take a long chain of certificates.
var certified = map[string][]string{"kv want-write-accept": long, "poll flight-fits": long,
	"edge want-write-at-read": long, "edge want-is-error": long, "select want-write-at-read": long}

// unhurried is a client that reads late in the handshake.
func unhurried(s *server) error {
	return exchange{client: client{small: true, late: true}, size: 10}.run(s)
}

var long = []string{"-c", "long.pem", "-k", "longkey.pem"}

var batched = client{version: tls.VersionTLS12, batch: true}

// survives: the server still runs afterwards.
func survives(behave func(*server) error) func(*server) error {
	return func(s *server) error {
		err := behave(s)
		select {
		case <-s.ended:
			return see("crash", "%v", s.cmd.ProcessState)
		case <-time.After(soon):
			return err
		}
	}
}

// grows: the server's memory is what it was, after the same a few times more.
func grows(behave func(*server) error) func(*server) error {
	return func(s *server) error {
		before := 0
		for i := range 12 {
			if i == 4 {
				before = s.resident()
			}
			if err := behave(s); err != nil {
				return err
			}
		}
		if grown := s.resident() - before; grown > 300_000 {
			return see("leak", "%d bytes more in memory after 8 connections", grown)
		}
		return nil
	}
}

// needClient skips a test that needs OpenSSL's client, where there is none.
func needClient(t *testing.T) {
	t.Helper()
	require.Runs(t, "openssl", "version")
}

// TestMistakes: each mistake that a client can show is seen, by its property. In the correct programs
// the same clients see nothing (TestCorrect). Each other mistake is there for a scheduler to find.
func TestMistakes(t *testing.T) {
	for _, m := range All() {
		name := m.Program + " " + m.Mistake
		behave, why := revealed[name], scheduled[name]
		if (behave == nil) == (why == "") {
			t.Errorf("%s: want a client that shows it, or why there is none", name)
			continue
		}
		if behave == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if m.Property == "stall" {
				needClient(t)
			}
			args := append([]string{"-m", m.Mistake}, certified[name]...)
			var err error
			for range 5 { // what comes together is not the same each time
				s := start(t, build(t, m.Program, strict), args...)
				if m.Property == "stall" {
					s.patience = 2 * soon
				}
				if err = behave(s); err != nil {
					break
				}
			}
			var s *seen
			if !errors.As(err, &s) {
				t.Fatalf("got %v; want %s: %s", err, m.Property, m.About)
			}
			if s.property != m.Property && !slices.Contains(m.Also, s.property) {
				t.Errorf("got %v; want %s %v", err, m.Property, m.Also)
			}
			t.Log(err)
		})
	}
	for name := range revealed {
		if !slices.ContainsFunc(All(), func(m Planted) bool { return m.Program+" "+m.Mistake == name }) {
			t.Errorf("no program has %s", name)
		}
	}
}

// TestRenegotiation: a correct server answers a client that asks for a handshake more, in time. That
// it refuses is right.
func TestRenegotiation(t *testing.T) {
	for _, p := range Programs() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			needClient(t)
			if err := renegotiate(start(t, build(t, p.Name, strict))); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLongChain: a flight that is longer than all buffers leaves in pieces, when there is room.
func TestLongChain(t *testing.T) {
	for _, p := range Programs() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			behave := unhurried
			if p.Speaks != "echo" {
				behave = asks{client: client{small: true, late: true}, answers: []int{10}, end: true}.run
			}
			if err := behave(start(t, build(t, p.Name, strict), long...)); err != nil {
				t.Error(err)
			}
		})
	}
}
