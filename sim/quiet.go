package sim

import (
	"slices"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A quiet is the runs that show what a program does when nothing interferes: the same dialogue,
// in a world with large buffers in which everything is delivered whole. There are two forms, for
// a run lies between them. In both hands are shaken first. Then in one the world settles after
// each action of an app, and in the other all actions come at once. Each gives its ledger whenever
// nothing can happen any more but that time passes.
//
// What is known depends on the actions and settings alone, so it is kept from run to run.
type quiet struct {
	world *World
	known map[dialogued][]oracle.Ledger
}

// A dialogued is what a quiet run depends on.
type dialogued struct {
	cfg     script.Config
	actions uint64
	n       int
}

const (
	// mostKnown is how many dialogues are kept. Then all are forgotten.
	mostKnown = 1 << 8
	// mostRests is how many ledgers of a dialogue are kept: the first ones, and the last.
	mostRests = 64
)

// ofDialogue are the verbs of our apps that a quiet run repeats.
const ofDialogue = 1<<script.Write | 1<<script.Pause | 1<<script.Resume | 1<<script.Renegotiate |
	1<<script.KeyUpdate | 1<<script.Shut | 1<<script.Close

// quietSize is what each buffer holds in a quiet world, in bytes.
const quietSize = script.MaxOnLink

// quietConfig is the world of a quiet run: cfg without what interferes.
func quietConfig(cfg script.Config) script.Config {
	z := &cfg.Sizes
	z.Bio, z.Pipe, z.Queue, z.Chunk, z.Flight, z.Window = quietSize, quietSize, quietSize, quietSize,
		quietSize, quietSize
	z.Record, z.Hello = quietRecord, quietRecord
	cfg.Seed, cfg.Scenario, cfg.Hostile, cfg.EagerPeer, cfg.Repeats = 1, "", false, false, 0
	return cfg
}

// quietRecord is the most plaintext of a record (RFC 8446, section 5.1).
const quietRecord = 1 << 14

// quietRuns are the ledgers of the quiet runs of a workload.
func (w *World) quietRuns(workload []script.Action) []oracle.Ledger {
	if w.parts.Quiet == nil || w.err != nil {
		return nil
	}
	var said []script.Action
	key := dialogued{cfg: quietConfig(w.cfg), actions: hashSeed}
	for _, a := range workload {
		if ofDialogue>>a.Verb&1 != 0 {
			said = append(said, a)
			key.actions = fold(key.actions, packed(a))
		}
	}
	key.n = len(said)
	if l, ok := w.quieter.known[key]; ok {
		return l
	}
	l := w.quieter.run(w, &key.cfg, said)
	if len(w.quieter.known) >= mostKnown || w.quieter.known == nil {
		w.quieter.known = map[dialogued][]oracle.Ledger{}
	}
	if w.err == nil {
		w.quieter.known[key] = l
	}
	return l
}

// run makes the runs for a world.
func (q *quiet) run(w *World, cfg *script.Config, said []script.Action) []oracle.Ledger {
	if q.world == nil {
		q.world = NewWorld()
	}
	q.world.quiet, q.world.rests = true, nil
	parts := w.parts
	parts.Program, parts.Quiet, parts.Properties = parts.Quiet, nil, nil
	for _, settles := range [...]bool{true, false} {
		if err := q.world.Reset(cfg, &parts, 0); err != nil {
			w.fail(err)
			return nil
		}
		q.world.Run(&teller{said: said, settles: settles, unsettled: true})
		if q.world.err != nil {
			w.fail(q.world.err)
			return nil
		}
	}
	return q.world.rests
}

// note keeps the ledger of a quiet world at rest, if it differs from the last one.
func (w *World) note() {
	n := len(w.rests)
	if n > 0 && slices.Equal(w.rests[n-1].Ends, w.accounts[:w.n]) {
		return
	}
	w.rests = append(w.rests[:min(n, mostRests-1)], w.ledger.Clone())
}

// A teller is the scheduler of a quiet run. What can't be done where it stands waits until the
// world has settled, and is left out if it can't be done then either: the program has ended the
// link, or it did so in the run that is compared.
type teller struct {
	said      []script.Action
	settles   bool // after each action of an app
	unsettled bool
	unrest    int // actions since it was settled
	waited    bool
	last      bool       // all is said
	end       script.End // whose turn it is
}

// mostUnrest is how many actions a quiet world may need to settle. One that needs more spins.
const mostUnrest = 1 << 14

// unsettle makes the world settle before anything else is said.
func (t *teller) unsettle() { t.unsettled, t.unrest = true, 0 }

// Next implements Scheduler.
func (t *teller) Next(w *World) (script.Action, bool) {
	for {
		if a, ok := t.settle(w); ok {
			return a, true
		}
		switch {
		case len(t.said) > 0 && w.Can(t.said[0]):
			a := t.said[0]
			t.said, t.waited = t.said[1:], false
			if t.settles {
				t.unsettle()
			}
			return a, true
		case len(t.said) > 0 && t.waited:
			t.said, t.waited = t.said[1:], false
		case len(t.said) > 0:
			t.waited = true
			t.unsettle()
		case !t.last:
			t.last = true
			t.unsettle()
		default:
			return script.Action{}, false
		}
	}
}

// settle is the next action on the way to a settled world. The ends take turns.
func (t *teller) settle(w *World) (script.Action, bool) {
	if !t.unsettled || t.unrest >= mostUnrest {
		t.unsettled = false
		return script.Action{}, false
	}
	t.unrest++
	for range w.n {
		on := t.end
		t.end = (t.end + 1) % script.End(w.n)
		for _, a := range [...]script.Action{{Verb: script.Deliver, On: on, Arg: script.All},
			{Verb: script.Poll, On: on}} {

			if w.Can(a) {
				t.end = on
				if a.Verb == script.Poll {
					t.end = (on + 1) % script.End(w.n)
				}
				return a, true
			}
		}
	}
	t.unsettled = false
	return script.Action{}, false
}
