package cli

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	realprog "github.com/wantwrite/wantwrite/program"
)

// needMemcached is for tests of what is known of the memcached of Debian 12.
func needMemcached(t *testing.T) {
	t.Helper()
	const version = "1.6.18"
	if err := realprog.Supported(); err != nil {
		require.Missing(t, "memcached", err)
	}
	d, err := realprog.Find("memcached")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := d.FindVersion(); err != nil || got != version {
		require.Missing(t, "memcached", "memcached "+version+" is not here: install the package memcached of Debian 12")
	}
}

// memcachedScript is a script of memcached.
func memcachedScript(t *testing.T, actions string) string {
	t.Helper()
	return write(t, "memcached.script", "wantwrite script 1\nprogram: memcached 1.6.18\npeer: reference\nengine: puppet\n"+
		"scenario: small-buffers\ndialogue: memcached\nunder: server\ntls: 1.3\ntransport: pair\ntrigger: level\n"+
		"links: 1\nseed: 0x1\nsizes: bio=8192 pipe=8192 queue=8192 chunk=8192 flight=16384 window=16384 "+
		"record=16384 hello=16384 chain=0 client-chain=0 tickets=0 linger=16\nproperty: stall\n\n"+actions)
}

// TestShowProgram: the story of a real program that hangs, as text, page, object and capture. The
// handshake's flight does not fit the socket, and memcached waits for input.
func TestShowProgram(t *testing.T) {
	needMemcached(t)
	t.Chdir(t.TempDir())
	script := memcachedScript(t, "poll client\ndeliver server all\nsqueeze server 600\npoll server\n")
	out := want(t, exitClean, "show", "--observe=false", "--html", "page.html", "--pcap", "x.pcapng", "--keylog", "keys", script)
	text := strings.Join(strings.Fields(out), " ")
	tells(t, text, "memcached 1.6.18 at the server against reference, puppet, TLS 1.3",
		"send 600 of 1023 offered", "send of 423: would-block", "4 poll server [read] <<< the wakeup is lost here",
		"423 bytes of what it had offered to its socket did not leave",
		"Of the last record that it began, 264 of 735 bytes are missing.",
		"Missing: write interest (EPOLLOUT). It was lost at step 4.",
		"its library wanted to write (SSL_ERROR_WANT_WRITE) at a read or handshake call, for the turn began with a read "+
			"event, and the handshake is not done; the program waits for read (EPOLLIN) alone: EPOLLOUT is missing.",
		"This is decision 9 of a pump, WANT_WRITE from a read or a handshake")
	tells(t, read(t, "page.html"), "memcached 1.6.18 at the server", "EPOLLOUT is missing")
	tells(t, read(t, "keys"), "SERVER_HANDSHAKE_TRAFFIC_SECRET ")
	object := objects(t, want(t, exitClean, "show", "--observe=false", "--json", script))[0]
	verdict := object["story"].(map[string]any)["verdict"].(map[string]any)
	if verdict["pump"] != "memcached 1.6.18" || verdict["decision"] != 9.0 || verdict["lost"] != 4.0 {
		t.Errorf("got the verdict %v", verdict)
	}
	needTshark(t)
	wellFormed(t, "x.pcapng")
	rows := tshark(t, "x.pcapng", "tls.handshake", "tls.handshake.type", "frame.comment")
	if types := values(rows, 0); !slices.Equal(types, []string{"1", "2", "8"}) {
		t.Errorf("tshark sees the messages %v; want ClientHello, ServerHello and, decrypted, EncryptedExtensions", types)
	}
	tells(t, rows[1][1], "the client's engine absorbs EncryptedExtensions (6 bytes)")
}

// TestShowProgramPending: memcached has the rest of a record in its library, and waits for the socket.
func TestShowProgramPending(t *testing.T) {
	needMemcached(t)
	t.Chdir(t.TempDir())
	script := memcachedScript(t, "write client 0 8192\n")
	out := want(t, exitClean, "show", "--observe=false", script)
	tells(t, strings.Join(strings.Fields(out), " "), "1 answers, first VALUE", "What has come is 1 whole answer.",
		"its last recv gave some: it did not ask until would-block", "SSL_pending",
		"its peer made 2 records with application data for it, and the last one holds 35 bytes",
		"This is decision 14 of a pump")
	needCompiler(t)
	out = want(t, exitClean, "show", script)
	tells(t, strings.Join(strings.Fields(out), " "), "Seen in its library: at step 8 SSL_write answered 8, and 12 bytes of plaintext "+
		"wait to be read (SSL_pending), which no event announces; its peer made 2 records", "This is decision 14 of a pump")
}

// needCompiler is for tests of the observer.
func needCompiler(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("cc"); err != nil {
		require.Missing(t, "cc", err)
	}
}

// TestShowProgramObserved: show looks into the program's library by itself. The run is the same, and what
// was inferred is seen. Without a compiler it says so, and tells the story from the calls.
func TestShowProgramObserved(t *testing.T) {
	needMemcached(t)
	needCompiler(t)
	t.Chdir(t.TempDir())
	script := memcachedScript(t, "poll client\ndeliver server all\nsqueeze server 600\npoll server\n")
	out := want(t, exitClean, "show", "--html", "page.html", script)
	tells(t, strings.Join(strings.Fields(out), " "), "● absorbs ClientHello (144 bytes)", "● SSL_accept: -1, want-write",
		"Seen in its library: at step 4 SSL_accept absorbed ClientHello (144 bytes), sealed ServerHello (90 bytes)",
		"and answered -1, want-write; the program waits for read (EPOLLIN) alone: EPOLLOUT is missing.",
		"This is decision 9 of a pump")
	tells(t, read(t, "page.html"), "Seen in its library: at step 4 SSL_accept absorbed ClientHello (144 bytes)")
	hash := func(flags ...string) any {
		return objects(t, want(t, exitClean, append(append([]string{"show", "--json"}, flags...), script)...))[0]["hash"]
	}
	if got, plain := hash(), hash("--observe=false"); got != plain {
		t.Errorf("observed, the run has hash %v; want %v", got, plain)
	}
	t.Setenv("CC", "no-such-compiler")
	out = want(t, exitClean, "show", script)
	tells(t, strings.Join(strings.Fields(out), " "), "Inferred from the calls: its library wanted to write",
		"Its TLS library was not watched, or not wholly: no-such-compiler", "want a C compiler")
}
