//go:build linux && amd64

package program

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/program/cc"
)

// seen says what was seen of a program's library, a line for each call and message.
func seen(w *wire) (lines []string) {
	for _, i := range w.inside {
		text := i.String()
		if i.Unseen != "" {
			text = "unseen: " + i.Unseen
		}
		lines = append(lines, text)
	}
	return lines
}

// observed greets a program with and without the observer, and returns what was seen. The calls and
// the bytes must be the same.
func observed(t *testing.T, d *Description, mode foreign.Mode) []string {
	t.Helper()
	flight := hello(t)
	var runs [2]*wire
	for i := range runs {
		p := New(d, Options{Mode: mode, Observe: i == 1})
		defer p.Close()
		runs[i] = greet(t, p, flight)
	}
	plain, watched := runs[0], runs[1]
	if !slices.Equal(plain.out, watched.out) || !slices.Equal(plain.calls, watched.calls) {
		t.Errorf("the observer changes the run: %d bytes, calls\n%q\nwant %d\n%q", len(watched.out), watched.calls, len(plain.out), plain.calls)
	}
	if len(plain.inside) > 0 {
		t.Errorf("nobody watches, and sees %q", seen(plain))
	}
	return seen(watched)
}

// needsCompiler skips a test on a machine without one.
func needsCompiler(t *testing.T, err error) {
	t.Helper()
	var missing *cc.Missing
	if errors.As(err, &missing) {
		require.Missing(t, missing.Tool, err)
	} else if err != nil {
		t.Fatal(err)
	}
}

// TestObserverChangesNothing: with the observer inside, real programs make the same calls and send the
// same bytes, in a copy and in a new process, and their libraries are seen.
func TestObserverChangesNothing(t *testing.T) {
	_, err := cc.Build(t.TempDir(), "x", []cc.File{{Name: "x.c", Text: []byte("int main(void) { return 0; }")}}, []string{"x.c"})
	needsCompiler(t, err)
	for _, name := range []string{"nginx", "redis", "memcached"} {
		t.Run(name, func(t *testing.T) {
			for _, mode := range []foreign.Mode{foreign.Copies, foreign.Fresh} {
				got := observed(t, here(t, name), mode)
				text := strings.Join(got, "\n")
				if !strings.HasPrefix(text, "ClientHello\nServerHello\n") || !strings.Contains(text, "\nFinished\n") ||
					!strings.Contains(text, ": -1, want-read") {
					t.Errorf("mode %d: got\n%s", mode, text)
				}
			}
		})
	}
}

// TestObserverOfForks: a process that is made for a connection, and a thread of it, are seen too.
func TestObserverOfForks(t *testing.T) {
	source, err := os.ReadFile("testdata/forks.c")
	if err != nil {
		t.Fatal(err)
	}
	if !cc.Has("openssl/ssl.h", "SSL_new", "-lssl", "-lcrypto") {
		require.Missing(t, "libssl-dev", "openssl/ssl.h is not here")
	}
	path, err := cc.Build(t.TempDir(), "forks", []cc.File{{Name: "forks.c", Text: source}},
		[]string{"-D_GNU_SOURCE", "-pthread", "forks.c", "-lssl", "-lcrypto"})
	needsCompiler(t, err)
	d := &Description{Name: "forks", Command: []string{path}, Port: 8443, Certificate: Certificate{Chain: "chain.pem", Key: "key.pem", Bytes: 700}}
	got := observed(t, d, foreign.Copies)
	want := []string{"ClientHello", "ServerHello", "EncryptedExtensions", "Certificate", "CertificateVerify", "Finished"}
	if !slices.Equal(got[:min(len(got), len(want))], want) {
		t.Errorf("got %q; want %q in the beginning", got, want)
	}
}

// TestNothingToObserve: a program without libssl runs as ever, and the run says why nothing is seen.
func TestNothingToObserve(t *testing.T) {
	path, err := cc.Build(t.TempDir(), "plain", []cc.File{{Name: "plain.c", Text: []byte(plainServer)}}, []string{"plain.c"})
	needsCompiler(t, err)
	d := &Description{Name: "plain", Command: []string{path}, Port: 8443}
	if got := observed(t, d, foreign.Fresh); !slices.Equal(got, []string{"unseen: it loads no libssl.so"}) {
		t.Errorf("got %q", got)
	}
}

// plainServer says back what it hears.
const plainServer = `
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(8443), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd, door = socket(AF_INET, SOCK_STREAM, 0);
	char bytes[4096];

	bind(door, (struct sockaddr *)&at, sizeof at);
	listen(door, 5);
	while ((fd = accept(door, 0, 0)) >= 0)
		for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;)
			if (write(fd, bytes, (size_t)n) < 0)
				break;
	return 1;
}
`
