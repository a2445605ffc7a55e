package openssl_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
)

// need gives the machine's OpenSSL.
func need(t testing.TB) *openssl.Library {
	t.Helper()
	lib, err := openssl.Load("")
	if err != nil {
		require.Missing(t, "openssl", err)
	}
	return lib
}

// versions are those of TLS.
var versions = []model.Version{model.TLS12, model.TLS13}

// config has buffers that hold what most tests send, but not a record of full length.
func config(v model.Version) model.EngineConfig { return linktest.Config(v, 4096) }

// certified is config with certificate chains of so many bytes: of the server, and with auth of
// the client too.
func certified(v model.Version, size int, auth bool) model.EngineConfig {
	cfg := config(v)
	cfg.ServerChain, cfg.ClientChain, cfg.ClientAuth = size, size, auth
	return cfg
}

// open makes a link in a run of its own.
func open(t testing.TB, cfg model.EngineConfig) *linktest.Link {
	t.Helper()
	return openEach(t, cfg, cfg)
}

// openEach is open for ends that differ.
func openEach(t testing.TB, client, server model.EngineConfig) *linktest.Link {
	t.Helper()
	lib := need(t)
	return linktest.Open(t, linktest.Side{Library: lib, Config: client},
		linktest.Side{Library: lib, Config: server})
}

// opened is open and the handshake.
func opened(t testing.TB, cfg model.EngineConfig) *linktest.Link {
	t.Helper()
	return open(t, cfg).Shake()
}

// noted is opened, and both ends note what they send and absorb.
func noted(t testing.TB, client, server model.EngineConfig) *linktest.Link {
	t.Helper()
	lib := need(t)
	return linktest.Open(t, linktest.Side{Library: lib, Config: client, Noted: true},
		linktest.Side{Library: lib, Config: server, Noted: true}).Shake()
}

// pair makes a link in the run that is under way.
func pair(t testing.TB, lib *openssl.Library, cfg model.EngineConfig) *linktest.Link {
	t.Helper()
	side := linktest.Side{Library: lib, Config: cfg}
	return linktest.Pair(t, side, side)
}

// attached makes a link of attached engines, whose sockets take so many bytes each.
func attached(t testing.TB, cfg model.EngineConfig, room int) *linktest.Link {
	t.Helper()
	cfg.Transport = model.Attached
	l := open(t, cfg)
	l.To[model.Client].Room, l.To[model.Server].Room = room, room
	return l
}
