// Package proof is what is proved on the real libraries with whole worlds: that
// the reference pump holds, that runs repeat in every process, that memory is
// given back, and what a run costs. It has tests only.
//
// By default they are small. With WANTWRITE_LONG=1 they run the figures that
// the project claims, some minutes altogether.
package proof

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// catalog knows the real libraries and the puppet.
func catalog() *run.Catalog {
	c := run.NewCatalog()
	c.AddEngine("openssl", func() (model.Library, error) {
		lib, err := openssl.Load("")
		if err != nil {
			return nil, err
		}
		return lib, nil
	})
	c.AddEngine("gotls", func() (model.Library, error) { return gotls.New(), nil })
	c.AddEngine(puppet.Name, func() (model.Library, error) { return puppet.New(), nil })
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

// A pairing is the libraries of the two ends: that of the pump under test, and
// the other end's.
type pairing struct{ engine, peer string }

func (p pairing) String() string { return p.engine + "-" + p.peer }

// options are those of hunts in the reference pump with the pairing.
func (p pairing) options(t testing.TB, c *run.Catalog) run.Options {
	t.Helper()
	spec := pumps.ReferenceSpec()
	return run.Options{Pump: &spec, Engine: library(t, c, p.engine),
		PeerEngine: library(t, c, p.peer)}
}

// An extent is how much is done of something: few by default, many if the full
// figures are wanted.
type extent struct{ few, many uint64 }

func (e extent) now() uint64 {
	if require.Long() {
		return e.many
	}
	return e.few
}

// pairings runs a test with each pairing. Tests of OpenSSL take turns all the
// same: it is deterministic in one run at a time.
func pairings(t *testing.T, extents map[pairing]extent,
	test func(t *testing.T, p pairing, many uint64)) {

	for p, e := range extents {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			test(t, p, e.now())
		})
	}
}
