//go:build linux && amd64

package program

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/program/dialogue"
	"github.com/wantwrite/wantwrite/program/kernel"
	"github.com/wantwrite/wantwrite/program/observer"
	"github.com/wantwrite/wantwrite/program/seccomp"
	"golang.org/x/sys/unix"
)

// A Program is a described program that runs. It implements foreign.Program. It belongs to one
// goroutine, which it keeps on one thread.
type Program struct {
	*kernel.Kernel
	desc *Description
	opts Options
	dir  string
	lock *os.File // of the directory, if it is ours
	proc *seccomp.Program
	// guardian starts all processes of the session, one after the other.
	guardian *seccomp.Guardian
	// copies: runs have copies of the process.
	copies bool
	runs   int // that the process has had
	left   int // links that it has not closed when their runs had ended
}

// Supported says why no program can be run here; nil if they can.
func Supported() error { return seccomp.Supported() }

// New makes a session. Nothing is started before Start.
func New(d *Description, o Options) *Program { return &Program{desc: d, opts: o} }

// bootSeed is that of a program's randomness until its first run.
const bootSeed = 1

// mostLeft is how many links a program may keep open after their runs, before it is started anew:
// they count against its limits.
const mostLeft = 16

// Start implements foreign.Program.
func (p *Program) Start(s foreign.Seam) (err error) {
	if p.Kernel != nil && (p.opts.Mode == foreign.Fresh || p.opts.Mode == foreign.Copies && !p.copies || p.Err() != nil || p.left > mostLeft) {
		p.shut()
	}
	if p.Kernel == nil {
		if err := p.boot(); err != nil {
			p.shut()
			return err
		}
	}
	if p.copies {
		if err := p.Fork(); err != nil {
			return err
		}
	}
	p.runs++
	return p.Begin(s)
}

// boot starts a process, lets it run until it waits, and makes a template of it if it can.
func (p *Program) boot() error {
	if err := p.run(kernel.Rules(), nil); err != nil {
		return err
	}
	if !slices.Contains(p.Ports(), p.desc.Port) {
		return fmt.Errorf("program: %s listens on %v; want port %d, where it speaks TLS", p.desc.Name, p.Ports(), p.desc.Port)
	}
	p.copies = p.opts.Mode != foreign.Living && p.Freeze(p.desc.has(idleThreads)) == nil
	return nil
}

// run starts a process and lets it run until it waits. watch, if not nil, sees all calls.
func (p *Program) run(rules []seccomp.Rule, watch func(thread int, call, answer string)) error {
	path, err := p.desc.Path()
	if err != nil {
		return err
	}
	if err := p.settleIn(); err != nil {
		return err
	}
	o := kernel.Options{Port: p.desc.Port, Watch: watch, Services: map[int]*own.Dialogue{},
		Dir: p.dir, Network: p.opts.Network}
	if p.opts.Observe {
		o.Observer, o.Blind = watcher()
	}
	for port, name := range p.desc.Services {
		if o.Services[port], err = dialogue.Named(name); err != nil {
			return err
		}
	}
	env := append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C", "TZ=UTC", "HOME=/", "TMPDIR=."}, p.desc.Env...)
	args := append([]string{filepath.Base(p.desc.Command[0])}, p.desc.Command[1:]...)
	c := &seccomp.Command{Path: path, Args: args, Env: env, Dir: p.dir, Output: p.opts.Output,
		Temporary: p.dir != p.desc.Dir, Network: p.opts.Network, FileSize: 1 << 30}
	if p.guardian == nil {
		if p.guardian, err = seccomp.Guard(c); err != nil {
			return fmt.Errorf("program: %s does not start: %w", p.desc.Name, err)
		}
	}
	c.Guardian = p.guardian
	if p.proc, err = seccomp.Start(c, rules, p.cpu()); err != nil {
		return fmt.Errorf("program: %s does not start: %w", p.desc.Name, err)
	}
	if p.Kernel, err = kernel.New(p.proc, o); err != nil {
		return err
	}
	if err := p.Boot(bootSeed); err != nil {
		return fmt.Errorf("program: %s does not come up: %w", p.desc.Name, err)
	}
	return nil
}

// watcher is the observer, or why there is none. It is compiled when it is first wanted.
func watcher() (o *observer.Observer, blind string) {
	cache, err := os.UserCacheDir()
	if err == nil {
		o, err = observer.Build(filepath.Join(cache, "wantwrite"))
	}
	if err != nil {
		return nil, err.Error()
	}
	return o, ""
}

// Forks says whether runs have copies of a process. It is known once the program has run.
func (p *Program) Forks() bool { return p.copies }

// Memory implements foreign.Session.
func (p *Program) Memory(exact bool) (bytes uint64, runs int) {
	if p.Kernel == nil {
		return 0, 0
	}
	return p.Kernel.Memory(exact), p.runs
}

// settleIn makes the working directory, once.
func (p *Program) settleIn() (err error) {
	if p.dir != "" {
		return nil
	}
	if p.desc.Dir != "" {
		p.dir = p.desc.Dir
		return nil
	}
	if p.dir, p.lock, err = tempDir(); err != nil {
		return err
	}
	return p.desc.furnish(p.dir)
}

// cpu is the CPU of the options, as the system counts.
func (p *Program) cpu() int {
	var allowed unix.CPUSet
	if p.opts.CPU == 0 || unix.SchedGetaffinity(0, &allowed) != nil || allowed.Count() == 0 {
		return seccomp.Here
	}
	left := (p.opts.CPU - 1) % allowed.Count()
	for cpu := 0; ; cpu++ {
		if !allowed.IsSet(cpu) {
			continue
		}
		if left == 0 {
			return cpu
		}
		left--
	}
}

// Slower says in a line what is slower here, or less well kept, than it could be; "" if nothing is.
// It is known once a process was started.
func (p *Program) Slower() string {
	if p.proc == nil {
		return ""
	}
	return p.proc.Slower()
}

// Stop implements foreign.Program.
func (p *Program) Stop() {
	if p.Kernel == nil {
		return
	}
	switch {
	case p.copies:
		p.Kill()
	case p.Err() == nil:
		p.left += p.Quit()
	}
}

// Renew implements foreign.Session.
func (p *Program) Renew() { p.shut() }

// Close ends the session, and the program with it.
func (p *Program) Close() {
	p.shut()
	p.dismiss()
	if p.dir != "" && p.dir != p.desc.Dir {
		os.RemoveAll(p.dir)
		p.lock.Close()
	}
	p.dir = ""
}

// shut ends the process.
func (p *Program) shut() {
	if p.Kernel != nil {
		p.Kernel.Close()
		p.Kernel = nil
	}
	if p.proc != nil {
		p.proc.Close()
		p.proc = nil
	}
	if p.guardian != nil && p.guardian.Gone() {
		p.dismiss()
	}
	p.left, p.runs, p.copies = 0, 0, false
}

// dismiss ends the guardian. The next process gets a new one.
func (p *Program) dismiss() {
	if p.guardian != nil {
		p.guardian.Close()
		p.guardian = nil
	}
}
