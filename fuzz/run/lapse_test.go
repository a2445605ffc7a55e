package run_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
)

// A frail library is the model's, whose servers' engines fail by themselves
// at their second read.
type frail struct{ *tls.Models }

func (l frail) Name() string { return "frail" }

func (l frail) New(cfg *model.EngineConfig) (model.Engine, error) {
	e, err := l.Models.New(cfg)
	if cfg.Role == model.Server {
		e = &dying{Engine: e}
	}
	return e, err
}

type dying struct {
	model.Engine
	reads int
}

func (e *dying) Read(p []byte) (int, model.Status) {
	if e.reads++; e.reads > 1 {
		return 0, model.Failed
	}
	return e.Engine.Read(p)
}

func (e *dying) Err() error {
	if e.reads > 1 {
		return fmt.Errorf("frail: read failed: %w", model.ErrLibrary)
	}
	return e.Engine.Err()
}

// What a library breaks by itself is told: by a story of something else, which
// the pump has done all the same, and by a confirmation that comes to nothing.
func TestStoriesTellOfALibraryThatFails(t *testing.T) {
	c := run.NewCatalog()
	c.AddEngine(frail{}, func() (model.Library, error) { return frail{tls.NewModels()}, nil })
	spec := pumps.ReferenceSpec()
	r, err := run.NewRunner(c, run.Options{Pump: &spec})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()

	s := fuzztest.Script(t, "crash/recv-after-close-mutual-close"+corpus.Ext)
	out, err := run.Replay(r, s, run.ReplayOptions{Engine: "frail", PeerEngine: "frail",
		Loose: true, Trace: true})
	if err != nil {
		t.Fatal(err)
	}
	story := strings.Join(story.Explain(s, &out), "\n")
	want := "at the server: engine fails: frail: read failed: the library failed by itself"
	if !out.Result.Found || !strings.Contains(story, want) {
		t.Errorf("got found %v, story\n%s\nwant %s", out.Result.Found, story, want)
	}

	s = fuzztest.Script(t, "stall/kv-original-idle-renegotiation"+corpus.Ext)
	got, err := run.Confirm(r, s, "frail")
	if err != nil {
		t.Fatal(err)
	}
	want = "the server's library failed by itself"
	if got.Confirmed || !strings.Contains(got.What, want) {
		t.Errorf("got %s; want %s", got, want)
	}
}
