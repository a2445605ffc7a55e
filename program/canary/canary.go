// Package canary has small TLS servers in C: each correct, and each with mistakes planted in it, of
// which an argument turns one on. The oracle for programs must find every mistake by its property,
// and nothing in the correct servers.
//
// They are read as specimens, too: of how a pump on poll, select, epoll or libevent is written, and
// of what goes wrong in it. Each mistake is a line marked MISTAKE, with the public bugs it is like.
//
// A server is started with
//
//	NAME [-m MISTAKE] [-k key.pem] [-c cert.pem] [-v 1.2|1.3] ADDRESS PORT
//
// and runs in the foreground until it is killed. It prints nothing, unless it can't start. It has no
// time-outs: a silent peer keeps its connection.
package canary

import "fmt"

// A Program is a server.
type Program struct {
	// Name is also that of its source, without ".c".
	Name string
	// Speaks is the dialogue: "echo" gives back each byte, and at the peer's close_notify, after
	// the rest, close_notify and FIN. "memcached-binary" is memcached's binary protocol: the low half of a
	// request's cas is the length of the answer's body in bytes, 0 for no answer.
	Speaks string
	// About is one sentence.
	About string
	// Defects are those of OpenSSL 3.0 that reach the peer through this program, which is not to
	// blame: by the names that the traits of engines have. A library that writes to the socket
	// itself loses an alert that does not fit (LosesAlerts), and dies of a second KeyUpdate that
	// comes while a write waits for room (DiesBlocked, OpenSSL issue 8677). One that writes to
	// memory always has room.
	Defects []string
	// Chain is how many bytes of certificates it shows: for kv more than its BIO takes, so that each
	// handshake meets the end of that.
	Chain int

	libraries []string // flags for the linker
	needs     []need
}

const (
	shortChain = 700
	longChain  = 9000
)

// A need is a header, a function of its library, what tests call that, and the package of Debian.
type need struct{ header, function, tool, pkg string }

var (
	needsOpenSSL  = need{"openssl/ssl.h", "SSL_new", "libssl-dev", "libssl-dev"}
	needsLibevent = need{"event2/bufferevent_ssl.h", "bufferevent_openssl_socket_new", "libevent", "libevent-dev"}
	openssl       = []string{"-lssl", "-lcrypto"}
	onSocket      = []string{"LosesAlerts", "DiesBlocked"}
)

var programs = []Program{
	{Name: "poll", Speaks: "echo", Chain: shortChain, About: "poll, level-triggered, with memory BIOs",
		libraries: openssl, needs: []need{needsOpenSSL}},
	{Name: "edge", Speaks: "echo", Chain: shortChain, About: "epoll, edge-triggered, with the socket as BIO",
		Defects: onSocket, libraries: openssl, needs: []need{needsOpenSSL}},
	{Name: "select", Speaks: "echo", Chain: shortChain, About: "select, with the socket as BIO, and no modes for writes",
		Defects: onSocket, libraries: openssl, needs: []need{needsOpenSSL}},
	{Name: "bufferevent", Speaks: "echo", Chain: shortChain, About: "libevent's bufferevent_openssl",
		Defects:   onSocket,
		libraries: []string{"-levent_openssl", "-levent_core", "-lssl", "-lcrypto"},
		needs:     []need{needsOpenSSL, needsLibevent}},
	{Name: "kv", Speaks: "memcached-binary", Chain: longChain, About: "Couchbase's memcached server around MB-53428: epoll, " +
		"level-triggered, with a BIO pair", libraries: openssl, needs: []need{needsOpenSSL}},
}

// Programs are the servers, in a fixed order. Without a mistake each is correct.
func Programs() []Program { return append([]Program(nil), programs...) }

// files are the sources of a program.
func (p Program) files() []string { return []string{"canary.h", "canary.c", p.Name + ".c"} }

func find(name string) (Program, error) {
	var names []string
	for _, p := range programs {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Program{}, fmt.Errorf("canary: got program %s; want one of %v", name, names)
}
