package tls

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// A dice draws numbers that follow from its seed.
type dice uint64

func (d *dice) below(n int) int {
	*d += oddA
	return int(mix(uint64(*d), oddB) % uint64(n))
}

// A workload is two ends that do at random what their version allows, over buffers of random
// sizes. There are no faults, so no engine may fail, and what goes in comes out.
type workload struct {
	*link
	dice
	sent, got [2][]byte // by sender
	retry     [2]int
}

func (w *workload) step() {
	r := model.Role(w.below(2))
	e := w.ends[r]
	w.queues[r].Clear()
	busy := !e.InitFinished() && e.facts&ifAgain != 0 // then only Read may meet data
	switch w.below(12) {
	case 0, 1, 2:
		if !busy {
			w.writeSome(r)
		}
	case 3, 4, 5:
		buf := make([]byte, 1+w.below(300))
		n, st := e.Read(buf)
		w.got[r.Peer()] = append(w.got[r.Peer()], buf[:n]...)
		w.healthy("read", r, st)
	case 6, 7, 8, 9:
		if n := 1 + w.below(100); n < 64 {
			w.Carry(r, n)
		} else {
			w.Move(r)
		}
	case 10:
		if !busy {
			w.healthy("handshake", r, e.Handshake())
		}
	case 11:
		if w.below(4) == 0 && e.InitFinished() && w.retry[r] == 0 {
			w.begin(r)
		}
	}
}

// writeSome writes the next bytes of an endless pattern, or repeats what the
// engine has not confirmed.
func (w *workload) writeSome(r model.Role) {
	n := w.retry[r]
	if n == 0 {
		n = w.below(80)
	}
	data := make([]byte, n)
	for i := range data {
		data[i] = byte((len(w.sent[r]) + i) * 7)
	}
	k, st := w.ends[r].Write(data)
	w.healthy("write", r, st)
	w.retry[r] = 0
	if st != model.OK {
		w.retry[r] = n
	}
	w.sent[r] = append(w.sent[r], data[:k]...)
}

func (w *workload) begin(r model.Role) {
	e := w.ends[r]
	switch {
	case e.cfg.Version == model.TLS12:
		if st := e.Renegotiate(); st != model.Failed || !e.stale.local {
			w.healthy("renegotiate", r, st)
		}
	case e.Unsent() > 0:
	case r == model.Server && e.facts&(ifPost|ifAsked) == ifPost && !e.owesUpdate:
		w.healthy("authenticate", r, e.Authenticate())
	default:
		w.healthy("key update", r, e.KeyUpdate(w.below(2) == 0))
	}
}

func (w *workload) healthy(what string, r model.Role, st model.Status) {
	if st == model.Failed || st == model.Closed {
		w.t.Fatalf("%s of the %s: %s: %v", what, r, st, w.ends[r].Err())
	}
}

// quiesce lets everything arrive.
func (w *workload) quiesce() {
	for range 20000 {
		for _, r := range []model.Role{model.Client, model.Server} {
			w.queues[r].Clear()
			if w.retry[r] > 0 && w.ends[r].InitFinished() {
				w.writeSome(r)
			}
			buf := make([]byte, 1000)
			n, st := w.ends[r].Read(buf)
			w.got[r.Peer()] = append(w.got[r.Peer()], buf[:n]...)
			w.healthy("read", r, st)
			w.Move(r)
		}
		if w.settled() || w.jammed() {
			return
		}
	}
	w.t.Fatalf("it does not settle: client %s, server %s, sent %d and %d, got %d and %d",
		w.ends[0].State(), w.ends[1].State(), len(w.sent[0]), len(w.sent[1]),
		len(w.got[0]), len(w.got[1]))
}

func (w *workload) settled() bool {
	for r, e := range w.ends {
		if !e.InitFinished() || e.Unsent() > 0 || w.retry[r] > 0 ||
			len(w.got[r]) != len(w.sent[r]) {
			return false
		}
	}
	return w.quiet()
}

// jammed is the deadlock of bugs.txt F16, which no pump can avoid: both ends have
// a flight that does not fit, OpenSSL's read does not read on before it has
// left, and so neither makes room for the other. Data is not lost by it.
func (w *workload) jammed() bool {
	for _, e := range w.ends {
		if !e.flight || e.out.Room() > 0 || e.in.Room() > 0 {
			return false
		}
	}
	return true
}

func TestWorkload(t *testing.T) {
	jams := 0
	for seed := range 600 {
		d := dice(seed)
		cfg := config(model.Version(d.below(2)))
		suites[d.below(4)].set(&cfg)
		cfg.In, cfg.Out = 1+d.below(200), 1+d.below(200)
		cfg.MaxRecord, cfg.HandshakeRecord = 1+d.below(100), d.below(50)
		cfg.Tickets, cfg.PartialWrite = d.below(3), d.below(2) == 0
		cfg.Traits.AnswerAtRead = d.below(2) == 0
		cfg.PostAuth, cfg.Retry = d.below(2) == 0, d.below(4) == 0
		if d.below(3) == 0 {
			cfg.Traits.Renegotiation, cfg.Traits.RefusalIsWarning = model.RenegRefuse, true
		}
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := &workload{link: newLink(t, cfg), dice: d}
			for range 1500 {
				w.step()
			}
			w.quiesce()
			if w.jammed() {
				jams++
			}
			for r := range w.sent {
				if !bytes.HasPrefix(w.sent[r], w.got[r]) && !bytes.HasPrefix(w.got[r], w.sent[r]) {
					t.Errorf("the %s's data came out changed", model.Role(r))
				}
			}
		})
	}
	if jams > 30 {
		t.Errorf("%d of 600 links jammed; want a few", jams)
	}
}
