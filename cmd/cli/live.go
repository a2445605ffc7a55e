package cli

import (
	"fmt"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/live"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A liveHunt is a hunt that is served with --http; without it nothing is.
type liveHunt struct {
	board  *live.Board
	server *live.Server
}

// serve begins to serve the hunt's page, if that is wanted. It says where.
func (f *huntFlags) serve(p *program, h *hunt.Hunt) (l liveHunt, err error) {
	if f.http == "" {
		if f.open {
			return l, fmt.Errorf("got --http-open without --http; want the address to serve at")
		}
		return l, nil
	}
	l.board = live.NewBoard(f.about(h))
	l.board.Picture = p.drawFind
	if l.server, err = live.Serve(f.http, f.open, l.board); err != nil {
		return l, fmt.Errorf("--http: %w", err)
	}
	fmt.Fprintf(p.err, "live page: %s\n", l.server.URL)
	return l, nil
}

// about says what is hunted; --fixed may change it once more.
func (f *huntFlags) about(h *hunt.Hunt) live.About {
	return live.About{Pump: f.pump, Engine: f.engine, TLS: f.tls, Scenario: f.scenario,
		Strategy: f.strategy, Seed: f.seed, Schedules: h.Schedules, Time: f.time}
}

// drawFind makes the page of a find. It shares nothing with the hunt: real
// libraries run in a process of their own first.
func (p *program) drawFind(s *script.Script) ([]byte, error) {
	c := p.catalog()
	pump, err := c.Pump(s.Config.Pump)
	if err != nil {
		return nil, err
	}
	r, err := run.NewRunner(c, run.Options{Pump: pump})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	out, err := contained(r, s, run.ReplayOptions{Trace: true})
	if err != nil {
		return nil, err
	}
	if out.Lost {
		return nil, fmt.Errorf("the process that ran it died: there is no trace")
	}
	return story.Page(story.Tell(s, &out))
}

// watch has the hunt tell the board how far it is and what it finds.
func (l *liveHunt) watch(f *huntFlags, h *hunt.Hunt) {
	if l.board == nil {
		return
	}
	l.board.Describe(f.about(h))
	progress, found := h.Progress, h.Found
	h.Progress = func(s hunt.Stats) {
		l.board.Progress(s)
		if progress != nil {
			progress(s)
		}
	}
	h.Found = func(find *hunt.Failure) error {
		before := len(f.saved)
		err := found(find)
		if n := len(f.saved); n > before {
			l.board.Found(find, f.saved[n-1])
		}
		return err
	}
}

// close ends the page with the hunt.
func (l *liveHunt) close() {
	if l.server != nil {
		l.server.Close()
	}
}
