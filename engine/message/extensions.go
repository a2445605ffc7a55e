package message

import (
	"fmt"
	"reflect"
	"slices"
)

// An Extension is one of a hello, or of another message that has some.
type Extension struct {
	Type uint16
	// Body is a pointer to what the extension's row below says for the message that it is in; nil
	// if it is empty. What was read and is something else is raw.
	Body any
}

// raw is the body of an extension that can't be read.
type raw []byte

// A Share is a public key (RFC 8446, section 4.2.8).
type Share struct {
	Group Group
	Key   []byte `wire:"16"`
}

// An Offer is a client's pre_shared_key extension (RFC 8446, section 4.2.11).
type Offer struct {
	Identities []struct {
		Identity []byte `wire:"16"`
		Age      uint32
	} `wire:"16"`
	Binders [][]byte `wire:"16,8"`
}

// Add offers one more identity, with zeros for a binder of n bytes.
func (o *Offer) Add(identity []byte, n int) {
	o.Identities = append(o.Identities, struct {
		Identity []byte `wire:"16"`
		Age      uint32
	}{identity, 0})
	o.Binders = append(o.Binders, make([]byte, n))
}

// A body is what an extension has in some messages: those of the kinds in, or all others. tag says
// how it is written, as a field's tag does.
type body struct {
	in  []Kind
	typ reflect.Type // nil: it is empty
	tag string
}

// all makes the one body of an extension that looks the same in all messages.
func all[T any](tag string) []body { return []body{in[T](tag)} }

// in makes a body for messages of those kinds.
func in[T any](tag string, kinds ...Kind) body { return body{kinds, typeOf[T](), tag} }

var empty = body{}

// extensions are the extensions (RFC 8446, section 4.2, and the RFCs that it names): number, name,
// and bodies. The last body is for all messages that no other is for.
var extensions = [...]struct {
	typ    uint16
	name   string
	bodies []body
}{
	{0, "server_name", []body{in[[]struct {
		Type byte
		Name []byte `wire:"16"`
	}]("16", 1), empty}},
	{1, "max_fragment_length", all[byte]("")},
	{5, "status_request", []body{in[struct {
		Type       byte
		Responders [][]byte `wire:"16,16"`
		Extensions []byte   `wire:"16"`
	}]("", 1), in[CertificateStatus]("", 11), empty}},
	{10, "supported_groups", all[[]Group]("16")},
	{11, "ec_point_formats", all[[]byte]("8")},
	{13, "signature_algorithms", all[[]Scheme]("16")},
	{16, "application_layer_protocol_negotiation", all[[][]byte]("16,8")},
	{18, "signed_certificate_timestamp", all[[]byte]("rest")},
	{21, "padding", all[[]byte]("rest")},
	{22, "encrypt_then_mac", nil},
	{23, "extended_master_secret", nil},
	{28, "record_size_limit", all[uint16]("")},
	{35, "session_ticket", all[[]byte]("rest")},
	{41, "pre_shared_key", []body{in[Offer]("", 1), in[uint16]("")}},
	{42, "early_data", []body{in[uint32]("", 4), empty}},
	{43, "supported_versions", []body{in[[]uint16]("8", 1), in[uint16]("")}},
	{44, "cookie", all[[]byte]("16")},
	{45, "psk_key_exchange_modes", all[[]byte]("8")},
	{47, "certificate_authorities", all[[][]byte]("16,16")},
	{48, "oid_filters", all[[]struct {
		OID    []byte `wire:"8"`
		Values []byte `wire:"16"`
	}]("16")},
	{49, "post_handshake_auth", nil},
	{50, "signature_algorithms_cert", all[[]Scheme]("16")},
	{51, "key_share", []body{in[[]Share]("16", 1), in[Group]("", retry), in[Share]("")}},
	{0xff01, "renegotiation_info", all[[]byte]("8")},
}

// Ext makes the extension with that name. It panics if there is none.
func Ext(name string, body any) Extension {
	for i := range extensions {
		if extensions[i].name == name {
			return Extension{extensions[i].typ, body}
		}
	}
	panic(fmt.Sprintf("message: got extension %q; want one of extensions.go", name))
}

// Name is the RFCs' name of the extension, such as "key_share", or its number.
func (x *Extension) Name() string {
	for i := range extensions {
		if extensions[i].typ == x.Type {
			return extensions[i].name
		}
	}
	return fmt.Sprintf("extension-%d", x.Type)
}

// bodyIn is what the extension has in messages of that kind.
func (x *Extension) bodyIn(k Kind) body {
	for i := range extensions {
		if e := &extensions[i]; e.typ == x.Type && len(e.bodies) > 0 {
			for _, b := range e.bodies {
				if slices.Contains(b.in, k) {
					return b
				}
			}
			return e.bodies[len(e.bodies)-1]
		}
	}
	return empty
}

// tag is that of the body that the extension has now.
func (x *Extension) tag() string {
	has := reflect.TypeOf(x.Body).Elem()
	for i := range extensions {
		for _, b := range extensions[i].bodies {
			if extensions[i].typ == x.Type && b.typ == has {
				return b.tag
			}
		}
	}
	return "rest"
}
