package model

import "testing"

// Each end says close_notify once, and both know when both have.
func TestMutualClose(t *testing.T) {
	for _, v := range []Version{TLS12, TLS13} {
		p := established(t, v, nil)
		p.write(Client, []byte("last words"), OK)
		p.want("first shutdown", p.ends[Client].Shutdown(), WantRead)
		p.want("second shutdown", p.ends[Client].Shutdown(), WantRead)
		p.move(Client)
		if got := p.read(Server, OK); string(got) != "last words" {
			t.Fatalf("got %q", got)
		}
		p.read(Server, Closed)
		p.read(Server, Closed)
		p.write(Server, []byte("half-close"), OK)
		p.want("server's shutdown", p.ends[Server].Shutdown(), OK)
		p.move(Server)
		if got := p.read(Client, OK); string(got) != "half-close" {
			t.Fatalf("got %q", got)
		}
		p.want("third shutdown", p.ends[Client].Shutdown(), OK)
		for r, e := range p.ends {
			if e.ShutState() != SentClose|ReceivedClose {
				t.Errorf("the %s is in shutdown state %d", Role(r), e.ShutState())
			}
		}
	}
}

// Data where the peer's close_notify should be: Shutdown dies of it, Read
// gives it.
func TestShutdownMeetsData(t *testing.T) {
	p := established(t, TLS12, nil)
	p.want("shutdown", p.ends[Client].Shutdown(), WantRead)
	p.write(Server, []byte("late"), OK)
	p.move(Server)
	p.want("shutdown", p.ends[Client].Shutdown(), Failed)
	p.read(Client, Failed)
	if n := p.ends[Client].OutputPending(); n != HeaderLen+2+Overhead12 {
		t.Fatalf("%d bytes of output; want the close_notify and no other alert", n)
	}
	p = established(t, TLS12, nil)
	p.ends[Client].Shutdown()
	p.write(Server, []byte("late"), OK)
	p.move(Server)
	if got := p.read(Client, OK); string(got) != "late" {
		t.Fatalf("got %q", got)
	}
}

// A close_notify that does not fit is called for again; the Write that is
// pending has to be finished first, or else it never will be.
func TestShutdownWithoutRoom(t *testing.T) {
	p := established(t, TLS12, func(c *EngineConfig) { c.Out = 20 })
	p.want("shutdown", p.ends[Client].Shutdown(), WantWrite)
	p.move(Client)
	p.want("shutdown", p.ends[Client].Shutdown(), WantRead)
	p.move(Client)
	p.read(Server, Closed)

	p = established(t, TLS12, func(c *EngineConfig) { c.Out = 20 })
	p.write(Client, []byte("pending"), WantWrite)
	p.want("shutdown", p.ends[Client].Shutdown(), WantWrite)
	p.want("shutdown", p.ends[Client].Shutdown(), Failed)
	wantAlert(t, p.ends[Client], AlertInternalError)
}

// In mid-handshake the call fails and leaves its error in the queue (bugzoo
// F22, H7); the handshake goes on.
func TestShutdownInMidHandshake(t *testing.T) {
	p := newPair(t, config(TLS13))
	p.ends[Client].Handshake()
	p.want("shutdown", p.ends[Client].Shutdown(), Failed)
	if p.queues[Client].Len() != 1 || p.ends[Client].ShutState() != 0 {
		t.Fatal("want one error and nothing else")
	}
	p.ends[Client].ClearErrors()
	p.shake()
	p.want("shutdown", p.ends[Client].Shutdown(), WantRead)
	p.write(Client, []byte("x"), Failed)
	p.ends[Client].ClearErrors()
	p.read(Client, WantRead)
}

// A fatal alert leaves as far as there is room, and the rest with later calls,
// although these say failed.
func TestFatalAlertLeavesPieceByPiece(t *testing.T) {
	p := established(t, TLS12, func(c *EngineConfig) { c.Out = 8 })
	p.inject(Server, AppendRecord(nil, TypeApplicationData, WireTLS12, make([]byte, 40)))
	p.read(Server, Failed)
	wantAlert(t, p.ends[Server], AlertBadRecordMAC)
	for range 5 {
		p.move(Server)
		p.want("handshake of a dead engine", p.ends[Server].Handshake(), Failed)
	}
	p.read(Client, Failed)
	wantAlert(t, p.ends[Client], AlertBadRecordMAC)
	p.write(Client, []byte("x"), Failed)
}

// inject feeds bytes that the peer did not send.
func (p *pairOf) inject(to Role, wire []byte) {
	p.t.Helper()
	if n := p.ends[to].Feed(wire); n != len(wire) {
		p.t.Fatalf("only %d of %d bytes fitted", n, len(wire))
	}
}
