package cli

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/check"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/sim/script"
)

// searching shows how far a check has come.
func (t *terminal) searching(s check.Stats) {
	t.draw(fmt.Sprintf("world %d of %d, %d states, %.0f/s, depth %d", s.Worlds+1, s.Of, s.States,
		perSecond(&s), s.Depth))
}

func perSecond(s *check.Stats) float64 { return float64(s.States) / max(s.Elapsed.Seconds(), 1e-9) }

// perState is the memory of the largest world, in bytes.
func perState(s *check.Stats) float64 { return float64(s.Memory) / float64(max(1, s.Largest)) }

// end reports what a check came to.
func (f *checkFlags) end(t *terminal, c *run.Catalog, o run.Options, s *check.Search,
	rep *check.Report) error {

	find, path, err := f.save(c, o, rep)
	if err != nil {
		return err
	}
	if f.json {
		err = t.object(checkObject(f, s, rep, find, path))
	} else {
		f.tell(t, s, rep, find, path)
	}
	switch {
	case err != nil:
		return err
	case find != nil:
		return errViolation
	case rep.Unfinished() != "":
		return f.unfinished(rep)
	}
	return nil
}

// save makes a script of a counterexample.
func (f *checkFlags) save(c *run.Catalog, o run.Options, rep *check.Report) (
	find *hunt.Failure, path string, err error) {

	if rep.Counterexample == nil {
		return nil, "", nil
	}
	r, err := run.NewRunner(c, o)
	if err != nil {
		return nil, "", err
	}
	defer r.Close()
	find = &hunt.Failure{Script: rep.Counterexample.Script()}
	if err := find.Tell(r); err != nil {
		return nil, "", err
	}
	s := find.Script
	path, err = corpus.Dir(f.corpus).Save(s.Property, corpus.Slug(s.Config.Pump, s.Config.Scenario), s.Format())
	return find, path, err
}

// unfinished is the error of a check that has stopped before it was done.
func (f *checkFlags) unfinished(rep *check.Report) error {
	hint := "; nothing was found so far"
	if f.checkpoint != "" {
		hint += ", and " + f.checkpoint + " is there to go on from"
	}
	return fmt.Errorf("%s after %d states of world %d of %d%s", rep.Unfinished(), rep.States,
		rep.Worlds+1, rep.Of, hint)
}

// tell prints a report for people.
func (f *checkFlags) tell(t *terminal, s *check.Search, rep *check.Report, find *hunt.Failure,
	path string) {

	verdict := "holds within these bounds"
	switch {
	case find != nil:
		verdict = find.Script.Property
	case rep.Unfinished() != "":
		verdict = "not done"
	}
	if find != nil {
		t.printf("%s in %s: a shortest script, scenario %s\n%s\n", t.bold(verdict), f.pump, f.scenario,
			indent(find.Story))
		t.printf("  %d actions: %s\n  replay: %s replay %s\n\n", len(find.Script.Actions), path,
			t.name, path)
	}
	t.printf("%s: %s\n", f.pump, verdict)
	t.printf("  %d states, %d transitions, depth %d, in %s; %d heals\n", rep.States,
		rep.Transitions, rep.Depth, worlds(rep), rep.Quiesced)
	t.printf("  %.1fs, %.0f states/s, %.1f bytes a state in the largest world\n",
		rep.Elapsed.Seconds(), perSecond(&rep.Stats), perState(&rep.Stats))
	t.printf("  bounds: %s\n", f.within(s))
	if p := rep.Partial; p != nil {
		t.printf("  covered of world %d: all that takes fewer than %d actions; %d states wait\n",
			rep.Worlds+1, p.Level, p.Frontier)
	}
	t.printf("%s\n", indent(f.meaning(rep)))
}

func worlds(rep *check.Report) string {
	if rep.Worlds < rep.Of {
		return fmt.Sprintf("%d of %d worlds", rep.Worlds, rep.Of)
	}
	return fmt.Sprintf("%d worlds", rep.Of)
}

