package gotls

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
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

// certificate gives the role's certificate of about chain bytes; each is made
// once. Equal arguments give equal bytes, in every process.
func (l *Library) certificate(role model.Role, chain int) (*tls.Certificate, error) {
	id := certID{role, (max(chain, 0) + chainStep - 1) / chainStep * chainStep}
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

// newCertificate makes a certificate, and once more with a padding if it came
// out too short.
func newCertificate(id certID) (*tls.Certificate, error) {
	seed := sha256.Sum256([]byte("wantwrite " + id.role.String()))
	key := ed25519.NewKeyFromSeed(seed[:])
	der, err := signed(id.role, key, 0)
	if err != nil {
		return nil, err
	}
	const overhead = 20 // of an extension
	if missing := id.chain - len(der) - overhead; missing > 0 {
		if der, err = signed(id.role, key, missing); err != nil {
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

// signed is a self-signed certificate with so many bytes of padding.
func signed(role model.Role, key crypto.Signer, padding int) ([]byte, error) {
	usage := x509.ExtKeyUsageClientAuth
	if role == model.Server {
		usage = x509.ExtKeyUsageServerAuth
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(role) + 1),
		Subject:      pkix.Name{CommonName: role.String()},
		DNSNames:     []string{role.String() + ".test"},
		NotBefore:    time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2049, time.January, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{usage},
	}
	if padding > 0 {
		template.ExtraExtensions = []pkix.Extension{{Id: paddingID, Value: make([]byte, padding)}}
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
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
// Story 1: before it draws a key, crypto/ecdh tosses a coin and reads a byte
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
