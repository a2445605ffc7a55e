package sim

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/tls"
)

// A brittle library is the model's, whose servers' engines fail for ever at
// their third read, with that error.
type brittle struct {
	*tls.Models
	err error
}

func (l *brittle) New(cfg *model.EngineConfig) (model.Engine, error) {
	e, err := l.Models.New(cfg)
	if cfg.Role == model.Client {
		return e, err
	}
	return &breaking{Engine: e, err: l.err}, err
}

func (l *brittle) Free(e model.Engine) {
	if b, ok := e.(*breaking); ok {
		e = b.Engine
	}
	l.Models.Free(e)
}

type breaking struct {
	model.Engine
	reads int
	err   error
}

func (e *breaking) Read(p []byte) (int, model.Status) {
	if e.reads++; e.reads >= 3 {
		return 0, model.Failed
	}
	return e.Engine.Read(p)
}

func (e *breaking) Err() error {
	if e.reads >= 3 {
		return e.err
	}
	return e.Engine.Err()
}

// A library that fails by itself is no pump's fault: the link counts as touched by a
// fault, the run goes on, and the trace says what happened. The same failure without
// that excuse is found.
func TestLibraryThatFailsByItself(t *testing.T) {
	own := fmt.Errorf("brittle: read failed: %w: no reason", model.ErrLibrary)
	for _, c := range []struct {
		err   error
		found bool
	}{{own, false}, {errors.New("brittle: read failed"), true}} {
		lib, trace := &brittle{tls.NewModels(), c.err}, &Trace{}
		p := parts()
		p.Engine, p.PeerEngine = lib, lib
		w := NewWorld()
		w.SetTrace(trace)
		rebuild(t, w, benchConfig(), p, oracle.EveryProperty)
		res := w.Run(&Scripted{Actions: scripted(t, talk)})
		if res.Found != c.found || c.found && res.Violation.Property != oracle.SpuriousFailure {
			t.Errorf("%v: got found %v, %s", c.err, res.Found, res.Violation)
		}
		if w.tainted[0] == c.found {
			t.Errorf("%v: the link is tainted: %v", c.err, w.tainted[0])
		}
		var lapses []string
		for i, ev := range trace.Events {
			if ev.Err != nil {
				text, _ := ev.Answer()
				lapses = append(lapses, fmt.Sprint(ev.End, ": ", ev, "; ", text, "; ",
					trace.Events[i+1]))
			}
		}
		want := ""
		if !c.found {
			want = "server: engine fails: " + own.Error() +
				"; library failed by itself; read: 0, failed"
		}
		if got := strings.Join(lapses, "\n"); got != want {
			t.Errorf("%v: got lapses %q; want %q", c.err, got, want)
		}
	}
}
