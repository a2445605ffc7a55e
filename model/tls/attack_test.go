package tls

import (
	"fmt"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// Any bit of a sealed record that is flipped is noticed; and so is a record
// that comes twice, too early, or never.
func TestEveryFlippedBitIsNoticed(t *testing.T) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		p := established(t, v, nil)
		p.WriteSays(model.Client, []byte("a record"), model.OK)
		rec := p.taken(model.Client)
		for bit := range 8 * len(rec) {
			q := established(t, v, nil)
			bad := append([]byte(nil), rec...)
			bad[bit/8] ^= 1 << (bit % 8)
			q.inject(model.Server, bad)
			_, st := q.ends[model.Server].Read(make([]byte, 100))
			longer := bit/8 == 3 || bit/8 == 4 // the length: it may wait for more
			if st != model.Failed && !(longer && st == model.WantRead) {
				t.Errorf("TLS %s, bit %d: %s", v, bit, st)
			}
		}
	}
}

func TestReplayReorderAndDrop(t *testing.T) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		for _, order := range [][]int{{0, 0}, {1}, {1, 0}, {0, 2}} {
			p := established(t, v, nil)
			var recs [][]byte
			for range 3 {
				p.WriteSays(model.Client, []byte("same"), model.OK)
				recs = append(recs, p.taken(model.Client))
			}
			for _, i := range order {
				p.inject(model.Server, recs[i])
			}
			for p.ends[model.Server].State() != "dead" {
				if _, st := p.ends[model.Server].Read(make([]byte, 100)); st == model.WantRead {
					t.Fatalf("TLS %s: order %v was not noticed", v, order)
				}
			}
			wantAlert(t, p.ends[model.Server], wire.AlertBadRecordMAC)
		}
	}
}

// Any byte of the hellos that is changed on the way makes the handshake fail
// at one end or the other, and not later.
func TestTamperedHellos(t *testing.T) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		for at := wire.HeaderLen; at < wire.HeaderLen+4+99; at++ { // a ClientHello with a PSK
			p := newLink(t, config(v))
			p.ends[model.Client].Handshake()
			hello := p.taken(model.Client)
			hello[at] ^= 0x10
			p.inject(model.Server, hello)
			for range 10 {
				p.ends[model.Server].Handshake()
				p.Move(model.Server)
				p.ends[model.Client].Handshake()
				p.Move(model.Client)
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
	want wire.Alert
}{
	{"application data", wire.AppendRecord(nil, 23, wire.TLS12, []byte("x")), wire.AlertUnexpectedMessage},
	{"unknown type", wire.AppendRecord(nil, 99, wire.TLS12, []byte("x")), wire.AlertUnexpectedMessage},
	{"version 4", wire.AppendRecord(nil, 22, 0x0403, []byte("x")), wire.AlertProtocolVersion},
	{"too long", []byte{22, 3, 3, 0xff, 0xff}, wire.AlertRecordOverflow},
	{"too much content", wire.AppendRecord(nil, 22, wire.TLS12, make([]byte, wire.MaxRecordLen+1)),
		wire.AlertRecordOverflow},
	{"Finished", wire.AppendRecord(nil, 22, wire.TLS12, []byte{20, 0, 0, 12}), wire.AlertUnexpectedMessage},
	{"ClientHello of one byte", wire.AppendRecord(nil, 22, wire.TLS12, []byte{1, 0, 0, 1, 9}),
		wire.AlertDecodeError},
	{"endless ClientHello", wire.AppendRecord(nil, 22, wire.TLS12, []byte{1, 0xff, 0xff, 0xff}),
		wire.AlertIllegalParameter},
	{"short alert", wire.AppendRecord(nil, 21, wire.TLS12, []byte{1}), wire.AlertUnexpectedMessage},
	{"ChangeCipherSpec", wire.AppendRecord(nil, 20, wire.TLS12, []byte{1}), wire.AlertUnexpectedMessage},
	{"bad ChangeCipherSpec", wire.AppendRecord(nil, 20, wire.TLS12, []byte{2}), wire.AlertUnexpectedMessage},
	{"handshake in a data record", wire.AppendRecord(wire.AppendRecord(nil, 22, wire.TLS12, []byte{1}),
		23, wire.TLS12, []byte("x")), wire.AlertUnexpectedMessage},
	{"fatal alert", wire.AppendRecord(nil, 21, wire.TLS12, []byte{2, 80}), wire.AlertInternalError},
}

func TestAttacksOnAServer(t *testing.T) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		for _, a := range attacks {
			t.Run(fmt.Sprintf("%s/%s", v, a.name), func(t *testing.T) {
				p := newLink(t, config(v))
				p.inject(model.Server, a.wire)
				p.Want("handshake", p.ends[model.Server].Handshake(), model.Failed)
				wantAlert(t, p.ends[model.Server], a.want)
			})
		}
	}
}

