package run

import (
	"errors"
	"fmt"
	"slices"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Program is a real program as the catalog knows it.
type Program struct {
	// Name is the word of --program and of scripts, and About a clause.
	Name, About string
	// FindVersion asks for the version that is here, and fails if the program is not. It is ""
	// if the program tells none.
	FindVersion func() (string, error)
	// Version is what FindVersion said when somebody first wanted the program.
	Version string
	// Dialogue is what our end says.
	Dialogue *own.Dialogue
	// Quirks are what it does otherwise than others, in words of programs' descriptions.
	Quirks []string
	// Open makes a session. It starts no process: its Start does. With inside the program's TLS library
	// is watched.
	Open func(m foreign.Mode, inside bool) foreign.Session

	spec model.Spec // stands for it where a pump is asked for
}

// AddProgram makes a program known.
func (c *Catalog) AddProgram(p Program) {
	p.spec = model.Spec{Name: p.Name, About: p.About, Dialogue: p.Dialogue,
		Restrictions: model.Restrictions{NoClient: true}}
	c.programs = append(c.programs, &p)
}

// Programs lists the programs.
func (c *Catalog) Programs() (list []Program) {
	for _, p := range c.programs {
		list = append(list, *p)
	}
	return list
}

// Program finds a program by its name.
func (c *Catalog) Program(name string) (*Program, error) {
	var known []string
	for _, p := range c.programs {
		if p.Name == name {
			return p, p.meet()
		}
		known = append(known, p.Name)
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("fuzz: got program %q; want a system that real programs run on: Linux on amd64", name)
	}
	return nil, unknown("program", name, known)
}

// Subject is the options of a runner for what is under test in a world: a pump or a program.
func (c *Catalog) Subject(cfg *script.Config) (o Options, err error) {
	if cfg.Program != "" {
		o.Program, err = c.Program(cfg.Program)
		return o, err
	}
	o.Pump, err = c.Pump(cfg.Pump)
	return o, err
}

// Caches says whether it keeps something of links that are gone, up to a bound, by its quirk.
func (p *Program) Caches() bool {
	return slices.Contains(p.Quirks, "caches")
}

// meet asks a program for its version, once.
func (p *Program) meet() (err error) {
	if p.FindVersion != nil {
		p.Version, err = p.FindVersion()
	}
	if err == nil {
		p.FindVersion = nil
	}
	return err
}

// session is the runner's session of a program in a mode, for a use. Each has its own, and so have runs
// in which the library is watched. A process that lives on is not.
func (r *Runner) session(p *Program, mode foreign.Mode, use use) foreign.Session {
	inside := r.inside && use == tested && mode != foreign.Living
	for _, s := range r.sessions {
		if s.of == p && s.mode == mode && s.use == use && s.inside == inside {
			return s.Session
		}
	}
	s := session{Session: p.Open(mode, inside), of: p, mode: mode, use: use, inside: inside}
	r.sessions = append(r.sessions, s)
	return s.Session
}

// Repeats runs a program's script on some new processes, and says how many of them fail by its property.
func (r *Runner) Repeats(s *script.Script, times int) (n int, err error) {
	mode := r.Mode
	r.Mode = foreign.Fresh
	defer func() { r.Mode = mode }()
	for range times {
		out, err := Replay(r, s, ReplayOptions{Loose: true})
		if err != nil {
			return n, err
		}
		if out.Result.Found {
			n++
		}
	}
	return n, nil
}

// Cheapest is the fastest mode in which each run of a script begins anew, or nearly: that of
// Copies, or Living for a program that can't be copied.
func (r *Runner) Cheapest(p *Program) foreign.Mode {
	if r.session(p, foreign.Copies, tested).Forks() {
		return foreign.Copies
	}
	return foreign.Living
}

// Renew ends the programs that live on. The next schedule starts new ones.
func (r *Runner) Renew() {
	for _, s := range r.sessions {
		if s.mode == foreign.Living {
			s.Close()
		}
	}
}

// A session is one of a runner.
type session struct {
	foreign.Session
	of     *Program
	mode   foreign.Mode
	use    use
	inside bool
}

// A use is what a session's runs are for.
type use uint8

const (
	tested  use = iota
	quiet       // they show what the program does when nothing interferes
	weighed     // they are repeated: see weigh.go
)

// partsOf adds a program's sessions to the parts of a world.
func (r *Runner) partsOf(p *Program, mode foreign.Mode, parts *sim.Parts) {
	parts.Program, parts.Quiet = r.session(p, mode, tested), r.session(p, foreign.Copies, quiet)
	parts.Dialogue, parts.Quirks = p.Dialogue, p.Quirks
}

// programPeer is the library of our end of a program's links, where none is named: the first that
// speaks TLS on the wire and can attack.
func (c *Catalog) programPeer() (model.Library, error) {
	able := c.EnginesThat(func(can model.Capabilities) bool { return can.RealTLS && can.Attacks })
	if len(able) == 0 {
		return nil, errors.New("fuzz: got no library for the other end of a program; want one that speaks TLS and can attack")
	}
	return c.Engine(able[0])
}

// programFits says why a program and the library of our end do not go together.
func (l *libraries) programFits(p *Program) string {
	if !l.peer.RealTLS {
		return fmt.Sprintf("got peer-engine %q against program %q; want one that speaks TLS on the wire",
			l.peerEngine, p.Name)
	}
	return ""
}

// programScenarios are the workloads against a program. Our end is the client.
func programScenarios() []Scenario {
	return []Scenario{
		{Name: "requests", shape: requests, Why: "pipelined requests and their answers"},
		{Name: "small-buffers", shape: smallBuffers,
			Why: "handshake and answers do not fit the socket, which gets smaller and larger"},
		{Name: "slow-client", shape: slowClient, Why: "large answers for a client that pauses"},
		{Name: "uploads", shape: uploads, Why: "large requests, in pieces of any length"},
		{Name: "key-updates", shape: keyUpdates, Only13: true, Why: "the client updates its keys at any moment"},
		{Name: "renegotiations", shape: renegotiations, Only12: true, Why: "the client asks for a renegotiation at any moment"},
		{Name: "closes", shape: closes, Why: "the client closes, or half-closes, in every phase"},
		{Name: "link-faults", shape: linkFaults, Why: "resets, early ends, closed windows, spurious wakeups"},
		{Name: "damaged-records", shape: damagedRecords, Why: "records that are damaged, repeated, lost, split or injected"},
		{Name: "hostile-client", shape: hostileClient, Needs: model.Capabilities{Attacks: true},
			Why: "the client's engine sends what no honest library would"},
		{Name: "several-links", shape: severalLinks, Why: "two clients at once, of which one may fail"},
		{Name: "floods", shape: floods, Why: "more requests than fit a turn, from a client that reads late or never"},
		{Name: "half-closes", shape: halfCloses, Only13: true,
			Why: "the client says no more, while answers or the close itself have no room"},
	}
}

// ScenariosOf lists the scenarios of a program in a TLS version, 1.2 or 1.3.
func (c *Catalog) ScenariosOf(p *Program, version string) (fit []Scenario, err error) {
	peer, err := c.programPeer()
	if err != nil {
		return nil, err
	}
	o := Options{Program: p, Pump: &p.spec, Engine: peer, TLS: version}
	l := o.libraries()
	fit, _ = fitting(&o, &l)
	return fit, nil
}

// drawForeign makes the world and the plan of a schedule with a program.
func (d *drawer) drawForeign(sc *Scenario) {
	o := d.opts
	d.cfg.Program, d.cfg.ProgramVersion, d.cfg.Pump = o.Program.Name, o.Program.Version, ""
	d.cfg.Under = server
	d.cfg.Version = d.drawVersion(sc, model.Restrictions{})
	if d.rand.OneIn(3) {
		d.cfg.Transport = model.Attached
	}
	d.cfg.WholeWrites, d.cfg.FixedBuffer, d.cfg.Reentrant = d.rand.OneIn(3), d.rand.OneIn(3), d.rand.OneIn(2)
	d.plan.Programs[server] = true
	s := &d.cfg.Sizes
	d.drawSizes()
	s.Chain, s.ClientChain, s.Tickets, d.cfg.Resume, d.cfg.Retry = 0, 0, 0, false, false
	// Only the program is under test: our own end has room for everything. Its records are of all
	// lengths, so that one ends in the middle of what the program reads.
	s.Bio, s.Pipe, s.Queue = 1<<16, 1<<16, 1<<16
	if s.Chunk = dim.record.Default; d.rand.OneIn(2) {
		least := 1 << d.rand.Between(8, 13)
		s.Chunk = d.rand.Between(least, 2*least)
	}
	d.drawOdds()
	d.plan.Steps = d.rand.Between(20, 200)
	d.plan.Most = s.Flight
	sc.shape(d)
	d.swarm()
	d.widen()
	d.hold()
}

// asks are some requests, the first at once.
func (d *drawer) asks(most int) {
	d.set(client, script.Write, 40, uint16(d.rand.Between(1, most)))
	d.plan.Body, d.plan.Answer = d.body(200), d.body(4000)
	if d.rand.OneIn(16) {
		d.plan.Answer = 1 << 20
	}
	d.set(server, script.Thread, 2, 4)
}

func requests(d *drawer) {
	d.asks(8)
	d.set(server, script.Split, 4, 4)
	d.set(server, script.Spurious, 4, 8)
}

// smallBuffers makes the program's send buffer too small for a flight or an answer, from the start
// or from some moment on.
func smallBuffers(d *drawer) {
	d.asks(4)
	if d.rand.OneIn(2) {
		d.cfg.Sizes.Flight = d.rand.Between(64, 2048)
	}
	d.plan.Most = min(d.cfg.Sizes.Flight, 1<<d.rand.Between(4, 11))
	d.set(server, script.Squeeze, 20, 4)
	d.set(server, script.Ease, 10, 4)
	d.set(server, script.Split, 4, 4)
}

func slowClient(d *drawer) {
	d.asks(4)
	d.plan.Answer = 1 << d.rand.Between(10, 20)
	d.set(client, script.Pause, 20, 8)
	d.set(client, script.Resume, 20, 0)
	d.set(client, script.Window, 10, 4)
	d.both(script.Tick, 4, 0)
}

func uploads(d *drawer) {
	d.asks(4)
	d.plan.Body = 1 << d.rand.Between(8, 17)
	d.set(server, script.Window, 10, 4)
}

func keyUpdates(d *drawer) {
	d.asks(6)
	d.set(client, script.KeyUpdate, 20, uint16(d.rand.Between(1, 6)))
	if d.rand.OneIn(4) { // more than a buffer takes the answers of
		d.plan.Updates = 1 << 10
		d.room(1<<13, 1<<16)
	}
	d.squeezes()
}

func renegotiations(d *drawer) {
	d.asks(6)
	d.set(client, script.Renegotiate, 20, uint16(d.rand.Between(1, 3)))
	d.squeezes()
}

// squeezes makes the send buffer small now and then.
func (d *drawer) squeezes() {
	if d.rand.OneIn(2) {
		d.set(server, script.Squeeze, 10, 3)
		d.set(server, script.Ease, 5, 3)
	}
}

func closes(d *drawer) {
	d.asks(4)
	d.cfg.Hasty = d.rand.OneIn(2)
	d.squeezes()
	d.scale(4)
	d.set(client, script.Close, 6, 1)
	if d.rand.OneIn(2) {
		d.set(client, script.Shut, 8, 1)
	}
}

func linkFaults(d *drawer) {
	d.asks(4)
	d.both(script.Window, 6, 0)
	d.both(script.Tick, 6, 0)
	d.set(server, script.Spurious, 16, 40)
	d.scale(8)
	d.both(script.Reset, 1, 1)
	d.both(script.Fin, 1, 1)
}

func damagedRecords(d *drawer) {
	d.asks(4)
	d.scale(4)
	d.set(server, script.Mutate, 6, uint16(d.rand.Between(1, 3)))
	d.mutations()
}

func hostileClient(d *drawer) {
	d.asks(4)
	d.attacks()
	d.squeezes()
}

// severalLinks are two clients. What the program does about one of them must not touch the other: its
// buffers, its errors, its turn.
func severalLinks(d *drawer) {
	d.cfg.Links = 2
	d.asks(6)
	switch d.rand.Below(4) {
	case 0:
		d.set(client, script.Write, 60, uint16(d.rand.Between(20, 40)))
		d.plan.Body, d.plan.Most, d.plan.Steps = 1<<d.rand.Between(16, 17), 256, d.rand.Between(200, 400)
		d.room(1<<12, 1<<16) // a record of 16 KiB may fit, or not
		d.set(server, script.Squeeze, 40, 8)
		if d.rand.OneIn(2) { // each takes all that there is, and then they go on in turn
			d.set(client, script.Pause, 20, 2)
			d.set(client, script.Resume, 0, 0)
		}
		return
	case 1, 2:
		d.set(server, script.Mutate, 8, 1)
		d.mutations()
		return
	}
	d.squeezes()
	if d.rand.OneIn(2) {
		d.scale(4)
		d.set(client, script.Close, 4, 1)
		d.set(server, script.Reset, 1, 1)
	}
}

// floods make the program hold what it can't say. It has to stop reading then, and go on when there
// is room. What ends meanwhile has an answer still to come.
func floods(d *drawer) {
	d.asks(1)
	d.set(client, script.Write, 60, uint16(d.rand.Between(20, 60)))
	d.plan.Body, d.plan.Answer = 1<<d.rand.Between(12, 16), d.body(1000)
	if d.rand.OneIn(2) { // many in a record, or in a turn
		d.plan.Body = 1 << d.rand.Between(2, 8)
	}
	d.plan.Steps = d.rand.Between(100, 300)
	if d.rand.OneIn(2) {
		d.plan.Portions = [...]uint16{1, 1, 1, 13}
	}
	d.set(client, script.Pause, 20, 0)
	d.set(client, script.Resume, 4, 0)
	room := 1 << 14 // the answers don't fit
	switch d.cfg.LastingPause = d.rand.OneIn(3); {
	case d.cfg.LastingPause && d.rand.OneIn(2):
		// More than a program may take in, whatever it buffers.
		d.set(client, script.Write, 100, uint16(d.rand.Between(100, 250)))
		d.set(client, script.Resume, 0, 0)
		d.plan.Body, d.plan.Steps = 1<<17, 500
	case d.rand.OneIn(2):
		// About as much as a buffer takes, and the last of it comes while nothing can be sent.
		d.plan.Body = 1 << 16
		d.set(client, script.Write, 60, uint16(d.rand.Between(8, 20)))
		d.set(client, script.Resume, 0, 0)
		room = 1 << 12
	case d.rand.OneIn(2):
		d.scale(4)
		d.set(client, script.Shut, 8, 1)
		d.set(server, script.Reset, 1, 1)
	}
	d.room(512, room)
}

// room is how much each direction of the link takes.
func (d *drawer) room(least, most int) {
	for _, size := range []*script.Dimension{dim.flight, dim.window} {
		d.fixed = append(d.fixed, fixed{size, d.size(least, most)})
	}
}

func halfCloses(d *drawer) {
	d.asks(4)
	d.plan.Body = 1 << d.rand.Between(0, 17)
	d.plan.Most = 1 << d.rand.Between(5, 11)
	if d.rand.OneIn(2) { // all is answered, and close_notify has no room
		d.plan.Body, d.plan.Most = 1<<d.rand.Between(0, 5), 1<<d.rand.Between(2, 5)
	}
	d.set(server, script.Squeeze, 20, 4)
	d.set(server, script.Ease, 5, 4)
	if d.cfg.LastingPause = d.rand.OneIn(3); d.cfg.LastingPause {
		d.set(client, script.Pause, 20, 0)
		d.set(server, script.Ease, 0, 0)
	}
	d.scale(4)
	d.set(client, script.Shut, 20, 1)
}
