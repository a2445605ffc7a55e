package puppet_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	gofuzz "github.com/google/gofuzz"

	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// A teller makes up a tale while it is told, because only then it is known what the puppet says.
// gofuzz fills its plan, and later the fields of messages, each by the function for its type.
type teller struct {
	fuzzer *gofuzz.Fuzzer
	plan   plan
	tale   tale
	err    error // an edit that can't be made, which is our mistake
	mute   bool  // nothing may be taken for application data
}

// A plan is what is known before a tale begins. Only the fault may be against the rules. The
// flourishes are not: records of another length, KeyUpdates and tickets after the handshake.
type plan struct {
	Version              model.Version
	Role                 model.Role
	Resume, Retry, Auth  bool
	Certs, Early         bool
	Fault                fault
	Flourish1, Flourish2 flourish
}

// A fault is what is wrong in a tale: one level of one message, or the moment of a message.
type fault struct {
	Turn  turnNumber
	Level faultLevel
	Pick  uint16 // which of the levels that the message has
	Op    uint8
	Size  smallNumber
	Says  saysName // of a message out of turn
	Alert wire.Alert
}

// A flourish is unusual and legal.
type flourish struct {
	Turn turnNumber
	Kind uint8
	Size smallNumber
}

// Types of their own, so that gofuzz fills each in its way.
type (
	turnNumber  int
	faultLevel  int
	smallNumber int
	saysName    string
)

// The levels at which a tale may be wrong.
const (
	wrongField   faultLevel = iota // a value
	wrongSize                      // the length or the end of a vector
	wrongElement                   // an element is gone, twice, elsewhere, or one too many
	wrongRecord                    // the records' header, size or keys
	wrongOrder                     // a message at a moment that is not its own
	wrongAlert                     // an alert, which may be legal
	wrongSkip                      // a message that does not come
)

// fillers are gofuzz's functions, by type. What they make is legal somewhere, or nearly so.
func fillers() []any {
	return []any{
		func(v *model.Version, c gofuzz.Continue) { *v = model.Version(c.Intn(2)) },
		func(r *model.Role, c gofuzz.Continue) { *r = model.Role(c.Intn(2)) },
		func(n *turnNumber, c gofuzz.Continue) { *n = turnNumber(c.Intn(9)) },
		func(l *faultLevel, c gofuzz.Continue) { // most are as many things as can be said out of turn
			*l = oneOf(c, wrongField, wrongField, wrongSize, wrongElement, wrongRecord, wrongSkip,
				wrongOrder, wrongOrder, wrongOrder, wrongAlert, wrongAlert, wrongAlert)
		},
		func(n *smallNumber, c gofuzz.Continue) {
			sizes := []int{1, -1, 2, -2, 3, 4, 16, 255, -255, 256, 1 << 14, 1 << 16}
			*n = smallNumber(sizes[c.Intn(len(sizes))])
		},
		func(s *saysName, c gofuzz.Continue) {
			*s = saysName(handshakes[c.Intn(len(handshakes))].String())
			if c.Intn(5) == 0 {
				names := []saysName{"ChangeCipherSpec", "data", "content"}
				*s = names[c.Intn(len(names))]
			}
		},
		func(a *wire.Alert, c gofuzz.Continue) { *a = alerts[c.Intn(len(alerts))] },
		func(k *message.Kind, c gofuzz.Continue) {
			if *k = handshakes[c.Intn(len(handshakes))]; c.Intn(4) == 0 {
				*k = message.Kind(c.Intn(256))
			}
		},
		func(s *message.Suite, c gofuzz.Continue) {
			*s = oneOf(c, message.Suite(c.Intn(1<<16)), 0x1301, 0x1302, 0x1303, 0x00a8, 0x00a9, 0xc02b,
				0xc02c, 0xcca9, 0x00ff, 0x5600, 0x0a0a)
		},
		func(g *message.Group, c gofuzz.Continue) {
			*g = oneOf(c, message.Group(c.Intn(1<<16)), 23, 24, 25, 29, 30, 256, 0x0a0a, 4588)
		},
		func(s *message.Scheme, c gofuzz.Continue) {
			*s = oneOf(c, message.Scheme(c.Intn(1<<16)), 0x0403, 0x0503, 0x0804, 0x0807, 0x0401, 0x0201,
				0x0a0a)
		},
		func(n *uint16, c gofuzz.Continue) {
			*n = oneOf(c, uint16(c.Intn(1<<16)), 0, 1, 64, 0x0300, 0x0301, 0x0303, 0x0304, 0x7f1c, 0xfefd,
				1<<14, 1<<16-1)
		},
		func(n *uint8, c gofuzz.Continue) { *n = oneOf(c, uint8(c.Intn(256)), 0, 1, 2, 4, 5, 255) },
		func(n *uint32, c gofuzz.Continue) {
			*n = oneOf(c, uint32(c.Intn(1<<30)), 0, 1, 604800, 604801, 1<<31, 1<<32-1)
		},
		func(p *[]byte, c gofuzz.Continue) { // short enough for every vector
			*p = make([]byte, oneOf(c, c.Intn(256), 0, 1, 12, 31, 32, 33, 48, 65))
			c.Read(*p)
		},
		func(s *message.Share, c gofuzz.Continue) {
			c.Fuzz(&s.Group)
			s.Key = make([]byte, oneOf(c, 0, 32, 65, 97, 1216))
			c.Read(s.Key)
		},
		fillExtension,
	}
}

