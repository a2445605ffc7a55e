// Package guard runs hunts, replays, confirmations and shrinks in child processes. A library
// that crashes or hangs there costs one schedule and not the hunt.
//
// A [Guard] is the parent's side. A child is a process that calls [Serve]. The two exchange
// lines of JSON: see job and message.
package guard

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/shrink"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Guard runs hunts, replays, confirmations and shrinks in child processes, which may crash,
// hang or be killed.
type Guard struct {
	// Command makes a command that starts a child: a process that calls Serve with its stdin
	// and stdout, and then exits.
	Command func() *exec.Cmd
	// Patience is how long a child may send nothing before it counts as hung and is killed; 0
	// means 10 seconds. It is real time, but no run depends on it.
	Patience time.Duration
}

func (g *Guard) patience() time.Duration {
	if g.Patience > 0 {
		return g.Patience
	}
	return 10 * time.Second
}

// A process is a child, seen from its parent.
type process struct {
	cmd      *exec.Cmd
	in       io.WriteCloser
	messages chan message
	last     *head
	timer    *time.Timer
	patience time.Duration
	hung     bool
}

// start starts a child and gives it a job.
func (g *Guard) start(j job) (*process, error) {
	p := &process{cmd: g.Command(), messages: make(chan message, 64), last: &head{},
		patience: g.patience()}
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	p.cmd.Stderr = p.last
	p.cmd.WaitDelay = time.Second
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("fuzz: a child process can't be started: %w", err)
	}
	p.timer = time.NewTimer(p.patience)
	go p.listen(out)
	_, _ = p.in.Write(append(text, '\n')) // if the child is dead, next says so
	return p, nil
}

// listen reads a child's messages. A crash may end one in the middle of a line, which is
// ignored.
func (p *process) listen(out io.Reader) {
	defer close(p.messages)
	for lines := bufio.NewReader(out); ; {
		text, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(text, &m) == nil {
			p.messages <- m
		}
	}
}

// next waits for a message. It is not ok if the child is dead, or hangs, and then it is killed.
// When stop closes the child is asked to end.
func (p *process) next(stop <-chan struct{}) (m message, ok bool) {
	p.timer.Reset(p.patience)
	for {
		select {
		case m, ok = <-p.messages:
			return m, ok
		case <-stop:
			p.in.Close()
			stop = nil
		case <-p.timer.C:
			p.hung = true
			p.kill()
			return m, false
		}
	}
}

func (p *process) kill() { _ = p.cmd.Process.Kill() }

// A death is how a child died: in a line, and what it had printed on stderr.
type death struct{ how, printed string }

// places says in a line of a story where in its source the pump was that took the child along.
func (d *death) places() (lines []string) {
	var out run.Outcome
	if out.Die(d.printed); len(out.Places) > 0 {
		lines = append(lines, "look at "+out.Where())
	}
	return lines
}

// end waits for the end of a child that is dead or has done its job. It says how the child died.
func (p *process) end() *death {
	p.timer.Stop()
	p.in.Close()
	watchdog := time.AfterFunc(p.patience, p.kill)
	for range p.messages { // Wait must come after stdout is closed
	}
	_ = p.cmd.Wait()
	watchdog.Stop()
	if p.hung {
		return &death{how: fmt.Sprintf("it was silent for %s and was killed", p.patience)}
	}
	d := &death{p.cmd.ProcessState.String(), string(p.last.text)}
	if line := p.last.line(); line != "" {
		d.how += ": " + line
	}
	return d
}

// ask gives a job to a child and waits for its answer. If there is none, died says how the
// child died; otherwise it is nil.
func (g *Guard) ask(j job) (m message, died *death, err error) {
	return g.follow(j, nil, nil)
}

// follow is ask for a long job: far is told how far it is, and when stop closes the child ends
// the job.
func (g *Guard) follow(j job, stop <-chan struct{}, far func(shrink.Shrunk)) (
	m message, died *death, err error) {

	p, err := g.start(j)
	if err != nil {
		return m, nil, err
	}
	for {
		var ok bool
		if m, ok = p.next(stop); !ok {
			return m, p.end(), nil
		}
		if m.Far != nil && far != nil {
			far(*m.Far)
		}
		if !m.Beat && m.Far == nil {
			break
		}
	}
	p.end()
	if m.Error != nil {
		return m, nil, m.Error.err()
	}
	return m, nil, nil
}

