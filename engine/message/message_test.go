package message

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	gofuzz "github.com/google/gofuzz"

	"github.com/wantwrite/wantwrite/model/wire"
)

// made makes a message of each struct, all of whose fields gofuzz has filled.
func made(seed int64) (all []Message) {
	f := gofuzz.NewWithSeed(seed).NilChance(0).NumElements(1, 3)
	for k := range Kind(255) {
		for _, t := range []reflect.Type{kinds[k].tls12, kinds[k].tls13} {
			if t == nil {
				continue
			}
			m := reflect.New(t).Interface().(Message)
			f.Funcs(func(x *Extension, c gofuzz.Continue) { fillExtension(x, form(m), c) }).Fuzz(m)
			switch m := m.(type) { // the forms that are read
			case *ServerKeyExchange:
				m.Signed = nil
			case *ClientKeyExchange:
				m.Point = nil
			}
			all = append(all, m)
		}
	}
	return all
}

// fillExtension makes one of our extensions, as messages of that kind have it.
func fillExtension(x *Extension, in Kind, c gofuzz.Continue) {
	x.Type, x.Body = extensions[c.Intn(len(extensions))].typ, nil
	if b := x.bodyIn(in); b.typ != nil {
		x.Body = reflect.New(b.typ).Interface()
		c.Fuzz(x.Body)
	}
}

// TestParseReadsWhatIsWritten: every message comes back as the struct that it was made from.
func TestParseReadsWhatIsWritten(t *testing.T) {
	for seed := range int64(200) {
		for _, m := range made(seed) {
			p := (&Draft{Message: m}).Bytes()
			_, kind := m.head()
			tls13 := kinds[kind].tls13 == reflect.TypeOf(m).Elem()
			if back := Parse(p, tls13); !reflect.DeepEqual(back, m) {
				t.Fatalf("got\n%#v; want\n%#v", back, m)
			}
		}
	}
}

// TestUnreadableIsOpaque: what can't be read, or has no struct in that version, keeps its bytes.
// Nothing panics, whichever byte is missing or wrong.
func TestUnreadableIsOpaque(t *testing.T) {
	for _, m := range made(1) {
		p := (&Draft{Message: m}).Bytes()
		for i := 4; i < len(p); i++ {
			wrong := bytes.Clone(p)
			wrong[i] ^= 0xff
			for _, q := range [][]byte{p[:i], wrong} {
				for _, tls13 := range []bool{false, true} {
					back := (&Draft{Message: Parse(q, tls13)}).Bytes()
					if !bytes.Equal(back[4:], q[4:]) {
						t.Fatalf("%x was read and written as %x", q, back)
					}
				}
			}
		}
	}
}

// hello is a ClientHello with lists in lists.
func hello() *Draft {
	offer := new(Offer)
	offer.Add([]byte("somebody"), 32)
	return &Draft{Message: &ClientHello{Version: 0x0303, Session: []byte{1, 2}, Suites: []Suite{1, 2},
		Compression: []byte{0}, Extensions: []Extension{
			Ext("key_share", &[]Share{{Group: 29, Key: make([]byte, 32)}}),
			Ext("application_layer_protocol_negotiation", &[][]byte{[]byte("h2")}),
			Ext("pre_shared_key", offer)}}}
}

// TestOneLevelIsWrong: a length that lies is the only byte that is wrong. What is missing or too
// much in a vector is right in the lengths of all vectors around it.
func TestOneLevelIsWrong(t *testing.T) {
	usual := hello().Bytes()
	for _, l := range hello().Levels() {
		if !l.Vector {
			continue
		}
		d := hello()
		if err := d.Apply(Edit{"longer", l.Path, "1"}); err != nil {
			t.Fatal(err)
		}
		if p := d.Bytes(); len(p) != len(usual) || different(p, usual) != 1 {
			t.Errorf("longer %s: %d bytes differ of\n%x and\n%x; want 1", l.Path, different(p, usual), p, usual)
		}
		for _, e := range []Edit{{"cut", l.Path, "1"}, {"pad", l.Path, "1"}} {
			d := hello()
			if err := d.Apply(e); err != nil {
				t.Fatal(err)
			}
			p, sum := d.Bytes(), 0
			if n := int(p[1])<<16 | int(p[2])<<8 | int(p[3]); n != len(p)-4 {
				t.Errorf("%s: the message has %d bytes and says %d", e, len(p)-4, n)
			}
			if sum = len(p) - len(usual); sum != 1 && sum != -1 {
				t.Errorf("%s: %d bytes more; want one more or less", e, sum)
			}
			if around := strings.LastIndexByte(l.Path, '.'); around > 0 && l.Path != headerPath {
				if _, read := Parse(p, true).(*ClientHello); !read && strings.HasPrefix(l.Path, "extensions.") {
					t.Errorf("%s: no hello is read, though only an extension is wrong", e)
				}
			}
		}
	}
}

