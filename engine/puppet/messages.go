package puppet

import (
	"bytes"
	"crypto/ecdh"
	"slices"

	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/engine/secret"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// This file makes and reads hellos.

// The kinds of handshake messages.
const (
	helloRequest        message.Kind = 0
	clientHello         message.Kind = 1
	serverHello         message.Kind = 2
	endOfEarlyData      message.Kind = 5
	newSessionTicket    message.Kind = 4
	encryptedExtensions message.Kind = 8
	certificateMessage  message.Kind = 11
	serverKeyExchange   message.Kind = 12
	serverHelloDone     message.Kind = 14
	certificateVerify   message.Kind = 15
	clientKeyExchange   message.Kind = 16
	finishedMessage     message.Kind = 20
	keyUpdate           message.Kind = 24
	messageHash         message.Kind = 254
)

// bare is a message that has no struct of its own.
func bare(kind message.Kind, body []byte) *message.Opaque {
	return &message.Opaque{Record: wire.TypeHandshake, Kind: kind, Body: body}
}

// bytesOf is a message as it is said if nothing is wrong with it.
func bytesOf(m message.Message) []byte { return (&message.Draft{Message: m}).Bytes() }

// The cipher suites: for TLS 1.2 the one that OpenSSL has with a PSK, and the one of crypto/tls's
// sessions; and that of TLS 1.3.
const (
	suitePSK   message.Suite = 0x00a8 // TLS_PSK_WITH_AES_128_GCM_SHA256
	suiteECDSA message.Suite = 0xc02b // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
	suite13    message.Suite = 0x1301 // TLS_AES_128_GCM_SHA256
)

// The groups, the signature algorithms, and the version numbers.
const (
	groupP256   message.Group = 23
	groupX25519 message.Group = 29

	schemeECDSA   message.Scheme = 0x0403 // with P-256
	schemeEd25519 message.Scheme = 0x0807

	version12 uint16 = 0x0303
	version13 uint16 = 0x0304
)

// curveOf is the curve of a group; nil if we do not have it.
func curveOf(group message.Group) ecdh.Curve {
	switch group {
	case groupX25519:
		return ecdh.X25519()
	case groupP256:
		return ecdh.P256()
	}
	return nil
}

// A hello is a ClientHello or a ServerHello, read.
type hello struct {
	random, session []byte
	suites          []message.Suite // of a ServerHello just one
	extended        bool
	ticket          []byte
	group           message.Group // of share; or, without a share, that the server asks for
	share           []byte
	cookie          []byte
	offer           message.Offer
	bindersAt       int // where in the message the list of binders begins
	chosen          int // the server's identity; -1: none
}

// readHello takes a hello apart; ok is false if that fails.
func readHello(m []byte, tls13 bool) (h hello, ok bool) {
	h.chosen = -1
	var extensions []message.Extension
	switch m := message.Parse(m, tls13).(type) {
	case *message.ClientHello:
		h.random, h.session, h.suites = m.Random[:], m.Session, m.Suites
		extensions = m.Extensions
	case *message.ServerHello:
		h.random, h.session, h.suites = m.Random[:], m.Session, []message.Suite{m.Suite}
		extensions = m.Extensions
	default:
		return h, false
	}
	for i := range extensions {
		h.read(&extensions[i])
	}
	if n := len(h.offer.Binders); n > 0 {
		h.bindersAt = len(m) - bindersLen(h.offer.Binders)
	}
	return h, h.bindersAt >= 0
}

// bindersLen is the length in bytes of a list of binders.
func bindersLen(binders [][]byte) int {
	n := 2
	for _, b := range binders {
		n += 1 + len(b)
	}
	return n
}

// read takes in an extension. A damaged one reads as nothing; if it is needed, that is noticed
// later.
func (h *hello) read(x *message.Extension) {
	switch body := x.Body.(type) {
	case *[]byte:
		switch x.Name() {
		case "session_ticket":
			h.ticket = *body
		case "cookie":
			h.cookie = *body
		}
	case *[]message.Share:
		h.readShares(*body)
	case *message.Share:
		h.group, h.share = body.Group, body.Key
	case *message.Group:
		h.group = *body
	case *message.Offer:
		h.offer = *body
	case *uint16:
		if x.Name() == "pre_shared_key" {
			h.chosen = int(*body)
		}
	}
	h.extended = h.extended || x.Name() == "extended_master_secret"
}

// readShares takes the first share of a group that we have.
func (h *hello) readShares(shares []message.Share) {
	for _, s := range shares {
		if h.share == nil && curveOf(s.Group) != nil {
			h.group, h.share = s.Group, s.Key
		}
	}
}

// offers says whether the hello has a cipher suite.
func (h *hello) offers(suite message.Suite) bool { return slices.Contains(h.suites, suite) }

// A psk is a key that both ends know before a handshake of TLS 1.3.
type psk struct {
	identity, key []byte
	label         string // of its binder key
}

// psksOf gives the PSKs of a link. An engine does not know which library is at the other end, so
// there are two for a session: OpenSSL takes it for an external PSK, crypto/tls for that of a
// ticket. Each passes over the name that only the other one knows. A foreign end knows none.
func psksOf(cfg *model.EngineConfig) []psk {
	if cfg.Foreign {
		return nil
	}
	s := secret.LinkOf(cfg.Key)
	if !cfg.Resume {
		return []psk{{[]byte(s.PSKName()), s.PSK[:], "ext binder"}}
	}
	key := s.Master[:len(s.PSK)]
	return []psk{{s.Identity[:], key, "ext binder"}, {s.Ticket[:], key, "res binder"}}
}

// binder proves that we have the key, by the transcript up to the binders.
func (k *psk) binder(said []byte) []byte {
	early := extract(nil, k.key)
	return finished(derive(early, k.label, nil), sum(said))
}

// clientHello makes the next ClientHello of the handshake. In TLS 1.3 its binders are zeros, which
// bind fills in.
func (e *engine) clientHello() *message.ClientHello {
	m := &message.ClientHello{Version: version12, Random: [32]byte(e.hand.randoms[model.Client]),
		Session: e.hand.session, Compression: []byte{0}}
	suites, schemes := []message.Suite{suitePSK, suiteECDSA}, []message.Scheme{schemeECDSA, schemeEd25519}
	if e.foreign {
		suites, schemes = []message.Suite{suiteECDSA, suiteRSA}, slices.Clone(foreignSchemes)
	}
	m.Extensions = []message.Extension{
		message.Ext("supported_groups", &[]message.Group{groupX25519, groupP256}),
		message.Ext("signature_algorithms", &schemes)}
	if e.tls13 {
		m.Suites = []message.Suite{suite13}
		m.Extensions = append(m.Extensions, e.extensions13()...)
	} else {
		m.Suites = suites
		m.Extensions = append(m.Extensions, e.extensions12()...)
	}
	return m
}

// extensions12 are those of a ClientHello of TLS 1.2. A session is offered by its id and by its
// ticket; in a renegotiation none is. A foreign server may make a ticket, which nobody uses.
func (e *engine) extensions12() []message.Extension {
	list := []message.Extension{
		message.Ext("ec_point_formats", &[]byte{0}),
		message.Ext("extended_master_secret", nil),
		message.Ext("renegotiation_info", new(bytes.Clone(e.verify[model.Client])))}
	if e.resume && len(e.hand.session) > 0 {
		list = append(list, message.Ext("session_ticket", new(bytes.Clone(e.known.Ticket[:]))))
	}
	if e.foreign {
		list = append(list, message.Ext("session_ticket", nil))
	}
	return list
}

// extensions13 are those of a ClientHello of TLS 1.3. The PSKs come last, if there are any.
func (e *engine) extensions13() []message.Extension {
	h := &e.hand
	list := []message.Extension{
		message.Ext("supported_versions", &[]uint16{version13}),
		message.Ext("psk_key_exchange_modes", &[]byte{1}), // psk_dhe_ke
		message.Ext("key_share", &[]message.Share{{Group: h.group, Key: h.private.PublicKey().Bytes()}})}
	if h.cookie != nil {
		list = append(list, message.Ext("cookie", new(bytes.Clone(h.cookie))))
	}
	if e.early && !h.retried {
		list = append(list, message.Ext("early_data", nil))
	}
	if e.foreign {
		return list
	}
	offer := new(message.Offer)
	for _, k := range e.psks {
		offer.Add(k.identity, len(sum(nil)))
	}
	return append(list, message.Ext("pre_shared_key", offer))
}

// bind fills in the binders of a ClientHello that are zeros, by the bytes in front of them as they
// will be sent. Nobody can prove an identity that we do not know.
func (e *engine) bind(d *message.Draft) {
	hello, ok := d.Message.(*message.ClientHello)
	if !ok {
		return
	}
	p := d.Bytes()
	for i := range hello.Extensions {
		offer, ok := hello.Extensions[i].Body.(*message.Offer)
		for j := 0; ok && j < min(len(offer.Binders), len(offer.Identities)); j++ {
			k := e.psk13(offer.Identities[j].Identity)
			if k >= 0 && bytes.Equal(offer.Binders[j], make([]byte, len(sum(nil)))) {
				said := append(bytes.Clone(e.hand.said), p[:d.Binders()]...)
				offer.Binders[j] = e.psks[k].binder(said)
			}
		}
	}
}

// serverHello makes a ServerHello, or in TLS 1.3 a HelloRetryRequest.
func (e *engine) serverHello(random []byte, suite message.Suite,
	extensions ...message.Extension) *message.ServerHello {
	return &message.ServerHello{Version: version12, Random: [32]byte(random),
		Session: e.hand.session, Suite: suite, Extensions: extensions}
}
