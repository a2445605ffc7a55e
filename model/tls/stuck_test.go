package tls

import (
	"errors"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// nearlyFull is a link that is up and whose server has so many bytes of room left.
func nearlyFull(t *testing.T, v model.Version, room int, traits model.Traits) *link {
	t.Helper()
	p := established(t, v, func(c *model.EngineConfig) { c.Out, c.Traits = 2000, traits })
	overhead := wire.HeaderLen + overhead12
	if v == model.TLS13 {
		overhead = wire.HeaderLen + overhead13
	}
	p.WriteSays(model.Server, make([]byte, 2000-room-overhead), model.OK)
	if free := 2000 - p.ends[model.Server].OutputPending(); free != room {
		t.Fatalf("%d bytes are free; want %d", free, room)
	}
	return p
}

// Story 83: a Write met an alert of which a part had left, and its engine was dead.
// The model tried to send the alert of that as well, and said of each later call that
// it wanted room for it. OpenSSL does not try behind half a record, and just fails.
func TestNothingIsSentBehindHalfAnAlert(t *testing.T) {
	p := established(t, model.TLS12, func(c *model.EngineConfig) {
		c.Out, c.Traits = 2000, model.Traits{Renegotiation: model.RenegRefuse, LosesAlerts: true}
	})
	server, data := p.ends[model.Server], make([]byte, 2100)
	p.WriteSays(model.Server, data, model.WantWrite)
	p.ends[model.Client].Renegotiate()
	p.Move(model.Client)
	p.ReadSays(model.Server, model.WantRead) // its refusal waits behind the write
	server.Drain(make([]byte, 140))
	p.WriteSays(model.Server, data, model.OK)
	_, st := server.Write([]byte("more"))
	p.Want("a write behind the alert", st, model.WantWrite)
	_, st = server.Write([]byte("more"))
	p.Want("a write behind half of it", st, model.Failed)
	if err := server.Err(); !errors.Is(err, model.ErrLibrary) {
		t.Fatalf("the error is %v; want the library's own", err)
	}
	server.ClearErrors()
	p.Want("a handshake", server.Handshake(), model.Failed)
}

// An answer that is due while half a close_notify has left is fatal in OpenSSL, as
// it is behind a Write.
func TestAnswerBehindHalfAnAlert(t *testing.T) {
	says := map[bool][2]model.Status{true: {model.WantRead, model.Failed}, false: {model.WantWrite, model.WantWrite}}
	for trait, answers := range says {
		p := nearlyFull(t, model.TLS13, 10, model.Traits{DiesBlocked: trait, LosesAlerts: trait})
		server := p.ends[model.Server]
		p.Want("the close", server.Shutdown(), model.WantWrite)
		for _, answer := range answers {
			p.Want("the client's request", p.ends[model.Client].KeyUpdate(true), model.OK)
			p.Move(model.Client)
			_, st := server.Read(nil)
			if st != answer {
				t.Errorf("the trait is %t: the read of a request: %s; want %s", trait, st, answer)
			}
		}
		if trait && !errors.Is(server.Err(), model.ErrLibrary) {
			t.Errorf("the error is %v; want the library's own", server.Err())
		}
	}
}

// A Shutdown that waits for the peer's answers a KeyUpdate on the way, and wants room
// for that before it goes on, as a Read does.
func TestShutdownAnswersAndWantsRoom(t *testing.T) {
	p := nearlyFull(t, model.TLS13, 24+10, model.Traits{})
	server := p.ends[model.Server]
	p.Want("the close", server.Shutdown(), model.WantRead)
	for range 2 {
		p.Want("the client's request", p.ends[model.Client].KeyUpdate(true), model.OK)
	}
	p.Move(model.Client)
	p.Want("the wait for the peer's", server.Shutdown(), model.WantWrite)
	if !server.HasPending() {
		t.Error("the second request was read; want it to wait")
	}
}
