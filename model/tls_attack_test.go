package model

import (
	"fmt"
	"testing"
)

// taken is the next record that an end has sent.
func (p *pairOf) taken(from Role) []byte {
	p.t.Helper()
	buf := make([]byte, 20000)
	return buf[:p.ends[from].Drain(buf)]
}

// Any bit of a sealed record that is flipped is noticed; and so is a record
// that comes twice, too early, or never.
func TestEveryFlippedBitIsNoticed(t *testing.T) {
	for _, v := range []Version{TLS12, TLS13} {
		p := established(t, v, nil)
		p.write(Client, []byte("a record"), OK)
		rec := p.taken(Client)
		for bit := range 8 * len(rec) {
			q := established(t, v, nil)
			bad := append([]byte(nil), rec...)
			bad[bit/8] ^= 1 << (bit % 8)
			q.inject(Server, bad)
			_, st := q.ends[Server].Read(make([]byte, 100))
			longer := bit/8 == 3 || bit/8 == 4 // the length: it may wait for more
			if st != Failed && !(longer && st == WantRead) {
				t.Errorf("TLS %s, bit %d: %s", v, bit, st)
			}
		}
	}
}

func TestReplayReorderAndDrop(t *testing.T) {
	for _, v := range []Version{TLS12, TLS13} {
		for _, order := range [][]int{{0, 0}, {1}, {1, 0}, {0, 2}} {
			p := established(t, v, nil)
			var recs [][]byte
			for range 3 {
				p.write(Client, []byte("same"), OK)
				recs = append(recs, p.taken(Client))
			}
			for _, i := range order {
				p.inject(Server, recs[i])
			}
			for p.ends[Server].State() != Dead {
				if _, st := p.ends[Server].Read(make([]byte, 100)); st == WantRead {
					t.Fatalf("TLS %s: order %v was not noticed", v, order)
				}
			}
			wantAlert(t, p.ends[Server], AlertBadRecordMAC)
		}
	}
}

// Any byte of the hellos that is changed on the way makes the handshake fail
// at one end or the other, and not later.
func TestTamperedHellos(t *testing.T) {
	for _, v := range []Version{TLS12, TLS13} {
		for at := HeaderLen; at < HeaderLen+4+99; at++ { // a ClientHello with a PSK
			p := newPair(t, config(v))
			p.ends[Client].Handshake()
			hello := p.taken(Client)
			hello[at] ^= 0x10
			p.inject(Server, hello)
			for range 10 {
				p.ends[Server].Handshake()
				p.move(Server)
				p.ends[Client].Handshake()
				p.move(Client)
			}
			if p.ends[0].InitFinished() && p.ends[1].InitFinished() {
				t.Fatalf("TLS %s: byte %d changed, and nobody noticed", v, at)
			}
		}
	}
}

// attacks are records in the clear, sent to a server that is still waiting for
// its first ClientHello, and the alert that it answers with.
var attacks = []struct {
	name string
	wire []byte
	want Alert
}{
	{"application data", AppendRecord(nil, 23, WireTLS12, []byte("x")), AlertUnexpectedMessage},
	{"unknown type", AppendRecord(nil, 99, WireTLS12, []byte("x")), AlertUnexpectedMessage},
	{"version 4", AppendRecord(nil, 22, 0x0403, []byte("x")), AlertProtocolVersion},
	{"too long", []byte{22, 3, 3, 0xff, 0xff}, AlertRecordOverflow},
	{"too much content", AppendRecord(nil, 22, WireTLS12, make([]byte, MaxRecordLen+1)),
		AlertRecordOverflow},
	{"Finished", AppendRecord(nil, 22, WireTLS12, []byte{20, 0, 0, 12}), AlertUnexpectedMessage},
	{"ClientHello of one byte", AppendRecord(nil, 22, WireTLS12, []byte{1, 0, 0, 1, 9}),
		AlertDecodeError},
	{"endless ClientHello", AppendRecord(nil, 22, WireTLS12, []byte{1, 0xff, 0xff, 0xff}),
		AlertIllegalParameter},
	{"short alert", AppendRecord(nil, 21, WireTLS12, []byte{1}), AlertUnexpectedMessage},
	{"ChangeCipherSpec", AppendRecord(nil, 20, WireTLS12, []byte{1}), AlertUnexpectedMessage},
	{"bad ChangeCipherSpec", AppendRecord(nil, 20, WireTLS12, []byte{2}), AlertUnexpectedMessage},
	{"handshake in a data record", AppendRecord(AppendRecord(nil, 22, WireTLS12, []byte{1}),
		23, WireTLS12, []byte("x")), AlertUnexpectedMessage},
	{"fatal alert", AlertRecord(LevelFatal, AlertInternalError), AlertInternalError},
}

