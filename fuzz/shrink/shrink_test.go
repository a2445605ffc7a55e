package shrink_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// shrunk shrinks a script that must fail, and says how it went.
func shrunk(t testing.TB, r *run.Runner, s *script.Script) shrink.Shrunk {
	t.Helper()
	st, err := shrink.Shrink(context.Background(), r, s, shrink.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !st.Fails {
		t.Fatalf("the script must fail to begin with:\n%s", s.Format())
	}
	return st
}

// a reason is why a script fails, as seen from outside.
type reason struct {
	property   oracle.PropertyID
	under      bool
	obligation oracle.Obligation
	detail     string
	mask       model.Events
	spins      bool
}

// reasonOf replays a script, loosely; ok is false if it does not fail.
func reasonOf(r *run.Runner, s *script.Script) (why reason, ok bool) {
	out, err := run.Replay(r, s, run.ReplayOptions{Loose: true})
	if err != nil || !out.Result.Found {
		return why, false
	}
	v := out.Result.Violation
	why = reason{property: v.Property, under: model.Role(v.End&1) == s.Config.Under,
		obligation: v.Obligation, detail: digits.Replace(v.Detail)}
	if v.Property == oracle.Stall || v.Property == oracle.Deadlock {
		rest := out.Accounts[v.End].Quiescence
		why.mask, why.spins = rest.Mask, rest.Spins
	}
	return why, true
}

var digits = strings.NewReplacer("0", "", "1", "", "2", "", "3", "", "4", "", "5", "", "6", "",
	"7", "", "8", "", "9", "")

// quarry is what a test hunts for.
type quarry struct {
	options  run.Options
	property oracle.PropertyID
	like     func(reason) bool // nil: any
}

// caught calls with the scripts of the failing schedules of seed 1, as long as
// they are, until it has had n of them. It gives up after many schedules.
func (q *quarry) caught(t testing.TB, n int, with func(*run.Runner, *script.Script)) (got int) {
	t.Helper()
	r, err := run.NewRunner(run.NewCatalog(*q.options.Pump), q.options)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	watch := oracle.EveryProperty.Only(q.property)
	for i := uint64(0); got < n && i < 100000; i++ {
		res, err := r.Schedule(1, i, watch)
		if err != nil {
			t.Fatal(err)
		}
		if !res.Found {
			continue
		}
		s := &script.Script{Config: r.Config(), Property: q.property.String(),
			Actions: slices.Clone(r.World().Actions())}
		if why, ok := reasonOf(r, s); !ok || q.like != nil && !q.like(why) {
			continue
		}
		got++
		with(r, s)
	}
	return got
}

// TestShrinkTheStall: the stall of MB-53428. A workload of hundreds of actions in a world
// of odd sizes becomes ten actions.
func TestShrinkTheStall(t *testing.T) {
	spec := pumps.Named("kv-original")
	q := quarry{run.Options{Pump: &spec, Scenario: "renegotiation"}, oracle.Stall,
		func(why reason) bool { return why.obligation == oracle.EngineOutput }}
	q.caught(t, 5, func(r *run.Runner, s *script.Script) {
		before, _ := reasonOf(r, s)
		st := shrunk(t, r, s)
		if !st.Minimal || st.After > 10 {
			t.Errorf("got %+v; want at most 10 actions, and all steps tried", st)
		}
		if after, ok := reasonOf(r, s); !ok || after != before {
			t.Errorf("got %+v; want %+v as before", after, before)
		}
	})
}

// defaultHeader is the header of a script in a world of defaults.
const defaultHeader = `wantwrite script 1
pump: PUMP
peer: reference
engine: model
scenario: renegotiation
under: server
tls: 1.2
transport: pair
trigger: level
links: 1
seed: 0x1
sizes: bio=8192 pipe=8192 queue=8192 chunk=8192 flight=16384 window=16384 record=16384 ` +
	`hello=16384 chain=0 client-chain=0 tickets=0 linger=16
property: PROPERTY

`

// scriptOf makes a script of a pump, a property and actions; changes are pairs
// of a text of the header and what it becomes.
func scriptOf(t testing.TB, pump, property, actions string, changes ...string) *script.Script {
	t.Helper()
	changes = append(changes, "PUMP", pump, "PROPERTY", property)
	text := strings.NewReplacer(changes...).Replace(defaultHeader)
	s, err := script.Parse(strings.NewReader(text+actions), "test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// actionsOf is a script's actions on one line.
func actionsOf(s *script.Script) string {
	var words []string
	for _, a := range s.Actions {
		words = append(words, a.String())
	}
	return strings.Join(words, "; ")
}

const handshake12 = "poll client; deliver server all; poll server; deliver client all; " +
	"poll client; deliver server all; poll server; deliver client all; poll client"

// TestShrinkEachAxis: one thing at a time is not as simple as it could be.
func TestShrinkEachAxis(t *testing.T) {
	stall := strings.ReplaceAll(handshake12, "; ", "\n") + "\nrenegotiate client\n"
	short := handshake12 + "; renegotiate client"
	for _, test := range []struct {
		name    string
		actions string
		want    string
		changes []string
	}{
		{"nothing", stall, short, nil},
		{"actions", "tick 5\nspurious client read\n" + stall + "poll client\ntick 3\n", short, nil},
		{"portions", strings.Replace(stall, "deliver server all", "deliver server record", 1), short,
			nil},
		{"bytes", strings.Replace(stall, "deliver server all",
			"deliver server 17\ndeliver server byte\ndeliver server part\ndeliver server all", 1),
			short, nil},
		{"spurious", strings.Replace(stall, "poll server", "spurious server read+write", 1), short,
			nil},
		{"sizes", stall, short, []string{"bio=8192", "bio=777", "pipe=8192", "pipe=901",
			"linger=16", "linger=63", "queue=8192", "queue=5000"}},
		{"seed", stall, short, []string{"seed: 0x1", "seed: 0x1234abcd"}},
		{"traits", stall, short, []string{"seed: 0x1", "seed: 0x1\n" +
			"traits: whole-writes fixed-buffer reentrant await-update"}},
		{"chains", stall, short, []string{" chain=0", " chain=1111"}},
		{"scenario's switch", stall, short, []string{"seed: 0x1",
			"seed: 0x1\ntraits: refuse-reneg soft-refusal"}},
		{"links", strings.NewReplacer("client", "client2", "server", "server2").Replace(stall),
			short, []string{"links: 1", "links: 2"}},
		{"messages", "write client 1000 0\nwrite client 3 0\n" + stall, short,
			[]string{"seed: 0x1", "seed: 0x1\ntraits: refuse-reneg soft-refusal"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			spec := pumps.Named("kv-original")
			r := fuzztest.Runner(t, spec)
			s := scriptOf(t, spec.Name, "stall", test.actions, test.changes...)
			st := shrunk(t, r, s)
			if got := actionsOf(s); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			byDefault := scriptOf(t, spec.Name, "stall", "")
			if s.Config != byDefault.Config {
				t.Errorf("got  %+v\nwant %+v", s.Config, byDefault.Config)
			}
			if !st.Minimal || st.After != len(s.Actions) {
				t.Errorf("got %+v", st)
			}
		})
	}
}

// TestShrinkToASize: a size that matters becomes the default if a larger message does
// too, and otherwise the round one that is nearest to the default.
func TestShrinkToASize(t *testing.T) {
	mutant := mutantOf(t, oracle.UnboundedBuffer)
	r := fuzztest.Runner(t, mutant.Spec)
	s := scriptOf(t, mutant.Name, "unbounded-buffer",
		"write server 100 0\nwrite server 57 0\nwrite server 260 0\n", "queue=8192", "queue=252")
	shrunk(t, r, s)
	if got, want := actionsOf(s), "write server 8192 0"; got != want || s.Config.Sizes.Queue != 8192 {
		t.Errorf("got %s with queue=%d; want %s with 8192", got, s.Config.Sizes.Queue, want)
	}
	mutant = mutantOf(t, oracle.SpuriousFailure)
	r = fuzztest.Runner(t, mutant.Spec)
	s = scriptOf(t, mutant.Name, "spurious-failure", "tick 1\n", "bio=8192", "bio=37")
	shrunk(t, r, s)
	if got := s.Config.Sizes.Bio; got != 128 || len(s.Actions) > 0 {
		t.Errorf("got bio=%d and %s; want 128, which a flight does not fit, and no action", got,
			actionsOf(s))
	}
}

// mutantOf is a mutant that breaks a property.
func mutantOf(t testing.TB, id oracle.PropertyID) pumps.Mutant {
	t.Helper()
	for _, m := range fuzztest.Exemplars(t) {
		if m.Breaks == id {
			return m
		}
	}
	t.Fatalf("no mutant breaks %s", id)
	return pumps.Mutant{}
}

// TestShrinkOfALongScript: somebody's log of 100,000 actions.
func TestShrinkOfALongScript(t *testing.T) {
	spec := pumps.Named("kv-original")
	r := fuzztest.Runner(t, spec)
	noise := strings.Repeat("tick 1\nspurious client read\n", 50000)
	s := scriptOf(t, spec.Name, "stall", noise+strings.ReplaceAll(handshake12, "; ", "\n")+
		"\nrenegotiate client\n"+noise)
	st := shrunk(t, r, s)
	if got := actionsOf(s); !st.Minimal || got != handshake12+"; renegotiate client" {
		t.Errorf("got %+v and %.200s", st, got)
	}
}

// TestShrinkIsRepeatable: the same script shrinks to the same script, and what
// is shrunk does not shrink.
func TestShrinkIsRepeatable(t *testing.T) {
	spec := pumps.Named("kv-speculative")
	q := quarry{options: run.Options{Pump: &spec}, property: oracle.Stall}
	q.caught(t, 2, func(r *run.Runner, s *script.Script) {
		again := *s
		first := shrunk(t, r, s)
		if second := shrunk(t, r, &again); second != first ||
			string(again.Format()) != string(s.Format()) {
			t.Errorf("got %+v the second time; want %+v\n%s", second, first, again.Format())
		}
		text := string(s.Format())
		if shrunk(t, r, s); string(s.Format()) != text {
			t.Errorf("got\n%s\nof\n%s", s.Format(), text)
		}
	})
}

// TestShrinkOfWhatHolds: a script that does not fail stays as it is.
func TestShrinkOfWhatHolds(t *testing.T) {
	spec := pumps.ReferenceSpec()
	r := fuzztest.Runner(t, spec)
	s := scriptOf(t, "reference", "stall", "poll client\ntick 5\n", "bio=8192", "bio=77")
	text := string(s.Format())
	st, err := shrink.Shrink(context.Background(), r, s, shrink.Options{})
	if err != nil || st.Fails || st.Runs != 1 || string(s.Format()) != text {
		t.Errorf("got %+v, %v and\n%s", st, err, s.Format())
	}
}

// TestShrinkNeedsNoVerdict: a script that nobody has judged, or one with an
// action that is not enabled, is judged and shrunk for what it breaks.
func TestShrinkNeedsNoVerdict(t *testing.T) {
	spec := pumps.Named("kv-original")
	r := fuzztest.Runner(t, spec)
	actions := "renegotiate server\n" + strings.ReplaceAll(handshake12, "; ", "\n") +
		"\nresume client\nrenegotiate client\n"
	s := scriptOf(t, spec.Name, "none", actions)
	shrunk(t, r, s)
	if got := actionsOf(s); s.Property != "stall" || got != handshake12+"; renegotiate client" {
		t.Errorf("got %s: %s", s.Property, got)
	}
}

// TestShrinkOfWhatCannotRun: a world that can't be had is an error, and the
// script stays.
func TestShrinkOfWhatCannotRun(t *testing.T) {
	spec := pumps.Named("kv-original")
	r := fuzztest.Runner(t, spec)
	for _, test := range [][]string{
		{"pump: PUMP", "pump: nope", `got pump "nope"`},
		{"peer: reference", "peer: nope", `got pump "nope"`},
		{"engine: model", "engine: nope", `got engine "nope"`},
		{"trigger: level", "trigger: edge", "a world with an edge-triggered loop"},
		{"under: server", "under: client", "a world with the client's end"},
	} {
		s := scriptOf(t, spec.Name, "stall", "poll client\n", test[0], test[1])
		text := string(s.Format())
		st, err := shrink.Shrink(context.Background(), r, s, shrink.Options{})
		if err == nil || !strings.Contains(err.Error(), test[2]) || st.Fails {
			t.Errorf("got %+v, %v; want %s", st, err, test[2])
		}
		if string(s.Format()) != text {
			t.Errorf("got\n%s\nwant it as it was", s.Format())
		}
	}
}

// TestShrinkInterrupted: in the middle of a shrink the user has enough. The
// best script so far is there, and fails for the same cause.
func TestShrinkInterrupted(t *testing.T) {
	spec := pumps.Named("kv-original")
	q := quarry{options: run.Options{Pump: &spec, Scenario: "renegotiation"},
		property: oracle.Stall}
	q.caught(t, 3, func(r *run.Runner, s *script.Script) {
		before, _ := reasonOf(r, s)
		whole := len(s.Actions)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		calls := 0
		st, err := shrink.Shrink(ctx, r, s, shrink.Options{Progress: func(far shrink.Shrunk) {
			if calls++; far.Before != whole || far.After > whole {
				t.Errorf("got progress %+v of %d actions", far, whole)
			}
			cancel()
		}})
		if err != nil || !st.Interrupted || st.Minimal || calls != 2 {
			t.Errorf("got %+v, %v after %d reports; want it interrupted at the first", st, err, calls)
		}
		if n := len(s.Actions); n >= whole || n != st.After {
			t.Errorf("got %d actions of %d, and %+v", n, whole, st)
		}
		if after, ok := reasonOf(r, s); !ok || after != before {
			t.Errorf("got %+v; want %+v as before", after, before)
		}
	})
}

// TestShrinkOutlivesTheTime: the time of a hunt that is up does not leave what
// it found long; and a budget that is used up leaves the best so far.
func TestShrinkOutlivesTheTime(t *testing.T) {
	spec := pumps.Named("kv-original")
	q := quarry{options: run.Options{Pump: &spec, Scenario: "renegotiation"},
		property: oracle.Stall}
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	q.caught(t, 1, func(r *run.Runner, s *script.Script) {
		long := *s
		st, err := shrink.Shrink(ctx, r, s, shrink.Options{})
		if err != nil || !st.Minimal || st.Interrupted {
			t.Errorf("got %+v, %v; want a whole shrink", st, err)
		}
		st, err = shrink.Shrink(ctx, r, &long, shrink.Options{Runs: 100})
		if err != nil || st.Minimal || st.Interrupted || st.Runs > 100 || st.After >= st.Before {
			t.Errorf("got %+v, %v; want the best of 100 runs", st, err)
		}
	})
}
