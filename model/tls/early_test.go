package tls

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// earlyConfig is a link whose client may send early data.
func earlyConfig(room int) model.EngineConfig {
	cfg := config(model.TLS13)
	cfg.In, cfg.Out, cfg.Tickets = room, room, 1
	cfg.Resume, cfg.EarlyData = true, 400
	return cfg
}

// early sends data early while the server reads in one way or another, and gives
// what that got. The buffers may be small, so both move all the while.
func (p *link) early(data []byte, read func([]byte) (int, model.Status)) (got []byte) {
	p.t.Helper()
	buf, done := make([]byte, 1000), false
	for range 20000 {
		if !done {
			n, st := p.ends[model.Client].WriteEarly(data)
			if done = st == model.OK; st == model.Failed || done && n != len(data) {
				p.t.Fatalf("write early: %d, %s: %v", n, st, p.ends[model.Client].Err())
			}
		} else if st := p.ends[model.Client].Handshake(); st == model.Failed {
			p.t.Fatal(p.ends[model.Client].Err())
		}
		p.Move(model.Client)
		n, st := read(buf)
		if st == model.Failed {
			p.t.Fatal(p.ends[model.Server].Err())
		}
		got = append(got, buf[:n]...)
		p.Move(model.Server)
		if p.ends[model.Client].InitFinished() && p.ends[model.Server].InitFinished() {
			return got
		}
	}
	p.t.Fatalf("no end: client %s, server %s", p.ends[0].State(), p.ends[1].State())
	return nil
}

// Accepted early data comes out once; what is rejected does not, by whomever,
// and the link goes on behind both. So it is in buffers of any size that hold
// what the server answers, which does not wait for the rest.
func TestEarlyDataAtEveryCapacity(t *testing.T) {
	data := bytes.Repeat([]byte("early"), 60)
	for room := 130; room < 1000; room += 29 {
		for _, accept := range []bool{true, false} {
			for _, retry := range []bool{true, false} {
				t.Run(fmt.Sprintf("%d/%v/%v", room, accept, retry), func(t *testing.T) {
					cfg := earlyConfig(room)
					cfg.Retry, cfg.MaxRecord = retry, 60+room%90
					p := newLink(t, cfg)
					got := p.early(data, reader(p.ends[model.Server], accept))
					want, status := data, model.EarlyAccepted
					if !accept || retry {
						want, status = nil, model.EarlyRejected
					}
					if !bytes.Equal(got, want) {
						t.Fatalf("the server got %d bytes; want %d", len(got), len(want))
					}
					for r, e := range p.ends {
						if e.EarlyData() != status {
							t.Errorf("the %s says %s; want %s", model.Role(r), e.EarlyData(), status)
						}
					}
					p.Pass(model.Client, "behind it")
				})
			}
		}
	}
}

// reader reads as a server does that accepts early data, or knows of none.
func reader(e *TLS, accept bool) func([]byte) (int, model.Status) {
	return func(p []byte) (int, model.Status) {
		if accept && e.early < earlyOver {
			return e.ReadEarly(p)
		}
		return e.Read(p)
	}
}

// Both ends keep to the bound: the client that has it from its session, and a
// server whose client does not, whether it takes the data or throws it away.
func TestTooMuchEarlyData(t *testing.T) {
	p := newLink(t, earlyConfig(4000))
	_, st := p.ends[model.Client].WriteEarly(make([]byte, 401))
	p.Want("401 bytes", st, model.Failed)
	wantAlert(t, p.ends[model.Client], wire.AlertInternalError)
	for _, accept := range []bool{true, false} {
		p := newLink(t, earlyConfig(4000))
		p.ends[model.Client].cfg.EarlyData = 1000
		if _, st := p.ends[model.Client].WriteEarly(make([]byte, 600)); st != model.OK {
			t.Fatal(p.ends[model.Client].Err())
		}
		p.Move(model.Client)
		read := reader(p.ends[model.Server], accept)
		_, st := read(make([]byte, 1000))
		p.Want("600 bytes", st, model.Failed)
		wantAlert(t, p.ends[model.Server], wire.AlertUnexpectedMessage)
	}
}

