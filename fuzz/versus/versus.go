// Package versus runs the same schedules on two versions of a real program, and says where they part:
// what hunts find in one of them and not in the other, and what their clients come to see otherwise. It is
// what a maintainer wants to know before a release.
package versus

import (
	"context"
	"slices"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// Times is how often a script is run on new processes of each version.
const Times = 10

// A Comparison is of two versions of a program.
type Comparison struct {
	// Catalogs know the program by the same name, the old version and the new one.
	Catalogs [2]*run.Catalog
	// Hunt is what both are hunted with. Its Program, Found and Progress are set here.
	Hunt hunt.Hunt
	// Program is its name.
	Program string
	// Found is called with each difference, and with what is found in both. An error ends the comparison.
	Found func(*Difference) error
	// Progress, if not nil, is called now and then. In says which version is hunted in: 0 or 1.
	Progress func(in int, s hunt.Stats)
}

// A Difference is a script by which the two versions do not do the same, or a find that both have.
type Difference struct {
	// Script is shrunk. Its property is "none" if nothing is violated, and the clients see something else.
	Script *script.Script
	// Fails is how many of Times new processes of each version failed by it.
	Fails [2]int
	// Saw is what its clients saw in the end, if nothing is violated.
	Saw [2]string
	// Story tells the failure, with the version that fails; empty if nothing is violated.
	Story []string
	// Step is the first step, from 1, at which the two make other calls, or get other answers, and Apart
	// says how. It is 0 if there is none.
	Step  int
	Apart string
}

// Kind says what the difference is: "new", "gone", "both" or "seen".
func (d *Difference) Kind() string {
	switch old, now := d.Fails[0], d.Fails[1]; {
	case old == 0 && now == 0:
		return "seen"
	case old == 0:
		return "new"
	case now == 0:
		return "gone"
	}
	return "both"
}

// A Report is what a comparison came to.
type Report struct {
	// Versions are what the two say of themselves.
	Versions [2]string
	// Schedules is how many each was hunted with, and Compared how many of them both have run to their
	// end, action by action.
	Schedules [2]uint64
	Compared  uint64
	// New, Gone, Both and Seen count the differences by their kinds. Unsteady is how many differences
	// were seen that new processes did not repeat.
	New, Gone, Both, Seen, Unsteady int
	Elapsed                         time.Duration
	Interrupted                     bool
}

// Run hunts in the old version, has the new one follow each schedule, and hunts in the new version for
// what the old one did not show.
func (c *Comparison) Run(ctx context.Context) (rep Report, err error) {
	start := time.Now()
	k := &comparing{Comparison: c, rep: &rep}
	defer func() { rep.Elapsed = time.Since(start) }()
	defer k.close()
	if err := k.open(); err != nil {
		return rep, err
	}
	for in := range 2 {
		if err := k.hunt(ctx, in); err != nil || rep.Interrupted {
			return rep, err
		}
	}
	return rep, nil
}

// A comparing is a comparison at work.
type comparing struct {
	*Comparison
	rep     *Report
	runners [2]*run.Runner
	parted  []string // ways in which they part that were told
	shared  []byte   // causes that both have, as hunt.Report.Memory gives them
	both    []int    // the numbers of those finds
}

// open makes the runners.
func (k *comparing) open() (err error) {
	for i, c := range k.Catalogs {
		o := k.Hunt.Options
		if o.Program, err = c.Program(k.Program); err != nil {
			return err
		}
		k.rep.Versions[i] = o.Program.Version
		if k.runners[i], err = run.NewRunner(c, o); err != nil {
			return err
		}
	}
	return nil
}

func (k *comparing) close() {
	for _, r := range k.runners {
		if r != nil {
			r.Close()
		}
	}
}

// hunt hunts in a version.
func (k *comparing) hunt(ctx context.Context, in int) (err error) {
	h := k.Hunt
	if h.Program, err = k.Catalogs[in].Program(k.Program); err != nil {
		return err
	}
	number := 0
	h.Found = func(f *hunt.Failure) error {
		number++
		return k.found(f, in, number)
	}
	if k.Progress != nil {
		h.Progress = func(s hunt.Stats) { k.Progress(in, s) }
	}
	if in == 0 {
		h.Ran = func(s *script.Script, seen []oracle.Account) error { return k.follow(ctx, s, seen) }
	} else if err := h.Remember(k.shared); err != nil {
		return err
	}
	rep, err := h.Run(ctx, k.Catalogs[in])
	k.rep.Schedules[in], k.rep.Interrupted = rep.Schedules, rep.Interrupted
	if err != nil || in == 1 {
		return err
	}
	k.shared, err = rep.Memory(func(find int) bool { return slices.Contains(k.both, find) })
	return err
}

// found tells of a find in a version, and how often the other one has it, too.
func (k *comparing) found(f *hunt.Failure, in, number int) (err error) {
	d := &Difference{Script: f.Script, Story: f.Story}
	d.Fails[in] = f.Repeated
	if d.Fails[1-in], err = k.runners[1-in].Repeats(f.Script, Times); err != nil {
		return err
	}
	if d.Fails[1-in] > 0 && in == 0 {
		k.both = append(k.both, number)
	}
	return k.tell(d)
}

// tell counts a difference, says where the two part, and reports it.
func (k *comparing) tell(d *Difference) (err error) {
	switch d.Kind() {
	case "new":
		k.rep.New++
	case "gone":
		k.rep.Gone++
	case "both":
		k.rep.Both++
	default:
		k.rep.Seen++
	}
	if d.Kind() != "both" {
		if d.Step, d.Apart, err = k.apart(d.Script); err != nil {
			return err
		}
	}
	return k.Found(d)
}

// follow has the new version do what the old one did in a schedule. If its clients see something else, and
// new processes do so too, that is told, once for each way.
func (k *comparing) follow(ctx context.Context, s *script.Script, seen []oracle.Account) error {
	out, err := k.replay(1, s, foreign.Living)
	if err != nil {
		return err
	}
	k.rep.Compared++
	way := part(seen, out.Accounts)
	if way == "" || out.Result.Found || slices.Contains(k.parted, way) {
		return nil
	}
	s = s.Clone()
	if same, err := k.parts(s, way); err != nil || !same {
		k.rep.Unsteady++
		return err
	}
	k.parted = append(k.parted, way)
	if err := k.shorten(ctx, s, way); err != nil {
		return err
	}
	d := &Difference{Script: s}
	for i := range k.runners {
		out, err := k.replay(i, s, foreign.Fresh)
		if err != nil {
			return err
		}
		d.Saw[i] = sight(out.Accounts)
	}
	return k.tell(d)
}

// shorten leaves actions out of a script for as long as the versions part in that way: half of them,
// then quarters, down to single ones.
func (k *comparing) shorten(ctx context.Context, s *script.Script, way string) error {
	for size := len(s.Actions) / 2; size > 0; size /= 2 {
		for from := 0; from < len(s.Actions) && ctx.Err() == nil; {
			less := s.Clone()
			less.Actions = slices.Delete(less.Actions, from, min(from+size, len(s.Actions)))
			same, err := k.parts(less, way)
			switch {
			case err != nil:
				return err
			case same:
				s.Actions = less.Actions
			default:
				from += size
			}
		}
	}
	return nil
}

// parts says whether the versions part in a way by a script, in processes of their own.
func (k *comparing) parts(s *script.Script, way string) (bool, error) {
	var seen [2][]oracle.Account
	for i := range k.runners {
		out, err := k.replay(i, s, foreign.Copies)
		if err != nil || out.Result.Found {
			return false, err
		}
		seen[i] = out.Accounts
	}
	return part(seen[0], seen[1]) == way, nil
}

// replay runs a script on a version, and looks for what the hunts look for.
func (k *comparing) replay(in int, s *script.Script, mode foreign.Mode) (run.Outcome, error) {
	r := k.runners[in]
	r.Mode = mode
	defer func() { r.Mode = foreign.Copies }()
	return run.Replay(r, s, run.ReplayOptions{Loose: true, Watch: k.Hunt.Watch})
}