// Records that say nothing are bounded: 32 empty ones in a row, and four
// warnings.
func TestFloods(t *testing.T) {
	seal := func(p *link, typ byte, body ...byte) []byte {
		return p.ends[model.Client].write.seal(nil, p.ends[model.Client].cfg.Version, typ, body)
	}
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		p := established(t, v, nil)
		for range maxEmpties {
			p.inject(model.Server, seal(p, wire.TypeApplicationData))
		}
		p.ReadSays(model.Server, model.WantRead)
		p.inject(model.Server, seal(p, wire.TypeApplicationData))
		p.ReadSays(model.Server, model.Failed)
		wantAlert(t, p.ends[model.Server], wire.AlertUnexpectedMessage)
	}
	p := established(t, model.TLS12, nil)
	for range maxWarnings - 1 {
		p.inject(model.Server, seal(p, wire.TypeAlert, wire.LevelWarning, byte(wire.AlertUserCanceled)))
	}
	p.ReadSays(model.Server, model.WantRead)
	p.inject(model.Server, seal(p, wire.TypeAlert, wire.LevelWarning, byte(wire.AlertUserCanceled)))
	p.ReadSays(model.Server, model.Failed)
	wantAlert(t, p.ends[model.Server], wire.AlertUnexpectedMessage)
	p = established(t, model.TLS13, nil)
	p.inject(model.Server, seal(p, wire.TypeAlert, wire.LevelWarning, byte(wire.AlertUserCanceled)))
	p.ReadSays(model.Server, model.WantRead)
	p.inject(model.Server, seal(p, wire.TypeAlert, wire.LevelWarning, 42))
	p.ReadSays(model.Server, model.Failed)
	wantAlert(t, p.ends[model.Server], 42)
	p = established(t, model.TLS13, nil)
	p.inject(model.Server, seal(p, wire.TypeHandshake))
	p.ReadSays(model.Server, model.Failed)
}

// The peer is told with the alert's name, and so is whoever reads the error.
func TestErrorsSayGotStateAndWant(t *testing.T) {
	p := newLink(t, config(model.TLS12))
	p.ends[model.Client].Handshake()
	p.inject(model.Client, wire.AppendRecord(nil, wire.TypeHandshake, wire.TLS12, []byte{20, 0, 0, 12}))
	p.Want("handshake", p.ends[model.Client].Handshake(), model.Failed)
	const want = "tls: client in wait-server-hello got Finished; want ServerHello"
	if got := p.ends[model.Client].Err().Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	p.taken(model.Client)
	p.ends[model.Client].Handshake()
	p = established(t, model.TLS12, nil)
	p.Want("key update", p.ends[model.Client].KeyUpdate(true), model.Failed)
	const also = "tls: client in established: wrong ssl version for this call"
	if got := p.ends[model.Client].Err().Error(); got != also {
		t.Errorf("got  %s\nwant %s", got, also)
	}
}
