package tls

import (
	"bytes"
	"testing"

	"github.com/wantwrite/wantwrite/model/wire"
)

// A ring is a queue: what goes in comes out in order, and no more fits than
// its capacity, wherever head and tail are.
func TestRingIsAQueue(t *testing.T) {
	var r Ring
	for capacity := range 70 {
		r.Reset(capacity)
		var put, got []byte
		buf := make([]byte, 80)
		for i := range 500 {
			piece := bytes.Repeat([]byte{byte(i)}, i*7%40)
			n := r.Write(piece)
			put = append(put, piece[:n]...)
			if r.Len() > capacity || n < len(piece) && r.Room() != 0 {
				t.Fatalf("capacity %d: %d bytes in it, room for %d", capacity, r.Len(), r.Room())
			}
			peeked := append([]byte(nil), buf[:r.Peek(buf[:i*5%33])]...)
			k := r.Read(buf[:i*5%33])
			if !bytes.Equal(peeked, buf[:k]) {
				t.Fatal("peek and read differ")
			}
			got = append(got, buf[:k]...)
		}
		got = append(got, buf[:r.Read(buf)]...)
		if !bytes.Equal(put, got) {
			t.Fatalf("capacity %d: %d bytes went in and %d came out", capacity, len(put), len(got))
		}
	}
	r.Reset(10)
	r.Write([]byte("0123456789"))
	if r.Discard(4) != 4 || r.Discard(-1) != 0 || r.Discard(100) != 6 {
		t.Error("discard")
	}
	r.Reset(-5)
	if r.Room() != 0 || r.Write([]byte("x")) != 0 {
		t.Error("a ring without capacity takes nothing")
	}
}

// A ring whose storage suffices is reset without allocating.
func TestRingResetKeepsItsStorage(t *testing.T) {
	var r Ring
	r.Reset(100)
	if n := testing.AllocsPerRun(10, func() { r.Reset(128) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestRecordSize(t *testing.T) {
	if wire.RecordSize([]byte{22, 3, 3, 1}) != 0 {
		t.Error("four bytes are no header")
	}
	rec := wire.AppendRecord(nil, wire.TypeHandshake, wire.TLS12, make([]byte, 300))
	if wire.RecordSize(rec) != 305 || len(rec) != 305 {
		t.Errorf("got %d", wire.RecordSize(rec))
	}
}
