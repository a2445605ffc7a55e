package differential

import (
	"math/rand/v2"
	"slices"
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

// mistakes plant them, by what is compared.
var mistakes = map[string]func(model.Engine) model.Engine{
	"status":    func(e model.Engine) model.Engine { return says{e} },
	"plaintext": func(e model.Engine) model.Engine { return garble{e} },
	"output":    func(e model.Engine) model.Engine { return hides{e} },
	"handshake": func(e model.Engine) model.Engine { return early{e} },
}

// tried looks for a difference in so many sequences.
func tried(t *testing.T, c *Comparison, drawn drawer, n uint64) *difference {
	t.Helper()
	for seed := range n {
		if d := c.try(t, drawn, seeded(rand.New(rand.NewPCG(seed, 1)))); d != nil {
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
		c := &Comparison{library: lib, traits: traits}
		if d := tried(t, c, drawSequence, 300); d != nil {
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
	for name, forge := range mistakes {
		c := &Comparison{library: &forgery{tls.NewModels(), forge}}
		d := tried(t, c, drawSequence, 300)
		if d == nil {
			t.Errorf("%s: not found", name)
		} else if len(d.calls) > 40 {
			t.Errorf("%s: told in %d calls; want a few", name, len(d.calls))
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
		c := &Comparison{library: traited{&forgery{Models: tls.NewModels()}, traits}}
		drawn := drawSequence
		if traits.PausesEarly {
			drawn = drawEarly
		}
		if d := tried(t, c, drawn, 20000); d == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

// Calls are read as they are written.
func TestParseCalls(t *testing.T) {
	calls, err := parseCalls("shake, client write 10, server read, server keyupdate, client fin")
	if err != nil {
		t.Fatal(err)
	}
	want := append(shake(), call{op: opWrite, n: 10}, call{opRead, model.Server, all},
		call{op: opUpdate, on: model.Server}, call{op: opFin})
	if !slices.Equal(calls, want) {
		t.Errorf("got %v; want %v", calls, want)
	}
	for _, bad := range []string{"", "client", "nobody read", "client sings", "client read x",
		"client read 1 2"} {
		if _, err := parseCalls(bad); err == nil {
			t.Errorf("%q was read; want an error", bad)
		}
	}
}
