package tls

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// suites are the ways to authenticate, as changes of a configuration.
var suites = []struct {
	name string
	set  func(*model.EngineConfig)
}{
	{"psk", func(*model.EngineConfig) {}},
	{"cert", func(c *model.EngineConfig) { c.ServerChain = 900 }},
	{"auth", func(c *model.EngineConfig) { c.ServerChain, c.ClientChain, c.ClientAuth = 900, 700, true }},
	{"auth-without-certificate", func(c *model.EngineConfig) { c.ServerChain, c.ClientAuth = 900, true }},
	{"long-chains", func(c *model.EngineConfig) {
		c.ServerChain, c.ClientChain, c.ClientAuth = 20000, 20000, true
	}},
	{"post-auth", func(c *model.EngineConfig) {
		c.ServerChain, c.ClientChain, c.PostAuth = 900, 700, true
	}},
	{"post-auth-psk", func(c *model.EngineConfig) { c.PostAuth = true }},
	{"resume", func(c *model.EngineConfig) { c.Resume = true }},
	{"auth-resume", func(c *model.EngineConfig) {
		c.ServerChain, c.ClientChain, c.ClientAuth, c.Resume = 900, 700, true, true
	}},
	{"resume-retry", func(c *model.EngineConfig) { c.Resume, c.Retry = true, true }},
	{"retry", func(c *model.EngineConfig) { c.Retry = true }},
	{"auth-retry", func(c *model.EngineConfig) {
		c.ServerChain, c.ClientChain, c.ClientAuth, c.Retry = 900, 700, true, true
	}},
}

// A handshake ends, and data goes both ways, whatever the buffers hold and
// however the bytes are cut.
func TestHandshakeAtEveryCapacity(t *testing.T) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		for _, suite := range suites {
			t.Run(fmt.Sprintf("%s/%s", v, suite.name), func(t *testing.T) {
				for _, capacity := range capacities(suite.name) {
					cfg := config(v)
					suite.set(&cfg)
					cfg.In, cfg.Out, cfg.Tickets = capacity, capacity, 2
					tryLink(t, cfg, 0)
				}
				cfg := config(v)
				suite.set(&cfg)
				tryLink(t, cfg, 1)
			})
		}
	}
}

// capacities are 1 to 64 and some big ones; a long chain takes time. A server's
// ChangeCipherSpec of 6 bytes comes behind its HelloRetryRequest, which is all
// that the client waits for to answer: where it fits no two buffers both ends
// wait for room (bugs.txt F16).
func capacities(suite string) []int {
	list := []int{100, 1000, 4096, 17000, 50000}
	if suite == "long-chains" {
		return append(list, 7)
	}
	least := 1
	if strings.HasSuffix(suite, "retry") {
		least = (wire.HeaderLen + len(ccsBody)) / 2
	}
	for n := least; n <= 64; n++ {
		list = append(list, n)
	}
	return list
}

// tryLink shakes hands and passes data both ways, and moves so many bytes at a time, or all.
func tryLink(t *testing.T, cfg model.EngineConfig, step int) {
	t.Helper()
	p := newLink(t, cfg)
	p.Step = step
	p.Shake()
	for _, from := range []model.Role{model.Client, model.Server} {
		p.Pass(from, strings.Repeat(from.String(), 50))
	}
	for r, e := range p.ends {
		if e.Unsent() != 0 || e.HasPending() {
			t.Errorf("capacity %d: the %s keeps %d bytes back", cfg.In, model.Role(r), e.Unsent())
		}
	}
}

// Handshake messages may be cut over records at any place.
func TestHandshakeMessagesSplitOverRecords(t *testing.T) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		for _, n := range []int{1, 2, 3, 4, 5, 11, 100, 16384} {
			cfg := config(v)
			cfg.ServerChain, cfg.ClientChain, cfg.ClientAuth = 20000, 400, true
			cfg.HandshakeRecord, cfg.Tickets = n, 2
			tryLink(t, cfg, 0)
		}
	}
}

func BenchmarkTLSHandshake(b *testing.B) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		b.Run(v.String(), func(b *testing.B) {
			cfg := config(v)
			cfg.In, cfg.Out = 4096, 4096
			p := newLink(b, cfg)
			buf := make([]byte, 4096)
			cfgs := [2]model.EngineConfig{p.ends[0].cfg, p.ends[1].cfg}
			b.ReportAllocs()
			for b.Loop() {
				p.ends[0].Reset(&cfgs[0])
				p.ends[1].Reset(&cfgs[1])
				for !p.ends[0].InitFinished() || !p.ends[1].InitFinished() {
					p.ends[0].Handshake()
					p.ends[1].Feed(buf[:p.ends[0].Drain(buf)])
					p.ends[1].Handshake()
					p.ends[0].Feed(buf[:p.ends[1].Drain(buf)])
				}
			}
		})
	}
}

func BenchmarkTLSRecord(b *testing.B) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		b.Run(v.String(), func(b *testing.B) {
			cfg := config(v)
			cfg.In, cfg.Out = 4096, 4096
			p := newLink(b, cfg)
			p.Shake()
			data, buf := make([]byte, 100), make([]byte, 4096)
			b.ReportAllocs()
			b.SetBytes(100)
			for b.Loop() {
				p.ends[0].Write(data)
				p.ends[1].Feed(buf[:p.ends[0].Drain(buf)])
				if n, st := p.ends[1].Read(buf); n != 100 || st != model.OK {
					b.Fatal(n, st)
				}
			}
		})
	}
}
