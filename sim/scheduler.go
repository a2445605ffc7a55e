package sim

import "github.com/wantwrite/wantwrite/sim/script"

// A Scheduler decides what happens next: it picks an action among those that are
// enabled. These are all there are:
//
//	Random     draws by the weights of a plan: a random walk
//	PCT        gives sources random priorities, and changes them at a few steps
//	POS        gives events random priorities, which race
//	SURW       makes all orders of the interesting events about equally likely
//	Delay      is deterministic but for a few delays
//	Variation  does an earlier workload again with a change: search that learns
//	Scripted   does the actions of a script
//	Draw       asks another generator, such as rapid or a fuzzer
//
// A driver can also do without: see World.Do.
type Scheduler interface {
	// Next is the next action; ok is false when the workload is over.
	Next(w *World) (a script.Action, ok bool)
}

// A Searcher is a scheduler for search: it makes workloads from plans, one after the
// other.
type Searcher interface {
	Scheduler
	// Restart makes it new, for a plan and a seed. In the same world the same plan
	// and seed make the same workload.
	Restart(p *Plan, seed uint64)
}

// A Trier is a searcher that needs a trial: a run of the same world, with the same
// plan, before the one that counts.
type Trier interface {
	Searcher
	// Trial is the scheduler of the trial. It is called after Restart. If the trial
	// finds something, the trial is the run that counts.
	Trial() Scheduler
}
