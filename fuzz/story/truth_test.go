package story_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Here each sentence of a verdict is checked by itself, against what anybody can see of the run:
// the views of the ends, which are the table above the verdict, and the events. A sentence that has
// no row in sentences_test.go fails too. Nothing here asks how the sentence was made.

// facts are a run and what was told of it.
type facts struct {
	s    *script.Script
	out  *run.Outcome
	told *story.Story
	v    sim.Violation // what was found
	seen script.End    // and where
	last int           // the last step that has views
	deed int           // the step of which a clause speaks
}

func factsOf(s *script.Script, out *run.Outcome) *facts {
	v := out.Result.Violation
	return &facts{s: s, out: out, told: story.Tell(s, out), v: v, seen: script.End(v.End),
		last: out.Trace.Last()}
}

// view is an end after a step.
func (f *facts) view(step int, end script.End) *sim.View {
	return &f.out.Trace.View(step)[end]
}

// final is an end after the last step, found one after the step of the violation.
func (f *facts) final(end script.End) *sim.View { return f.view(f.last, end) }
func (f *facts) found(end script.End) *sim.View { return f.view(f.v.Step, end) }

// ends are all ends.
func (f *facts) ends() (all []script.End) {
	for i := range f.out.Trace.View(0) {
		all = append(all, script.End(i))
	}
	return all
}

// named finds an end by its name.
func (f *facts) named(name string) script.End {
	for _, end := range f.ends() {
		if end.String() == name {
			return end
		}
	}
	return script.End(len(f.ends()))
}

// pump is the name of an end's pump.
func (f *facts) pump(end script.End) string {
	if model.Role(end&1) == f.out.Config.Under {
		return f.out.Config.Pump
	}
	return f.out.Config.Peer
}

// calls are the calls of an end in a step.
func (f *facts) calls(step int, end script.End) (all []sim.Event) {
	for _, ev := range f.out.Trace.Events {
		if ev.Step == step && ev.End == end && ev.Call != "" {
			all = append(all, ev)
		}
	}
	return all
}

// flies says whether something is in flight toward an end and could be delivered.
func (f *facts) flies(end script.End) bool {
	v := f.final(end)
	switch {
	case v.Account.Gone:
		return false
	case v.Reset:
		return !v.ResetSeen
	case v.InFlight > 0:
		return f.out.Config.Sizes.Window > v.Account.Quiescence.Unread
	}
	return v.Fin && !v.FinSeen
}

// These count what waits at an end: in the pump for the engine, for the socket, for the engine
// again and for the app, then all on the way out, and all on the way in.
func queue(v *sim.View) int { return max(0, int(v.Account.Accepted)-int(v.Account.Written)) }
func pipe(v *sim.View) int  { return max(0, int(v.Account.Drained)-int(v.Account.Sent)) }
func input(v *sim.View) int { return int(v.Account.Received) - int(v.Account.Fed) }
func held(v *sim.View) int  { return int(v.Account.Decrypted) - int(v.Account.Delivered) }

func outgoing(v *sim.View) int {
	n := queue(v) + v.Account.Quiescence.Output + v.Account.Quiescence.Sealed
	if v.Account.Attached {
		return n
	}
	return n + pipe(v)
}

func incoming(v *sim.View) int {
	n := v.Input + v.Account.Quiescence.Inside + held(v)
	if v.Account.Attached {
		return n
	}
	return n + input(v)
}

// A sentence is what a verdict may say: a pattern, and a check of what it caught.
type sentence struct {
	pattern *regexp.Regexp
	check   func(f *facts, m []string) error
}

// words stand in patterns for what they catch.
var words = strings.NewReplacer("END", `(client2?|server2?)`, "PUMP", `(\S+)`, "NUM", `(\d+)`,
	"CALL", `([a-z]+(?: early)?)`)

// says makes a row of a table.
func says(pattern string, check func(f *facts, m []string) error) sentence {
	pattern = words.Replace(pattern)
	return sentence{regexp.MustCompile("^(?:" + pattern + ")"), check}
}