// within says the bounds in words.
func (f *checkFlags) within(s *check.Search) string {
	var may []string
	for role, budget := range s.Bounds.Budget {
		var verbs []string
		for v, n := range budget {
			if n > 0 {
				verbs = append(verbs, fmt.Sprintf("%s %d", script.Verb(v), n))
			}
		}
		if verbs != nil {
			may = append(may, fmt.Sprintf("%s: %s", script.End(role), strings.Join(verbs, ", ")))
		}
	}
	if may == nil {
		may = []string{"no app does anything"}
	}
	text := fmt.Sprintf("%s; messages of %s bytes, answers of %s; records of %d; buffers of %s"+
		" records; bytes arrive by %s; %s transport, %s trigger, under test the %s",
		strings.Join(may, "; "), f.body, f.answer, f.Record, f.buffers, f.deliver, f.transport, f.trigger,
		f.under)
	if f.modes != "" {
		text += "; " + strings.Join(words(f.modes), ", ")
	}
	if f.Depth > 0 {
		text += fmt.Sprintf("; at most %d actions", f.Depth)
	}
	return text
}

// meaning says what that proves, and what it does not.
func (f *checkFlags) meaning(rep *check.Report) []string {
	switch {
	case rep.Counterexample != nil && rep.Partial != nil:
		return []string{"there may be a shorter one in the worlds that were not explored"}
	case rep.Counterexample != nil:
		return []string{"no script of fewer actions violates a watched property within these bounds"}
	case rep.Unfinished() != "":
		return []string{"this proves nothing yet: what was not reached may violate a property"}
	}
	return []string{
		"proved: on the model's engine this build of the pump violates no watched property in any",
		"  run within the bounds, whichever way bytes, turns and the app's actions fall",
		"states are compared whole and not by a hash: the odds that one was missed are 0",
		"not proved: other sizes and counts, more links, what another library does otherwise, and",
		"  timers that run out while bytes are still on their way",
	}
}

// A checkJSON is the object of a check.
type checkJSON struct {
	Result      string   `json:"result"`
	Stop        string   `json:"stop"`
	Pump        string   `json:"pump"`
	Scenario    string   `json:"scenario"`
	TLS         string   `json:"tls,omitempty"`
	States      uint64   `json:"states"`
	Transitions uint64   `json:"transitions"`
	Heals       uint64   `json:"heals"`
	Depth       int      `json:"depth"`
	Worlds      int      `json:"worlds"`
	Of          int      `json:"of"`
	Seconds     float64  `json:"seconds"`
	Rate        float64  `json:"states_per_second"`
	Memory      uint64   `json:"memory"`
	BytesState  float64  `json:"bytes_per_state"`
	MissedOdds  float64  `json:"missed_odds"`
	Bounds      string   `json:"bounds"`
	Covered     int      `json:"covered,omitempty"`
	Frontier    uint64   `json:"frontier,omitempty"`
	Property    string   `json:"property,omitempty"`
	Actions     int      `json:"actions,omitempty"`
	Script      string   `json:"script,omitempty"`
	Hash        string   `json:"hash,omitempty"`
	End         string   `json:"end,omitempty"`
	Obligation  string   `json:"obligation,omitempty"`
	What        string   `json:"what,omitempty"`
	Story       []string `json:"story,omitempty"`
}

func checkObject(f *checkFlags, s *check.Search, rep *check.Report, find *hunt.Failure,
	path string) checkJSON {

	o := checkJSON{Result: "holds", Stop: rep.Stop.String(), Pump: f.pump, Scenario: f.scenario,
		TLS: f.tls, States: rep.States, Transitions: rep.Transitions, Heals: rep.Quiesced,
		Depth: rep.Depth, Worlds: rep.Worlds, Of: rep.Of, Seconds: rep.Elapsed.Seconds(),
		Rate: perSecond(&rep.Stats), Memory: rep.Memory, BytesState: perState(&rep.Stats),
		Bounds: f.within(s)}
	if rep.Unfinished() != "" {
		o.Result = "unfinished"
	}
	if p := rep.Partial; p != nil {
		o.Covered, o.Frontier = p.Level, p.Frontier
	}
	if find != nil {
		v := &find.Result
		o.Result, o.Property = "violation", find.Script.Property
		o.Actions, o.Script = len(find.Script.Actions), path
		o.Hash = fmt.Sprintf("%016x", find.Script.Hash)
		o.End, o.Obligation, o.What = endOf(v), v.Violation.Obligation.String(), what(v)
		o.Story = find.Story
	}
	return o
}
