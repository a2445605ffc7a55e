package gotls

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	mathrand "math/rand/v2"
	"time"

	"github.com/wantwrite/wantwrite/model"
)

// A certID names a certificate: whose, and its length rounded up.
type certID struct {
	role  model.Role
	chain int
}

// chainStep is how exactly the length of a chain is kept, in bytes. It bounds
// how many certificates a hunt makes.
const chainStep = 64

// certOf names the certificate of a role and length.
func certOf(role model.Role, chain int) certID {
	return certID{role, (max(chain, 0) + chainStep - 1) / chainStep * chainStep}
}

// certificate gives the role's certificate of about chain bytes; each is made
// once. Equal arguments give equal bytes, in every process.
func (l *Library) certificate(role model.Role, chain int) (*tls.Certificate, error) {
	id := certOf(role, chain)
	if cert := l.certs[id]; cert != nil {
		return cert, nil
	}
	cert, err := newCertificate(id)
	if err != nil {
		return nil, fmt.Errorf("gotls: making a certificate: %w", err)
	}
	l.certs[id] = cert
	return cert, nil
}

// rootKey is the private key of the root that both ends' certificates are below.
// It is no secret: engine/openssl derives the same one from its name, and
// demands certificates below it of whoever it talks to.
const rootKey = "bfdfe533cf314fd70daf894c9bbc006de15febcfba3faf3540a2ad0e9a3574e5"

// newCertificate makes a certificate, and once more with a padding if it came
// out too short.
func newCertificate(id certID) (*tls.Certificate, error) {
	raw, err := hex.DecodeString(rootKey)
	if err != nil {
		return nil, err
	}
	root, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		return nil, err
	}
	seed := sha256.Sum256([]byte("wantwrite " + id.role.String()))
	key := ed25519.NewKeyFromSeed(seed[:])
	der, err := issue(root, id.role, key.Public(), 0)
	if err != nil {
		return nil, err
	}
	const overhead = 20 // of an extension
	if missing := id.chain - len(der) - overhead; missing > 0 {
		if der, err = issue(root, id.role, key.Public(), missing); err != nil {
			return nil, err
		}
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// paddingID is below the arc that is set aside for examples.
var paddingID = asn1.ObjectIdentifier{2, 999, 1}

// issue makes a certificate with so many bytes of padding. Without a source of
// randomness the root signs by RFC 6979, which needs none.
func issue(root *ecdsa.PrivateKey, role model.Role, public any, padding int) ([]byte, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(role) + 1),
		Subject:      pkix.Name{CommonName: role.String()},
		NotBefore:    time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2049, time.January, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	if padding > 0 {
		template.ExtraExtensions = []pkix.Extension{{Id: paddingID, Value: make([]byte, padding)}}
	}
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: "wantwrite root"}}
	return x509.CreateCertificate(nil, template, parent, public, root)
}

// newRandom is the randomness of an engine: Config.Rand.
func newRandom(seed, key, role uint64) io.Reader {
	var start [32]byte
	binary.LittleEndian.PutUint64(start[:], seed)
	binary.LittleEndian.PutUint64(start[8:], key)
	binary.LittleEndian.PutUint64(start[16:], role)
	return random{mathrand.NewChaCha8(start)}
}

// random gives its stream's bytes, but to whoever wants just one a zero.
//
// Story 87: before it draws a key, crypto/ecdh tosses a coin and reads a byte
// too many from the source (crypto/internal/randutil), so that nobody relies
// on what it does with the rest. The coin is the scheduler's: two runs of one
// script had other key shares, and the hash of the wire differed. The odd byte
// must not move the stream on.
type random struct{ stream *mathrand.ChaCha8 }

// Read implements io.Reader.
func (r random) Read(p []byte) (int, error) {
	if len(p) == 1 {
		p[0] = 0
		return 1, nil
	}
	return r.stream.Read(p)
}
