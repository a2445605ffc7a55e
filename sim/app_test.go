package sim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// give lets an end's pump hand plaintext to its app, in a turn of its own, and
// enters into the ledger that it came through both engines.
func (b *bench) give(p *probe, pieces ...[]byte) {
	b.t.Helper()
	p.ready = func(model.Events) {
		to, from := &b.accounts[p.Role], &b.accounts[p.Role.Peer()]
		from.Written = from.Accepted
		for _, piece := range pieces {
			to.Decrypted += uint64(len(piece))
			p.App.Data(piece)
		}
	}
	b.do("spurious " + p.Role.String() + " read")
	p.ready = nil
}

// TestAppFrames: a message is a 24-byte header that says how long its body is
// and how long the answer is to be; the answer is one too.
func TestAppFrames(t *testing.T) {
	b := newBench(t, nil)
	b.do("write client 10 7")
	m := b.client().wrote
	if len(m) != headerLen+10 || m[0] != magicRequest || m[1] != opGet ||
		binary.BigEndian.Uint32(m[8:]) != 10 || binary.BigEndian.Uint32(m[20:]) != 7 {
		t.Fatalf("the client wrote %x; want a request with 10 bytes of body for an answer of 7", m)
	}
	b.give(b.server(), m)
	answer := b.server().wrote
	if len(answer) != headerLen+7 || answer[0] != magicResponse ||
		binary.BigEndian.Uint32(answer[8:]) != 7 || binary.BigEndian.Uint32(answer[20:]) != 0 {
		t.Fatalf("the server wrote %x; want a response with 7 bytes, that wants none", answer)
	}
	b.give(b.client(), answer)
	if len(b.client().wrote) != len(m) {
		t.Error("a response must not be answered")
	}
	if a := b.accounts[0]; a.Delivered != a.Accepted-10+7 || a.Mismatch != oracle.NoMismatch {
		t.Errorf("the client's page says %d delivered", a.Delivered)
	}
}

// TestAppAnswersAnyChunking: however a pump cuts two messages, the app answers
// each once, when it is whole.
func TestAppAnswersAnyChunking(t *testing.T) {
	for size := 1; size < 60; size++ {
		b := newBench(t, nil)
		b.do("write client 3 5", "write client 0 1")
		all := b.client().wrote
		for len(all) > 0 {
			n := min(size, len(all))
			b.give(b.server(), all[:n])
			all = all[n:]
		}
		if got := len(b.server().wrote); got != headerLen+5+headerLen+1 {
			t.Fatalf("in pieces of %d: answers of %d bytes; want two, of 29 and 25", size, got)
		}
	}
}

// TestAppReentrant: a reentrant app answers from inside Data, any other after
// the pump has returned.
func TestAppReentrant(t *testing.T) {
	for _, reentrant := range []bool{false, true} {
		b := newBench(t, func(c *script.Config) { c.Reentrant = reentrant })
		b.do("write client 3 5")
		s, inside := b.server(), 0
		s.ready = func(model.Events) {
			s.App.Data(b.client().wrote)
			inside = len(s.wrote)
		}
		b.do("spurious server read")
		if (inside > 0) != reentrant || len(s.wrote) != headerLen+5 {
			t.Errorf("reentrant %v: %d bytes written inside of %d", reentrant, inside, len(s.wrote))
		}
	}
}

// TestAppWaitsForWritable: after a short count the app offers nothing until it
// is asked, and then goes on with the next byte.
func TestAppWaitsForWritable(t *testing.T) {
	b := newBench(t, nil)
	c := b.client()
	c.takes = 10
	b.do("write client 20 0")
	c.takes = 1000
	b.do("write client 0 0") // joins the backlog, but was not asked for
	if len(c.wrote) != 10 || b.accounts[0].Backlog != 14+20+headerLen {
		t.Fatalf("%d bytes taken, backlog %d; want 10 and the rest", len(c.wrote),
			b.accounts[0].Backlog)
	}
	c.ready = func(model.Events) { c.App.Writable() }
	b.do("spurious client write")
	if len(c.wrote) != 2*headerLen+20 || b.accounts[0].Backlog != 0 {
		t.Fatalf("%d bytes taken, backlog %d; want all and none", len(c.wrote),
			b.accounts[0].Backlog)
	}
	if a := &b.ends[0].plain; !bytes.Equal(c.wrote, a.buf[a.head:a.taken]) {
		t.Error("the pump was offered other bytes than the app wrote")
	}
}

