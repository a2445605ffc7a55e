// Package proof tests the project's claims about real libraries, in whole worlds: the
// reference pump holds, a run repeats in every process, memory is given back, and a run costs
// little more than the library's own calls. It has tests only.
//
// By default they are small. With WANTWRITE_LONG=1 they make as many runs as the project
// claims, which takes some minutes.
package proof

import (
	"fmt"
	"os"
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// TestMain lets the test binary be its own child processes.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv(scriptFolder) != "":
		exit(replayFolder(os.Getenv(scriptFolder)))
	case os.Getenv(runsToWeigh) != "":
		exit(weighRuns(os.Getenv(runsToWeigh)))
	}
	os.Exit(m.Run())
}

// exit ends a child process: its text is its answer.
func exit(text string, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(text)
	os.Exit(0)
}

// catalog knows the real libraries and the puppet.
func catalog() *run.Catalog {
	c := run.NewCatalog()
	c.AddEngine((*openssl.Library)(nil), func() (model.Library, error) {
		lib, err := openssl.Load("")
		if err != nil {
			return nil, err
		}
		return lib, nil
	})
	c.AddEngine(gotls.New(), func() (model.Library, error) { return gotls.New(), nil })
	c.AddEngine(puppet.New(), func() (model.Library, error) { return puppet.New(), nil })
	return c
}

// library finds a library by its name.
func library(t testing.TB, c *run.Catalog, name string) model.Library {
	t.Helper()
	lib, err := c.Engine(name)
	if err != nil {
		require.Missing(t, name, err)
	}
	return lib
}

// A pairing is the libraries of the two ends: of the pump under test, and of its peer.
type pairing struct{ engine, peer string }

func (p pairing) String() string { return p.engine + "-" + p.peer }

// options are those of a hunt in the reference pump.
func (p pairing) options(t testing.TB, c *run.Catalog) run.Options {
	t.Helper()
	spec := pumps.ReferenceSpec()
	return run.Options{Pump: &spec, Engine: library(t, c, p.engine),
		PeerEngine: library(t, c, p.peer)}
}

// pairings runs a test with each pairing, in parallel, so many times. Runs of OpenSSL take turns all the
// same, because only one at a time is deterministic.
func pairings(t *testing.T, times map[pairing]uint64,
	test func(t *testing.T, p pairing, times uint64)) {

	for p, n := range times {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			test(t, p, n)
		})
	}
}
