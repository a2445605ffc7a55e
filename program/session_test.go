//go:build linux && amd64

package program

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
)

// A wire is one end of a link without a world: bytes arrive when the client has sent them.
type wire struct {
	in, out []byte
	fin     bool
	closed  bool
	calls   []string
	inside  []foreign.Insight
}

func (w *wire) Links() int                      { return 1 }
func (w *wire) Wire(int) foreign.Wire           { return w }
func (w *wire) Seed() uint64                    { return 7 }
func (w *wire) Now() uint64                     { return 0 }
func (w *wire) Inside(_ int, i foreign.Insight) { w.inside = append(w.inside, i) }
func (w *wire) Call(name, text string, n int64) {
	w.calls = append(w.calls, fmt.Sprintf("%s %s = %d", name, text, n))
}
func (w *wire) Arrived() bool { return true }
func (w *wire) Recv(b []byte) (int, model.IOStatus) {
	n := copy(b, w.in)
	w.in = w.in[n:]
	switch {
	case n > 0:
		return n, model.IOOK
	case w.fin:
		return 0, model.EOF
	}
	return 0, model.WouldBlock
}
func (w *wire) Peek(b []byte) int   { return copy(b, w.in) }
func (w *wire) Unread() int         { return len(w.in) }
func (w *wire) Ended() (bool, bool) { return w.fin, false }
func (w *wire) Send(b []byte) (int, model.IOStatus) {
	w.out = append(w.out, b...)
	return len(b), model.IOOK
}
func (w *wire) Room() int   { return 1 << 16 }
func (w *wire) Offer(int)   {}
func (w *wire) Split() int  { return 0 }
func (w *wire) CloseWrite() {}
func (w *wire) Close()      { w.closed = true }
func (w *wire) Abort()      { w.closed = true }

// A client is a TLS client that runs in a goroutine and meets the program through channels.
type client struct {
	net.Conn
	toProgram, toClient chan []byte
	rest                []byte
}

func (c *client) Write(b []byte) (int, error) {
	c.toProgram <- append([]byte(nil), b...)
	return len(b), nil
}

func (c *client) Read(b []byte) (int, error) {
	if len(c.rest) == 0 {
		c.toProgram <- nil // it waits
		more, ok := <-c.toClient
		if !ok {
			return 0, io.EOF
		}
		c.rest = more
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *client) SetDeadline(time.Time) error { return nil }

// ask lets a TLS client ask a program one thing, and returns the answer.
func ask(t *testing.T, p *Program, question string, until string) string {
	t.Helper()
	w := &wire{}
	if err := p.Start(w); err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	c := &client{toProgram: make(chan []byte), toClient: make(chan []byte)}
	done := make(chan string)
	go func() {
		conn := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
		if _, err := conn.Write([]byte(question)); err != nil {
			done <- err.Error()
			return
		}
		var all []byte
		b := make([]byte, 4096)
		for !strings.Contains(string(all), until) {
			n, err := conn.Read(b)
			all = append(all, b[:n]...)
			if err != nil {
				all = append(all, err.Error()...)
				break
			}
		}
		done <- string(all)
	}()
	for {
		select {
		case answer := <-done:
			return answer
		case b := <-c.toProgram:
			if b != nil {
				w.in = append(w.in, b...)
				continue
			}
			for range 20 {
				if p.Ready(0) == 0 || p.Fault() != nil {
					break
				}
				p.Turn(0, foreign.Wakeup{})
			}
			if f := p.Fault(); f != nil {
				t.Fatalf("%v: %s; calls: %s", f.Kind, f.Text, strings.Join(w.calls, "; "))
			}
			if len(w.out) == 0 {
				close(c.toClient)
				t.Errorf("the program says nothing: ready %v, interest %v, %d unread; calls: %s", p.Ready(0), p.Interest(0), len(w.in), strings.Join(w.calls, "; "))
				return <-done
			}
			out := w.out
			w.out = nil
			c.toClient <- out
		}
	}
}

// here is a program that is described. The test is skipped if the machine does not have it.
func here(t *testing.T, name string) *Description {
	t.Helper()
	require.Runs(t, "openssl", "version") // some tell their version without libssl, and don't come up
	d, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.FindVersion(); err != nil {
		require.Missing(t, d.Command[0], err)
	}
	return d
}

// TestTalks lets each program that is described, and here, answer a client.
func TestTalks(t *testing.T) {
	const get = "GET /f/100 HTTP/1.1\r\nHost: x\r\n\r\n"
	const binding = "\x00\x01\x00\x00\x21\x12\xa4\x42\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"
	for _, c := range []struct{ name, question, until string }{
		{"nginx", get, "Accept-Ranges"},
		{"nginx-proxy", get, "200 OK"},
		{"redis", "PING\r\n", "PONG"},
		{"memcached", "version\r\n", "VERSION"},
		{"coturn", binding, "\x01\x01"},
		{"inspircd", "JOIN #x\r\n", " 451 "},
		{"apache", get, "Accept-Ranges"},
		{"gnutls-serv", "hello\n", "hello\n"},
		{"h2o", get, "accept-ranges"},
		{"haproxy", get, "200 OK"},
		{"hitch", "hello", "hello"},
		{"lighttpd", get, "Accept-Ranges"},
		{"mosquitto", "\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02c0", "\x20\x02\x00\x00"},
		{"ncat", "hello", "hello"},
		{"ngircd", "NICK x\r\nUSER x 0 * :x\r\n", ":End of MOTD"},
		{"node", get, "Content-Length: 100"},
		{"python-asyncio", "hello", "hello"},
		{"python-uvloop", "hello", "hello"},
		{"socat", "hello", "hello"},
		{"stunnel", "hello", "hello"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := here(t, c.name)
			for _, mode := range []foreign.Mode{foreign.Copies, foreign.Living, foreign.Fresh} {
				p := New(d, Options{Mode: mode, Output: os.Stderr})
				for range 3 {
					start := time.Now()
					answer := ask(t, p, c.question, c.until)
					if !strings.Contains(answer, c.until) {
						t.Errorf("got %q", answer)
					}
					t.Log(mode, p.copies, p.Threads(), time.Since(start))
				}
				p.Close()
			}
		})
	}
}

// TestTrace shows the calls of nginx until it waits: those that are answered, and those that are not.
func TestTrace(t *testing.T) {
	var b strings.Builder
	if err := Trace(here(t, "nginx"), Options{}, &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`openat(-100, "./nginx.conf"`, "goes on to the system", "bind(100, ", "= 0\n", "it listens on [8443]\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got no %q in:\n%s", want, b.String())
		}
	}
}