// Load loads a library in a child, by its name in the catalog, and returns the error if it
// can't.
func (g *Guard) Load(engine string) error {
	_, died, err := g.ask(job{Load: engine})
	if died != nil {
		return fmt.Errorf("fuzz: the process that loaded engine %q died: %s", engine, died.how)
	}
	return err
}

// Replay is run.Replay in a child, without a trace. If the child dies, the outcome is a crash of
// the end under test, and Lost.
func (g *Guard) Replay(s *script.Script, o run.ReplayOptions) (out run.Outcome, err error) {
	o.Trace = false
	m, died, err := g.ask(job{Replay: &scriptJob{string(s.Format()), s.Lines, o}})
	switch {
	case err != nil:
		return out, err
	case died != nil:
		out.Result, out.Lost = crashOf(s, died.how), true
		out.Die(died.printed)
		return out, nil
	}
	return run.Outcome{Result: m.Outcome.Result, Own: m.Outcome.Own, Places: m.Outcome.Places}, nil
}

// Traced is run.Replay with a trace. If one of the libraries may take its process along it runs in
// a child first, and if the child survives it, once more in this process: a trace is not sent.
func (g *Guard) Traced(r *run.Runner, s *script.Script, o run.ReplayOptions) (run.Outcome, error) {
	can, err := r.Catalog().Can(cmp.Or(o.Engine, s.Config.Engine),
		cmp.Or(o.PeerEngine, s.Config.PeerEngine))
	if err == nil && !can.InProcess {
		if out, err := g.Replay(s, o); err != nil || out.Lost {
			return out, err
		}
	}
	o.Trace = true
	return run.Replay(r, s, o)
}

// Confirm is run.Confirm in a child. With an engine it serves as a Hunt's Confirm.
func (g *Guard) Confirm(s *script.Script, engine string) (*run.Confirmation, error) {
	m, died, err := g.ask(job{Confirm: &confirmJob{string(s.Format()), engine}})
	switch {
	case err != nil:
		return nil, err
	case died != nil:
		return &run.Confirmation{Engine: engine, Own: s.Config.Engine,
			What: "the process that ran it died: " + died.how}, nil
	}
	return m.Confirm, nil
}

// Shrink is shrink.Shrink in a child. If the child dies the script stays as it was, and the
// error says so.
func (g *Guard) Shrink(ctx context.Context, s *script.Script, o shrink.Options) (
	shrink.Shrunk, error) {

	m, died, err := g.follow(job{Shrink: &shrinkJob{string(s.Format()), o.Runs}}, ctx.Done(),
		o.Progress)
	switch {
	case err != nil:
		return shrink.Shrunk{}, err
	case died != nil:
		return shrink.Shrunk{}, fmt.Errorf("fuzz: the process that shrank it died: %s; "+
			"it stays as it was", died.how)
	}
	out, err := script.Parse(strings.NewReader(m.Shrunk.Script), "child")
	if err != nil {
		return shrink.Shrunk{}, fmt.Errorf("fuzz: a child's script can't be read: %w", err)
	}
	s.Config, s.Actions, s.Lines, s.Property = out.Config, out.Actions, nil, out.Property
	return m.Shrunk.Shrunk, nil
}

// crashOf is the result of a script that killed its process.
func crashOf(s *script.Script, died string) sim.Result {
	f := oracle.Finding{Property: oracle.Crash, End: int(s.Config.Under),
		Detail: "the process died: " + died}
	n := len(s.Actions)
	return sim.Result{Found: true, Violation: sim.Violation{Finding: f, Step: n}, Steps: n,
		Workload: n}
}

// A head keeps the first bytes that are written, enough for the stack of a panic.
type head struct{ text []byte }

// Write implements io.Writer.
func (h *head) Write(p []byte) (int, error) {
	const most = 1 << 16
	h.text = append(h.text, p[:min(len(p), most-len(h.text))]...)
	return len(p), nil
}

// line is the first line that is not empty.
func (h *head) line() string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(h.text), []byte("\n"))
	return strings.TrimSpace(string(line))
}