// different is in how many bytes two texts of one length differ.
func different(p, q []byte) (n int) {
	for i := range p {
		if p[i] != q[i] {
			n++
		}
	}
	return n
}

// TestEdits: each edit does what its word says.
func TestEdits(t *testing.T) {
	for _, c := range []struct{ op, path, value, want string }{
		{"set", "suites", "000500060007", "suites 000500060007"},
		{"set", "extensions.key_share.body.0.group", "0017", "extensions.key_share.body.0.group 0017"},
		{"set", "extensions.pre_shared_key.body.binders.0", "ff",
			"extensions.pre_shared_key.body.binders.0 ff"},
		{"insert", "suites", "0a0a", "suites 0a0a00010002"},
		{"insert", "extensions", "0a0a0000", "extensions.extension-2570.type 0a0a"},
		{"drop", "extensions.key_share", "", "extensions.0.type 0010"},
		{"double", "suites.0", "", "suites 000100020001"},
		{"last", "suites.0", "", "suites 00020001"},
	} {
		d := hello()
		if err := d.Apply(Edit{c.op, c.path, c.value}); err != nil {
			t.Error(err)
			continue
		}
		path, want, _ := strings.Cut(c.want, " ")
		if got := valueAt(d, path); !strings.HasSuffix(got, want) {
			t.Errorf("%s %s %s: %s is %s; want %s", c.op, c.path, c.value, path, got, want)
		}
	}
	d := hello() // what comes twice can be changed once
	for _, e := range []Edit{{"double", "extensions.key_share", ""}, {"set", "extensions.3.body.0.group", "0017"}} {
		if err := d.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	if got := valueAt(d, "extensions.key_share.body.0.group"); got != "001d" {
		t.Errorf("the group is %s after its copy has changed; want 001d", got)
	}
	d = hello()
	if err := d.Apply(Edit{"set", kindPath, "63"}); err != nil || d.Bytes()[0] != 0x63 {
		t.Errorf("the kind is %d (%v); want 99", d.Bytes()[0], err)
	}
}

// valueAt is the content of a level; of an extension by its number, its type's.
func valueAt(d *Draft, path string) string {
	for _, l := range d.Levels() {
		if l.Path == path && l.Field != nil {
			return l.Value()
		}
	}
	if x := d.Message.(*ClientHello).Extensions; strings.HasPrefix(path, "extensions.0.") {
		return hex.EncodeToString([]byte{byte(x[0].Type >> 8), byte(x[0].Type)})
	}
	return "missing"
}

// TestEditsAreRefused: an edit that can't be made is refused in one line, and changes nothing.
func TestEditsAreRefused(t *testing.T) {
	usual := hello().Bytes()
	for _, e := range []Edit{
		{"set", "nothing", "00"}, {"set", "version", "xx"}, {"set", "version", "000102"},
		{"set", "suites", "00"}, {"longer", "session", "many"}, {"longer", "version", "1"},
		{"drop", "session", ""}, {"sing", "session", ""}, {"insert", "session", "00"},
		{"insert", "suites", "00"}, {"pad", "session", "-1"},
	} {
		d := hello()
		err := d.Apply(e)
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "want ") {
			t.Errorf("%s: got %v; want one line that says what is wanted", e, err)
		}
		if !bytes.Equal(d.Bytes(), usual) {
			t.Errorf("%s: it was refused, and the message has changed", e)
		}
	}
}

// TestNames: each message and extension has the RFCs' name, and what has none its number.
func TestNames(t *testing.T) {
	for want, m := range map[string]Message{
		"ClientHello": &ClientHello{}, "ServerHello": &ServerHello{},
		"HelloRetryRequest":     &ServerHello{Random: [32]byte([]byte(wire.RetryRandom))},
		"alert close_notify":    &Alert{Level: 1},
		"ChangeCipherSpec":      &Opaque{Record: wire.TypeChangeCipherSpec},
		"content 99":            &Opaque{Record: 99},
		"MessageHash":           &Opaque{Record: wire.TypeHandshake, Kind: 254},
		"handshake message 200": &Opaque{Record: wire.TypeHandshake, Kind: 200},
	} {
		if got := (&Draft{Message: m}).Name(); got != want {
			t.Errorf("got name %q; want %q", got, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an extension without a name was made")
		}
	}()
	Ext("keyshare", nil)
}
