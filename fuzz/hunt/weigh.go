package hunt

import (
	"context"
	"errors"
	"slices"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// The process of a hunt shows whether a program keeps memory: it has more behind a schedule than behind
// all before it. That is a hint and no proof. Each process grows at first, and what one schedule has
// taken may show in a later one. So such a schedule is weighed: its run is repeated in a process of
// its own, whatever the hunt's process has been through (see run.Runner). A correct program has few of
// them.
//
// A cache grows like a leak until it is full, and so does a heap whose garbage nobody has collected yet.
// So what grows is repeated on, until much has come together.

const (
	// warm is how many runs a process has behind it before it counts that it grows.
	warm = 100
	// unweighed is how many schedules there must be for each that is weighed.
	unweighed = 200
	// repetitions is how often a run is repeated. If nothing grows it ends after a few of them.
	repetitions = 128
	// much is how many bytes are to come together, and mostRepetitions how often a run is repeated for it.
	much, mostRepetitions = 16 << 20, 2048
	// mostBounded is how many schedules may turn out to fill something that gets full. Then the hunt looks
	// for leaks no more: each takes as long as thousands of schedules.
	mostBounded = 2
)

// A hoard is what a hunt knows of its program's memory.
type hoard struct {
	most    uint64 // bytes that the process has had behind a schedule
	runs    int    // that it has had
	weighed uint64 // schedules
	bounded int    // of those, how many have filled something
}

// hoards says whether a schedule is to be weighed: its process has never had as much memory.
func (k *campaign) hoards(s *scout, a *attempt) bool {
	if !k.weighs() {
		return false
	}
	h := &k.hoard
	bytes, runs := s.Memory()
	if runs <= h.runs { // another process
		h.most = 0
	}
	grown := bytes > h.most
	h.most, h.runs = max(h.most, bytes), runs
	if !grown || runs <= warm || a.result.Found || h.weighed*unweighed > a.task.N {
		return false
	}
	h.weighed++
	return true
}

// weighs says whether the hunt looks for memory that is kept. It is told once.
func (k *campaign) weighs() bool {
	told := func(c cause) bool { return c.Obligation.Kept() }
	return k.hunt.Program != nil && k.hunt.counted == nil && k.watch.Has(oracle.UnboundedBuffer) &&
		!k.hunt.Program.Caches() && k.hoard.bounded < mostBounded && !slices.ContainsFunc(k.causes, told)
}

// weigh weighs a schedule. If it leaves something behind, and not only for a while, that is a failure.
func (k *campaign) weigh(ctx context.Context, a *attempt) (over bool, err error) {
	if !k.weighs() { // the one before it was told meanwhile
		return false, nil
	}
	k.rep.Weighed++
	a.cfg.Repeats = repetitions
	more, err := k.growsOn(a)
	if err != nil || !more {
		return err != nil, err
	}
	f, err := k.proved(ctx, a)
	if err != nil || f == nil {
		return err != nil, err
	}
	return k.told(a, f)
}

// growsOn says whether a schedule's run leaves something behind, and goes on to when much has come
// together.
func (k *campaign) growsOn(a *attempt) (bool, error) {
	r := k.crew[0].Runner
	r.World().SetCover(nil)
	defer r.World().SetCover(&k.crew[0].cover)
	r.Mode = foreign.Copies
	s := &script.Script{Config: a.cfg, Actions: a.actions, Property: oracle.UnboundedBuffer.String()}
	out, err := run.Replay(r, s, run.ReplayOptions{Loose: true})
	if err != nil || !out.Result.Found {
		return false, err
	}
	a.result.Violation = out.Result.Violation
	s.Config.Repeats = enough(&a.result.Violation.Finding)
	if out, err = run.Replay(r, s, run.ReplayOptions{Loose: true}); err == nil && !out.Result.Found {
		k.hoard.bounded++
	}
	return out.Result.Found, err
}

// enough is how often a run is repeated so that much comes together.
func enough(f *oracle.Finding) int {
	return int(min(max(much/max(1, f.Bytes), repetitions), mostRepetitions))
}

// longer makes a script that was shrunk with few repetitions one with enough of them, and says whether it
// still fails. Without repetitions it is left alone.
func (k *campaign) longer(r *run.Runner, f *Failure) (bool, error) {
	if f.Script.Config.Repeats == 0 {
		return true, nil
	}
	f.Script.Config.Repeats = enough(&f.Result.Violation.Finding)
	err := f.tell(r, k.hunt.Inside)
	var not *DeterminismError
	if errors.As(err, &not) {
		k.hoard.bounded++
		return false, nil
	}
	return err == nil, err
}
