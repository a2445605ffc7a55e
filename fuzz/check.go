package fuzz

import (
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// testSchedules is how many schedules Check runs; a tenth of it with -short.
const testSchedules = 20000

// Check is the test of a pump, in one line of a user's test. It replays the scripts that were
// saved in testdata/wantwrite/<pump>, each as a subtest of its own; they must not fail any
// more. If none does it hunts through 20,000 schedules (2,000 with -short), and then lets rapid
// draw scenarios and actions. It ends with the first failure, which is shrunk, saved and
// explained. Functions that are given change the hunt.
//
//	fuzz.Check(t, spec, func(h *fuzz.Hunt) { h.Strategy = "pct:4" })
//	fuzz.Check(t, spec, func(h *fuzz.Hunt) { h.Engine = "openssl" })
//
// A pump fails once in a run of go test: its other tests are skipped then, because they would
// tell of the same mistake. Run them alone with -run.
func Check(t *testing.T, spec model.Spec, more ...func(*Hunt)) {
	t.Helper()
	h := newHunt(more)
	k := newTester(t, spec)
	if k.serves() {
		return
	}
	k.await(t)
	k.load(t, &h)
	if k.replays(t) && t.Run("hunt", func(t *testing.T) { k.hunt(t, &h) }) {
		k.rapid(t, &h)
	}
}

// A Hunt is what Check does, for who wants to change it. Names are those of wantwrite list, and
// the zero value of a field is its default.
type Hunt struct {
	// Seed names the hunt: the same build and seed make the same schedules. The default is 1.
	Seed uint64
	// Schedules is how many to go through. The default is 20,000, or 2,000 with -short.
	Schedules uint64
	// Strategy says how actions are picked. The default is the portfolio of all.
	Strategy string
	// Workers is how many schedules run at once. The default is GOMAXPROCS: several goroutines
	// call the pump's New and its pumps. What is found does not depend on it.
	Workers int
	// Scenario, TLS (1.2 or 1.3) and Profile allow only that one. The default is all.
	Scenario, TLS, Profile string
	// Property is the only one to look for. The default is all.
	Property string
	// All goes on after the first failure, and reports one for each property.
	All bool
	// Peer is the other end's pump. The default is the reference pump, and in some schedules
	// the pump under test.
	Peer *model.Spec
	// Engine is the TLS library under the pump, and PeerEngine that of the other end. The
	// defaults are the model, and the same as Engine. Real libraries run in child processes,
	// which are this test again. If one is not installed the test fails.
	Engine, PeerEngine string
	// Confirm is a library on which each failure is replayed before it is reported.
	Confirm string
}

// newHunt makes the hunt that the functions want.
func newHunt(more []func(*Hunt)) Hunt {
	h := Hunt{Seed: 1, Schedules: testSchedules}
	if testing.Short() {
		h.Schedules /= 10
	}
	for _, change := range more {
		change(&h)
	}
	return h
}
