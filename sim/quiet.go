package sim

import (
	"slices"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A quiet is the runs that show what a program does when nothing interferes: the same dialogue,
// in a world with large buffers in which everything is delivered whole. There are several forms, for
// a run lies between them. Each gives its ledger whenever nothing can happen any more but that time
// passes.
//
// What is known depends on the actions and settings alone, so it is kept from run to run.
type quiet struct {
	world *World
	known map[dialogued][]rest
}

// A form is a way in which a quiet run goes on once hands are shaken.
type form uint8

const (
	// stepwise: the world settles after each action of an app.
	stepwise form = iota
	// atOnce: all actions come at once.
	atOnce
	// stifled: they do, and the program has heard all of them before it can answer any. That shows
	// what it takes a half-close for while answers wait, and nothing else counts of it.
	stifled
	// shaken: of all that is said only the renegotiations are, one after the other. That shows whether
	// it ends links at renegotiations, and nothing else counts of it.
	shaken

	numForms
)

// A rest is a quiet world at rest.
type rest struct {
	oracle.Ledger
	form form
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
func (w *World) quietRuns(workload []script.Action) []rest {
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
		w.quieter.known = map[dialogued][]rest{}
	}
	if w.err == nil {
		w.quieter.known[key] = l
	}
	return l
}

// run makes the runs for a world.
func (q *quiet) run(w *World, cfg *script.Config, said []script.Action) []rest {
	if q.world == nil {
		q.world = NewWorld()
	}
	q.world.quiet, q.world.rests = true, nil
	parts := w.parts
	parts.Program, parts.Quiet, parts.Properties = parts.Quiet, nil, nil
	for form := range numForms {
		said := form.of(said)
		if len(said) == 0 && form > atOnce {
			continue
		}
		q.world.form = form
		if err := q.world.Reset(cfg, &parts, 0); err != nil {
			w.fail(err)
			return nil
		}
		q.world.Run(&teller{said: said, form: form, unsettled: true})
		if q.world.err != nil {
			w.fail(q.world.err)
			return nil
		}
	}
	return q.world.rests
}

// of is what is said in a form, of all that was said. It is nothing if the form can show nothing.
func (f form) of(said []script.Action) []script.Action {
	switch f {
	case stifled:
		if !slices.ContainsFunc(said, func(a script.Action) bool { return a.Verb == script.Shut }) {
			return nil
		}
	case shaken:
		return slices.DeleteFunc(slices.Clone(said), func(a script.Action) bool { return a.Verb != script.Renegotiate })
	}
	return said
}

// note keeps the ledger of a quiet world at rest, if it differs from the last one.
func (w *World) note() {
	n := len(w.rests)
	if n > 0 && w.rests[n-1].form == w.form && slices.Equal(w.rests[n-1].Ends, w.accounts[:w.n]) {
		return
	}
	w.rests = append(w.rests[:min(n, mostRests-1)], rest{w.ledger.Clone(), w.form})
}

// A teller is the scheduler of a quiet run. What can't be done where it stands waits until the
// world has settled, and is left out if it can't be done then either: the program has ended the
// link, or it did so in the run that is compared.
type teller struct {
	said      []script.Action
	form      form
	unsettled bool
	stifled   script.End // links whose program's end has no room: see stifle
	unrest    int        // actions since it was settled
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
		if a, ok := t.stifle(w); ok {
			return a, true
		}
		switch {
		case len(t.said) > 0 && w.Can(t.said[0]):
			a := t.said[0]
			t.said, t.waited = t.said[1:], false
			if t.form == stepwise || t.form == shaken {
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

// stifle takes the room of the program's next end, in the form that does so. From then on nothing
// comes back, until the world quiesces.
func (t *teller) stifle(w *World) (script.Action, bool) {
	for t.form == stifled && int(t.stifled) < w.cfg.Links {
		a := script.Action{Verb: script.Squeeze, On: 2*t.stifled + script.End(w.cfg.Under), Arg: 1}
		if t.stifled++; w.Can(a) {
			return a, true
		}
	}
	return script.Action{}, false
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

			if deaf := t.stifled > 0 && a.Verb == script.Deliver && w.ends[on].stranger == nil; w.Can(a) && !deaf {
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
