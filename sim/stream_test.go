package sim

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// TestPortionsFollowRecords: what byte, part, record, all and counts deliver
// depends on where in the record the stream stands, not on who wrote it how.
func TestPortionsFollowRecords(t *testing.T) {
	long, short := record(22, 11), record(23, 3) // 16 and 8 bytes
	for _, tc := range []struct {
		name     string
		portions []string
		want     []int // bytes delivered by each
	}{
		{"byte by byte", []string{"byte", "byte", "all"}, []int{1, 1, 22}},
		{"record by record", []string{"record", "record"}, []int{16, 8}},
		{"a part is half of what is left of the record", []string{"part", "part", "part", "record",
			"part", "record"}, []int{8, 4, 2, 2, 4, 4}},
		{"the last byte of a record is a part too", []string{"15", "part", "all"}, []int{15, 1, 8}},
		{"a count may cross records", []string{"17", "record"}, []int{17, 7}},
		{"a count may be more than there is", []string{"5", "1000"}, []int{5, 19}},
		{"all crosses records", []string{"byte", "all"}, []int{1, 23}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t, nil)
			sent := append(append([]byte(nil), long...), short...)
			b.client().send(sent)
			b.sync()
			for i, portion := range tc.portions {
				b.do("deliver server " + portion)
				got, _ := b.server().recv()
				if len(got) != tc.want[i] || !bytes.HasPrefix(sent, got) {
					t.Fatalf("portion %d, %s: %d bytes %x; want the next %d", i, portion,
						len(got), got, tc.want[i])
				}
				sent = sent[len(got):]
			}
			b.cannot("deliver server byte")
		})
	}
}

// TestPortionsOfHalfAHeader: as long as not even the header has been sent, a
// record is what there is. Once it has, the record ends where the header says,
// although a part of the header has left already.
func TestPortionsOfHalfAHeader(t *testing.T) {
	b := newBench(t, nil)
	bytes := join(record(23, 10), record(20, 1))
	for _, tc := range []struct{ send, want int }{{3, 3}, {1, 1}, {4, 4}, {7 + 6, 7}, {0, 6}} {
		b.client().send(bytes[:tc.send])
		bytes = bytes[tc.send:]
		b.sync()
		b.do("deliver server record")
		if got, _ := b.server().recv(); len(got) != tc.want {
			t.Fatalf("%d bytes; want %d", len(got), tc.want)
		}
	}
}

// TestStreamWrapsAround: more bytes pass than a stream has storage for, in
// pieces that do not divide it, and they stay the same bytes in order.
func TestStreamWrapsAround(t *testing.T) {
	b := newBench(t, nil)
	var sent, got []byte
	for i := 0; len(sent) < streamSize+streamSize/2; i++ {
		piece := make([]byte, 4999)
		for j := range piece {
			piece[j] = byte(i + j*7)
		}
		sent = append(sent, piece[:b.client().send(piece)]...)
		b.sync()
		b.do(fmt.Sprintf("deliver server %d", 1+i*997%4999))
		more, _ := b.server().recv()
		got = append(got, more...)
	}
	b.do("deliver server all")
	more, _ := b.server().recv()
	if got = append(got, more...); !bytes.Equal(got, sent) {
		t.Fatalf("%d bytes came, %d were sent, and they differ", len(got), len(sent))
	}
}

// TestFullLinkBlocksAndOpensAgain: 20 bytes fit in flight and 10 in the
// receiver's buffer. Each seam blocks when it is full, and goes on when the
// one behind it has room.
func TestFullLinkBlocksAndOpensAgain(t *testing.T) {
	b := newBench(t, func(c *script.Config) { c.Sizes.Flight, c.Sizes.Window = 20, 10 })
	c, s := b.client(), b.server()
	if n := c.send(make([]byte, 25)); n != 20 {
		t.Fatalf("%d bytes taken; want the 20 that fit", n)
	}
	if n, st := c.Socket.Send([]byte{1}); n != 0 || st != model.WouldBlock {
		t.Fatalf("a full link answers %d, %s; want would-block", n, st)
	}
	b.sync()
	b.do("deliver server all")
	b.cannot("deliver server all") // the receiver's buffer is full
	if n := c.send(make([]byte, 25)); n != 10 {
		t.Fatalf("%d bytes taken; want the 10 that were delivered", n)
	}
	var four [4]byte
	s.Socket.Recv(four[:])
	b.sync()
	b.do("deliver server all")
	if got, st := s.recv(); len(got) != 10 || st != model.WouldBlock {
		t.Fatalf("%d bytes, then %s; want 6 old and 4 new ones, then would-block", len(got), st)
	}
}

// TestClosedWindow: nothing is delivered before the window opens again, by the
// clock, and then all is there.
func TestClosedWindow(t *testing.T) {
	b := newBench(t, nil)
	b.client().send([]byte("hello"))
	b.sync()
	b.do("window server 3")
	b.cannot("deliver server all", "window server 3")
	b.do("tick 2")
	b.cannot("deliver server all")
	b.do("tick 1", "deliver server all")
	if got, _ := b.server().recv(); string(got) != "hello" {
		t.Fatalf("got %q; want hello", got)
	}
}

