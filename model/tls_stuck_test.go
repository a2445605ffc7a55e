package model

import (
	"errors"
	"testing"
)

// nearlyFull is a link that is up and whose server has so many bytes of room left.
func nearlyFull(t *testing.T, v Version, room int, traits Traits) *pairOf {
	t.Helper()
	p := established(t, v, func(c *EngineConfig) { c.Out, c.Traits = 2000, traits })
	overhead := HeaderLen + Overhead12
	if v == TLS13 {
		overhead = HeaderLen + Overhead13
	}
	p.write(Server, make([]byte, 2000-room-overhead), OK)
	if free := 2000 - p.ends[Server].OutputPending(); free != room {
		t.Fatalf("%d bytes are free; want %d", free, room)
	}
	return p
}

// Story 83: a Write met an alert of which a part had left, and its engine was dead.
// The model tried to send the alert of that as well, and said of each later call that
// it wanted room for it. OpenSSL does not try behind half a record, and just fails.
func TestNothingIsSentBehindHalfAnAlert(t *testing.T) {
	p := established(t, TLS12, func(c *EngineConfig) {
		c.Out, c.Traits = 2000, Traits{Renegotiation: RenegRefuse, LosesAlerts: true}
	})
	server, data := p.ends[Server], make([]byte, 2100)
	p.write(Server, data, WantWrite)
	p.ends[Client].Renegotiate()
	p.move(Client)
	p.read(Server, WantRead) // its refusal waits behind the write
	server.Drain(make([]byte, 140))
	p.write(Server, data, OK)
	_, st := server.Write([]byte("more"))
	p.want("a write behind the alert", st, WantWrite)
	_, st = server.Write([]byte("more"))
	p.want("a write behind half of it", st, Failed)
	if err := server.Err(); !errors.Is(err, ErrLibrary) {
		t.Fatalf("the error is %v; want the library's own", err)
	}
	server.ClearErrors()
	p.want("a handshake", server.Handshake(), Failed)
}

// An answer that is due while half a close_notify has left is fatal in OpenSSL, as
// it is behind a Write.
func TestAnswerBehindHalfAnAlert(t *testing.T) {
	says := map[bool][2]Status{true: {WantRead, Failed}, false: {WantWrite, WantWrite}}
	for trait, answers := range says {
		p := nearlyFull(t, TLS13, 10, Traits{DiesBlocked: trait, LosesAlerts: trait})
		server := p.ends[Server]
		p.want("the close", server.Shutdown(), WantWrite)
		for _, answer := range answers {
			p.want("the client's request", p.ends[Client].KeyUpdate(true), OK)
			p.move(Client)
			_, st := server.Read(nil)
			if st != answer {
				t.Errorf("the trait is %t: the read of a request: %s; want %s", trait, st, answer)
			}
		}
		if trait && !errors.Is(server.Err(), ErrLibrary) {
			t.Errorf("the error is %v; want the library's own", server.Err())
		}
	}
}

// A Shutdown that waits for the peer's answers a KeyUpdate on the way, and wants room
// for that before it goes on, as a Read does.
func TestShutdownAnswersAndWantsRoom(t *testing.T) {
	p := nearlyFull(t, TLS13, 24+10, Traits{})
	server := p.ends[Server]
	p.want("the close", server.Shutdown(), WantRead)
	for range 2 {
		p.want("the client's request", p.ends[Client].KeyUpdate(true), OK)
	}
	p.move(Client)
	p.want("the wait for the peer's", server.Shutdown(), WantWrite)
	if !server.HasPending() {
		t.Error("the second request was read; want it to wait")
	}
}