// oneOf is one of the values.
func oneOf[T any](c gofuzz.Continue, values ...T) T { return values[c.Intn(len(values))] }

// fillExtension makes an extension with a body that it has in some message, or with bytes.
func fillExtension(x *message.Extension, c gofuzz.Continue) {
	bodies := map[string]func() any{
		"server_name": func() any {
			return filled(c, new([]struct {
				Type byte
				Name []byte `wire:"16"`
			}))
		},
		"max_fragment_length":                    func() any { return filled(c, new(byte)) },
		"supported_groups":                       func() any { return filled(c, new([]message.Group)) },
		"ec_point_formats":                       func() any { return filled(c, new([]byte)) },
		"signature_algorithms":                   func() any { return filled(c, new([]message.Scheme)) },
		"application_layer_protocol_negotiation": func() any { return filled(c, new([][]byte)) },
		"signed_certificate_timestamp":           func() any { return filled(c, new([]byte)) },
		"padding":                                func() any { return filled(c, new([]byte)) },
		"encrypt_then_mac":                       nil,
		"extended_master_secret":                 nil,
		"record_size_limit":                      func() any { return filled(c, new(uint16)) },
		"session_ticket":                         func() any { return filled(c, new([]byte)) },
		"pre_shared_key":                         func() any { return filled(c, new(message.Offer)) },
		"early_data":                             nil,
		"supported_versions":                     func() any { return filled(c, new([]uint16)) },
		"cookie":                                 func() any { return filled(c, new([]byte)) },
		"psk_key_exchange_modes":                 func() any { return filled(c, new([]byte)) },
		"certificate_authorities":                func() any { return filled(c, new([][]byte)) },
		"post_handshake_auth":                    nil,
		"signature_algorithms_cert":              func() any { return filled(c, new([]message.Scheme)) },
		"key_share":                              func() any { return filled(c, new([]message.Share)) },
		"renegotiation_info":                     func() any { return filled(c, new([]byte)) },
	}
	names := slices.Sorted(maps.Keys(bodies))
	name := names[c.Intn(len(names))]
	*x = message.Ext(name, nil)
	if body := bodies[name]; body != nil {
		x.Body = body()
	}
	switch c.Intn(8) {
	case 0:
		x.Type = 0x0a0a // GREASE (RFC 8701)
		x.Body = filled(c, new([]byte))
	case 1:
		x.Body = filled(c, new([]byte))
	}
}

// filled fills what p points to.
func filled(c gofuzz.Continue, p any) any {
	c.Fuzz(p)
	return p
}

// newTeller makes the teller of a tale from gofuzz's numbers.
func newTeller(f *gofuzz.Fuzzer) *teller {
	te := &teller{fuzzer: f.NilChance(0).NumElements(1, 4).Funcs(fillers()...)}
	p := &te.plan
	te.fuzzer.Fuzz(p)
	te.tale = tale{Version: p.Version, Role: p.Role, Resume: p.Resume, Retry: p.Retry, Auth: p.Auth,
		Certs: p.Certs && p.Role == model.Server,
		Early: p.Early && p.Resume && p.Version == model.TLS13 && p.Role == model.Client}
	return te
}

// meddle makes up the steps of a turn, and plays them.
func (te *teller) meddle(p *prompter, t *puppet.Turn) {
	switch one, two := te.plan.Flourish1, te.plan.Flourish2; p.turns { // a turn has one at most
	case int(one.Turn):
		te.flourish(p, t, one)
	case int(two.Turn):
		te.flourish(p, t, two)
	}
	if int(te.plan.Fault.Turn) == p.turns {
		te.fault(p, t)
	}
}

// play plays a step and adds it to the tale.
func (te *teller) play(p *prompter, t *puppet.Turn, st step) {
	if st.Says == "data" && te.mute {
		return
	}
	st.Turn = p.turns
	if err := p.play(&st, t); err != nil {
		te.err = err
	}
	st.invent = nil
	te.tale.Steps = append(te.tale.Steps, st)
}

// records is an edit of a field of the records.
func records(field string, n int) []message.Edit {
	return []message.Edit{{Op: opRecords, Path: field, Value: strconv.Itoa(n)}}
}