func TestAttacksOnAServer(t *testing.T) {
	for _, v := range []Version{TLS12, TLS13} {
		for _, a := range attacks {
			t.Run(fmt.Sprintf("%s/%s", v, a.name), func(t *testing.T) {
				p := newPair(t, config(v))
				p.inject(Server, a.wire)
				p.want("handshake", p.ends[Server].Handshake(), Failed)
				wantAlert(t, p.ends[Server], a.want)
			})
		}
	}
}

// Records that say nothing are bounded: 32 empty ones in a row, and four
// warnings.
func TestFloods(t *testing.T) {
	seal := func(p *pairOf, typ byte, body ...byte) []byte {
		return p.ends[Client].write.seal(nil, p.ends[Client].cfg.Version, typ, body)
	}
	for _, v := range []Version{TLS12, TLS13} {
		p := established(t, v, nil)
		for range maxEmpties {
			p.inject(Server, seal(p, TypeApplicationData))
		}
		p.read(Server, WantRead)
		p.inject(Server, seal(p, TypeApplicationData))
		p.read(Server, Failed)
		wantAlert(t, p.ends[Server], AlertUnexpectedMessage)
	}
	p := established(t, TLS12, nil)
	for range maxWarnings - 1 {
		p.inject(Server, seal(p, TypeAlert, LevelWarning, byte(AlertUserCanceled)))
	}
	p.read(Server, WantRead)
	p.inject(Server, seal(p, TypeAlert, LevelWarning, byte(AlertUserCanceled)))
	p.read(Server, Failed)
	wantAlert(t, p.ends[Server], AlertUnexpectedMessage)
	p = established(t, TLS13, nil)
	p.inject(Server, seal(p, TypeAlert, LevelWarning, byte(AlertUserCanceled)))
	p.read(Server, WantRead)
	p.inject(Server, seal(p, TypeAlert, LevelWarning, 42))
	p.read(Server, Failed)
	wantAlert(t, p.ends[Server], 42)
	p = established(t, TLS13, nil)
	p.inject(Server, seal(p, TypeHandshake))
	p.read(Server, Failed)
}

// The peer is told with the alert's name, and so is whoever reads the error.
func TestErrorsSayGotStateAndWant(t *testing.T) {
	p := newPair(t, config(TLS12))
	p.ends[Client].Handshake()
	p.inject(Client, AppendRecord(nil, TypeHandshake, WireTLS12, []byte{20, 0, 0, 12}))
	p.want("handshake", p.ends[Client].Handshake(), Failed)
	const want = "model: client in wait-server-hello got Finished; want ServerHello"
	if got := p.ends[Client].Err().Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	p.taken(Client)
	p.ends[Client].Handshake()
	p = established(t, TLS12, nil)
	p.want("key update", p.ends[Client].KeyUpdate(true), Failed)
	const also = "model: client in established: wrong ssl version for this call"
	if got := p.ends[Client].Err().Error(); got != also {
		t.Errorf("got  %s\nwant %s", got, also)
	}
}
