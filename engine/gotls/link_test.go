package gotls_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
)

// config has buffers that hold what most tests send, but not a record of full length.
func config(v model.Version) model.EngineConfig { return linktest.Config(v, 4096) }

// open makes a link of crypto/tls in a run of its own.
func open(t testing.TB, cfg model.EngineConfig) *linktest.Link {
	t.Helper()
	side := linktest.Side{Library: gotls.New(), Config: cfg}
	return linktest.Open(t, side, side)
}

// opened is open and the handshake.
func opened(t testing.TB, cfg model.EngineConfig) *linktest.Link {
	t.Helper()
	return open(t, cfg).Shake()
}

// pair makes a link in the run that is under way.
func pair(t testing.TB, lib *gotls.Library, cfg model.EngineConfig) *linktest.Link {
	t.Helper()
	side := linktest.Side{Library: lib, Config: cfg}
	return linktest.Pair(t, side, side)
}

// attached makes a link of attached engines and shakes hands. Each socket takes so many bytes.
func attached(t testing.TB, v model.Version, room int) *linktest.Link {
	t.Helper()
	cfg := config(v)
	cfg.Transport = model.Attached
	l := open(t, cfg)
	l.To[model.Client].Room, l.To[model.Server].Room = room, room
	return l.Shake()
}

// need gives the machine's OpenSSL.
func need(t testing.TB) *openssl.Library {
	t.Helper()
	lib, err := openssl.Load("")
	if err != nil {
		require.Missing(t, "openssl", err)
	}
	return lib
}

// meet opens a link of crypto/tls, at the end with the role, and OpenSSL, and shakes hands.
func meet(t testing.TB, role model.Role, cfg model.EngineConfig) *linktest.Link {
	t.Helper()
	cfg.ServerChain = max(cfg.ServerChain, 300)
	sides := [2]linktest.Side{{Library: need(t), Config: cfg}, {Library: need(t), Config: cfg}}
	sides[role].Library = gotls.New()
	l := linktest.Open(t, sides[model.Client], sides[model.Server])
	l.Step = 100
	return l.Shake()
}
