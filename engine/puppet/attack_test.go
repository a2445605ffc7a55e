package puppet_test

import (
	"slices"
	"testing"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/wire"
)

// records gives the lengths of the puppet's records of a type, in order and without headers.
func (l *link) records(typ byte) (lengths []int) {
	for p := l.Sent[l.role]; len(p) >= wire.HeaderLen; {
		n := wire.RecordSize(p)
		if p[0] == typ {
			lengths = append(lengths, n-wire.HeaderLen)
		}
		p = p[min(n, len(p)):]
	}
	return lengths
}

// item is the attack with that word.
func item(word string) attack.Attack {
	for a := range attack.Count {
		if a.String() == word {
			return a
		}
	}
	panic("no attack " + word)
}

// against opens a link to OpenSSL or to crypto/tls, before its handshake.
func against(t *testing.T, lib model.Library, r model.Role, v model.Version) *link {
	t.Helper()
	cfg := config(v)
	cfg.Resume = lib.Name() == "gotls"
	return open(t, lib, r, cfg)
}

// everywhere runs a test against both libraries, in both versions, with the puppet at either end.
// The test opens as many links as it likes.
func everywhere(t *testing.T, test func(t *testing.T, v model.Version, open func() *link)) {
	for _, lib := range libraries[1:] {
		t.Run(lib.name, func(t *testing.T) {
			roles(t, func(t *testing.T, v model.Version, r model.Role) {
				test(t, v, func() *link { return against(t, lib.load(t), r, v) })
			})
		})
	}
}

// TestSplit: handshake messages are cut into pieces of any length, and both libraries put them
// together again. From 16 bytes on some lengths are left out.
func TestSplit(t *testing.T) {
	everywhere(t, func(t *testing.T, _ model.Version, open func() *link) {
		l := open().shaken()
		hello := l.records(wire.TypeHandshake)[0]
		for n := 1; n < hello; n += 1 + n/16 {
			l := open()
			l.puppet().Attack(item("split"), n)
			l.shaken()
			want := slices.Repeat([]int{n}, hello/n)
			if got := l.records(wire.TypeHandshake)[:hello/n]; !slices.Equal(got, want) {
				t.Fatalf("split %d: a hello of %d bytes came in records of %v", n, hello, got)
			}
			l.lives("split")
		}
	})
}

// TestPack: the messages of one flight share a record, as far as they have the same keys.
func TestPack(t *testing.T) {
	lib := need(t)
	for v, want := range map[model.Version]struct{ plain, packed int }{
		model.TLS12: {plain: 3, packed: 2}, // ServerHello and ServerHelloDone, Finished
		model.TLS13: {plain: 2, packed: 1}, // sealed: EncryptedExtensions, Finished
	} {
		kind := wire.TypeHandshake
		if v == model.TLS13 {
			kind = wire.TypeApplicationData
		}
		for _, packs := range []bool{false, true} {
			l := against(t, lib, model.Server, v)
			if packs {
				l.puppet().Attack(item("pack"), 0)
			}
			l.shaken()
			wanted := want.plain
			if packs {
				wanted = want.packed
			}
			if got := l.records(kind); len(got) != wanted {
				t.Errorf("TLS %s, packed %t: records of %v; want %d", v, packs, got, wanted)
			}
		}
	}
}

// TestInterleave: data come between the halves of a KeyUpdate, and both libraries answer
// unexpected_message.
func TestInterleave(t *testing.T) {
	everywhere(t, func(t *testing.T, v model.Version, open func() *link) {
		if v == model.TLS12 {
			return // it has no KeyUpdate; TestRepertoire has its hellos
		}
		l := open().shaken()
		l.puppet().Attack(item("interleave"), 10)
		l.lives("nothing has come yet")
		before := len(l.records(wire.TypeApplicationData))
		l.puppet().Attack(item("key-updates"), 1)
		if got := l.outcome(false); got != "unexpected_message" {
			t.Errorf("%s; want unexpected_message", got)
		}
		want := []int{2 + 17, 10 + 17, 3 + 17} // 17: type and tag
		if got := l.records(wire.TypeApplicationData)[before:]; !slices.Equal(got, want) {
			t.Errorf("the records have %v bytes; want %v", got, want)
		}
	})
}

// TestFloodOfKeyUpdates: OpenSSL absorbs them all. Its Read answers each when the next one comes,
// and keeps the last answer back until it writes.
func TestFloodOfKeyUpdates(t *testing.T) {
	lib := need(t)
	for _, r := range []model.Role{model.Client, model.Server} {
		const flood = 1000
		l := against(t, lib, r, model.TLS13).shaken()
		l.puppet().Attack(item("key-updates"), flood)
		if got := l.outcome(false); got != "absorbed" || !l.victim().Deferred() {
			t.Fatalf("%s, deferred %t; want it absorbed and deferred", got, l.victim().Deferred())
		}
		if got := l.Count(r.Peer(), false, "KeyUpdate"); got != flood {
			t.Errorf("%d were absorbed; want %d", got, flood)
		}
		for _, want := range []int{flood - 1, flood} {
			if got := l.Count(r.Peer(), true, "KeyUpdate"); got != want {
				t.Errorf("%d answers; want %d", got, want)
			}
			l.lives("the flood")
		}
	}
}

