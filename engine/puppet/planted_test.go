package puppet_test

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/model"
)

// A planted library is crypto/tls with a mistake of ours.
type planted struct {
	*gotls.Library
	mistake func(model.Engine) model.Engine
	engines map[model.Engine]model.Engine
}

func (l *planted) New(cfg *model.EngineConfig) (model.Engine, error) {
	e, err := l.Library.New(cfg)
	wrong := l.mistake(e)
	l.engines[wrong] = e
	return wrong, err
}

func (l *planted) Free(e model.Engine) { l.Library.Free(l.engines[e]) }

// The mistakes.
type (
	credulous struct { // its handshake is over when it has heard anything
		model.Engine
		heard bool
	}
	undead   struct{ model.Engine } // it writes on after it has failed
	restless struct{ model.Engine } // it always has one byte more to send
	taciturn struct{ model.Engine } // it does not say why it failed
)

func (e *credulous) Feed(p []byte) int  { e.heard = true; return e.Engine.Feed(p) }
func (e *credulous) InitFinished() bool { return e.heard }

func (e *undead) Write(p []byte) (int, model.Status) {
	if n, st := e.Engine.Write(p); st != model.Failed {
		return n, st
	}
	return len(p), model.OK
}

func (e *restless) OutputPending() int { return 1 }
func (e *restless) Drain(p []byte) int {
	if n := e.Engine.Drain(p); n > 0 || len(p) == 0 {
		return n
	}
	p[0] = 0
	return 1
}

func (e *taciturn) Err() error { return nil }

// TestMistakesOfVictims: a victim that breaks a rule of tales is found, by any tale that asks for
// nothing but a fatal alert.
func TestMistakesOfVictims(t *testing.T) {
	for want, mistake := range map[string]func(model.Engine) model.Engine{
		"nobody has proved anything":            func(e model.Engine) model.Engine { return &credulous{Engine: e} },
		"its Read says failed and its Write ok": func(e model.Engine) model.Engine { return &undead{e} },
		"is not at rest":                        func(e model.Engine) model.Engine { return &restless{e} },
		"does not say why":                      func(e model.Engine) model.Engine { return &taciturn{e} },
	} {
		lib := &planted{gotls.New(), mistake, map[model.Engine]model.Engine{}}
		s, err := parseTale("link: tls=1.2 puppet=client\nturn 1: alert handshake_failure")
		if err != nil {
			t.Fatal(err)
		}
		if got := tell(lib, &s, &s).complain; !strings.Contains(got, want) {
			t.Errorf("got complaint %q; want %q", got, want)
		}
	}
}
