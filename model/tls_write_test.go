package model

import (
	"bytes"
	"testing"
)

// With partial writes each call takes one record; without, a Write is whole or
// says nothing.
func TestPartialAndWholeWrites(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 10)
	p := established(t, TLS12, func(c *EngineConfig) { c.MaxRecord = 30 })
	if n := p.write(Client, data, OK); n != 30 {
		t.Fatalf("a partial write took %d bytes; want one record", n)
	}
	p = established(t, TLS12, func(c *EngineConfig) {
		c.MaxRecord, c.PartialWrite, c.Out = 30, false, 70
	})
	p.write(Client, data, WantWrite)
	for range 10 {
		p.move(Client)
		n, st := p.ends[Client].Write(data)
		if st == OK {
			if n != len(data) {
				t.Fatalf("a whole write took %d of %d", n, len(data))
			}
			if got := p.deliver(Server, n); !bytes.Equal(got, data) {
				t.Fatalf("got %q", got)
			}
			return
		}
	}
	t.Fatal("the write does not end")
}

// A retry sends what was sealed, even if the caller has put other bytes there:
// the record has its sequence number, and it is sent once (bugzoo E1 to E9).
func TestRetrySendsTheSealedRecord(t *testing.T) {
	p := established(t, TLS12, func(c *EngineConfig) { c.Out = 50 })
	p.write(Client, bytes.Repeat([]byte("a"), 60), WantWrite)
	p.move(Client)
	if n := p.write(Client, bytes.Repeat([]byte("b"), 60), OK); n != 60 {
		t.Fatalf("wrote %d", n)
	}
	if got := p.deliver(Server, 60); !bytes.Equal(got, bytes.Repeat([]byte("a"), 60)) {
		t.Fatalf("got %q", got)
	}
}

// A longer retry is legal: the record first, then the rest.
func TestLongerRetry(t *testing.T) {
	p := established(t, TLS12, func(c *EngineConfig) { c.Out = 50 })
	data := bytes.Repeat([]byte("abcde"), 16)
	p.write(Client, data[:60], WantWrite)
	p.move(Client)
	p.write(Client, data, WantWrite) // the record of the other 20 is pending now
	p.move(Client)
	if n := p.write(Client, data, OK); n != 80 {
		t.Fatalf("wrote %d", n)
	}
	if got := p.deliver(Server, 80); !bytes.Equal(got, data) {
		t.Fatalf("got %q", got)
	}
}

// A shorter retry, and without the mode a moved one, is the end of the engine.
func TestBadRetries(t *testing.T) {
	small := func(c *EngineConfig) { c.Out = 50 }
	data := bytes.Repeat([]byte("a"), 61)
	p := established(t, TLS12, small)
	p.write(Client, data[:60], WantWrite)
	p.write(Client, data[:59], Failed)
	wantAlert(t, p.ends[Client], AlertInternalError)
	p.write(Client, data[:60], Failed)

	p = established(t, TLS12, func(c *EngineConfig) { c.Out, c.MovingBuffer = 50, false })
	p.write(Client, data[:60], WantWrite)
	p.move(Client)
	if n := p.write(Client, data[:60], OK); n != 60 {
		t.Fatalf("a retry from the same place wrote %d", n)
	}
	p.write(Client, data[:60], WantWrite)
	p.write(Client, data[1:61], Failed)

	p = established(t, TLS12, small)
	p.write(Client, data[:60], WantWrite)
	p.write(Client, nil, Failed)
}

// Nothing is sealed while a record is pending, whatever calls come between:
// what the peer opens is in order.
func TestNothingOvertakesAPendingRecord(t *testing.T) {
	p := established(t, TLS12, func(c *EngineConfig) {
		c.Out, c.Traits.Renegotiation, c.Traits.RefusalIsWarning = 20, RenegRefuse, true
	})
	p.write(Server, []byte("first"), WantWrite)
	for p.ends[Client].Renegotiate() == WantWrite || p.ends[Client].Unsent() > 0 {
		p.move(Client)
		p.ends[Client].Handshake()
	}
	p.move(Client)
	p.read(Server, WantRead)
	if n := p.ends[Server].Unsent(); n != HeaderLen+5+Overhead12-20+HeaderLen+2+Overhead12 {
		t.Fatalf("%d bytes kept back; want the rest of the record, then the alert", n)
	}
	var got []byte
	for range 50 {
		p.ends[Server].Write([]byte("first"))
		p.move(Server)
		buf := make([]byte, 10)
		n, st := p.ends[Client].Read(buf)
		got = append(got, buf[:n]...)
		if st == Failed {
			t.Fatal(p.ends[Client].Err())
		}
		if len(got) == 5 && p.ends[Client].InitFinished() {
			return
		}
	}
	t.Fatalf("got %q, client %s", got, p.ends[Client].State())
}

// Data longer than the reader asks for stays inside, and Pending says so: the
// socket never will (bugzoo D1, D2).
func TestPendingAndHasPending(t *testing.T) {
	p := established(t, TLS12, nil)
	p.write(Client, []byte("0123456789"), OK)
	p.move(Client)
	e := p.ends[Server]
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
	p.write(Client, []byte("abc"), OK)
	half := make([]byte, 12)
	e.Feed(half[:p.ends[Client].Drain(half)])
	p.read(Server, WantRead)
	if e.Pending() != 0 || !e.HasPending() {
		t.Fatal("half a record counts for HasPending, and not for Pending")
	}
}

// A stranger's error in the thread's queue turns a want into a failure, and
// only that: data is data, and a handshake clears the queue (bugzoo H1, H2).
func TestStaleErrorQueue(t *testing.T) {
	p := established(t, TLS12, nil)
	p.queues[Server].Push()
	p.read(Server, Failed)
	if p.ends[Server].Err() == nil || p.ends[Server].State() == Dead {
		t.Fatalf("state %s, error %v", p.ends[Server].State(), p.ends[Server].Err())
	}
	p.write(Client, []byte("data"), OK)
	p.move(Client)
	p.read(Server, OK)
	p.read(Server, Failed)
	p.ends[Server].ClearErrors()
	p.read(Server, WantRead)
	p.queues[Client].Push()
	p.want("renegotiate", p.ends[Client].Renegotiate(), WantRead)
}