// TestFloodOfHelloRequests: a client of OpenSSL answers a thousand of them with one handshake.
func TestFloodOfHelloRequests(t *testing.T) {
	l := against(t, need(t), model.Server, model.TLS12).shaken()
	l.puppet().Attack(item("hello-requests"), 1000)
	l.drive(false)
	if got := l.Count(model.Client, true, "ClientHello"); got != 2 {
		t.Errorf("%d ClientHellos; want the first one and one answer", got)
	}
	l.lives("the flood")
}

// TestRenegotiation: the puppet renegotiates with OpenSSL from either end, and both use the new
// keys.
func TestRenegotiation(t *testing.T) {
	lib := need(t)
	for _, r := range []model.Role{model.Client, model.Server} {
		l := against(t, lib, r, model.TLS12).shaken()
		for n := 2; n < 5; n++ {
			l.puppet().Attack(item("renegotiation"), 0)
			if got := l.outcome(false); got != "absorbed" {
				t.Fatalf("%s; want absorbed (%v)", got, l.victim().Err())
			}
			if got := l.Count(r, true, "Finished"); got != n {
				t.Errorf("the puppet has sent %d Finished; want %d", got, n)
			}
			l.lives("a renegotiation")
		}
	}
}

// TestAlertPieces: an alert comes in two records of one byte each.
func TestAlertPieces(t *testing.T) {
	l := against(t, need(t), model.Client, model.TLS12).shaken()
	l.puppet().Attack(item("alert-pieces"), int(wire.AlertInternalError))
	l.Settle()
	if got, want := l.records(wire.TypeAlert), []int{1 + 24, 1 + 24}; !slices.Equal(got, want) {
		t.Errorf("alert records of %v bytes; want %v", got, want)
	}
}

// TestDataAfterClose: data leave behind the close_notify, and nobody reads them.
func TestDataAfterClose(t *testing.T) {
	everywhere(t, func(t *testing.T, _ model.Version, open func() *link) {
		l := open().shaken()
		l.puppet().Attack(item("data-after-close"), 50)
		before := len(l.Sent[l.role])
		if data, st := l.drive(false); data != 0 || st != model.Closed {
			t.Errorf("%d bytes, %v; want none, closed", data, st)
		}
		if n := len(l.Sent[l.role]) - before; n < 2+50 {
			t.Errorf("%d bytes were sent; want an alert and the data", n)
		}
	})
}

// TestEnd: the puppet fails without a word to its peer.
func TestEnd(t *testing.T) {
	for _, early := range []bool{false, true} {
		everywhere(t, func(t *testing.T, _ model.Version, open func() *link) {
			l := open()
			if !early {
				l.shaken()
			}
			before := len(l.Sent[l.role])
			l.puppet().Attack(item("end"), 0)
			if _, st := l.drive(early); st != model.WantRead && !early {
				t.Errorf("the victim says %v; want want-read", st)
			}
			_, st := l.Read(l.role)
			if st != model.Failed || l.puppet().Err() == nil || len(l.Sent[l.role]) > before {
				t.Errorf("the puppet says %v (%v), and has sent %d bytes; want failed, and none",
					st, l.puppet().Err(), len(l.Sent[l.role])-before)
			}
		})
	}
}

// TestDeaf: the puppet takes no more bytes, so that the victim's buffer fills up, but it still
// sends.
func TestDeaf(t *testing.T) {
	everywhere(t, func(t *testing.T, _ model.Version, open func() *link) {
		l := open().shaken()
		l.puppet().Attack(item("deaf"), 0)
		if room := l.puppet().InputRoom(); room != 0 {
			t.Errorf("there is room for %d bytes; want none", room)
		}
		victim := l.role.Peer()
		var st model.Status
		for range 100 {
			if _, st = l.victim().Write(make([]byte, 16000)); st != model.OK {
				break
			}
			l.Settle()
		}
		if st != model.WantWrite {
			t.Fatalf("the last Write says %v (%v); want want-write", st, l.victim().Err())
		}
		if _, st := l.puppet().Write([]byte("hear me")); st != model.OK {
			t.Fatalf("the puppet's Write says %v", st)
		}
		l.Settle()
		if text, _ := l.Read(victim); text != "hear me" {
			t.Errorf("the victim reads %q", text)
		}
	})
}

// TestSip: the puppet has room for one byte at a time. TestRepertoire shows that everything
// passes all the same.
func TestSip(t *testing.T) {
	everywhere(t, func(t *testing.T, _ model.Version, open func() *link) {
		l := open()
		l.puppet().Attack(item("sip"), 0)
		if fed := l.puppet().Feed([]byte{22, 3, 3}); fed != 1 {
			t.Errorf("%d bytes are taken; want 1", fed)
		}
		if room := l.puppet().InputRoom(); room != 0 {
			t.Errorf("behind a byte there is room for %d; want none", room)
		}
	})
}
