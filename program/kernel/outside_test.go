//go:build linux && amd64

package kernel

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/program/seccomp"
)

// strangers are servers of the machine that a program should not meet: one in the file system, one on
// TCP.
func strangers(t *testing.T) (path, port string) {
	path = filepath.Join(t.TempDir(), "stranger")
	local, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { local.Close(); tcp.Close() })
	_, port, _ = net.SplitHostPort(tcp.Addr().String())
	return path, port
}

// TestStrangersSockets: a program reaches the sockets that it has made in its directory, and those of
// no other program.
func TestStrangersSockets(t *testing.T) {
	path, port := strangers(t)
	v := newOurs(t, 1)
	v.k.opts.Dir = v.dir
	for _, c := range []struct{ line, want string }{
		{"socket s 1 1", "descriptor"},
		{"local s " + path, "-13"},
		{"local s ../../" + path, "-13"},
		{"socket d 1 2", "descriptor"},
		{"tell d " + path, "-13"},
		{"socket o 1 1", "descriptor"},
		{"serve o own", "0"},
		{"local s own", "0"},
		{"socket p 1 1", "descriptor"},
		{"local p " + v.dir + "/own", "0"},
		{"socket n 2 1", "descriptor"},
		{"connect n " + port, "-111"},
	} {
		if got := v.tell("main", c.line); got != c.want {
			t.Errorf("%s: got %s; want %s", c.line, got, c.want)
		}
	}
	if err := v.k.Settled(); err != nil {
		t.Errorf("got %v; want a verdict", err)
	}
}

// TestLetOut: who may have the network has it, on sockets of the system. While it has a connection
// nothing is known about what it waits for.
func TestLetOut(t *testing.T) {
	path, port := strangers(t)
	for _, c := range []struct{ socket, connect string }{
		{"socket s 1 1", "local s " + path},
		{"socket s 2 1", "connect s " + port},
		{"socket s 2 2", "connect s 53"},
	} {
		v := newOursFor(t, 1, Options{Port: virtualPort, Network: true}, seccomp.Command{Network: true})
		if got := v.tell("main", c.socket); got != "descriptor" {
			t.Fatalf("%s: got %s", c.socket, got)
		}
		if err := v.k.Settled(); (err != nil) != (c.socket == "socket s 2 2") {
			t.Errorf("%s: got %v before it is connected", c.socket, err)
		}
		if got := v.tell("main", c.connect); got != "0" {
			t.Errorf("%s: got %s; want 0", c.connect, got)
		}
		if err := v.k.Settled(); !errors.Is(err, foreign.ErrOutside) {
			t.Errorf("%s: got %v; want that it may wait for something outside", c.connect, err)
		}
		v.tell("main", "socket u 2 1") // has a number of its own
		v.tell("main", "close s")
		if err := v.k.Settled(); err != nil {
			t.Errorf("%s: got %v when it is closed; want a verdict", c.connect, err)
		}
		if log := play(v, connected+"< hello\nread c 10"); log[len(log)-1] != "read c 10 -> 5 hello 99162322" {
			t.Errorf("%s: got %q from the world", c.connect, log[len(log)-1])
		}
	}
}

// TestLetOutOfASet: of a socket that a set has already the run ends, and says so.
func TestLetOutOfASet(t *testing.T) {
	_, port := strangers(t)
	v := newOursFor(t, 1, Options{Port: virtualPort, Network: true}, seccomp.Command{Network: true})
	play(v, "socket s 2 1\nepoll e 0\nctl e 1 s 0x1")
	want := fmt.Sprintf("unsupported: got connect(%d, ", seccomp.First)
	if got := v.tell("main", "connect s "+port); len(got) < len(want) || got[:len(want)] != want {
		t.Errorf("got %q; want %q", got, want)
	}
}
