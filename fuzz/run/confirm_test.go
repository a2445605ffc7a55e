package run_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
)

// An other library is the model's with something changed in each engine.
type other struct {
	*tls.Models
	change func(cfg *model.EngineConfig) error
}

func (l *other) Name() string { return "other" }

func (l *other) New(cfg *model.EngineConfig) (model.Engine, error) {
	mine := *cfg
	if err := l.change(&mine); err != nil {
		return nil, err
	}
	return l.Models.New(&mine)
}

// A missing library can't be loaded.
type missing struct{ model.Library }

func (missing) Name() string            { return "missing" }
func (missing) Can() model.Capabilities { return model.Capabilities{} }

// confirmed asks a library that differs from the model by a change to confirm
// a script of the corpus.
func confirmed(t *testing.T, name string, change func(*model.EngineConfig) error) (
	got *run.Confirmation) {

	t.Helper()
	s := fuzztest.Script(t, name+corpus.Ext)
	c := run.NewCatalog()
	c.AddEngine(&other{}, func() (model.Library, error) {
		return &other{tls.NewModels(), change}, nil
	})
	c.AddEngine(missing{}, func() (model.Library, error) { return nil, errors.New("no library") })
	spec, err := c.Pump(s.Config.Pump)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.NewRunner(c, run.Options{Pump: spec})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err = run.Confirm(r, s, "other"); err != nil {
		t.Fatal(err)
	}
	if _, err := run.Confirm(r, s, "missing"); err == nil || err.Error() != "no library" {
		t.Errorf("got %v; want the error of the library that is missing", err)
	}
	return got
}

// A library that does the same confirms, and so does one whose records are of
// other sizes.
func TestConfirmed(t *testing.T) {
	for what, change := range map[string]func(*model.EngineConfig) error{
		"the same": func(*model.EngineConfig) error { return nil },
		"other sizes": func(cfg *model.EngineConfig) error {
			cfg.ServerChain = 2000
			return nil
		},
	} {
		got := confirmed(t, "stall/kv-original-idle-renegotiation", change)
		want := &run.Confirmation{Engine: "other", Own: "model", Confirmed: true}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
		if text := got.String(); text != "confirmed on other" {
			t.Errorf("got %q", text)
		}
	}
}

// A library with another trait goes another way, and the first step at which it
// does is named, with the call and both answers.
func TestModelOnly(t *testing.T) {
	for _, c := range []struct {
		script string
		change func(*model.EngineConfig) error
		step   int
		want   string
	}{
		{"stall/kv-original-idle-renegotiation", func(cfg *model.EngineConfig) error {
			cfg.Traits.Renegotiation = model.RenegIgnore
			return nil
		}, 12, "all answers are the same, and other ends with step 12: stall at the client"},
		{"stall/kv-original-key-update", func(cfg *model.EngineConfig) error {
			cfg.Traits.AnswerAtRead = false
			return nil
		}, 8, "all answers are the same, and only on model: ciphertext waits"},
		{"deadlock/kv-original-renegotiation", func(cfg *model.EngineConfig) error {
			cfg.In, cfg.Out = 100*cfg.In, 100*cfg.Out
			return nil
		}, 1, "the client's read says want-write on model, the client's read says want-read on other"},
		{"corruption/off-by-one-retry-bulk-both-ways", func(cfg *model.EngineConfig) error {
			return errors.New("other: no such thing")
		}, 0, "other can't run it: other: no such thing"},
	} {
		got := confirmed(t, c.script, c.change)
		if got.Confirmed || got.Step != c.step || !strings.Contains(got.What, c.want) {
			t.Errorf("%s: got %+v; want step %d, %q", c.script, got, c.step, c.want)
		}
		if !strings.HasPrefix(got.String(), "model only: ") {
			t.Errorf("got %q", got)
		}
	}
}

// An action that the other library does not allow is named as the script has
// it: here a flight that never comes.
func TestModelOnlyWhereAnActionIsNotEnabled(t *testing.T) {
	got := confirmed(t, "stall/kv-original-idle-renegotiation", func(cfg *model.EngineConfig) error {
		cfg.Version = model.TLS13
		return nil
	})
	want := `model only: on other it goes another way at step 8: ` +
		`"deliver client all" is not enabled on other`
	if got.String() != want {
		t.Errorf("got %s; want %s", got, want)
	}
}
