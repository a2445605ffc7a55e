package hunt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A hunt in a real program runs its schedules on a process that lives on, which is fast. So a
// failure may have come of an earlier schedule, or of what the program's library has drawn. It is
// told only if a new process repeats it.

// repeats is how often a failure's script is run on new processes.
const repeats = 10

// A cause is what is told of a program once: a finding, and the verbs that its script takes.
type cause struct {
	oracle.Finding
	Takes verbs
	// Find is the number of the failure that told it, from 1. A failure may tell two: what was found, and
	// what its shrunk script shows.
	Find int
	// Seen is how many schedules of the hunt showed it, and First the first of these, from 1.
	Seen, First uint64
}

// Memory is the causes of a report, as text that Hunt.Remember takes. With keep only those of the finds
// that it keeps, by their numbers, from 1.
func (rep *Report) Memory(keep func(find int) bool) ([]byte, error) {
	kept := slices.Clone(rep.Causes)
	if keep != nil {
		kept = slices.DeleteFunc(kept, func(c cause) bool { return !keep(c.Find) })
	}
	return json.Marshal(kept)
}

// Remember makes a hunt in a program go on behind what other hunts have told: the causes that are in a
// Report.Memory of the last of them. They are not told again, but counted. No memory is an empty one.
func (h *Hunt) Remember(memory []byte) error {
	if h.known = nil; len(memory) == 0 {
		return nil
	}
	if err := json.Unmarshal(memory, &h.known); err != nil {
		return fmt.Errorf("hunt: got causes that can't be read: %w", err)
	}
	for i := range h.known {
		h.known[i].Seen, h.known[i].First = 0, 0
	}
	return nil
}

// verbs are those of a workload, beside what happens in each: requests, deliveries and turns.
type verbs uint32

const telling = verbs(1<<script.KeyUpdate | 1<<script.Renegotiate | 1<<script.Attack | 1<<script.Mutate |
	1<<script.Reset | 1<<script.Fin | 1<<script.Shut | 1<<script.Close)

func verbsOf(actions []script.Action) (m verbs) {
	for _, a := range actions {
		m |= 1 << a.Verb
	}
	return m & telling
}

// known is the cause that was told of the same before; nil if it was not: a program may break a
// property in several ways, and each is told once. What takes a verb that this workload does not have is
// another.
//
// Story 185: a server took the error of one link for that of another, and gave it up. That was never
// told, for OpenSSL had given up a link at a KeyUpdate, which looks the same.
func (k *campaign) known(f *oracle.Finding, did verbs) *cause {
	i := slices.IndexFunc(k.causes, func(c cause) bool {
		return c.Cause() == f.Cause() && (f.Obligation != oracle.NoObligation || c.Takes&^did == 0)
	})
	if i < 0 {
		return nil
	}
	return &k.causes[i]
}

// numbered is the number of the hunt's next failure.
func (k *campaign) numbered() int {
	n := 0
	for _, c := range k.causes {
		n = max(n, c.Find)
	}
	return n + 1
}

// foundProgram makes a failure of an attempt with a program, if a new process repeats it.
func (k *campaign) foundProgram(ctx context.Context, a *attempt) (over bool, err error) {
	if c := k.known(&a.result.Violation.Finding, verbsOf(a.actions)); c != nil {
		if c.Seen++; c.Seen == 1 { // by this hunt
			c.First = a.task.N + 1
		}
		return false, nil
	}
	f, err := k.proved(ctx, a)
	if err != nil {
		return true, err
	}
	if f == nil {
		k.rep.Unrepeated++
		k.crew[0].Renew() // it may be in a state of its own by now
		return false, nil
	}
	return k.told(a, f)
}

// proved is the failure of an attempt, shrunk, and repeated by new processes. It is nil if none repeats
// it.
func (k *campaign) proved(ctx context.Context, a *attempt) (*Failure, error) {
	r := k.crew[0].Runner
	r.World().SetCover(nil)
	defer r.World().SetCover(&k.crew[0].cover)
	f := &Failure{Schedule: a.task.N, Seed: k.hunt.Seed, Original: len(a.actions),
		Script: &script.Script{Config: a.cfg, Actions: a.actions, Property: a.result.Violation.Violated(),
			Found: k.hunt.Discovery(a.task.N + 1)}}
	f.Stats = k.rep.Stats
	r.Mode = foreign.Copies
	out, err := run.Replay(r, f.Script, run.ReplayOptions{Loose: true})
	if err != nil || !out.Result.Found {
		return nil, err
	}
	f.Script.Actions = append([]script.Action(nil), r.World().Actions()...)
	if err := k.shorten(ctx, r, f); err != nil {
		return nil, err
	}
	if f.Repeated, err = r.Repeats(f.Script, repeats); err != nil || f.Repeated == 0 {
		return nil, err
	}
	if more, err := k.longer(r, f); err != nil || !more {
		return nil, err
	}
	takes := verbsOf(f.Script.Actions)
	k.causes = append(k.causes, cause{a.result.Violation.Finding, takes, k.numbered(), 1, a.task.N + 1})
	if k.known(&f.Result.Violation.Finding, takes) == nil {
		k.causes = append(k.causes, cause{f.Result.Violation.Finding, takes, k.numbered() - 1, 0, 0})
	}
	return f, nil
}

// shorten shrinks a failure's script in the cheapest mode, and tells its story. If a new process
// does not fail by the short script, it is shrunk on new processes.
func (k *campaign) shorten(ctx context.Context, r *run.Runner, f *Failure) error {
	long := f.Script.Clone()
	r.Mode = r.Cheapest(k.hunt.Program)
	err := k.hunt.shrink(ctx, r, f, k.rep)
	fast := r.Mode != foreign.Copies
	r.Mode = foreign.Copies
	if err != nil {
		return err
	}
	err = f.tell(r, k.hunt.Inside)
	var differs *DeterminismError
	if fast && errors.As(err, &differs) {
		f.Script = long
		if err := k.hunt.shrink(ctx, r, f, k.rep); err != nil {
			return err
		}
		return f.tell(r, k.hunt.Inside)
	}
	return err
}

// shrinkOptions are those of a failure's shrink.
func (h *Hunt) shrinkOptions(rep *Report) shrink.Options {
	return shrink.Options{Afresh: h.Program != nil,
		Progress: func(s shrink.Shrunk) { h.ReportShrink(*rep, s) }}
}
