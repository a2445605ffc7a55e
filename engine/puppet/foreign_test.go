package puppet_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/linktest"
	"github.com/wantwrite/wantwrite/model"
)

// strange is the configuration of an end whose other end is foreign. A chain counts at a server.
func strange(v model.Version, chain int) model.EngineConfig {
	cfg := config(v)
	cfg.Foreign, cfg.ServerChain = true, chain
	return cfg
}

// strangers opens a link of two libraries that share nothing: not even a key.
func strangers(t testing.TB, client, server model.Library, ours, theirs model.EngineConfig) *link {
	t.Helper()
	theirs.Key = ours.Key + 1
	l := linktest.Open(t, linktest.Side{Library: client, Config: ours, Noted: true},
		linktest.Side{Library: server, Config: theirs, Noted: true})
	return &link{l, t, model.Client}
}

// TestForeignHandshakes: each library shakes hands with each, with a certificate alone. There are
// long chains, HelloRetryRequests, and servers that ask for a certificate and get none. Data go
// both ways, and both ends close.
func TestForeignHandshakes(t *testing.T) {
	for _, client := range libraries {
		for _, server := range libraries {
			t.Run(client.name+" to "+server.name, func(t *testing.T) {
				linktest.Versions(t, func(t *testing.T, v model.Version) {
					for n, change := range []func(*model.EngineConfig){
						func(*model.EngineConfig) {},
						func(c *model.EngineConfig) { c.Tickets = 2 },
						func(c *model.EngineConfig) { c.Retry, c.ClientAuth = true, true },
						func(c *model.EngineConfig) { c.ClientAuth, c.ServerChain = true, 64000 },
					} {
						cfg := strange(v, 500)
						change(&cfg)
						l := strangers(t, client.load(t), server.load(t), strange(v, 0), cfg)
						l.Link.Shake()
						if got := l.Count(model.Client, false, "CertificateRequest"); client.name != "gotls" &&
							got != n/2 {
							t.Errorf("case %d: the client was asked %d times for a certificate", n, got)
						}
						l.Say(model.Client, "request")
						l.Say(model.Server, "response")
						l.close(model.Client)
					}
				})
			})
		}
	}
}