// TestAppCompares: what the app is given must be what the peer wrote next.
// What is left out is a loss; what is changed, moved or comes twice is a
// corruption; and what comes during a pause breaks the pump's promise.
func TestAppCompares(t *testing.T) {
	for _, tc := range []struct {
		name string
		give func(m []byte) [][]byte
		want oracle.PropertyID
		is   oracle.Mismatch
	}{
		{"as written", func(m []byte) [][]byte { return [][]byte{m[:30], m[30:]} },
			oracle.NoProperty, oracle.NoMismatch},
		{"a gap", func(m []byte) [][]byte { return [][]byte{m[:30], m[41:]} },
			oracle.DataLoss, oracle.Gap},
		{"the beginning is missing", func(m []byte) [][]byte { return [][]byte{m[20:]} },
			oracle.DataLoss, oracle.Gap},
		{"one byte changed", func(m []byte) [][]byte { return [][]byte{with(m, 50, m[50]^1)} },
			oracle.Corruption, oracle.Garbled},
		{"twice", func(m []byte) [][]byte { return [][]byte{m, m} },
			oracle.Corruption, oracle.Garbled},
		{"one byte twice", func(m []byte) [][]byte { return [][]byte{m[:50], m[49:]} },
			oracle.Corruption, oracle.Garbled},
		{"more than was written", func(m []byte) [][]byte { return [][]byte{m, {1}} },
			oracle.Corruption, oracle.Garbled},
	} {
		b := newBench(t, nil)
		b.do("write client 200 0")
		b.give(b.server(), tc.give(b.client().wrote)...)
		if b.finding.Property != tc.want || b.accounts[1].Mismatch != tc.is {
			t.Errorf("%s: %s, mismatch %d; want %s, %d", tc.name, b.finding.Property,
				b.accounts[1].Mismatch, tc.want, tc.is)
		}
	}
}

func TestAppPauses(t *testing.T) {
	b := newBench(t, nil)
	b.do("write client 200 0", "pause server")
	b.cannot("pause server")
	b.give(b.server(), b.client().wrote)
	if b.finding.Property != oracle.UnboundedBuffer {
		t.Errorf("data during a pause gives %s; want unbounded-buffer", b.finding.Property)
	}
	b = newBench(t, nil)
	b.do("write client 200 0", "pause server", "resume server")
	b.cannot("resume server")
	b.give(b.server(), b.client().wrote)
	if got := b.server().paused; b.over || len(got) != 2 || !got[0] || got[1] {
		t.Errorf("after the pause: %s, asked of the pump: %v; want nothing, and both calls",
			b.finding.Property, got)
	}
}

// TestAppCloses: a close is asked for when all that the app wrote is taken,
// and once.
func TestAppCloses(t *testing.T) {
	b := newBench(t, nil)
	b.shake()
	c := b.client()
	c.takes = 10
	b.do("write client 0 0", "close client")
	if len(c.closed) != 0 {
		t.Fatal("the pump was asked to close although the app has more to write")
	}
	b.cannot("write client 0 0", "close client", "pause client")
	c.ready = func(model.Events) { c.App.Writable() }
	for range 3 {
		b.do("spurious client write")
	}
	if len(c.closed) != 1 || c.closed[0] != "whole" || len(c.wrote) != headerLen {
		t.Errorf("asked for %v with %d bytes taken; want one close after all", c.closed, len(c.wrote))
	}
}

