package fuzz

import (
	"cmp"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/engines"
	"github.com/wantwrite/wantwrite/fuzz/guard"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
)

// A tester tests a pump.
type tester struct {
	spec   model.Spec
	test   string // the name of the user's test
	failed bool   // it has told of a failure
	// corpus is the folder of the pump's scripts, relative to the test's package. Two pumps of
	// a package have two.
	corpus  corpus.Dir
	catalog *run.Catalog
	runner  *run.Runner
	guard   *guard.Guard // runs real libraries
}

// testCorpus is the folder of the scripts of a package's pumps.
const testCorpus = "testdata/wantwrite"

// newTester makes the tester of a pump. It ends the test if the spec is not right.
func newTester(t testing.TB, spec model.Spec) *tester {
	t.Helper()
	k := &tester{spec: spec, test: t.Name(), corpus: corpus.Dir(path.Join(testCorpus, spec.Name)),
		catalog: run.NewCatalog(spec)}
	engines.AddTo(k.catalog)
	var err error
	if k.runner, err = run.NewRunner(k.catalog, run.Options{Pump: &k.spec}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.runner.Close)
	k.guard = &guard.Guard{Command: k.child}
	return k
}

// asChild, in the environment of a test process, makes it the child of a guard. It names the
// test and the pump that the child is for.
const asChild = "WANTWRITE_FUZZ_CHILD"

// child is the command of a child process: this test alone, which serves the guard.
func (k *tester) child() *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run="+pattern(k.test))
	cmd.Env = append(os.Environ(), asChild+"="+k.test+" "+k.spec.Name)
	return cmd
}

// pattern is the -run of one test alone.
func pattern(test string) string {
	var parts []string
	for part := range strings.SplitSeq(test, "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
	}
	return strings.Join(parts, "/")
}

// serves makes this process a child if it was started for this test and pump, and then it does
// not return. In the child of another pump of this test it is true: there is nothing to do.
func (k *tester) serves() bool {
	job, is := os.LookupEnv(asChild)
	if !is || job != k.test+" "+k.spec.Name {
		return is
	}
	os.Stdout.WriteString("\n") // what other code has printed is a line of its own
	if err := guard.Serve(k.catalog, os.Stdin, os.Stdout); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(2)
	}
	os.Exit(0)
	return true
}

// load loads the libraries of a hunt, a real one in a child. What was asked for and is not there
// ends the test.
func (k *tester) load(t *testing.T, h *Hunt) {
	t.Helper()
	for _, name := range []string{cmp.Or(h.Engine, run.DefaultEngine), h.PeerEngine, h.Confirm} {
		if name == "" {
			continue
		}
		can, err := k.catalog.Can(name)
		switch {
		case err != nil:
		case can.InProcess:
			_, err = k.catalog.Engine(name)
		default:
			err = k.guard.Load(name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