// A server that asks for another ClientHello throws early data away, and like
// OpenSSL takes a full record for one that is too long. No pump is to blame.
func TestFullRecordOfEarlyDataMeetsRetry(t *testing.T) {
	for n, answer := range map[int]model.Status{wire.MaxRecordLen - overhead13: model.WantRead, wire.MaxRecordLen: model.Failed} {
		cfg := earlyConfig(40000)
		cfg.Retry, cfg.EarlyData = true, 20000
		p := newLink(t, cfg)
		if _, st := p.ends[model.Client].WriteEarly(make([]byte, n)); st != model.OK {
			t.Fatal(p.ends[model.Client].Err())
		}
		p.Move(model.Client)
		_, st := p.ends[model.Server].Read(nil)
		p.Want("a record of early data", st, answer)
		if err := p.ends[model.Server].Err(); answer == model.Failed && !errors.Is(err, model.ErrLibrary) {
			t.Errorf("%v; want the library to have failed by itself", err)
		}
	}
}

// Story 81: early data that waits is counted again with each call if some of it is
// in front of the buffer of a handshake, and that may be so though less waits than
// the buffer holds. 10,000 bytes are allowed; ended says after how many calls it was
// too much, 0 that it never was.
func TestEarlyDataIsCountedAgain(t *testing.T) {
	for name, c := range map[string]struct{ room, record, bytes, ended int }{
		"it fits the buffer":                    {200, 512, 3000, 0},
		"it does not":                           {200, 512, 5000, 3},
		"what waits fits, and has no room":      {2000, 512, 4000, 3},
		"the first block has left":              {4200, 512, 4000, 0},
		"a long record goes past the buffer":    {200, 8000, 8000, 2},
		"the rest of a long record has no room": {1000, 4500, 4500, 3},
		"the rest of a long record has room":    {4600, 4500, 4500, 0},
	} {
		for _, trait := range []bool{true, false} {
			cfg := earlyConfig(c.room)
			cfg.MaxRecord, cfg.EarlyData, cfg.Traits.DiesBlocked = c.record, 10000, trait
			client, calls := newLink(t, cfg).ends[model.Client], 1
			for calls < 20 {
				if _, st := client.WriteEarly(make([]byte, c.bytes)); st == model.Failed {
					break
				} else if st != model.WantWrite {
					t.Fatalf("%s: %s; want it to wait for room", name, st)
				}
				calls++
			}
			switch {
			case trait && c.ended > 0:
				if !errors.Is(client.Err(), model.ErrLibrary) || calls != c.ended {
					t.Errorf("%s: after %d calls %v; want %d, and the library to fail by itself", name,
						calls, client.Err(), c.ended)
				}
			case client.Err() != nil:
				t.Errorf("%s, and dies-blocked is %t: %v; want nothing", name, trait, client.Err())
			}
		}
	}
}

// paused is a client that has sent early data, and whose Read has left the server's
// flight in the middle: the ServerHello is read, and the rest of it waits.
func (p *link) paused() *TLS {
	p.t.Helper()
	client, server := p.ends[model.Client], p.ends[model.Server]
	_, st := client.WriteEarly([]byte("early"))
	p.Want("early data", st, model.OK)
	p.Move(model.Client)
	_, st = server.ReadEarly(make([]byte, 100))
	p.Want("the server's read", st, model.OK)
	flight := p.taken(model.Server)
	n := wire.RecordSize(flight)
	p.inject(model.Client, flight[:n])
	_, st = client.Read(nil)
	p.Want("a read of the ServerHello", st, model.WantRead)
	p.inject(model.Client, flight[n:])
	return client
}

// Story 82: a client with early data read the ServerHello, and its next Handshake the
// rest. The model went on to the end; OpenSSL stops where a Read would, says OK, and
// takes the next call for the end of early data. SSL_write_early_data(3) does not say
// so: it is a trait.
func TestHandshakeInMidFlightBehindEarlyData(t *testing.T) {
	for _, trait := range []bool{false, true} {
		cfg := earlyConfig(4000)
		cfg.Traits.PausesEarly = trait
		p := newLink(t, cfg)
		client := p.paused()
		p.Want("the handshake", client.Handshake(), model.OK)
		if up := client.InitFinished(); up == trait {
			t.Errorf("the trait is %t: the handshake is over: %t", trait, up)
		}
		p.Want("the next one", client.Handshake(), model.OK)
		if !client.InitFinished() {
			t.Errorf("the trait is %t: the client is %s; want it to be through", trait, client.State())
		}
		p.Shake()
		p.Pass(model.Client, "behind it")
	}
}