// want is an error unless a fact holds.
func want(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// each checks a text that consists of a table's sentences or clauses.
func (f *facts) each(text string, table []sentence) error {
next:
	for text != "" {
		for i := range table {
			m := table[i].pattern.FindStringSubmatch(text)
			if m == nil {
				continue
			}
			if err := table[i].check(f, m); err != nil {
				return fmt.Errorf("%q is not true: %w", m[0], err)
			}
			text = strings.TrimLeft(strings.TrimPrefix(text, m[0]), "; ")
			continue next
		}
		return fmt.Errorf("no check knows %q", text)
	}
	return nil
}

// truth checks all that is told of a run, and that the reference is not blamed.
func (f *facts) truth(t *testing.T, what string) {
	t.Helper()
	v := &f.told.Verdict
	for _, p := range v.Paragraphs {
		if err := f.each(p, sentences); err != nil {
			t.Errorf("%s: %v\nin: %s", what, err, p)
		}
	}
	for _, line := range story.Explain(f.s, f.out) {
		if err := f.each(line, lines); err != nil {
			t.Errorf("%s: %v\nin: %s", what, err, line)
		}
	}
	if v.Pump == "reference" && !v.Unsure {
		t.Errorf("%s: the reference is blamed:\n%s", what, strings.Join(v.Paragraphs, "\n"))
	}
}

// TestEachSentenceIsTrue: of each story of the corpus.
func TestEachSentenceIsTrue(t *testing.T) {
	fuzztest.EachScript(t, func(t *testing.T, s *script.Script, r *run.Runner) {
		out, err := run.Replay(r, s, run.ReplayOptions{Trace: true})
		if err != nil {
			t.Fatal(err)
		}
		f := factsOf(s, &out)
		if f.truth(t, s.Property); f.told.Verdict.Unsure {
			t.Error("nobody is blamed")
		}
	})
}

// TestFreshStoriesAreTrue: and so of failures that nobody has looked at, just as they were found:
// a mutant's, with the reference as its peer. With WANTWRITE_LONG=1 of more than 1,000, in all
// scenarios. Nobody is blamed in at most one of a hundred.
func TestFreshStoriesAreTrue(t *testing.T) {
	each, schedules, least := 2, uint64(60), 150
	if fuzztest.Long() {
		each, schedules, least = 10, 4000, 1000
	}
	told, unsure := 0, 0
	for _, m := range pumps.Mutants() {
		o := run.Options{Pump: &m.Spec, Scenario: m.Scenario}
		if fuzztest.Long() {
			o.Scenario = ""
		}
		fresh(t, o, each, schedules, func(f *facts, n uint64) {
			f.truth(t, fmt.Sprintf("%s, schedule %d", m.Name, n))
			if told++; f.told.Verdict.Unsure {
				unsure++
			}
		})
	}
	t.Logf("%d stories, %d of which blame nobody", told, unsure)
	if told < least || unsure*100 > told {
		t.Errorf("got %d stories, %d of which blame nobody; want %d, and at most one of a hundred", told,
			unsure, least)
	}
}

// fresh runs schedules of a pump against the reference until so many have failed, and gives the
// facts of each.
func fresh(t *testing.T, o run.Options, most int, schedules uint64, check func(*facts, uint64)) {
	t.Helper()
	c := run.NewCatalog()
	peer, err := c.Pump("reference")
	if err != nil {
		t.Fatal(err)
	}
	o.Peer = peer
	r, err := run.NewRunner(c, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for n := uint64(0); n < schedules && most > 0; n++ {
		res, err := r.Schedule(13, n, oracle.EveryProperty)
		if err != nil {
			t.Fatal(err)
		}
		if !res.Found {
			continue
		}
		most--
		s := &script.Script{Config: r.Config(), Actions: slices.Clone(r.World().Actions()),
			Property: res.Violation.Property.String(), Hash: res.Hash}
		out, err := run.Replay(r, s, run.ReplayOptions{Trace: true})
		if err == nil {
			err = out.Confirms(s)
		}
		if err != nil {
			t.Fatalf("schedule %d: %v", n, err)
		}
		check(factsOf(s, &out), n)
	}
}
