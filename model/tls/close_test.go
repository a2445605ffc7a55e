package tls

import (
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// Each end says close_notify once, and both know when both have.
func TestMutualClose(t *testing.T) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		p := established(t, v, nil)
		p.WriteSays(model.Client, []byte("last words"), model.OK)
		p.Want("first shutdown", p.ends[model.Client].Shutdown(), model.WantRead)
		p.Want("second shutdown", p.ends[model.Client].Shutdown(), model.WantRead)
		p.Move(model.Client)
		if got := p.ReadSays(model.Server, model.OK); got != "last words" {
			t.Fatalf("got %q", got)
		}
		p.ReadSays(model.Server, model.Closed)
		p.ReadSays(model.Server, model.Closed)
		p.WriteSays(model.Server, []byte("half-close"), model.OK)
		p.Want("server's shutdown", p.ends[model.Server].Shutdown(), model.OK)
		p.Move(model.Server)
		if got := p.ReadSays(model.Client, model.OK); got != "half-close" {
			t.Fatalf("got %q", got)
		}
		p.Want("third shutdown", p.ends[model.Client].Shutdown(), model.OK)
		for r, e := range p.ends {
			if e.ShutState() != model.SentClose|model.ReceivedClose {
				t.Errorf("the %s is in shutdown state %d", model.Role(r), e.ShutState())
			}
		}
	}
}

// Data where the peer's close_notify should be: Shutdown dies of it, Read
// gives it.
func TestShutdownMeetsData(t *testing.T) {
	p := established(t, model.TLS12, nil)
	p.Want("shutdown", p.ends[model.Client].Shutdown(), model.WantRead)
	p.WriteSays(model.Server, []byte("late"), model.OK)
	p.Move(model.Server)
	p.Want("shutdown", p.ends[model.Client].Shutdown(), model.Failed)
	p.ReadSays(model.Client, model.Failed)
	if n := p.ends[model.Client].OutputPending(); n != wire.HeaderLen+2+overhead12 {
		t.Fatalf("%d bytes of output; want the close_notify and no other alert", n)
	}
	p = established(t, model.TLS12, nil)
	p.ends[model.Client].Shutdown()
	p.WriteSays(model.Server, []byte("late"), model.OK)
	p.Move(model.Server)
	if got := p.ReadSays(model.Client, model.OK); got != "late" {
		t.Fatalf("got %q", got)
	}
}

// A close_notify that does not fit is called for again; the Write that is
// pending has to be finished first, or else it never will be.
func TestShutdownWithoutRoom(t *testing.T) {
	p := established(t, model.TLS12, func(c *model.EngineConfig) { c.Out = 20 })
	p.Want("shutdown", p.ends[model.Client].Shutdown(), model.WantWrite)
	p.Move(model.Client)
	p.Want("shutdown", p.ends[model.Client].Shutdown(), model.WantRead)
	p.Move(model.Client)
	p.ReadSays(model.Server, model.Closed)

	p = established(t, model.TLS12, func(c *model.EngineConfig) { c.Out = 20 })
	p.WriteSays(model.Client, []byte("pending"), model.WantWrite)
	p.Want("shutdown", p.ends[model.Client].Shutdown(), model.WantWrite)
	p.Want("shutdown", p.ends[model.Client].Shutdown(), model.Failed)
	wantAlert(t, p.ends[model.Client], wire.AlertInternalError)
}

// In mid-handshake the call fails and leaves its error in the queue (bugs.txt
// F22, H7); the handshake goes on.
func TestShutdownInMidHandshake(t *testing.T) {
	p := newLink(t, config(model.TLS13))
	p.ends[model.Client].Handshake()
	p.Want("shutdown", p.ends[model.Client].Shutdown(), model.Failed)
	if p.queues[model.Client].Len() != 1 || p.ends[model.Client].ShutState() != 0 {
		t.Fatal("want one error and nothing else")
	}
	p.ends[model.Client].ClearErrors()
	p.Shake()
	p.Want("shutdown", p.ends[model.Client].Shutdown(), model.WantRead)
	p.WriteSays(model.Client, []byte("x"), model.Failed)
	p.ends[model.Client].ClearErrors()
	p.ReadSays(model.Client, model.WantRead)
}

// A fatal alert leaves as far as there is room, and the rest with later calls,
// although these say failed.
func TestFatalAlertLeavesPieceByPiece(t *testing.T) {
	p := established(t, model.TLS12, func(c *model.EngineConfig) { c.Out = 8 })
	p.inject(model.Server, wire.AppendRecord(nil, wire.TypeApplicationData, wire.TLS12, make([]byte, 40)))
	p.ReadSays(model.Server, model.Failed)
	wantAlert(t, p.ends[model.Server], wire.AlertBadRecordMAC)
	for range 5 {
		p.Move(model.Server)
		p.Want("handshake of a dead engine", p.ends[model.Server].Handshake(), model.Failed)
	}
	p.ReadSays(model.Client, model.Failed)
	wantAlert(t, p.ends[model.Client], wire.AlertBadRecordMAC)
	p.WriteSays(model.Client, []byte("x"), model.Failed)
}