// TestAppHalfCloses: only in TLS 1.3, where it leaves the other direction up,
// and the app can still close for good.
func TestAppHalfCloses(t *testing.T) {
	b := newBench(t, nil)
	b.shake()
	b.cannot("shut client")
	b = newBench(t, func(c *script.Config) { c.Version = model.TLS13 })
	b.cannot("shut client") // not before the handshake is done
	b.shake()
	b.do("shut client")
	b.cannot("shut client", "write client 0 0")
	b.do("write server 9 0")
	b.give(b.client(), b.server().wrote)
	b.do("close client")
	if got := b.client().closed; len(got) != 2 || got[0] != "half" || got[1] != "whole" {
		t.Errorf("asked of the pump: %v; want half, then whole", got)
	}
}

// TestAppIsToldOnce: and then it closes too, also if it is told in the middle
// of a write of its own.
func TestAppIsToldOnce(t *testing.T) {
	b := newBench(t, nil)
	s := b.server()
	s.ready = func(model.Events) { s.App.Closed(model.Truncated) }
	b.do("write server 5 0")
	b.tainted[0] = true // the end is no surprise
	b.do("spurious server read")
	b.cannot("write server 5 0", "pause server")
	if len(s.closed) != 1 || b.over {
		t.Fatalf("asked of the pump: %v, found %s; want a close and nothing", s.closed,
			b.finding.Property)
	}
	b.do("spurious server read")
	if b.finding.Property != oracle.Crash {
		t.Errorf("told twice gives %s; want crash", b.finding.Property)
	}
}

// TestStreamWorkload: the first message opens a stream; then the server sends
// and the client acknowledges every fourth message.
func TestStreamWorkload(t *testing.T) {
	b := newBench(t, func(c *script.Config) { c.Stream = true })
	c, s := b.client(), b.server()
	b.cannot("write server 4 0")
	b.do("write client 0 0")
	b.give(s, c.wrote)
	if c.wrote[1] != opOpenStream || len(s.wrote) != 0 {
		t.Fatalf("the client opens with %x and the server answers %d bytes; want 50 and none",
			c.wrote[1], len(s.wrote))
	}
	c.wrote = nil
	for i := range 2 * ackEvery {
		s.wrote = nil
		b.do("write server 4 9")
		b.give(c, s.wrote)
		if want := (i + 1) / ackEvery * headerLen; len(c.wrote) != want {
			t.Fatalf("after %d messages the client wrote %d bytes; want %d", i+1, len(c.wrote), want)
		}
	}
	if c.wrote[1] != opAck {
		t.Errorf("the acknowledgement has opcode %x; want %x", c.wrote[1], opAck)
	}
}

// TestAppBufferMoves: what was delivered is forgotten, so that a long run does
// not need memory for all that was ever written.
func TestAppBufferMoves(t *testing.T) {
	b := newBench(t, nil)
	for range 200 {
		b.client().wrote = nil
		b.do("write client 3000 0")
		b.give(b.server(), b.client().wrote)
	}
	if b.over || len(b.ends[0].plain.buf) > 1<<14 {
		t.Errorf("found %s, %d bytes of memory; want nothing and few", b.finding.Property,
			len(b.ends[0].plain.buf))
	}
}

// TestAppBufferHoldsStill, story 91: a pump reads in the middle of its Write,
// and the answer joins the backlog there. What it was offered stays the same.
func TestAppBufferHoldsStill(t *testing.T) {
	b := newBench(t, nil)
	c, s := b.client(), b.server()
	request := make([]byte, headerLen)
	binary.BigEndian.PutUint32(request[20:], 2000)
	var link []byte
	for round := range 100 {
		c.wrote = nil
		c.during = func() {
			c.during = nil
			c.App.(*app).hear(request)
		}
		body := 500 + 37*round
		b.do(fmt.Sprintf("write client %d 0", body))
		link = append(link, c.wrote...)
		b.give(s, link[:len(link)-1]) // one byte stays, and the buffer is never empty
		link = link[len(link)-1:]
		if b.over || len(c.wrote) != body+2000+2*headerLen {
			t.Fatalf("round %d: %s: %s, %d bytes written", round, b.finding.Property,
				b.finding.Detail, len(c.wrote))
		}
	}
}
