//go:build linux && amd64

package kernel

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/program/dialogue"
)

// servicePort is the port of the service in our kernel.
const servicePort = 9000

// upstreamDialogue is what the service speaks on both stages: it says what it hears.
func upstreamDialogue(tb testing.TB) *own.Dialogue {
	d, err := dialogue.Named("echo")
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// An upstream is a service that a probe on Linux connects to: a real server with the speaker that our
// kernel has.
type upstream struct {
	tb   testing.TB
	port string
	said chan int // bytes that were heard and answered; 0 is the end
}

func newUpstream(tb testing.TB) *upstream {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	u := &upstream{tb: tb, port: port, said: make(chan int, 1<<10)}
	d := upstreamDialogue(tb)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go u.serve(c, d.New(own.Place{Server: true}))
		}
	}()
	return u
}

// serve speaks on a connection until it ends.
func (u *upstream) serve(c net.Conn, s own.Speaker) {
	defer func() {
		c.Close()
		u.said <- 0
	}()
	b := make([]byte, 1<<16)
	for !s.Over() {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if _, err := c.Write(s.Hear(nil, b[:n])); err != nil {
			return
		}
		u.said <- n
	}
}

// catchUp waits until the service has answered what a call has written: on our kernel its answers
// are there at once. u is the socket that is connected to it.
func (u *upstream) catchUp(worker, line, answer string) {
	words := strings.Fields(line)
	if worker != "main" || len(words) < 2 || words[1] != "u" {
		return
	}
	switch words[0] {
	case "write", "writev":
		want, _ := strconv.Atoi(answer)
		for got := 0; got < want; got += u.heard() {
		}
	case "shutdown":
		u.heard()
	}
}

// heard waits for the service.
func (u *upstream) heard() int {
	select {
	case n := <-u.said:
		return n
	case <-time.After(10 * time.Second):
		u.tb.Fatal("the service says nothing")
		return 0
	}
}

// TestServiceThatIsFull: what a service says is not read, so it hears no more. Levels and edges tell
// when it does again.
func TestServiceThatIsFull(t *testing.T) {
	v := newOurs(t, 1)
	for _, step := range []struct{ line, want string }{
		{"socket u 2 1", "descriptor"}, {"connect u SERVICE", "0"}, {"nonblock u 1", "0"},
		{"epoll e 0", "descriptor"}, {"ctl e 1 u 0x80000004 7", "0"}, {"wait e 8 0", "1 7:0x4"},
		{"fill u", "-11"}, {"poll 0 u 0x5", "1 0x1"}, {"wait e 8 0", "0"},
		{"recv u 10 0x20", "10 "}, {"poll 0 u 0x5", "1 0x1"},
		{"recv u 1000 0x20", "1000 "}, {"poll 0 u 0x5", "1 0x5"}, {"wait e 8 0", "1 7:0x4"}, {"wait e 8 0", "0"},
		{"write u 100", "100"},
	} {
		if got := v.tell("main", step.line); got != step.want && !(strings.HasSuffix(step.want, " ") && strings.HasPrefix(got, step.want)) {
			t.Errorf("%s: got %s; want %s", step.line, got, step.want)
		}
	}
}
