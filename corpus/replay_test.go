package corpus_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/fuzztest"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// -rewrite records the hashes of the corpus anew, after a change of the world
// that is meant. The verdicts must hold all the same: read the diff.
var rewrite = flag.Bool("rewrite", false, "record the hashes of the corpus anew")

// TestCorpusReplays: each saved failure fails again, with the verdict and the
// hash that were recorded.
func TestCorpusReplays(t *testing.T) {
	fuzztest.EachScript(t, func(t *testing.T, s *script.Script, r *run.Runner) {
		out, err := run.Replay(r, s, run.ReplayOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if *rewrite && out.Result.Found {
			record(t, s, out.Result.Hash)
		}
		if err := out.Confirms(s); err != nil {
			t.Error(err)
		}
		if folder := filepath.Dir(t.Name()); filepath.Base(folder) != s.Property {
			t.Errorf("the script lies in %s; its property is %s", folder, s.Property)
		}
	})
}

// record writes a script with another hash in place of the old one.
func record(t *testing.T, s *script.Script, hash uint64) {
	t.Helper()
	s.Hash = hash
	name := filepath.Join(filepath.Base(filepath.Dir(t.Name())), filepath.Base(t.Name()))
	if err := os.WriteFile(name, s.Format(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestReferencePassesTheCorpus: what broke the others does not break the
// reference.
func TestReferencePassesTheCorpus(t *testing.T) {
	fuzztest.EachScript(t, func(t *testing.T, s *script.Script, r *run.Runner) {
		out, err := run.Replay(r, s, run.ReplayOptions{Pump: "reference", Loose: true})
		if err != nil {
			t.Fatal(err)
		}
		if out.Result.Found {
			t.Errorf("the reference fails too: %s", out.Result.Violation)
		}
	})
}

// TestTheCorpusShowsEveryProperty: there is a saved failure of each.
func TestTheCorpusShowsEveryProperty(t *testing.T) {
	shown := map[string]bool{}
	for _, name := range corpus.Names() {
		shown[filepath.Dir(name)] = true
	}
	for _, p := range oracle.Properties() {
		if !shown[p.Name] {
			t.Errorf("no script in corpus/%s", p.Name)
		}
	}
}
