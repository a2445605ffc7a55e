package hunt

import (
	"context"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A hunt in a real program runs its schedules on a process that lives on, which is fast. So a
// failure may have come of an earlier schedule, or of what the program's library has drawn. It is
// told only if a new process repeats it.

// repeats is how often a failure's script is run on new processes.
const repeats = 10

// foundProgram makes a failure of an attempt with a program, if a new process repeats it.
func (k *campaign) foundProgram(ctx context.Context, a *attempt) (over bool, err error) {
	r := k.crew[0].Runner
	r.World().SetCover(nil)
	defer r.World().SetCover(&k.crew[0].cover)
	f := &Failure{Schedule: a.task.N, Seed: k.hunt.Seed, Original: len(a.actions),
		Script: &script.Script{Config: a.cfg, Actions: a.actions, Property: a.result.Violation.Violated(),
			Found: k.hunt.Discovery(a.task.N + 1)}}
	f.Stats = k.rep.Stats
	r.Mode = foreign.Copies
	out, err := run.Replay(r, f.Script, run.ReplayOptions{Loose: true})
	if err != nil {
		return true, err
	}
	if !out.Result.Found {
		k.rep.Unrepeated++
		r.Renew() // it may be in a state of its own by now
		return false, nil
	}
	f.Script.Actions = append([]script.Action(nil), r.World().Actions()...)
	if err := k.hunt.shrink(ctx, r, f, k.rep); err != nil {
		return true, err
	}
	if err := f.Tell(r); err != nil {
		return true, err
	}
	if f.Repeated, err = repeated(r, f.Script); err != nil {
		return true, err
	}
	if f.Repeated == 0 {
		k.rep.Unrepeated++
		return false, nil
	}
	return k.told(a, f)
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
