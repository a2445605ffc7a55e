package puppet

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// This file makes the messages that a puppet does not say by itself, or not at that moment.

// The kinds of such messages.
const (
	helloRetryRequest  message.Kind = 6 // a ServerHello
	certificateRequest message.Kind = 13
	certificateURL     message.Kind = 21
	certificateStatus  message.Kind = 22
)

// Usual makes a message of that kind, as it would be right at this moment if it was right to send
// one. What proves something proves it for all that was sent so far. An unknown kind has no body.
func (t *Turn) Usual(k message.Kind) message.Message {
	e := t.engine
	switch k {
	case clientHello:
		return e.anotherHello()
	case serverHello:
		return e.anotherServerHello()
	case helloRetryRequest:
		return e.serverHello([]byte(wire.RetryRandom), suite13,
			message.Ext("supported_versions", new(version13)), message.Ext("key_share", new(groupP256)))
	case newSessionTicket:
		if e.tls13 {
			return &message.NewSessionTicket{Lifetime: 7200, Age: 1, Nonce: []byte{0},
				Ticket: slices.Clone(e.known.Ticket[:])}
		}
		return &message.NewSessionTicket12{Lifetime: 7200, Ticket: slices.Clone(e.known.Ticket[:])}
	case encryptedExtensions:
		return &message.EncryptedExtensions{}
	case certificateMessage, certificateRequest, certificateVerify, certificateURL, certificateStatus:
		return e.authentication(k)
	case serverKeyExchange:
		return &message.ServerKeyExchange{Hint: []byte(e.known.PSKName())}
	case clientKeyExchange:
		if e.foreign {
			return &message.ClientKeyExchange{Point: e.newKey(groupX25519).PublicKey().Bytes()}
		}
		return &message.ClientKeyExchange{Identity: []byte(e.known.PSKName())}
	case finishedMessage:
		return &message.Finished{Verify: e.anotherProof()}
	case keyUpdate:
		return &message.KeyUpdate{}
	case messageHash:
		return bare(messageHash, sum(e.hand.said))
	}
	return bare(k, nil)
}

// anotherHello is a ClientHello with a random and a key share of its own.
func (e *engine) anotherHello() *message.ClientHello {
	kept := e.hand
	defer func() { e.hand = kept }()
	e.begin()
	e.hand.randoms[model.Client] = e.hand.randoms[e.role]
	return e.clientHello()
}

// anotherServerHello is a ServerHello with a random and a key share of its own.
func (e *engine) anotherServerHello() *message.ServerHello {
	random := make([]byte, 32)
	e.random.Fill(random)
	if e.tls13 {
		m := e.serverHello(random, suite13,
			message.Ext("supported_versions", new(version13)),
			message.Ext("key_share", &message.Share{Group: groupX25519,
				Key: e.newKey(groupX25519).PublicKey().Bytes()}))
		if !e.foreign {
			m.Extensions = append(m.Extensions, message.Ext("pre_shared_key", new(uint16(0))))
		}
		return m
	}
	proofs, suite := slices.Concat(e.verify[model.Client], e.verify[model.Server]), suitePSK
	if e.foreign {
		suite = suiteECDSA
	}
	return e.serverHello(random, suite, message.Ext("renegotiation_info", &proofs))
}

// anotherProof is what a Finished would say now. Without keys it is zeros.
func (e *engine) anotherProof() []byte {
	switch {
	case e.tls13 && e.hand.traffic[e.role] != nil:
		return finished(e.hand.traffic[e.role], sum(e.hand.said))
	case !e.tls13 && e.hand.master != nil:
		return e.proof(e.role)
	case e.tls13:
		return make([]byte, len(sum(nil)))
	}
	return make([]byte, verifyLen)
}

// authentication is a message about certificates.
func (e *engine) authentication(k message.Kind) message.Message {
	schemes := []message.Scheme{schemeECDSA, schemeEd25519}
	switch {
	case k == certificateMessage && e.tls13:
		m := &message.Certificate{}
		for _, der := range e.chain.Certs {
			m.Add(der)
		}
		return m
	case k == certificateMessage:
		m := &message.Certificate12{}
		for _, der := range e.chain.Certs {
			m.List = append(m.List, slices.Clone(der))
		}
		return m
	case k == certificateRequest && e.tls13:
		m := &message.CertificateRequest{Extensions: []message.Extension{
			message.Ext("signature_algorithms", &schemes)}}
		if e.hand.at == settled { // only then it has a context
			m.Context = []byte{1}
		}
		return m
	case k == certificateRequest:
		return &message.CertificateRequest12{Types: []byte{64}, Schemes: schemes} // ecdsa_sign
	case k == certificateVerify:
		return &message.CertificateVerify{Scheme: schemeECDSA, Signature: e.sign(e.signed())}
	case k == certificateStatus:
		return &message.CertificateStatus{Type: 1, Response: []byte{0x30, 3, 10, 1, 6}} // unauthorized
	}
	url := "http://example.org/"
	body := binary.BigEndian.AppendUint16([]byte{0}, uint16(2+len(url)+1+20))
	body = binary.BigEndian.AppendUint16(body, uint16(len(url)))
	return bare(certificateURL, slices.Concat(body, []byte(url), []byte{1}, make([]byte, 20)))
}

// signed is what a CertificateVerify signs (RFC 8446, section 4.4.3; RFC 5246, section 7.4.8).
func (e *engine) signed() []byte {
	if !e.tls13 {
		return e.hand.said
	}
	p := []byte(slices.Repeat([]byte{' '}, 64))
	p = append(p, "TLS 1.3, "+e.role.String()+" CertificateVerify\x00"...)
	return append(p, sum(e.hand.said)...)
}

// sign signs with the key of the end's certificate. It panics if ecdsa has changed its mind.
func (e *engine) sign(p []byte) []byte {
	hash := sha256.Sum256(p)
	signature, err := e.chain.Key.Sign(nil, hash[:], crypto.SHA256)
	if err != nil {
		panic(err)
	}
	return signature
}

// leaves are both ends' certificates below the root that both trust, by role. They have the same
// bytes in every process.
var leaves = sync.OnceValue(func() (l [2]*certificate.Chain) {
	for r := range l {
		name := "wantwrite puppet " + model.Role(r).String()
		key, err := certificate.KeyOf(name)
		if err != nil {
			panic(err)
		}
		der, err := certificate.Issue(&x509.Certificate{SerialNumber: big.NewInt(int64(r) + 1),
			Subject:   pkix.Name{CommonName: name},
			NotBefore: time.Date(2010, time.January, 1, 0, 0, 0, 0, time.UTC),
			NotAfter:  time.Date(2049, time.January, 1, 0, 0, 0, 0, time.UTC),
		}, key.Public())
		if err != nil {
			panic(err)
		}
		l[r] = &certificate.Chain{Certs: [][]byte{der}, Key: key}
	}
	return l
})
