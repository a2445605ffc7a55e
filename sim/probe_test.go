package sim

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/tls"
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A probe is a pump that does what a test says. With it a test holds both
// ends of a link in its hands: socket, engine, loop and app.
type probe struct {
	model.Env
	told   []model.Events        // what the loop has told it
	ready  func(ev model.Events) // done in each turn, if not nil
	takes  int                   // how much it takes of each Write
	during func()                // done in each Write, before it takes, if not nil
	wrote  []byte                // what it took
	paused []bool                // what the app has asked of it
	closed []string
}

func (p *probe) Ready(ev model.Events) {
	p.told = append(p.told, ev)
	if p.ready != nil {
		p.ready(ev)
	}
}

func (p *probe) Write(b []byte) int {
	if p.during != nil {
		p.during()
	}
	n := min(len(b), p.takes)
	p.wrote = append(p.wrote, b[:n]...)
	return n
}

func (p *probe) PauseRead(on bool) { p.paused = append(p.paused, on) }
func (p *probe) CloseWrite()       { p.closed = append(p.closed, "half") }
func (p *probe) Close()            { p.closed = append(p.closed, "whole") }

// last is what the loop told the probe last, and forgets it.
func (p *probe) last() string {
	if len(p.told) == 0 {
		return "nothing"
	}
	ev := p.told[len(p.told)-1]
	p.told = nil
	return ev.String()
}

// send sends raw bytes and answers how many were taken.
func (p *probe) send(b []byte) int {
	n, _ := p.Socket.Send(b)
	return n
}

// recv receives all there is, raw, and says how it ended.
func (p *probe) recv() (got []byte, end model.IOStatus) {
	buf := make([]byte, 1000)
	for {
		n, st := p.Socket.Recv(buf)
		if st != model.IOOK {
			return got, st
		}
		got = append(got, buf[:n]...)
	}
}

// carry drives the probe's engine: handshake, output, input.
func (p *probe) carry() {
	p.Engine.Handshake()
	buf := make([]byte, 1<<15)
	for n := p.Engine.Drain(buf); n > 0; n = p.Engine.Drain(buf) {
		p.send(buf[:n])
	}
	got, _ := p.recv()
	p.Engine.Feed(got)
	p.Engine.Handshake()
}

// A bench is a world whose ends are probes.
type bench struct {
	*World
	t      *testing.T
	probes []*probe
}

// benchConfig is a comfortable world, which tests make worse.
func benchConfig() script.Config {
	return script.Config{Pump: "probe", Peer: "probe", Engine: "model", PeerEngine: "model",
		Scenario: "bench", Under: model.Server, Links: 1, Seed: 1,
		Sizes: script.Sizes{Bio: 8192, Pipe: 8192, Queue: 8192, Chunk: 8192, Flight: 16384,
			Window: 16384, Record: 16384, Linger: 16}}
}

// newBench builds a world of probes.
func newBench(t *testing.T, change func(*script.Config)) *bench {
	t.Helper()
	b := &bench{World: NewWorld(), t: t}
	cfg := benchConfig()
	if change != nil {
		change(&cfg)
	}
	spec := &model.Spec{Name: "probe", New: func(env model.Env) model.Pump {
		p := &probe{Env: env, takes: 1 << 20}
		b.probes = append(b.probes, p)
		return p
	}}
	lib := tls.NewModels()
	parts := Parts{Pump: spec, Peer: spec, Engine: lib, PeerEngine: lib}
	if err := b.Reset(&cfg, &parts, oracle.EveryProperty); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) client() *probe { return b.probes[0] }
func (b *bench) server() *probe { return b.probes[1] }

// do does actions, written as in a script; each must be enabled.
func (b *bench) do(lines ...string) {
	b.t.Helper()
	for _, line := range lines {
		a := b.action(line)
		if !b.Can(a) {
			b.t.Fatalf("%q must be enabled, and is not", line)
		}
		b.step(a)
	}
}

// cannot says that actions must not be enabled.
func (b *bench) cannot(lines ...string) {
	b.t.Helper()
	for _, line := range lines {
		if b.Can(b.action(line)) {
			b.t.Fatalf("%q is enabled, and must not be", line)
		}
	}
}

func (b *bench) action(line string) script.Action {
	b.t.Helper()
	a, err := script.ParseAction(line)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// sync makes the enabled set see what a test did outside of an action.
func (b *bench) sync() { b.refreshAll() }

// poll polls an end and wants to be told exactly that.
func (b *bench) poll(end, want string) {
	b.t.Helper()
	b.do("poll " + end)
	p := b.probes[b.action("poll "+end).On]
	if got := p.last(); got != want {
		b.t.Errorf("poll %s: the pump was told %s; want %s", end, got, want)
	}
}

// shake lets the engines of all links finish their handshakes.
func (b *bench) shake() {
	b.t.Helper()
	for range 10 {
		for i, p := range b.probes {
			p.carry()
			b.sync()
			if to := (script.Action{Verb: script.Deliver, On: script.End(i).Peer(), Arg: script.All}); b.Can(to) {
				b.step(to)
			}
		}
	}
	for i, p := range b.probes {
		if !p.Engine.InitFinished() {
			b.t.Fatalf("the %s's handshake does not end", p.Role)
		}
		b.step(script.Action{Verb: script.Spurious, On: script.End(i), Arg: 1}) // a turn: its app may go on
	}
}

// record is a raw record with that much body.
func record(typ byte, body int) []byte {
	return wire.AppendRecord(nil, typ, wire.TLS12, []byte(strings.Repeat("x", body)))
}
