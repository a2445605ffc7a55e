package guard

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// maxLost is how many children a hunt may lose. A library that crashes everywhere would
// otherwise make very many scripts of the same crash.
const maxLost = 64

// Hunt is h.Run in children, one after the other, with the libraries of these names in the
// place of the hunt's own Engine and PeerEngine. It makes the same schedules and finds the same
// failures.
//
// If a child crashes, hangs or is killed, its schedule is lost. That schedule is run once more,
// alone, so that its actions become known, and is a failure with the property crash.
func (g *Guard) Hunt(ctx context.Context, h *hunt.Hunt, e Engines) (rep hunt.Report, err error) {
	c := &chase{guard: g, hunt: h, rep: &rep, begin: time.Now(), job: huntJob{Pump: h.Pump.Name,
		Engine: e.Engine, PeerEngine: e.Peer, Scenario: h.Scenario, TLS: h.TLS,
		Profile: h.Profile, Seed: h.Seed, Schedules: h.Schedules, Watch: h.Watch,
		First: h.First, Until: h.Until, Unshrunk: h.Unshrunk, Strategy: h.Strategy}}
	if h.Peer != nil {
		c.job.Peer = h.Peer.Name
	}
	if c.job.Watch == 0 {
		c.job.Watch = oracle.EveryProperty
	}
	for more := true; more && err == nil; {
		more, err = c.child(ctx)
	}
	rep.Elapsed = time.Since(c.begin)
	if rep.Schedules > 0 {
		c.atlas.Add(rep.Schedules-1, sim.Sighting{}) // the last ones may have shown nothing new
	}
	rep.Coverage = h.Covered(&c.atlas)
	return rep, err
}

// Engines names the libraries of the end under test and of its peer; an empty Peer is the same.
type Engines struct{ Engine, Peer string }

// A chase is a hunt in children, seen from their parent.
type chase struct {
	guard *Guard
	hunt  *hunt.Hunt
	rep   *hunt.Report
	job   huntJob
	begin time.Time
	lost  int
	atlas sim.Atlas // what all children have reached
	ran   bool      // the present child has begun a schedule
}

// child lets one child hunt until it ends or dies. more says that the next one must go on.
func (c *chase) child(ctx context.Context) (more bool, err error) {
	c.job.From, c.job.Steps, c.ran = c.rep.Schedules, c.rep.Steps, false
	p, err := c.guard.start(job{Hunt: &c.job})
	if err != nil {
		return false, err
	}
	for {
		m, ok := p.next(ctx.Done())
		if !ok {
			return c.died(ctx, p.end())
		}
		done, err := c.heard(&m)
		if err != nil {
			p.kill()
		}
		if done || err != nil {
			p.end()
			return false, err
		}
	}
}

// heard handles a message of a hunting child.
func (c *chase) heard(m *message) (done bool, err error) {
	switch {
	case m.Start != nil:
		c.ran = true
		c.rep.Schedules, c.rep.Steps = m.Start.Schedule, m.Start.Steps
		c.rep.Elapsed = time.Since(c.begin)
		c.rep.Reached(&c.atlas)
		c.hunt.ReportProgress(*c.rep)
	case m.Far != nil:
		c.hunt.ReportShrink(*c.rep, *m.Far)
	case m.Saw != nil:
		c.atlas.Add(m.Saw.Schedule, m.Saw.Sighting)
	case m.Failure != nil:
		return false, c.found(m.Failure)
	case m.Report != nil:
		r := m.Report
		c.rep.Schedules, c.rep.Steps, c.rep.Interrupted = r.Schedules, r.Steps, r.Interrupted
		return true, nil
	case m.Error != nil:
		return true, m.Error.err()
	}
	return false, nil
}

// found handles a child's failure. The next child does not look for its property any more.
func (c *chase) found(m *failureMessage) error {
	s, err := script.Parse(strings.NewReader(m.Script), "child")
	if err != nil {
		return fmt.Errorf("fuzz: a child's failure can't be read: %w", err)
	}
	s.Lines, s.Story = nil, m.Story
	c.job.Watch = c.job.Watch.Without(m.Result.Violation.Property)
	return c.keep(&hunt.Failure{Schedule: m.Schedule, Original: m.Original, Shrunk: m.Shrunk,
		Script: s,
		Result: m.Result, Story: m.Story, Strategy: m.Strategy},
		hunt.Stats{Schedules: m.Schedules, Steps: m.Steps})
}

