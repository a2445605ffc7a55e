//go:build linux && amd64

package kernel

import (
	"errors"
	"fmt"

	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/program/observer"
)

// An insight is what is known of the program's TLS library: which link each connection belongs to.
// What the observer has seen is told in front of the next call of the process, so that it is in order with
// the calls. It has no effect on them.
type insight struct {
	blind string // why nothing is seen, or not all
	on    bool
	links map[connection]int
}

// A connection is an SSL of a process.
type connection struct {
	pid int
	ssl uint64
}

// observe puts the observer into the processes of a program that waits.
func (k *Kernel) observe() {
	k.insight.blind = k.opts.Blind
	if k.opts.Observer == nil || k.Err() != nil {
		return
	}
	for _, p := range k.procs {
		t := k.waiting(p)
		if t == nil {
			continue
		}
		plan, partly, err := k.opts.Observer.Survey(p.pid)
		var blind *observer.Blind
		switch {
		case errors.As(err, &blind):
			k.insight.blind = blind.Why
			continue
		case err != nil:
			k.insight.blind = err.Error()
			continue
		}
		k.insight.on, k.insight.blind = true, partly
		until := t.until
		k.fail(k.opts.Observer.Put(k.prog, &t.call, plan))
		t.wait = nil // it makes its call again
		k.calls = 0
		k.settle()
		t.until = until
	}
}

// waiting is a thread of a process that waits; nil if none does.
func (k *Kernel) waiting(p *process) *thread {
	for _, t := range k.threads {
		if t.proc == p && t.wait != nil {
			return t
		}
	}
	return nil
}

// beginInsight begins a run: what was seen before is none of it.
func (k *Kernel) beginInsight() {
	k.insight.links = map[connection]int{}
	if k.insight.blind != "" {
		k.seam.Inside(0, foreign.Insight{Unseen: k.insight.blind})
	}
	for _, p := range k.procs {
		if t := k.waiting(p); k.insight.on && t != nil {
			k.opts.Observer.Read(k.prog, &t.call)
		}
	}
	for _, t := range k.threads {
		t.link = 0
	}
}

// overhear tells what was seen in a process before a thread of it makes a call.
func (k *Kernel) overhear(t *thread) {
	if !k.insight.on || k.seam == nil || len(k.links) == 0 {
		return
	}
	list, lost := k.opts.Observer.Read(k.prog, &t.call)
	if lost > 0 {
		k.seam.Inside(t.link, foreign.Insight{Unseen: fmt.Sprintf("in one turn it called its library so often that %d calls "+
			"and messages are not kept", lost)})
	}
	for i := range list {
		s := &list[i]
		c := connection{t.proc.pid, s.SSL}
		if s.Freed {
			delete(k.insight.links, c)
			continue
		}
		k.seam.Inside(k.linkOf(t, s, c), s.Insight)
	}
	if f := t.file(0); f != nil {
		if l := k.linkAt(f); l >= 0 {
			t.link = l
		}
	}
}

// linkOf is the link that something belongs to that was seen of a connection: that of its socket, or
// else, for one that writes to memory, the link of the call that its thread had made when it was first seen.
func (k *Kernel) linkOf(t *thread, s *observer.Sight, c connection) int {
	if f := t.proc.at(s.FD); f != nil {
		if l := k.linkAt(f); l >= 0 {
			k.insight.links[c] = l
		}
	}
	l, known := k.insight.links[c]
	if !known {
		l = t.link
		k.insight.links[c] = l
	}
	return l
}

// linkAt is the link whose end a file is; -1 if it is none's.
func (k *Kernel) linkAt(f *file) int {
	for i := range k.links {
		if s := k.links[i].socket; s != nil && f.node == s {
			return i
		}
	}
	return -1
}