// TestReset: what was received before it is read, what was in flight is lost,
// and then both ends find the link broken.
func TestReset(t *testing.T) {
	b := newBench(t, nil)
	c, s := b.client(), b.server()
	c.send([]byte("early"))
	b.sync()
	b.do("deliver server all")
	c.send([]byte("late"))
	b.sync()
	b.do("reset server")
	if _, st := c.Socket.Send([]byte("x")); st == model.Reset {
		t.Fatal("the client knows of a reset that has not reached it")
	}
	b.sync()
	b.do("deliver server all", "deliver client all")
	b.cannot("deliver server all", "reset server", "fin client", "mutate server drop")
	if got, st := s.recv(); string(got) != "early" || st != model.Reset {
		t.Errorf("the server got %q, then %s; want early, then reset", got, st)
	}
	for _, p := range b.probes {
		if _, st := p.Socket.Send([]byte("x")); st != model.Reset {
			t.Errorf("%s: send answers %s; want reset", p.Role, st)
		}
	}
}

// TestHalfClose: FIN comes behind the data, and only when all of it has come.
// The other direction goes on.
func TestHalfClose(t *testing.T) {
	b := newBench(t, nil)
	c, s := b.client(), b.server()
	c.send([]byte("bye"))
	c.Socket.CloseWrite()
	b.sync()
	b.do("deliver server 2")
	if got, st := s.recv(); string(got) != "by" || st != model.WouldBlock {
		t.Fatalf("got %q, then %s; want by, then would-block", got, st)
	}
	b.do("deliver server all")
	if got, st := s.recv(); string(got) != "e" || st != model.EOF {
		t.Fatalf("got %q, then %s; want e, then eof", got, st)
	}
	if s.send([]byte("fine")) != 4 {
		t.Fatal("the other direction must still take data")
	}
	b.sync()
	b.do("deliver client all")
	if got, _ := c.recv(); string(got) != "fine" {
		t.Fatalf("got %q; want fine", got)
	}
	if _, st := c.Socket.Send([]byte("x")); st != model.Reset {
		t.Errorf("a send after FIN answers %s; want reset", st)
	}
}

// TestFinAction: a host that dies takes with it what it had in flight.
func TestFinAction(t *testing.T) {
	b := newBench(t, nil)
	b.client().send([]byte("seen"))
	b.sync()
	b.do("deliver server all")
	b.client().send([]byte("lost"))
	b.sync()
	b.do("fin server", "deliver server all")
	if got, st := b.server().recv(); string(got) != "seen" || st != model.EOF {
		t.Fatalf("got %q, then %s; want seen, then eof", got, st)
	}
	b.sync()
	b.cannot("fin server", "deliver server all")
}

// TestCloseWithUnreadData: closing a socket whose buffer is not empty resets
// the link, and what the peer had not received is lost (RFC 2525, 2.17).
func TestCloseWithUnreadData(t *testing.T) {
	b := newBench(t, nil)
	c, s := b.client(), b.server()
	s.send([]byte("answer"))
	c.send([]byte("unread"))
	b.sync()
	b.do("deliver server all")
	s.Socket.Close()
	b.sync()
	b.do("deliver client all")
	if got, st := c.recv(); len(got) != 0 || st != model.Reset {
		t.Fatalf("the client got %q, then %s; want nothing, then reset", got, st)
	}
}

// TestDataForAClosedSocket: the close is in good order, but what comes after
// it is answered with a reset.
func TestDataForAClosedSocket(t *testing.T) {
	b := newBench(t, nil)
	c, s := b.client(), b.server()
	s.send([]byte("answer"))
	s.Socket.Close()
	b.sync()
	b.do("deliver client 3")
	c.send([]byte("more"))
	b.sync()
	b.do("deliver server all", "deliver client all")
	if got, st := c.recv(); string(got) != "ans" || st != model.Reset {
		t.Fatalf("the client got %q, then %s; want ans, then reset", got, st)
	}
	b.cannot("poll server", "write server 1 1", "spurious server read")
}

// TestUseAfterClose: whatever a pump does with a socket that it has given back
// is a crash, and the property says which call it was.
func TestUseAfterClose(t *testing.T) {
	for want, use := range map[string]func(model.Socket){
		"recv on a closed socket":     func(s model.Socket) { s.Recv(make([]byte, 1)) },
		"send on a closed socket":     func(s model.Socket) { s.Send(make([]byte, 1)) },
		"shutdown of a closed socket": model.Socket.CloseWrite,
		"second close of a socket":    model.Socket.Close,
	} {
		b := newBench(t, nil)
		b.server().ready = func(model.Events) {
			b.server().Socket.Close()
			use(b.server().Socket)
		}
		b.do("spurious server read")
		if f := b.finding; f.Property != oracle.Crash || f.Detail != want || f.End != 1 {
			t.Errorf("got %s at %s: %s; want a crash at the server: %s", f.Property, script.End(f.End),
				f.Detail, want)
		}
	}
}
