package hunt_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// TestShapesHold: hunts find nothing in the correct pumps of other shapes, in all
// that they are made for. With WANTWRITE_LONG=1 in 1,000,000 schedules each.
func TestShapesHold(t *testing.T) {
	schedules := require.Fewer(3000)
	if fuzztest.Long() {
		schedules = 1000000
	}
	for _, spec := range pumps.Sound()[1:] {
		t.Run(spec.Name, func(t *testing.T) {
			t.Parallel()
			h := hunt.Hunt{Options: run.Options{Pump: &spec}, Seed: 11, Schedules: schedules}
			rep, err := h.Run(context.Background(), run.NewCatalog())
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range rep.Failures {
				t.Errorf("%s breaks %s, or the property does:\n%s", spec.Name, f.Script.Property,
					f.Script.Format())
			}
		})
	}
}

// TestSoundPumpsPassWhatOnceFailed: the scripts of testdata/sound once found something
// in a sound pump, and it was mended, or the world was.
func TestSoundPumpsPassWhatOnceFailed(t *testing.T) {
	names, err := corpus.Dir("testdata/sound").All()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := script.Parse(bytes.NewReader(text), name)
		if err != nil {
			t.Fatal(err)
		}
		out, err := run.Replay(fuzztest.RunnerFor(t, s), s, run.ReplayOptions{Loose: true})
		if err != nil {
			t.Fatal(err)
		}
		if out.Result.Found {
			t.Errorf("%s fails again: %s", name, out.Result.Violation)
		}
	}
}

// TestSoundPumpsPassTheirMutantsScripts: what shows a mistake shows nothing in the
// correct pump that it was planted in.
func TestSoundPumpsPassTheirMutantsScripts(t *testing.T) {
	of := map[string]string{}
	for _, m := range pumps.Mutants() {
		of[m.Name] = m.Of
	}
	fuzztest.EachScript(t, func(t *testing.T, s *script.Script, r *run.Runner) {
		sound := of[s.Config.Pump]
		if sound == "" {
			if !strings.HasPrefix(s.Config.Pump, "kv-") {
				t.Errorf("got pump %q; want a mutant, or one of kv_engine's, whose mistakes are its own",
					s.Config.Pump)
			}
			return
		}
		out, err := run.Replay(r, s, run.ReplayOptions{Pump: sound, Loose: true})
		if err != nil {
			t.Fatal(err)
		}
		if out.Result.Found {
			t.Errorf("%s fails too: %s", sound, out.Result.Violation)
		}
	})
}

// TestShapesWithinBounds explores small scenarios to the end with each of them.
func TestShapesWithinBounds(t *testing.T) {
	for _, spec := range pumps.Sound()[1:] {
		t.Run(spec.Name, func(t *testing.T) { fuzz.Exhaust(t, spec) })
	}
}
