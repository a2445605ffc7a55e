package gotls

import (
	"crypto/ed25519"
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

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/model"
)

// A certID names a certificate by its role, its rounded length in bytes, and whether it is for
// programs.
type certID struct {
	role    model.Role
	chain   int
	foreign bool
}

// chainStep is the unit that lengths of chains are rounded up to, in bytes. It limits how many
// certificates a hunt makes.
const chainStep = 64

// certOf is the name of the certificate of a role for a length in bytes.
func certOf(role model.Role, chain int) certID {
	return certID{role: role, chain: (max(chain, 0) + chainStep - 1) / chainStep * chainStep}
}

// certificate returns a certificate. Each is made once. Equal arguments give equal bytes in every
// process.
func (l *Library) certificate(id certID) (*tls.Certificate, error) {
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

// newCertificate makes a certificate. If it is too short, it makes one more with padding.
func newCertificate(id certID) (*tls.Certificate, error) {
	if id.foreign {
		c, err := certificate.ForProgram(0, id.chain)
		return &tls.Certificate{Certificate: c.Certs, PrivateKey: c.Key}, err
	}
	seed := sha256.Sum256([]byte("wantwrite " + id.role.String()))
	key := ed25519.NewKeyFromSeed(seed[:])
	der, err := issue(id.role, key.Public(), 0)
	if err != nil {
		return nil, err
	}
	const overhead = 20 // bytes that an extension adds
	if missing := id.chain - len(der) - overhead; missing > 0 {
		if der, err = issue(id.role, key.Public(), missing); err != nil {
			return nil, err
		}
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// paddingID names the padding extension. It is in the arc reserved for examples, 2.999.
var paddingID = asn1.ObjectIdentifier{2, 999, 1}

// issue makes a certificate with padding bytes of padding.
func issue(role model.Role, public any, padding int) ([]byte, error) {
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
	return certificate.Issue(template, public)
}

// newRandom makes Config.Rand of an engine. Its stream follows from the seed, the link's key and
// the role.
func newRandom(seed, key, role uint64) io.Reader {
	var start [32]byte
	binary.LittleEndian.PutUint64(start[:], seed)
	binary.LittleEndian.PutUint64(start[8:], key)
	binary.LittleEndian.PutUint64(start[16:], role)
	return random{mathrand.NewChaCha8(start)}
}

// random gives the bytes of its stream, but a read of one byte gets a zero and leaves the stream
// alone.
//
// Story 87: before crypto/ecdh draws a key it reads one byte more in half of all cases, at random
// (crypto/internal/randutil), so that callers do not rely on its use of the source. The Go
// scheduler decides that case. Two runs of one script had different key shares and different wire
// hashes. So the extra byte must not move the stream on.
type random struct{ stream *mathrand.ChaCha8 }

// Read implements io.Reader.
func (r random) Read(p []byte) (int, error) {
	if len(p) == 1 {
		p[0] = 0
		return 1, nil
	}
	return r.stream.Read(p)
}
