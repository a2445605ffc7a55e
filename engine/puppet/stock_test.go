package puppet_test

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
)

// These tests meet the command openssl over a loopback socket: a server and a client that know
// nothing of us, with their default configuration.

// command is openssl with these arguments. It ends with the test.
func command(t *testing.T, args ...string) (out *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(require.Runs(t, "openssl", "version"), args...)
	complaint := new(strings.Builder)
	cmd.Stderr = complaint
	_, inErr := cmd.StdinPipe() // stays open
	pipe, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Log(complaint)
		}
	})
	return bufio.NewScanner(pipe)
}

// write makes a file in a folder of the test's, and gives its name.
func write(t *testing.T, name string, p []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, p, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// program gives the arguments of a server whose chain has so many bytes.
func program(t *testing.T, size int) []string {
	t.Helper()
	c, err := certificate.ForProgram(9, size)
	if err != nil {
		t.Fatal(err)
	}
	chain, key, _, err := c.PEM()
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, "chain.pem", chain)
	return []string{"-cert", file, "-cert_chain", file, "-key", write(t, "key.pem", key)}
}

// selfSigned gives the arguments of a server with an RSA key that nobody has certified.
func selfSigned(t *testing.T) []string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	plain := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "nobody"},
		NotAfter: time.Now()}
	der, err := x509.CreateCertificate(rand.Reader, plain, plain, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY",
		Bytes: x509.MarshalPKCS1PrivateKey(key)})
	return []string{"-cert", write(t, "cert.pem", cert), "-key", write(t, "key.pem", private)}
}

// A loopback is an engine on a real socket.
type loopback struct {
	t    *testing.T
	e    model.Engine
	conn net.Conn
}

// move brings bytes between the engine and the socket: all that wait, and what comes in a moment.
func (l *loopback) move() {
	l.t.Helper()
	buf := make([]byte, 1<<14)
	for l.e.OutputPending() > 0 {
		if _, err := l.conn.Write(buf[:l.e.Drain(buf)]); err != nil {
			l.t.Fatal(err)
		}
	}
	l.conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	n, err := l.conn.Read(buf[:min(len(buf), l.e.InputRoom())])
	l.e.Feed(buf[:n])
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && l.e.ShutState() == 0 {
		l.t.Fatalf("the socket says %v (%v)", err, l.e.Err())
	}
}

// until makes a call and moves bytes until the call does what it should.
func (l *loopback) until(what string, call func() (done bool, st model.Status)) {
	l.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		l.e.ClearErrors()
		done, st := call()
		if st == model.Failed {
			l.t.Fatalf("%s: %v", what, l.e.Err())
		}
		l.move()
		if done {
			return
		}
	}
	l.t.Fatalf("%s does not end", what)
}

// shake shakes hands.
func (l *loopback) shake() {
	l.t.Helper()
	l.until("the handshake", func() (bool, model.Status) {
		st := l.e.Handshake()
		return st == model.OK, st
	})
}

// hear reads until the text has come.
func (l *loopback) hear(want string) {
	l.t.Helper()
	got, buf := "", make([]byte, 1<<14)
	l.until("reading "+want, func() (bool, model.Status) {
		n, st := l.e.Read(buf)
		got += string(buf[:n])
		return strings.HasSuffix(got, want), st
	})
	if got != want {
		l.t.Fatalf("got %q; want %q", got, want)
	}
}

// say writes a text.
func (l *loopback) say(text string) {
	l.t.Helper()
	left := []byte(text)
	l.until("writing "+text, func() (bool, model.Status) {
		n, st := l.e.Write(left)
		left = left[n:]
		return len(left) == 0, st
	})
}

// echo has the server of openssl -rev turn a line around.
func (l *loopback) echo() {
	l.t.Helper()
	l.say("abcdef\n")
	l.hear("fedcba\n")
}

// engineOf makes an engine in a run of its own.
func engineOf(t *testing.T, lib model.Library, cfg model.EngineConfig) model.Engine {
	t.Helper()
	lib.Begin(1)
	t.Cleanup(lib.End)
	e, err := lib.New(&cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Free(e) })
	return e
}

