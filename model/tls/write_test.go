package tls

import (
	"bytes"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// With partial writes each call takes one record; without, a Write is whole or
// says nothing.
func TestPartialAndWholeWrites(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 10)
	p := established(t, model.TLS12, func(c *model.EngineConfig) { c.MaxRecord = 30 })
	if n := p.WriteSays(model.Client, data, model.OK); n != 30 {
		t.Fatalf("a partial write took %d bytes; want one record", n)
	}
	p = established(t, model.TLS12, func(c *model.EngineConfig) {
		c.MaxRecord, c.PartialWrite, c.Out = 30, false, 70
	})
	p.WriteSays(model.Client, data, model.WantWrite)
	for range 10 {
		p.Move(model.Client)
		n, st := p.ends[model.Client].Write(data)
		if st == model.OK {
			if n != len(data) {
				t.Fatalf("a whole write took %d of %d", n, len(data))
			}
			if got := p.deliver(model.Server, n); got != string(data) {
				t.Fatalf("got %q", got)
			}
			return
		}
	}
	t.Fatal("the write does not end")
}

// A retry sends what was sealed, even if the caller has put other bytes there:
// the record has its sequence number, and it is sent once (bugs.txt E1 to E9).
func TestRetrySendsTheSealedRecord(t *testing.T) {
	p := established(t, model.TLS12, func(c *model.EngineConfig) { c.Out = 50 })
	p.WriteSays(model.Client, bytes.Repeat([]byte("a"), 60), model.WantWrite)
	p.Move(model.Client)
	if n := p.WriteSays(model.Client, bytes.Repeat([]byte("b"), 60), model.OK); n != 60 {
		t.Fatalf("wrote %d", n)
	}
	if got := p.deliver(model.Server, 60); got != string(bytes.Repeat([]byte("a"), 60)) {
		t.Fatalf("got %q", got)
	}
}

// A longer retry is legal: the record first, then the rest.
func TestLongerRetry(t *testing.T) {
	p := established(t, model.TLS12, func(c *model.EngineConfig) { c.Out = 50 })
	data := bytes.Repeat([]byte("abcde"), 16)
	p.WriteSays(model.Client, data[:60], model.WantWrite)
	p.Move(model.Client)
	p.WriteSays(model.Client, data, model.WantWrite) // the record of the other 20 is pending now
	p.Move(model.Client)
	if n := p.WriteSays(model.Client, data, model.OK); n != 80 {
		t.Fatalf("wrote %d", n)
	}
	if got := p.deliver(model.Server, 80); got != string(data) {
		t.Fatalf("got %q", got)
	}
}

// A shorter retry, and without the mode a moved one, is the end of the engine.
func TestBadRetries(t *testing.T) {
	small := func(c *model.EngineConfig) { c.Out = 50 }
	data := bytes.Repeat([]byte("a"), 61)
	p := established(t, model.TLS12, small)
	p.WriteSays(model.Client, data[:60], model.WantWrite)
	p.WriteSays(model.Client, data[:59], model.Failed)
	wantAlert(t, p.ends[model.Client], wire.AlertInternalError)
	p.WriteSays(model.Client, data[:60], model.Failed)

	p = established(t, model.TLS12, func(c *model.EngineConfig) { c.Out, c.MovingBuffer = 50, false })
	p.WriteSays(model.Client, data[:60], model.WantWrite)
	p.Move(model.Client)
	if n := p.WriteSays(model.Client, data[:60], model.OK); n != 60 {
		t.Fatalf("a retry from the same place wrote %d", n)
	}
	p.WriteSays(model.Client, data[:60], model.WantWrite)
	p.WriteSays(model.Client, data[1:61], model.Failed)

	p = established(t, model.TLS12, small)
	p.WriteSays(model.Client, data[:60], model.WantWrite)
	p.WriteSays(model.Client, nil, model.Failed)
}

// Nothing is sealed while a record is pending, whatever calls come between:
// what the peer opens is in order.
func TestNothingOvertakesAPendingRecord(t *testing.T) {
	p := established(t, model.TLS12, func(c *model.EngineConfig) {
		c.Out, c.Traits.Renegotiation, c.Traits.RefusalIsWarning = 20, model.RenegRefuse, true
	})
	p.WriteSays(model.Server, []byte("first"), model.WantWrite)
	for p.ends[model.Client].Renegotiate() == model.WantWrite || p.ends[model.Client].Unsent() > 0 {
		p.Move(model.Client)
		p.ends[model.Client].Handshake()
	}
	p.Move(model.Client)
	p.ReadSays(model.Server, model.WantRead)
	if n := p.ends[model.Server].Unsent(); n != wire.HeaderLen+5+overhead12-20+wire.HeaderLen+2+overhead12 {
		t.Fatalf("%d bytes kept back; want the rest of the record, then the alert", n)
	}
	var got []byte
	for range 50 {
		p.ends[model.Server].Write([]byte("first"))
		p.Move(model.Server)
		buf := make([]byte, 10)
		n, st := p.ends[model.Client].Read(buf)
		got = append(got, buf[:n]...)
		if st == model.Failed {
			t.Fatal(p.ends[model.Client].Err())
		}
		if len(got) == 5 && p.ends[model.Client].InitFinished() {
			return
		}
	}
	t.Fatalf("got %q, client %s", got, p.ends[model.Client].State())
}

// Data longer than the reader asks for stays inside, and Pending says so: the
// socket never will (bugs.txt D1, D2).
func TestPendingAndHasPending(t *testing.T) {
	p := established(t, model.TLS12, nil)
	p.WriteSays(model.Client, []byte("0123456789"), model.OK)
	p.Move(model.Client)
	e := p.ends[model.Server]
	if e.Pending() != 0 || e.HasPending() {
		t.Fatal("bytes of the input buffer do not count")
	}
	buf := make([]byte, 4)
	e.Read(buf)
	if e.Pending() != 6 || !e.HasPending() {
		t.Fatalf("%d bytes pending; want 6", e.Pending())
	}
	e.Read(buf)
	e.Read(buf)
	p.WriteSays(model.Client, []byte("abc"), model.OK)
	half := make([]byte, 12)
	e.Feed(half[:p.ends[model.Client].Drain(half)])
	p.ReadSays(model.Server, model.WantRead)
	if e.Pending() != 0 || !e.HasPending() {
		t.Fatal("half a record counts for HasPending, and not for Pending")
	}
}

// Another link's error in the thread's queue turns a want into a failure, and
// only that: data is data, and a handshake clears the queue (bugs.txt H1, H2).
func TestStaleErrorQueue(t *testing.T) {
	p := established(t, model.TLS12, nil)
	p.queues[model.Server].Push()
	p.ReadSays(model.Server, model.Failed)
	if p.ends[model.Server].Err() == nil || p.ends[model.Server].State() == "dead" {
		t.Fatalf("state %s, error %v", p.ends[model.Server].State(), p.ends[model.Server].Err())
	}
	p.WriteSays(model.Client, []byte("data"), model.OK)
	p.Move(model.Client)
	p.ReadSays(model.Server, model.OK)
	p.ReadSays(model.Server, model.Failed)
	p.ends[model.Server].ClearErrors()
	p.ReadSays(model.Server, model.WantRead)
	p.queues[model.Client].Push()
	p.Want("renegotiate", p.ends[model.Client].Renegotiate(), model.WantRead)
}
