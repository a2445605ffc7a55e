package differential

import (
	"math/rand/v2"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
)

// A forgery is the model as a library, with one mistake in its engines.
type forgery struct {
	*tls.Models
	forge func(model.Engine) model.Engine
}

func (f *forgery) New(cfg *model.EngineConfig) (model.Engine, error) {
	e, err := f.Models.New(cfg)
	if err != nil || f.forge == nil {
		return e, err
	}
	return f.forge(e), nil
}

func (f *forgery) Free(model.Engine) {}

// The mistakes: each is in one thing that is compared.
type (
	says   struct{ model.Engine } // takes want-write for want-read in a Read
	garble struct{ model.Engine } // changes a byte of plaintext
	hides  struct{ model.Engine } // has output pending and does not tell
	early  struct{ model.Engine } // thinks that a handshake is over when it has sent its part
)

func (e says) Read(p []byte) (int, model.Status) {
	n, st := e.Engine.Read(p)
	if st == model.WantWrite {
		st = model.WantRead
	}
	return n, st
}

func (e garble) Read(p []byte) (int, model.Status) {
	n, st := e.Engine.Read(p)
	if n > 9 {
		p[9] ^= 1
	}
	return n, st
}

func (e hides) OutputPending() int {
	if n := e.Engine.OutputPending(); n > 40 {
		return n
	}
	return 0
}

func (e early) InitFinished() bool {
	st := e.Engine.(*tls.TLS).State()
	return e.Engine.InitFinished() || st == "wait-finished"
}

// sequencesOf looks for a difference in so many.
func sequencesOf(t *testing.T, sequence func(Choice) (*Difference, error), n uint64) *Difference {
	t.Helper()
	for seed := range n {
		r := rand.New(rand.NewPCG(seed, 1))
		d, err := sequence(func(n int, _ string) int { return r.IntN(n) })
		if err != nil {
			t.Fatal(err)
		}
		if d != nil {
			return d
		}
	}
	return nil
}

// The model is like itself, whatever its traits.
func TestTheModelIsLikeItself(t *testing.T) {
	all := model.Traits{DiesBlocked: true, LosesAlerts: true, PausesEarly: true}
	for _, traits := range []model.Traits{{}, all} {
		lib := traited{&forgery{Models: tls.NewModels()}, traits}
		c := &Comparison{Library: lib, Traits: traits}
		if d := sequencesOf(t, c.Sequence, 300); d != nil {
			t.Errorf("with %+v: %v", traits, d)
		}
	}
}

// traited gives a library's engines traits of its own.
type traited struct {
	model.Library
	traits model.Traits
}

func (l traited) New(cfg *model.EngineConfig) (model.Engine, error) {
	policy := cfg.Traits.Renegotiation
	cfg.Traits = l.traits
	cfg.Traits.Renegotiation = policy
	return l.Library.New(cfg)
}

// Each mistake is found, and told in few calls.
func TestMistakesAreFound(t *testing.T) {
	for name, forge := range map[string]func(model.Engine) model.Engine{
		"status":    func(e model.Engine) model.Engine { return says{e} },
		"plaintext": func(e model.Engine) model.Engine { return garble{e} },
		"output":    func(e model.Engine) model.Engine { return hides{e} },
		"handshake": func(e model.Engine) model.Engine { return early{e} },
	} {
		c := &Comparison{Library: &forgery{tls.NewModels(), forge}}
		d := sequencesOf(t, c.Sequence, 300)
		if d == nil {
			t.Errorf("%s: not found", name)
		} else if len(d.Calls) > 40 {
			t.Errorf("%s: told in %d calls; want a few", name, len(d.Calls))
		}
	}
}

// So is a trait that the comparison does not know of.
func TestAnUnknownTraitIsFound(t *testing.T) {
	for name, traits := range map[string]model.Traits{
		"answer-at-read": {AnswerAtRead: true},
		"dies-blocked":   {DiesBlocked: true},
		"loses-alerts":   {LosesAlerts: true},
		"silent-eof":     {SilentEOF: true},
		earlyPause:       {PausesEarly: true},
	} {
		c := &Comparison{Library: traited{&forgery{Models: tls.NewModels()}, traits}}
		sequence := c.Sequence
		if traits.PausesEarly {
			sequence = c.Early
		}
		if d := sequencesOf(t, sequence, 20000); d == nil {
			t.Errorf("%s: not found", name)
		}
	}
}