// flourish plays a legal step. Some are legal only after the handshake, which is when the puppet
// has nothing to say.
func (te *teller) flourish(p *prompter, t *puppet.Turn, f flourish) {
	n := max(int(f.Size), 1)
	says := te.legal()
	switch {
	case t.Draft.Message != nil && te.tale.Certs && f.Kind%3 > 0 && t.Draft.Name() ==
		map[model.Version]string{model.TLS12: "ServerHelloDone", model.TLS13: "Certificate"}[te.plan.Version]:
		te.play(p, t, step{Says: "CertificateRequest"})
	case t.Draft.Message != nil && t.Draft.Name() == "EndOfEarlyData" && f.Kind%3 > 0:
		te.play(p, t, step{Says: "data"})
	case t.Draft.Message == nil:
		te.play(p, t, step{Says: says[int(f.Kind)%len(says)]})
	case f.Kind%2 == 0:
		te.play(p, t, step{Edits: records("split", n)})
	case te.plan.Version == model.TLS13:
		te.play(p, t, step{Edits: records("padding", n%1000)})
	}
}

// legal are the messages that the puppet may send after the handshake.
func (te *teller) legal() []string {
	switch p := &te.plan; {
	case p.Version == model.TLS12 && p.Role == model.Server:
		return []string{"HelloRequest"}
	case p.Version == model.TLS12:
		return []string{"ClientHello"}
	case p.Role == model.Client:
		return []string{"KeyUpdate"}
	case p.Auth:
		return []string{"KeyUpdate", "NewSessionTicket", "CertificateRequest"}
	}
	return []string{"KeyUpdate", "NewSessionTicket"}
}

// fault plays what is wrong. A turn without a message of its own gets one that is legal.
func (te *teller) fault(p *prompter, t *puppet.Turn) {
	f := &te.plan.Fault
	st := step{invent: te.wrong}
	switch says := te.legal(); {
	case f.Level == wrongOrder:
		st = step{Says: string(f.Says)}
	case f.Level == wrongAlert:
		st = step{Says: f.Alert.Word()}
		if f.Op < 64 {
			level := message.Edit{Op: "set", Path: "level", Value: fmt.Sprintf("%02x", f.Op%4)}
			st.Edits = []message.Edit{level}
		}
	case t.Draft.Message == nil:
		st.Says = says[int(f.Pick)%len(says)]
	}
	te.play(p, t, st)
}

// wrong makes one level of a message wrong.
func (te *teller) wrong(t *puppet.Turn) []message.Edit {
	f := &te.plan.Fault
	switch f.Level {
	case wrongSkip:
		return []message.Edit{{Op: opSkip}}
	case wrongRecord:
		return te.wrongRecord()
	}
	levels := slices.DeleteFunc(t.Draft.Levels(), func(l message.Level) bool {
		return f.Level == wrongField && l.Field == nil || f.Level == wrongSize && !l.Vector ||
			f.Level == wrongElement && !l.Element && !l.List
	})
	if len(levels) == 0 {
		return records("keys", 1)
	}
	l := &levels[int(f.Pick)%len(levels)]
	if f.Level == wrongSize {
		return []message.Edit{te.wrongSize(l)}
	}
	if f.Level == wrongElement && l.Element {
		return []message.Edit{{Op: oneAt(f.Op, "drop", "double", "last"), Path: l.Path}}
	}
	fresh := l.Fresh(f.Level == wrongElement)
	te.fuzzer.Fuzz(fresh.Field)
	op := "set"
	if f.Level == wrongElement {
		op = "insert"
	}
	return []message.Edit{{Op: op, Path: l.Path, Value: fresh.Value()}}
}

// oneAt is one of the values.
func oneAt[T any](at uint8, values ...T) T { return values[int(at)%len(values)] }

// wrongSize makes a length wrong, or the end of a vector.
func (te *teller) wrongSize(l *message.Level) message.Edit {
	f := &te.plan.Fault
	n := min(max(int(f.Size), 1), 1<<14)
	switch f.Op % 3 {
	case 0:
		return message.Edit{Op: "longer", Path: l.Path, Value: strconv.Itoa(int(f.Size))}
	case 1:
		return message.Edit{Op: "cut", Path: l.Path, Value: strconv.Itoa(n)}
	}
	return message.Edit{Op: "pad", Path: l.Path, Value: strconv.Itoa(n)}
}

// wrongRecord makes a record wrong.
func (te *teller) wrongRecord() []message.Edit {
	f := &te.plan.Fault
	switch f.Op % 6 {
	case 0:
		typ := oneAt(uint8(f.Pick), 19, 20, 21, 22, wire.TypeApplicationData, 24, 255)
		if typ == wire.TypeApplicationData && te.mute {
			typ = 0
		}
		return records("type", int(typ))
	case 1:
		return records("version", oneAt(uint8(f.Pick), 0x0300, 0x0301, 0x0304, 0x0200, 0x0403, 0xfefd))
	case 2:
		return records("longer", int(int16(f.Size)))
	case 3:
		return records("padding", oneAt(uint8(f.Pick), 1, 255, 1<<14, 1<<15))
	case 4:
		return records("split", max(1, int(f.Size)%64))
	}
	return records("keys", 1+int(f.Pick)%4)
}
