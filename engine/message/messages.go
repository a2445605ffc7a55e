package message

import (
	"fmt"
	"reflect"

	"github.com/wantwrite/wantwrite/model/wire"
)

// A Message is a pointer to one of the structs here: a handshake message, an alert, or Opaque.
type Message interface {
	// head is the content type of the message's records and, if that is handshake, its kind.
	head() (record byte, kind Kind)
}

// A Kind is the type of a handshake message (RFC 5246, section 7.4; RFC 8446, section 4).
type Kind byte

// retry is the kind of a HelloRetryRequest in forms and names. On the wire it is a ServerHello.
const retry Kind = 6

// kinds are the handshake messages by their kinds: the names in the RFCs, and the structs of both
// versions. One without a struct is read as Opaque.
var kinds = map[Kind]struct {
	name         string
	tls12, tls13 reflect.Type
}{
	0:     {"HelloRequest", nil, nil},
	1:     {"ClientHello", typeOf[ClientHello](), typeOf[ClientHello]()},
	2:     {"ServerHello", typeOf[ServerHello](), typeOf[ServerHello]()},
	4:     {"NewSessionTicket", typeOf[NewSessionTicket12](), typeOf[NewSessionTicket]()},
	5:     {"EndOfEarlyData", nil, nil},
	retry: {"HelloRetryRequest", nil, nil},
	8:     {"EncryptedExtensions", nil, typeOf[EncryptedExtensions]()},
	11:    {"Certificate", typeOf[Certificate12](), typeOf[Certificate]()},
	12:    {"ServerKeyExchange", typeOf[ServerKeyExchange](), nil},
	13:    {"CertificateRequest", typeOf[CertificateRequest12](), typeOf[CertificateRequest]()},
	14:    {"ServerHelloDone", nil, nil},
	15:    {"CertificateVerify", typeOf[CertificateVerify](), typeOf[CertificateVerify]()},
	16:    {"ClientKeyExchange", typeOf[ClientKeyExchange](), nil},
	20:    {"Finished", typeOf[Finished](), typeOf[Finished]()},
	21:    {"CertificateURL", nil, nil},
	22:    {"CertificateStatus", typeOf[CertificateStatus](), nil},
	24:    {"KeyUpdate", nil, typeOf[KeyUpdate]()},
	254:   {"MessageHash", nil, nil},
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// String is the RFCs' name of the message, such as "ClientHello", or its number.
func (k Kind) String() string {
	if row, ok := kinds[k]; ok {
		return row.name
	}
	return fmt.Sprintf("handshake message %d", byte(k))
}

// Numbers with a name of their own, so that a fuzzer can tell them apart.
type (
	// A Suite is a cipher suite.
	Suite uint16
	// A Group is a group of a key share, or another named curve.
	Group uint16
	// A Scheme is a signature algorithm.
	Scheme uint16
)

// A ClientHello begins a handshake (RFC 8446, section 4.1.2; RFC 5246, section 7.4.1.2).
type ClientHello struct {
	Version     uint16
	Random      [32]byte
	Session     []byte      `wire:"8"`
	Suites      []Suite     `wire:"16"`
	Compression []byte      `wire:"8"`
	Extensions  []Extension `wire:"16 optional"`
}

// A ServerHello answers it (RFC 8446, section 4.1.3; RFC 5246, section 7.4.1.3). With the random
// of wire.RetryRandom it is a HelloRetryRequest.
type ServerHello struct {
	Version     uint16
	Random      [32]byte
	Session     []byte `wire:"8"`
	Suite       Suite
	Compression byte
	Extensions  []Extension `wire:"16 optional"`
}

// A NewSessionTicket is that of TLS 1.3 (RFC 8446, section 4.6.1). Lifetime is in seconds, Age in
// milliseconds.
type NewSessionTicket struct {
	Lifetime, Age uint32
	Nonce         []byte      `wire:"8"`
	Ticket        []byte      `wire:"16"`
	Extensions    []Extension `wire:"16"`
}

// A NewSessionTicket12 is that of TLS 1.2 (RFC 5077, section 3.3). Lifetime is in seconds.
type NewSessionTicket12 struct {
	Lifetime uint32
	Ticket   []byte `wire:"16"`
}

// EncryptedExtensions are a server's (RFC 8446, section 4.3.1).
type EncryptedExtensions struct {
	Extensions []Extension `wire:"16"`
}

// A Certificate is that of TLS 1.3 (RFC 8446, section 4.4.2).
type Certificate struct {
	Context []byte `wire:"8"`
	List    []struct {
		Data       []byte      `wire:"24"`
		Extensions []Extension `wire:"16"`
	} `wire:"24"`
}

// Add adds a certificate, in DER, without extensions.
func (m *Certificate) Add(der []byte) {
	m.List = append(m.List, struct {
		Data       []byte      `wire:"24"`
		Extensions []Extension `wire:"16"`
	}{Data: der})
}

// A Certificate12 is that of TLS 1.2 (RFC 5246, section 7.4.2).
type Certificate12 struct {
	List [][]byte `wire:"24,24"`
}

// A ServerKeyExchange has the Hint of a PSK (RFC 4279, section 2) or the Signed key of ECDHE (RFC
// 8422, section 5.4). Only the first is read; the other is Opaque.
type ServerKeyExchange struct {
	Hint   []byte `wire:"16 optional"`
	Signed *struct {
		Curve     byte // named_curve, which is 3
		Group     Group
		Key       []byte `wire:"8"`
		Scheme    Scheme
		Signature []byte `wire:"16"`
	}
}

// Sign makes m one of ECDHE with that key. sign signs what is in front of the signature.
func (m *ServerKeyExchange) Sign(key Share, scheme Scheme, sign func([]byte) []byte) {
	m.Signed = &struct {
		Curve     byte
		Group     Group
		Key       []byte `wire:"8"`
		Scheme    Scheme
		Signature []byte `wire:"16"`
	}{3, key.Group, key.Key, scheme, nil}
	p := (&Draft{Message: m}).Bytes()
	const header, signature = 4, 2 + 2 // in front of, and behind what is signed
	m.Signed.Signature = sign(p[header : len(p)-signature])
}

// A CertificateRequest is that of TLS 1.3 (RFC 8446, section 4.3.2).
type CertificateRequest struct {
	Context    []byte      `wire:"8"`
	Extensions []Extension `wire:"16"`
}

// A CertificateRequest12 is that of TLS 1.2 (RFC 5246, section 7.4.4).
type CertificateRequest12 struct {
	Types       []byte   `wire:"8"`
	Schemes     []Scheme `wire:"16"`
	Authorities [][]byte `wire:"16,16"`
}

// A CertificateVerify proves that a certificate's key is there (RFC 8446, section 4.4.3; RFC
// 5246, section 7.4.8).
type CertificateVerify struct {
	Scheme    Scheme
	Signature []byte `wire:"16"`
}

// A ClientKeyExchange has the Identity of a PSK (RFC 4279, section 2) or the Point of ECDHE (RFC
// 8422, section 5.7).
type ClientKeyExchange struct {
	Identity []byte `wire:"16 optional"`
	Point    []byte `wire:"8 optional"`
}

// A Finished proves that both ends have heard the same (RFC 8446, section 4.4.4; RFC 5246, section
// 7.4.9).
type Finished struct {
	Verify []byte `wire:"rest"`
}

// A CertificateStatus has an OCSP response (RFC 6066, section 8).
type CertificateStatus struct {
	Type     byte
	Response []byte `wire:"24"`
}

// A KeyUpdate changes the sender's keys. With Request 1 it asks for one (RFC 8446, section 4.6.3).
type KeyUpdate struct {
	Request byte
}

// An Alert is an alert (RFC 8446, section 6).
type Alert struct {
	Level       byte
	Description wire.Alert
}

// Opaque is content of any type that is not taken apart. Kind counts in records of handshake
// messages only: there Body is behind the message's header.
type Opaque struct {
	Record byte
	Kind   Kind
	Body   []byte `wire:"rest"`
}

func (*ClientHello) head() (byte, Kind)          { return wire.TypeHandshake, 1 }
func (*ServerHello) head() (byte, Kind)          { return wire.TypeHandshake, 2 }
func (*NewSessionTicket) head() (byte, Kind)     { return wire.TypeHandshake, 4 }
func (*NewSessionTicket12) head() (byte, Kind)   { return wire.TypeHandshake, 4 }
func (*EncryptedExtensions) head() (byte, Kind)  { return wire.TypeHandshake, 8 }
func (*Certificate) head() (byte, Kind)          { return wire.TypeHandshake, 11 }
func (*Certificate12) head() (byte, Kind)        { return wire.TypeHandshake, 11 }
func (*ServerKeyExchange) head() (byte, Kind)    { return wire.TypeHandshake, 12 }
func (*CertificateRequest) head() (byte, Kind)   { return wire.TypeHandshake, 13 }
func (*CertificateRequest12) head() (byte, Kind) { return wire.TypeHandshake, 13 }
func (*CertificateVerify) head() (byte, Kind)    { return wire.TypeHandshake, 15 }
func (*ClientKeyExchange) head() (byte, Kind)    { return wire.TypeHandshake, 16 }
func (*Finished) head() (byte, Kind)             { return wire.TypeHandshake, 20 }
func (*CertificateStatus) head() (byte, Kind)    { return wire.TypeHandshake, 22 }
func (*KeyUpdate) head() (byte, Kind)            { return wire.TypeHandshake, 24 }
func (*Alert) head() (byte, Kind)                { return wire.TypeAlert, 0 }
func (o *Opaque) head() (byte, Kind)             { return o.Record, o.Kind }

// form is the kind that the bodies of a message's extensions follow.
func form(m Message) Kind {
	_, k := m.head()
	if hello, ok := m.(*ServerHello); ok && string(hello.Random[:]) == wire.RetryRandom {
		return retry
	}
	return k
}
