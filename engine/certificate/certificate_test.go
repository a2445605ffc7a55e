package certificate_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/certificate"
)

// files gives the PEM files of a chain for programs.
func files(t *testing.T, seed uint64, size int) (chain, key, root []byte) {
	t.Helper()
	c, err := certificate.ForProgram(seed, size)
	if err != nil {
		t.Fatal(err)
	}
	if chain, key, root, err = c.PEM(); err != nil {
		t.Fatal(err)
	}
	return chain, key, root
}

// TestProgramsAcceptTheFiles: a server can read the files, and whoever trusts the root accepts the
// chain for localhost, at any time from 2000 to 2100. The chain is as long as it was asked to be.
func TestProgramsAcceptTheFiles(t *testing.T) {
	for _, size := range []int{600, 5000, 64000, 90000} {
		chain, key, root := files(t, 3, size)
		pair, err := tls.X509KeyPair(chain, key)
		if err != nil {
			t.Fatal(err)
		}
		total, between := 0, x509.NewCertPool()
		for _, der := range pair.Certificate {
			total += len(der)
			c, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			between.AddCert(c)
		}
		if off := total - size; max(off, -off) > 4*len(pair.Certificate) {
			t.Errorf("got a chain of %d bytes; want %d", total, size)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(root) {
			t.Fatal("the root can't be read")
		}
		for _, year := range []int{2000, 2026, 2050, 2099} {
			for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
				_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between,
					CurrentTime: time.Date(year, time.July, 1, 0, 0, 0, 0, time.UTC)})
				if err != nil {
					t.Errorf("%d bytes, in %d, for %s: %v", size, year, name, err)
				}
			}
		}
	}
}

// TestSeeds: the same seed gives the same files in every process, and another seed another key but
// the same root.
func TestSeeds(t *testing.T) {
	hash := sha256.New()
	chain, key, root := files(t, 3, 600)
	for _, p := range [][]byte{chain, key, root} {
		hash.Write(p)
	}
	const want = "3391f486ecde4b9fdf75c852746b2dce186ee8bda18f2f36bc10e6fd2f326aa5"
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		t.Errorf("the files of seed 3 have hash %s; want %s", got, want)
	}
	_, other, same := files(t, 4, 600)
	if bytes.Equal(key, other) || !bytes.Equal(root, same) {
		t.Error("seed 4 has the same key or another root; want another key and the same root")
	}
}

// TestShortest: a chain that is asked to be too short is as short as can be.
func TestShortest(t *testing.T) {
	for _, size := range []int{-1, 0, 100} {
		c, err := certificate.ForProgram(0, size)
		if err != nil || len(c.Certs) != 1 || len(c.Certs[0]) > 500 {
			t.Errorf("got %d certificates and %v for %d bytes; want a short one", len(c.Certs), err, size)
		}
	}
}
