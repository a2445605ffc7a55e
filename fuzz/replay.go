package fuzz

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A saved script is one of the pump's own.
type saved struct {
	path string
	name string // <property>/<slug>, which is the name of its subtest
}

// saved lists the pump's scripts. Those of before each pump had a folder lie one level higher:
// they are the pump's whose name they have.
func (k *tester) saved(t testing.TB) (list []saved) {
	t.Helper()
	for _, from := range []struct {
		dir corpus.Dir
		any bool
	}{{k.corpus, true}, {testCorpus, false}} {
		paths, err := from.dir.All()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		for _, path := range paths {
			inside, err := filepath.Rel(string(from.dir), path)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(filepath.ToSlash(inside), corpus.Ext)
			if strings.Count(name, "/") != 1 { // of a pump with a longer name
				continue
			}
			if from.any || k.read(t, path).Config.Pump == k.spec.Name {
				list = append(list, saved{path, name})
			}
		}
	}
	return list
}

// read reads a script.
func (k *tester) read(t testing.TB, path string) *script.Script {
	t.Helper()
	file, err := corpus.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, err := script.Parse(file, path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// replays runs the saved scripts, each in a subtest. Each failed once; none may fail now.
func (k *tester) replays(t *testing.T) (ok bool) {
	ok = true
	for _, s := range k.saved(t) {
		ok = t.Run(s.name, func(t *testing.T) { k.replay(t, s.path) }) && ok
	}
	return ok
}

// replay runs a saved script.
func (k *tester) replay(t *testing.T, path string) {
	s := k.read(t, path)
	out, err := k.guard.Traced(k.runner, s, run.ReplayOptions{Loose: true, Pump: k.spec.Name})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if out.Result.Found {
		k.report(t, &failure{script: s, out: &out, path: filepath.ToSlash(path)})
	}
}
