package hunt

import (
	"context"
	"errors"
	"regexp"
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

// A cause is what was told of a program: a finding, and the verbs that its script takes.
type cause struct {
	oracle.Finding
	takes verbs
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

// known says whether the same was told before: a program may break a property in several ways, and
// each is told once. What takes a verb that this workload does not have is another.
//
// Story 185: a server took the error of one link for that of another, and gave it up. That was never
// told, for OpenSSL had given up a link at a KeyUpdate, which looks the same.
func (k *campaign) known(f *oracle.Finding, did verbs) bool {
	return slices.ContainsFunc(k.causes, func(c cause) bool {
		return c.Property == f.Property && c.Obligation == f.Obligation && c.End&1 == f.End&1 &&
			(f.Obligation != oracle.NoObligation || gist(&c.Finding) == gist(f) && c.takes&^did == 0)
	})
}

// quoted is a quotation of what was heard.
var quoted = regexp.MustCompile(`"[^"]*"`)

// gist is that of a finding, whatever bytes were heard: wrong ones are others each time.
func gist(f *oracle.Finding) string { return quoted.ReplaceAllString(f.Gist(), "") }

// foundProgram makes a failure of an attempt with a program, if a new process repeats it.
func (k *campaign) foundProgram(ctx context.Context, a *attempt) (over bool, err error) {
	if k.known(&a.result.Violation.Finding, verbsOf(a.actions)) {
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
	if f.Repeated, err = repeated(r, f.Script); err != nil || f.Repeated == 0 {
		return nil, err
	}
	if more, err := k.longer(r, f); err != nil || !more {
		return nil, err
	}
	takes := verbsOf(f.Script.Actions)
	k.causes = append(k.causes, cause{a.result.Violation.Finding, takes})
	if !k.known(&f.Result.Violation.Finding, takes) {
		k.causes = append(k.causes, cause{f.Result.Violation.Finding, takes})
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

// repeated runs a script on new processes and counts how often it fails again.
func repeated(r *run.Runner, s *script.Script) (n int, err error) {
	r.Mode = foreign.Fresh
	defer func() { r.Mode = foreign.Copies }()
	for range repeats {
		out, err := run.Replay(r, s, run.ReplayOptions{Loose: true})
		if err != nil {
			return n, err
		}
		if out.Result.Found {
			n++
		}
	}
	return n, nil
}

// shrinkOptions are those of a failure's shrink.
func (h *Hunt) shrinkOptions(rep *Report) shrink.Options {
	return shrink.Options{Afresh: h.Program != nil,
		Progress: func(s shrink.Shrunk) { h.ReportShrink(*rep, s) }}
}
