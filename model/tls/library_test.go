package tls

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// An engine that was given back is as good as new, and making it costs no
// memory.
func TestModelsRecyclesEngines(t *testing.T) {
	lib := NewModels()
	cfg := config(model.TLS12)
	cfg.ServerChain = 2000
	server := cfg
	server.Role = model.Server
	buf, data := make([]byte, 30000), []byte("left over")
	run := func() {
		c, _ := lib.New(&cfg)
		s, _ := lib.New(&server)
		for !c.InitFinished() || !s.InitFinished() {
			c.Handshake()
			s.Feed(buf[:c.Drain(buf)])
			s.Handshake()
			c.Feed(buf[:s.Drain(buf)])
		}
		c.Write(data)
		c.Renegotiate()
		lib.Free(c)
		lib.Free(s)
	}
	run()
	if n := testing.AllocsPerRun(20, run); n != 0 {
		t.Errorf("%g allocations a link", n)
	}
	if lib.Name() != "model" || lib.Describe() == "" {
		t.Error("the library has no name")
	}
}

// A recycled engine gives the same bytes as a new one.
func TestRecycledEngineSaysTheSame(t *testing.T) {
	wire := func(e *TLS) string {
		e.Handshake()
		buf := make([]byte, 1000)
		return string(buf[:e.Drain(buf)])
	}
	cfg := config(model.TLS13)
	fresh := newTLS(&cfg)
	want := wire(fresh)
	p := established(t, model.TLS13, nil)
	p.WriteSays(model.Client, []byte("used"), model.OK)
	p.ends[model.Client].Shutdown()
	p.ends[model.Client].Reset(&cfg)
	if got := wire(p.ends[model.Client]); got != want {
		t.Error("the ClientHello of a recycled engine differs")
	}
	other := cfg
	other.Key++
	if wire(newTLS(&other)) == want {
		t.Error("another key gives the same hello")
	}
}

func TestConfigurationsThatMakeNoSense(t *testing.T) {
	for want, spoil := range map[string]func(*model.EngineConfig){
		"buffers":           func(c *model.EngineConfig) { c.In = 0 },
		"no socket":         func(c *model.EngineConfig) { c.Transport = model.Attached },
		"records":           func(c *model.EngineConfig) { c.MaxRecord = 0 },
		"handshake records": func(c *model.EngineConfig) { c.HandshakeRecord = 1 << 15 },
		"chains":            func(c *model.EngineConfig) { c.ServerChain = 1 << 20 },
		"tickets":           func(c *model.EngineConfig) { c.Tickets = -1 },
	} {
		cfg := config(model.TLS12)
		spoil(&cfg)
		if _, err := NewModels().New(&cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v; want one about %s", err, want)
		}
	}
}

// After warm-up no call of a healthy link allocates.
func TestCallsDoNotAllocate(t *testing.T) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		p := established(t, v, nil)
		data, buf := make([]byte, 100), make([]byte, 20000)
		carry := func(from model.Role) {
			p.ends[from.Peer()].Feed(buf[:p.ends[from].Drain(buf[:10000])])
		}
		round := func() {
			p.ends[model.Client].KeyUpdate(true)
			p.queues[model.Client].Clear()
			p.ends[model.Client].Renegotiate()
			p.queues[model.Client].Clear()
			for range 4 {
				for _, r := range []model.Role{model.Client, model.Server} {
					p.ends[r].Write(data)
					carry(r)
					p.ends[r.Peer()].Read(buf)
				}
			}
		}
		round()
		if n := testing.AllocsPerRun(50, round); n != 0 {
			t.Errorf("TLS %s: %g allocations a round", v, n)
		}
	}
}
