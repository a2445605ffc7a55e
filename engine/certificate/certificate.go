// Package certificate makes certificates in code, for the ends of links and for programs. Keys
// follow from names and seeds, and signatures are made by RFC 6979. So the same chain has the same
// bytes in every process, and no file can expire.
package certificate

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"time"

	"github.com/wantwrite/wantwrite/engine/secret"
)

// At is the time at which the certificates of links are verified, in seconds since 1970: it is in
// 2030. They are valid for forty years around it. The machine's clock is not used.
const At = 1893456000

// most is the longest certificate of a chain in bytes; a longer chain has more certificates.
const most = 4096

// rootName is the authority that both ends of a link trust.
const rootName = "wantwrite root"

// fillerID names the private extension that makes a certificate long. It is below 2.25, whose arcs
// are UUIDs and need no registration (ITU-T X.667).
var fillerID = asn1.ObjectIdentifier{2, 25, 7797}

// A Chain is certificates below a root, and the key of the first. Keys are ECDSA with P-256.
type Chain struct {
	// Certs are in DER. The first is the end's own, and each is issued by the next one.
	Certs [][]byte
	// Root has issued the last of Certs. It is in DER, and in no chain.
	Root []byte
	// Key is the end's.
	Key Key
}

// A Key is a private key that signs by RFC 6979. It implements [crypto.Signer].
type Key struct{ *ecdsa.PrivateKey }

// Sign ignores the source of randomness: without one ecdsa signs by RFC 6979, which needs none.
func (k Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.PrivateKey.Sign(nil, digest, opts)
}

// ForLink makes the chain of an end of a link whose other end trusts the root too. It is size bytes
// long, with at most four more or less for each certificate, because lengths and signatures vary by
// single bytes. No chain is shorter than about 300 bytes. Equal sizes have equal chains.
func ForLink(size int) (Chain, error) {
	at := time.Unix(At, 0).UTC()
	p := plan{from: at.AddDate(-20, 0, 0), until: at.AddDate(19, 0, 0)}
	return p.chain(size)
}

// ForProgram makes the chain of a server that a program may talk to, or that a program is: for
// localhost, and valid from 2000 to 2100. It is about as long as size says, in bytes: see ForLink.
// Keys follow from seed. The root is the same for all seeds.
func ForProgram(seed uint64, size int) (Chain, error) {
	p := plan{keys: fmt.Sprintf(" of seed %d", seed), leaf: "localhost",
		hosts: []string{"localhost"}, addresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		from:  time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
		until: time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC)}
	return p.chain(size)
}

// PEM gives the files that servers read: the chain without its root, and the key (PKCS 8). Clients
// read the root.
func (c *Chain) PEM() (chain, key, root []byte, err error) {
	for _, der := range c.Certs {
		chain = append(chain, text("CERTIFICATE", der)...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(c.Key.PrivateKey)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("certificate: writing a key: %w", err)
	}
	return chain, text("PRIVATE KEY", der), text("CERTIFICATE", c.Root), nil
}

func text(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// Issue makes a certificate of the template for a public key, in DER. The root signs it.
func Issue(template *x509.Certificate, public any) ([]byte, error) {
	root, err := newSigner(rootName, "")
	if err != nil {
		return nil, err
	}
	return root.issue(template, public)
}

// KeyOf derives the private key of who has that name in certificates.
func KeyOf(name string) (Key, error) {
	var words []uint64
	for _, b := range []byte(name) {
		words = append(words, uint64(b))
	}
	var raw [32]byte
	s := secret.StreamOf(words...)
	s.Fill(raw[:])
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw[:])
	if err != nil {
		return Key{}, fmt.Errorf("certificate: key of %q: %w", name, err)
	}
	return Key{key}, nil
}

// A plan is what the certificates of a chain have in common.
type plan struct {
	keys        string // what the keys of all but the root follow from, besides names
	from, until time.Time

	// The leaf's names.
	leaf      string
	hosts     []string
	addresses []net.IP
}

// A signer is an issuer: its name and its key.
type signer struct {
	name string
	key  Key
}

// newSigner derives a key from a name and more.
func newSigner(name, more string) (*signer, error) {
	key, err := KeyOf(name + more)
	return &signer{name, key}, err
}

// issue makes a certificate that s has signed.
func (s *signer) issue(template *x509.Certificate, public any) ([]byte, error) {
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: s.name}}
	der, err := x509.CreateCertificate(nil, template, parent, public, s.key)
	if err != nil {
		return nil, fmt.Errorf("certificate: that of %q: %w", template.Subject.CommonName, err)
	}
	return der, nil
}

// template has what all certificates share, and n bytes of filler.
func (p *plan) template(name string, authority bool, n int) *x509.Certificate {
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: p.from, NotAfter: p.until}
	if authority {
		t.IsCA, t.BasicConstraintsValid, t.KeyUsage = true, true, x509.KeyUsageCertSign
	} else {
		t.DNSNames, t.IPAddresses = p.hosts, p.addresses
	}
	if n > 0 {
		t.ExtraExtensions = []pkix.Extension{{Id: fillerID, Value: make([]byte, n)}}
	}
	return t
}

// fit makes the certificate of s, with as much filler as makes it size bytes long.
func (p *plan) fit(s, issuer *signer, authority bool, size int) (der []byte, err error) {
	filler := 0
	for range 3 {
		t := p.template(s.name, authority, max(filler, 0))
		if der, err = issuer.issue(t, s.key.Public()); err != nil {
			return nil, err
		}
		filler += size - len(der)
	}
	return der, nil
}

// chain makes a chain of size bytes. It has as few certificates as most allows, all of about one
// length.
func (p *plan) chain(size int) (c Chain, err error) {
	issuer, err := newSigner(rootName, "")
	if err != nil {
		return c, err
	}
	if c.Root, err = issuer.issue(p.template(rootName, true, 0), issuer.key.Public()); err != nil {
		return c, err
	}
	many := max(1, (size+most-1)/most)
	c.Certs = make([][]byte, many)
	for i := many - 1; i >= 0; i-- {
		name := fmt.Sprintf("wantwrite %d", i)
		if i == 0 && p.leaf != "" {
			name = p.leaf
		}
		s, err := newSigner(name, p.keys)
		if err != nil {
			return c, err
		}
		share := size*(i+1)/many - size*i/many
		if c.Certs[i], err = p.fit(s, issuer, i > 0, share); err != nil {
			return c, err
		}
		issuer = s
	}
	c.Key = issuer.key
	return c, nil
}
