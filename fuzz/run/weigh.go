package run

import (
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// What a program keeps of links that are gone can't be seen in one run. So a script may say that its run
// is repeated, in a process that lives through all of them. Between two runs what is open is reset, and
// memory is read.
//
// The run itself is made first, as always: it has the hash, the trace and the story. That the
// repetitions are the same is not asked for: the library draws other random numbers in each, and an
// action that is not enabled in one of them is left out there.

// weigh repeats the actions of the last run, and makes a leak the run's violation.
func (r *Runner) weigh(p *Program, cfg *script.Config, parts sim.Parts, res *sim.Result) error {
	s := r.session(p, foreign.Living, weighed)
	s.Renew()
	defer s.Renew()
	parts.Program, parts.Quiet = s, nil
	if r.scales == nil {
		r.scales = sim.NewWorld()
	}
	r.scales.SetLimit(mostWork)
	var memory []uint64
	f, next := r.world.Ledger().Weigh(cfg.Repeats, nil)
	for n := 1; n <= next; n++ {
		if err := r.scales.Reset(cfg, &parts, 0); err != nil {
			return err
		}
		again := sim.Scripted{Actions: r.world.Actions(), Loose: true}
		r.scales.Run(&again)
		if err := r.scales.Err(); err != nil {
			return err
		}
		s.Stop()
		if n < next {
			continue
		}
		bytes, runs := s.Memory(true)
		if runs != n { // another process had to be started meanwhile
			return nil
		}
		memory = append(memory, bytes)
		f, next = r.world.Ledger().Weigh(cfg.Repeats, memory)
	}
	if f.Property != oracle.NoProperty {
		res.Found, res.Violation = true, sim.Violation{Finding: f, Step: res.Steps}
	}
	return nil
}

// Memory is how much memory the program has behind a schedule, in bytes, and how many runs its process
// has had: a schedule has one or two. The schedule's links are reset.
func (r *Runner) Memory() (bytes uint64, runs int) {
	s := r.session(r.Opts.Program, foreign.Living, tested)
	s.Stop()
	return s.Memory(false)
}