// keep reports a failure.
func (c *chase) keep(f *hunt.Failure, s hunt.Stats) error {
	s.Elapsed = time.Since(c.begin)
	f.Seed, f.Stats = c.hunt.Seed, s
	return c.hunt.ReportFailure(f, c.rep)
}

// died makes a failure of the schedule in which a child died. The hunt goes on with the next
// schedule.
func (c *chase) died(ctx context.Context, d *death) (more bool, err error) {
	if !c.ran {
		return false, fmt.Errorf("fuzz: a child process died before its first schedule: %s", d.how)
	}
	n := c.rep.Schedules
	if err := c.lose(n, d); err != nil {
		return false, err
	}
	c.rep.Schedules = n + 1
	c.rep.Interrupted = ctx.Err() != nil
	if c.lost++; c.lost >= maxLost {
		return false, fmt.Errorf("fuzz: %d child processes died; the last one: %s", c.lost, d.how)
	}
	over := c.hunt.Schedules != 0 && n+1 >= c.hunt.Schedules
	lost := c.rep.Failures[len(c.rep.Failures)-1].Result.Violation.Property
	return !over && !c.hunt.Enough(lost) && !c.rep.Interrupted && c.job.Watch != 0, nil
}

// lose makes a failure of the schedule in which a child died.
func (c *chase) lose(n uint64, d *death) error {
	again, err := c.alone(n)
	if err != nil {
		return err
	}
	if again.failure != nil {
		// The schedule itself does not kill a child: it broke a property, and the first
		// child died when it shrank the script.
		again.failure.Story = append(again.failure.Story, "not shrunk: the process that tried died: "+d.how)
		return c.found(again.failure)
	}
	s := again.script
	s.Found = c.hunt.Discovery(n + 1)
	s.Property = oracle.Crash.String()
	s.Story = []string{fmt.Sprintf("crash: the process that ran schedule %d of seed %d died: %s",
		n, c.hunt.Seed, d.how), again.says()}
	s.Story = append(s.Story, d.places()...)
	stats := hunt.Stats{Schedules: n + 1, Steps: c.rep.Steps}
	return c.keep(&hunt.Failure{Schedule: n, Original: len(s.Actions), Script: s,
		Result: crashOf(s, d.how), Story: s.Story}, stats)
}

// A rerun is the result of a schedule that was run alone.
type rerun struct {
	script  *script.Script
	died    *death          // nil: it was survived
	failure *failureMessage // what it broke, if it was survived
}

func (r *rerun) says() string {
	if r.died == nil {
		return "run alone in another process it does no harm: what ran before it has a part in it, " +
			"or somebody killed the process"
	}
	return "run alone in another process the same happens: " + r.died.how
}

// alone runs one schedule in a new child, which tells each action.
func (c *chase) alone(n uint64) (*rerun, error) {
	j := c.job
	j.From, j.Schedules, j.Alone = n, n+1, true
	p, err := c.guard.start(job{Hunt: &j})
	if err != nil {
		return nil, err
	}
	r := &rerun{script: &script.Script{}}
	for {
		m, ok := p.next(nil)
		switch {
		case !ok:
			r.died = p.end()
			return r, r.missing(n)
		case m.Error != nil:
			p.end()
			return nil, m.Error.err()
		case m.Report != nil:
			p.end()
			return r, r.missing(n)
		case m.Failure != nil:
			r.failure = m.Failure
		default:
			if err := r.heard(&m); err != nil {
				p.kill()
				p.end()
				return nil, err
			}
		}
	}
}

// heard adds to the script what the child tells. A run that is repeated begins with its world
// again.
func (r *rerun) heard(m *message) (err error) {
	switch {
	case m.World != "":
		r.script, err = script.Parse(strings.NewReader(m.World), "child")
	case m.Action != "":
		var a script.Action
		a, err = script.ParseAction(m.Action)
		r.script.Actions = append(r.script.Actions, a)
	}
	return err
}

// missing is the error of a schedule whose script is not known.
func (r *rerun) missing(n uint64) error {
	if r.script.Config.Pump != "" {
		return nil
	}
	how := "it said nothing of it"
	if r.died != nil {
		how = r.died.how
	}
	return fmt.Errorf("fuzz: a child process died before schedule %d: %s", n, how)
}