// TestStockServer: each library as a client has a conversation with openssl s_server, with
// certificates short, long and of RSA, after a HelloRetryRequest, and where it is asked for a
// certificate. At the plain one a puppet updates its keys, and goes on after a refusal to
// renegotiate. (Nobody else does, because s_server -rev sleeps for a second then.)
func TestStockServer(t *testing.T) {
	for name, args := range map[string][]string{
		"plain": program(t, 600),
		"rsa":   selfSigned(t),
		"long":  program(t, 64000),
		"asks":  append(program(t, 600), "-verify", "1", "-groups", "P-256"),
	} {
		t.Run(name, func(t *testing.T) {
			address, out := serve(t, append(args, "-rev"))
			go func() { // else it may wait for somebody to read
				for out.Scan() {
				}
			}()
			for _, lib := range libraries {
				for _, v := range []model.Version{model.TLS12, model.TLS13} {
					t.Run(lib.name+" "+v.String(), func(t *testing.T) {
						converse(t, lib.load(t), v, address, name == "plain" && lib.name == "puppet")
					})
				}
			}
		})
	}
}

// serve starts openssl s_server, and gives its address and the rest of what it prints.
func serve(t *testing.T, args []string) (address string, out *bufio.Scanner) {
	t.Helper()
	out = command(t, append([]string{"s_server", "-accept", "127.0.0.1:0"}, args...)...)
	for out.Scan() {
		if address, found := strings.CutPrefix(out.Text(), "ACCEPT "); found {
			return address, out
		}
	}
	t.Fatal("s_server does not say where it is")
	return "", nil
}

// dial connects an engine to a server, and shakes hands.
func dial(t *testing.T, lib model.Library, v model.Version, address string) *loopback {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	l := &loopback{t, engineOf(t, lib, strange(v, 0)), conn}
	l.shake()
	return l
}

// TestStatelessServer: a server that wants its cookie back, and no other key share, gets it from a
// puppet (RFC 8446, section 4.1.4). s_server -stateless turns other clients away, because they send a
// ChangeCipherSpec in front of the second ClientHello.
func TestStatelessServer(t *testing.T) {
	address, out := serve(t, append(program(t, 600), "-stateless", "-tls1_3"))
	l := dial(t, puppet.New(), model.TLS13, address)
	l.say("hello\n")
	for out.Scan() && out.Text() != "hello" {
	}
	if out.Text() != "hello" {
		t.Errorf("s_server does not print what it was told: %v", out.Err())
	}
}

// converse is a client's conversation with a server, with new keys in it or a refusal of them.
func converse(t *testing.T, lib model.Library, v model.Version, address string, again bool) {
	l := dial(t, lib, v, address)
	l.echo()
	switch {
	case again && v == model.TLS13:
		if st := l.e.KeyUpdate(true); st != model.OK {
			t.Fatalf("KeyUpdate says %v (%v)", st, l.e.Err())
		}
		l.echo()
	case again:
		if st := l.e.Renegotiate(); st != model.WantRead {
			t.Fatalf("Renegotiate says %v (%v)", st, l.e.Err())
		}
		l.echo()
	}
	l.until("Shutdown", func() (bool, model.Status) {
		return l.e.ShutState()&model.SentClose != 0, l.e.Shutdown()
	})
}

// TestStockClient: openssl s_client trusts the root, verifies the chain for localhost, and prints
// what it is told, whichever library serves it.
func TestStockClient(t *testing.T) {
	c, err := certificate.ForProgram(0, 600)
	if err != nil {
		t.Fatal(err)
	}
	_, _, root, err := c.PEM()
	if err != nil {
		t.Fatal(err)
	}
	trusted := write(t, "root.pem", root)
	for _, lib := range libraries {
		for _, v := range []model.Version{model.TLS12, model.TLS13} {
			t.Run(lib.name+" "+v.String(), func(t *testing.T) {
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				defer listener.Close()
				out := command(t, "s_client", "-connect", listener.Addr().String(), "-CAfile", trusted,
					"-verify_return_error", "-verify_hostname", "localhost", "-quiet", "-verify_quiet")
				conn, err := listener.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				cfg := strange(v, 600)
				cfg.Role, cfg.ClientAuth = model.Server, true
				l := &loopback{t, engineOf(t, lib.load(t), cfg), conn}
				l.shake()
				l.say("hello\n")
				if !out.Scan() || out.Text() != "hello" {
					t.Errorf("s_client prints %q; want hello", out.Text())
				}
			})
		}
	}
}
