package tls

import (
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// every calls f with one engine of each role, version and suite.
func every(f func(e *TLS, name string)) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		for _, role := range []model.Role{model.Client, model.Server} {
			for _, suite := range suites {
				cfg := config(v)
				suite.set(&cfg)
				cfg.Role = role
				f(newTLS(&cfg), role.String()+" "+v.String()+" "+suite.name)
			}
		}
	}
}

// Each state meets each event. What has a row goes where the row says; what
// has none leaves the engine dead with unexpected_message, and never panics.
func TestEveryStateMeetsEveryEvent(t *testing.T) {
	every(func(e *TLS, name string) {
		for at := notStarted; at < dead; at++ {
			for on := helloRequest; on < changeCipherSpec; on++ {
				for _, again := range []cond{0, ifAgain, ifAgain | ifAsked} {
					sweep(t, e, name, at, on, again)
				}
			}
		}
	})
}

// sweep puts the engine in a state and gives it a well-formed message.
func sweep(t *testing.T, e *TLS, name string, at state, on message, again cond) {
	t.Helper()
	cfg := e.cfg
	e.Reset(&cfg)
	e.state, e.facts = at, e.facts|again
	row := e.proto.find(at, on, e.facts)
	e.msgs = append(e.msgs[:0], messages[on].wire, 0, 0, 0)
	n := e.bodyLen(on, cfg.Role.Peer())
	put24(e.msgs[1:], n)
	e.msgs = append(e.msgs, make([]byte, n)...)
	switch on {
	case finished:
		e.verifyData(e.msgs[4:], cfg.Role.Peer())
	case helloRetryRequest:
		copy(e.msgs[4+2:], wire.RetryRandom)
	}
	e.absorb()
	switch {
	case row == nil && e.state != dead:
		t.Errorf("%s: %s in %s has no row, and leads to %s", name, on, at, e.state)
	case row == nil:
		wantAlert(t, e, wire.AlertUnexpectedMessage)
	case row.do == ask:
		if e.state != waitServerHello {
			t.Errorf("%s: %s in %s leads to %s; want a ClientHello", name, on, at, e.state)
		}
	case e.state != row.next:
		t.Errorf("%s: %s in %s leads to %s; want %s", name, on, at, e.state, row.next)
	}
}

// Rows of one cell exclude each other, whatever the configuration; every state
// that a row leads to can be left again; no row is out of reach.
func TestTableIsSound(t *testing.T) {
	used := map[*transition]bool{}
	every(func(e *TLS, name string) {
		for _, policy := range []model.RenegPolicy{model.RenegAllow, model.RenegRefuse, model.RenegIgnore} {
			e.cfg.Traits = model.Traits{Renegotiation: policy, RefusalIsWarning: true}
			facts := factsOf(&e.cfg) | ifAgain | ifAsked
			sound(t, e, name, facts, used)
			facts = facts&^(ifNoOffer|ifNotTaken) | ifOffers | ifTaken
			sound(t, e, name, facts, used)
		}
	})
	for i := range transitions {
		r := &transitions[i]
		if !used[r] {
			t.Errorf("no configuration reaches the row %s %s: %s in %s", r.role, r.version, r.on, r.at)
		}
		if words := protocols[r.role][r.version].wants(r.next, ^cond(0)); words == "nothing" {
			t.Errorf("%s is entered by %s and can't be left", r.next, r.on)
		}
	}
}

// sound fails the test if two rows count at once.
func sound(t *testing.T, e *TLS, name string, facts cond, used map[*transition]bool) {
	for at := range numStates {
		for on := range numMessages {
			count := 0
			for _, r := range e.proto[at][on] {
				if r.when&^facts == 0 {
					used[r] = true
					count++
				}
			}
			if count > 1 {
				t.Errorf("%s: %d rows for %s in %s", name, count, on, at)
			}
		}
	}
}

// No value of an enumeration is without a name.
func TestEveryValueHasAName(t *testing.T) {
	for s := range numStates {
		if s.String() == "" {
			t.Errorf("state %d has no name", s)
		}
	}
	for e := range numMessages {
		if e.String() == "" {
			t.Errorf("event %d has no name", e)
		}
	}
	for f := range numFaults {
		if faultText[f] == "" {
			t.Errorf("fault %d has no text", f)
		}
	}
	if state(99).String() != "state(99)" || message(99).String() != "message(99)" {
		t.Error("values out of range should say so")
	}
}
