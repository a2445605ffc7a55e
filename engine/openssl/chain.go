package openssl

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/wantwrite/wantwrite/engine/secret"
)

// Certificates are made here in Go at their first use, with P-256 keys from fixed seeds and
// signatures by RFC 6979. The same chain has the same bytes in every process, and no file can
// expire.

const (
	// chainStep is the unit that lengths of chains are rounded to, in bytes. It limits how many are
	// kept. A chain is within 64 bytes of the length asked for.
	chainStep = 64
	// chainLeast is the shortest certificate in bytes, rounded up.
	chainLeast = 320
	// certMost is the longest certificate of a chain in bytes; a longer chain has more
	// certificates.
	certMost = 4096
)

// certTime is the time at which certificates are verified, in seconds since 1970: it is in 2030.
// They are valid for forty years around it. The machine's clock is not used.
const certTime = 1893456000

// fillerID names the private extension that makes a certificate long. It is below 2.25, whose arcs
// are UUIDs and need no registration (ITU-T X.667).
var fillerID = asn1.ObjectIdentifier{2, 25, 7797}

// A signer is an issuer: its name and its key.
type signer struct {
	name string
	key  *ecdsa.PrivateKey
}

// newSigner derives an issuer's key from its name.
func newSigner(name string) (*signer, error) {
	key, err := secret.KeyOf(name)
	if err != nil {
		return nil, fmt.Errorf("openssl: key of %q: %w", name, err)
	}
	return &signer{name, key}, nil
}

// Public and Sign implement crypto.Signer. Without a source of randomness ecdsa signs by RFC 6979,
// which needs none.
func (s *signer) Public() crypto.PublicKey { return s.key.Public() }

func (s *signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.key.Sign(nil, digest, opts)
}

// template has what all certificates share, and n bytes of filler.
func (s *signer) template(n int) *x509.Certificate {
	at := time.Unix(certTime, 0).UTC()
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: s.name},
		NotBefore: at.AddDate(-20, 0, 0), NotAfter: at.AddDate(19, 0, 0)}
	if n > 0 {
		t.ExtraExtensions = []pkix.Extension{{Id: fillerID, Value: make([]byte, n)}}
	}
	return t
}

// certify makes a certificate of s, signed by issuer, with n bytes of filler.
func (s *signer) certify(issuer *signer, authority bool, n int) ([]byte, error) {
	t := s.template(n)
	if authority {
		t.IsCA, t.BasicConstraintsValid, t.KeyUsage = true, true, x509.KeyUsageCertSign
	}
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: issuer.name}}
	der, err := x509.CreateCertificate(nil, t, parent, s.Public(), issuer)
	if err != nil {
		return nil, fmt.Errorf("openssl: certificate of %q: %w", s.name, err)
	}
	return der, nil
}

// fit is certify with as much filler as makes the certificate size bytes long. It may be two or
// three bytes shorter, because lengths and signatures vary by single bytes.
func (s *signer) fit(issuer *signer, authority bool, size int) (der []byte, err error) {
	filler := 0
	for range 3 {
		if der, err = s.certify(issuer, authority, max(filler, 0)); err != nil {
			return nil, err
		}
		filler += size - len(der)
	}
	return der, nil
}

// A chain is an end's certificates, its own first, and its key.
type chain struct {
	certs [][]byte // DER
	key   []byte   // DER, SEC 1
}

// roundChain is the length of the chain that is made for n bytes.
func roundChain(n int) int {
	return max((n+chainStep/2)/chainStep*chainStep, chainLeast)
}

// makeChain makes a chain of size bytes below the root. It has as few certificates as certMost
// allows, all of about one length.
func makeChain(size int) (c chain, err error) {
	issuer, err := newSigner(secret.Root)
	if err != nil {
		return c, err
	}
	many := (size + certMost - 1) / certMost
	c.certs = make([][]byte, many)
	for i := many - 1; i >= 0; i-- {
		s, err := newSigner(fmt.Sprintf("wantwrite %d", i))
		if err != nil {
			return c, err
		}
		share := size*(i+1)/many - size*i/many
		if c.certs[i], err = s.fit(issuer, i > 0, share); err != nil {
			return c, err
		}
		issuer = s
	}
	c.key, err = x509.MarshalECPrivateKey(issuer.key)
	return c, err
}

// makeRoot makes the root's certificate.
func makeRoot() ([]byte, error) {
	s, err := newSigner(secret.Root)
	if err != nil {
		return nil, err
	}
	return s.certify(s, true, 0)
}
