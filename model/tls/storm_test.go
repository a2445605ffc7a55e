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

// A storm is two ends that do at random what their version allows, over
// buffers of random sizes. No faults are made, so no engine may fail, and what
// comes out is what went in.
type storm struct {
	*link
	dice
	sent, got [2][]byte // by sender
	retry     [2]int
}

func (s *storm) step() {
	r := model.Role(s.below(2))
	e := s.ends[r]
	s.queues[r].Clear()
	busy := !e.InitFinished() && e.facts&ifAgain != 0 // then only Read may meet data
	switch s.below(12) {
	case 0, 1, 2:
		if !busy {
			s.writeSome(r)
		}
	case 3, 4, 5:
		buf := make([]byte, 1+s.below(300))
		n, st := e.Read(buf)
		s.got[r.Peer()] = append(s.got[r.Peer()], buf[:n]...)
		s.healthy("read", r, st)
	case 6, 7, 8, 9:
		if n := 1 + s.below(100); n < 64 {
			s.Carry(r, n)
		} else {
			s.Move(r)
		}
	case 10:
		if !busy {
			s.healthy("handshake", r, e.Handshake())
		}
	case 11:
		if s.below(4) == 0 && e.InitFinished() && s.retry[r] == 0 {
			s.begin(r)
		}
	}
}

// writeSome writes the next bytes of an endless pattern, or repeats what the
// engine has not confirmed.
func (s *storm) writeSome(r model.Role) {
	n := s.retry[r]
	if n == 0 {
		n = s.below(80)
	}
	data := make([]byte, n)
	for i := range data {
		data[i] = byte((len(s.sent[r]) + i) * 7)
	}
	k, st := s.ends[r].Write(data)
	s.healthy("write", r, st)
	s.retry[r] = 0
	if st != model.OK {
		s.retry[r] = n
	}
	s.sent[r] = append(s.sent[r], data[:k]...)
}

func (s *storm) begin(r model.Role) {
	e := s.ends[r]
	switch {
	case e.cfg.Version == model.TLS12:
		if st := e.Renegotiate(); st != model.Failed || !e.stale.local {
			s.healthy("renegotiate", r, st)
		}
	case e.Unsent() > 0:
	case r == model.Server && e.facts&(ifPost|ifAsked) == ifPost && !e.owesUpdate:
		s.healthy("authenticate", r, e.Authenticate())
	default:
		s.healthy("key update", r, e.KeyUpdate(s.below(2) == 0))
	}
}

func (s *storm) healthy(what string, r model.Role, st model.Status) {
	if st == model.Failed || st == model.Closed {
		s.t.Fatalf("%s of the %s: %s: %v", what, r, st, s.ends[r].Err())
	}
}

// calm lets everything arrive.
func (s *storm) calm() {
	for range 20000 {
		for _, r := range []model.Role{model.Client, model.Server} {
			s.queues[r].Clear()
			if s.retry[r] > 0 && s.ends[r].InitFinished() {
				s.writeSome(r)
			}
			buf := make([]byte, 1000)
			n, st := s.ends[r].Read(buf)
			s.got[r.Peer()] = append(s.got[r.Peer()], buf[:n]...)
			s.healthy("read", r, st)
			s.Move(r)
		}
		if s.settled() || s.jammed() {
			return
		}
	}
	s.t.Fatalf("it does not settle: client %s, server %s, sent %d and %d, got %d and %d",
		s.ends[0].State(), s.ends[1].State(), len(s.sent[0]), len(s.sent[1]),
		len(s.got[0]), len(s.got[1]))
}

func (s *storm) settled() bool {
	for r, e := range s.ends {
		if !e.InitFinished() || e.Unsent() > 0 || s.retry[r] > 0 ||
			len(s.got[r]) != len(s.sent[r]) {
			return false
		}
	}
	return s.quiet()
}

// jammed is the deadlock of bugzoo F16, which no pump can avoid: both ends have
// a flight that does not fit, OpenSSL's read does not read on before it has
// left, and so neither makes room for the other. Data is not lost by it.
func (s *storm) jammed() bool {
	for _, e := range s.ends {
		if !e.flight || e.out.Room() > 0 || e.in.Room() > 0 {
			return false
		}
	}
	return true
}

func TestStorm(t *testing.T) {
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
			s := &storm{link: newLink(t, cfg), dice: d}
			for range 1500 {
				s.step()
			}
			s.calm()
			if s.jammed() {
				jams++
			}
			for r := range s.sent {
				if !bytes.HasPrefix(s.sent[r], s.got[r]) && !bytes.HasPrefix(s.got[r], s.sent[r]) {
					t.Errorf("the %s's data came out changed", model.Role(r))
				}
			}
		})
	}
	if jams > 30 {
		t.Errorf("%d of 600 links jammed; want a few", jams)
	}
}