// A Read that stops behind the server's flight starts no state machine: only that
// clears the queue of another link's error.
func TestStrangersErrorWhereEarlyDataPauses(t *testing.T) {
	p := newLink(t, earlyConfig(4000))
	client := p.paused()
	_, st := client.Read(nil)
	p.Want("a read of the flight", st, model.WantRead)
	p.queues[model.Client].Push()
	_, st = client.Read(nil)
	p.Want("a read behind it", st, model.Failed)
	p.Want("the handshake, which starts one", client.Handshake(), model.OK)
}

// What a server throws away counts without its tag: four records of 100 bytes and a
// byte of type each, and a last one, are at the bound of 400 bytes and 98 more.
func TestBoundOfEarlyDataThatIsThrownAway(t *testing.T) {
	for last, answer := range map[int]model.Status{93: model.WantRead, 94: model.Failed} {
		cfg := earlyConfig(4000)
		cfg.MaxRecord = 100
		p := newLink(t, cfg)
		p.ends[model.Client].cfg.EarlyData = 1000
		_, st := p.ends[model.Client].WriteEarly(make([]byte, 400+last))
		p.Want("early data", st, model.OK)
		p.Move(model.Client)
		_, st = p.ends[model.Server].Read(nil)
		p.Want(fmt.Sprintf("a last record of %d bytes", last), st, answer)
	}
}

// A ReadEarly into nothing does not say that the early data is at its end.
func TestReadEarlyIntoNothing(t *testing.T) {
	p := newLink(t, earlyConfig(4000))
	_, st := p.ends[model.Client].WriteEarly([]byte("early"))
	p.Want("early data", st, model.OK)
	p.Move(model.Client)
	for range 2 {
		_, st = p.ends[model.Server].ReadEarly(nil)
		p.Want("a read into nothing", st, model.Failed)
	}
	n, st := p.ends[model.Server].ReadEarly(make([]byte, 100))
	p.Want("a read", st, model.OK)
	if n != 5 {
		t.Errorf("the read gave %d bytes; want 5", n)
	}
}

// A client that has offered too much is dead. What it offers then is an error again
// if it is too much, and only then.
func TestDeadClientOffersEarlyData(t *testing.T) {
	p := newLink(t, earlyConfig(4000))
	client := p.ends[model.Client]
	for i, c := range []struct{ bytes, errors int }{{300, 0}, {101, 1}, {100, 1}, {1, 2}} {
		client.WriteEarly(make([]byte, c.bytes))
		if n := p.queues[model.Client].Len(); n != c.errors {
			t.Errorf("after call %d: %d errors; want %d", i+1, n, c.errors)
		}
	}
	client.Handshake()
	client.WriteEarly(make([]byte, 100))
	if n := p.queues[model.Client].Len(); n != 2 {
		t.Errorf("behind a handshake: %d errors; want 2, for the call is not made", n)
	}
}

// The alert of a client with early data goes in the clear, for the server may have no
// keys of it, until the client has the ServerHello: from then on OpenSSL seals it.
func TestAlertBehindEarlyData(t *testing.T) {
	for _, answered := range []bool{false, true} {
		p := newLink(t, earlyConfig(4000))
		client := p.ends[model.Client]
		_, st := client.WriteEarly([]byte("early"))
		p.Want("early data", st, model.OK)
		p.Move(model.Client)
		if answered {
			_, st = p.ends[model.Server].ReadEarly(make([]byte, 100))
			p.Want("the server's read", st, model.OK)
			flight := p.taken(model.Server)
			p.inject(model.Client, flight[:wire.RecordSize(flight)])
		}
		p.inject(model.Client, []byte{wire.TypeHandshake, 3, 3, 0, 0})
		_, st = client.Read(nil)
		p.Want("an empty record", st, model.Failed)
		alert, want := p.taken(model.Client), wire.HeaderLen+2
		if answered {
			want += overhead13
		}
		if len(alert) != want {
			t.Errorf("answered is %t: the alert is %d bytes long; want %d", answered, len(alert), want)
		}
	}
}
