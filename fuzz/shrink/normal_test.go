package shrink_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/sim/script"
)

// sample are the failures whose normal form is tested each time. The others are tested
// with WANTWRITE_LONG=1.
var sample = map[string]bool{
	"busy-loop/kv-original-request-response.script":           true,
	"crash/recv-after-close-mutual-close.script":              true,
	"spurious-failure/kv-landed-two-links.script":             true,
	"spurious-failure/want-write-fatal-long-handshake.script": true,
	"stall/kv-original-awaited-key-update.script":             true,
	"stall/kv-original-idle-renegotiation.script":             true,
	"stall/kv-original-key-update.script":                     true,
	"truncation/no-close-notify-mutual-close.script":          true,
	"unbounded-buffer/queue-without-limit-slow-reader.script": true,
}

// -least puts the least of the scripts that the failing runs end in, each looked for
// afresh, in the place of the corpus's, if that is not as simple. Read the diff.
var least = flag.Bool("least", false, "put simpler scripts into the corpus")

// simplify is -least for a script of the corpus.
func simplify(t *testing.T, q *quarry, s *script.Script) {
	t.Helper()
	best := *s
	q.caught(t, 20, func(r *run.Runner, other *script.Script) {
		o := shrink.Options{Afresh: true}
		if _, err := shrink.Shrink(t.Context(), r, other, o); err != nil {
			t.Fatal(err)
		}
		if shrink.Simpler(other, &best) {
			best.Config, best.Actions, best.Lines = other.Config, other.Actions, nil
		}
	})
	if !shrink.Simpler(&best, s) {
		return
	}
	out, err := run.Replay(fuzztest.RunnerFor(t, &best), &best, run.ReplayOptions{Trace: true})
	if err != nil {
		t.Fatal(err)
	}
	best.Story = story.Retell(&best, &out)
	best.Hash = out.Result.Hash
	name := filepath.Join("..", "..", "corpus", filepath.Base(filepath.Dir(t.Name())), filepath.Base(t.Name()))
	if err := os.WriteFile(name, best.Format(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d actions instead of %d", len(best.Actions), len(s.Actions))
}

// TestShrinksAreNormal: twenty failing runs of one cause end in at most three scripts,
// for each failure in the corpus.
func TestShrinksAreNormal(t *testing.T) {
	if require.Race {
		t.Skip("takes too long with the race detector, which has nothing to see here")
	}
	const runs, forms = 20, 3
	fuzztest.EachScript(t, func(t *testing.T, s *script.Script, r *run.Runner) {
		name := strings.TrimPrefix(t.Name(), "TestShrinksAreNormal/")
		if !fuzztest.Long() && !sample[name] {
			t.Skip("with WANTWRITE_LONG=1")
		}
		why, ok := reasonOf(r, s)
		if !ok {
			t.Fatal("the corpus's script does not fail")
		}
		spec, err := run.NewCatalog().Pump(s.Config.Pump)
		if err != nil {
			t.Fatal(err)
		}
		q := quarry{options: run.Options{Pump: spec, Scenario: s.Config.Scenario},
			property: why.property, like: func(w reason) bool { return w == why }}
		if *least {
			simplify(t, &q, s)
			return
		}
		count := map[string]int{}
		got := q.caught(t, runs, func(r *run.Runner, s *script.Script) {
			shrunk(t, r, s)
			count[string(s.Format())]++
		})
		if got < runs {
			t.Errorf("got %d failing runs; want %d", got, runs)
		}
		if len(count) > forms {
			t.Errorf("got %d scripts of %d runs; want at most %d", len(count), got, forms)
			for text, n := range count {
				t.Logf("%d times:\n%s", n, text)
			}
		}
	})
}

// TestShrinkRecalls: a mistake that is in the corpus ends in the script that is known
// for it, at once; one whose script does something else does not. Looked for afresh, it
// is the same but takes longer.
func TestShrinkRecalls(t *testing.T) {
	known := fuzztest.Script(t, "stall/kv-original-idle-renegotiation.script")
	why, _ := reasonOf(fuzztest.RunnerFor(t, known), known)
	spec := pumps.Named("kv-original")
	q := quarry{run.Options{Pump: &spec, Scenario: "idle-renegotiation"}, oracle.Stall,
		func(w reason) bool { return w == why }}
	q.caught(t, 2, func(r *run.Runner, s *script.Script) {
		afresh := *s
		st := shrunk(t, r, s)
		if text := actionsOf(s); text != actionsOf(known) || !st.Minimal {
			t.Errorf("got %+v:\n%s\nwant the corpus's:\n%s", st, text, actionsOf(known))
		}
		slow, err := shrink.Shrink(t.Context(), r, &afresh, shrink.Options{Afresh: true})
		if err != nil || slow.Runs <= st.Runs {
			t.Errorf("got %d runs afresh (%v); want more than %d", slow.Runs, err, st.Runs)
		}
		for _, a := range s.Actions {
			if a.Verb == script.KeyUpdate {
				t.Errorf("a renegotiation has become a KeyUpdate:\n%s", actionsOf(s))
			}
		}
	})
}
