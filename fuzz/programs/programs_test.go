//go:build linux && amd64

package programs

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/engines"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/program"
	"github.com/wantwrite/wantwrite/sim/script"
)

// catalog has the programs of this machine.
func catalog(t testing.TB) *run.Catalog {
	t.Helper()
	return catalogOn(t, 0)
}

// catalogOn has the programs of this machine, which run on a CPU: see program.Options.
func catalogOn(t testing.TB, cpu int) *run.Catalog {
	t.Helper()
	c := run.NewCatalog()
	engines.AddTo(c)
	if err := AddTo(c, program.Options{CPU: cpu}); err != nil {
		t.Fatal(err)
	}
	return c
}

// here is a program of the catalog. The test is skipped if the machine does not have it, or has no
// libssl: some programs tell their version without, and don't come up.
func here(t testing.TB, c *run.Catalog, name, command string) *run.Program {
	t.Helper()
	require.Runs(t, "openssl", "version")
	p, err := c.Program(name)
	if err != nil {
		require.Missing(t, command, err)
	}
	return p
}

// A known is a defect that hunts find in the versions of Debian 12.
type known struct {
	property   oracle.PropertyID
	obligation string // its word
	why        string
}

func (k *known) is(f *oracle.Finding) bool {
	return k.property == f.Property && k.obligation == f.Obligation.String()
}

// A rare defect takes more than some thousands of schedules, and is known in one scenario alone; "" is any.
type rare struct {
	scenario string
	known
}

// in is those of a list that are known in a scenario.
func in(scenario string, list []rare) (known []known) {
	for _, r := range list {
		if r.scenario == scenario || r.scenario == "" {
			known = append(known, r.known)
		}
	}
	return known
}

// resets is known of servers that close with data unread.
var resets = known{oracle.DataLoss, "delivery", "it closes with a KeyUpdate unread, and the reset destroys the answer (RFC 2525, section 2.17)"}

// alerts is OpenSSL's own.
var alerts = known{oracle.Stall, "half-alert", "OpenSSL keeps the rest of an alert that does not fit, and tells nobody"}

// behind is OpenSSL's own, too.
var behind = known{oracle.Stall, "renegotiation", "OpenSSL keeps an alert that comes while a record is half written until the next SSL_write (ssl3_send_alert)"}

// garbled is OpenSSL's own: it refuses a renegotiation by an alert.
var garbled = rare{"renegotiations", known{oracle.Corruption, "nothing",
	"OpenSSL loses the rest of an alert that does not fit, and the next record is garbled (loses-alerts in docs/engines.md)"}}

// blocked is OpenSSL's own.
var blocked = known{oracle.SpuriousFailure, "nothing", "a KeyUpdate meets a write that is blocked, and the link dies (OpenSSL issue 8677)"}

// unanswered is nginx's.
var unanswered = known{oracle.Truncation, "nothing",
	"who has read our close_notify sends none (no_send_shutdown in ngx_ssl_handle_recv; RFC 8446, section 6.1)"}

// continued is nginx's, too.
var continued = known{oracle.SpuriousFailure, "nothing",
	"100 Continue does not fit, and the link dies: \"we assume that such small packet should be send successfully\" (ngx_http_test_expect)"}

// inNginx is what each hunt finds in nginx 1.22.1.
var inNginx = []known{alerts, behind, resets, unanswered, continued}

// rareInNginx is what hunts find in nginx 1.22.1 beside what each hunt finds.
var rareInNginx = []rare{
	garbled,
	{"key-updates", blocked},
	{"key-updates", known{oracle.Stall, "answer",
		"SSL_read says want-write between two requests; when it says want-read again, the write handler of that time comes " +
			"back, which does nothing (saved_write_handler in ngx_ssl_handle_recv), though an answer waits for room"}},
	{"hostile-client", known{oracle.Crash, "nothing",
		"the same, when the request is over that was being read: the handler that comes back is ngx_http_request_handler, " +
			"which takes the connection's data for a request and calls what it finds there"}},
}

// judge fails the test if a find is none of those that are known, or is not repeated by ten of ten new
// processes.
func judge(t *testing.T, f *hunt.Failure, list []known) error {
	v := f.Result.Violation
	if !slices.ContainsFunc(list, func(k known) bool { return k.is(&v.Finding) }) {
		t.Errorf("schedule %d: %s\n%s", f.Schedule, v, f.Script.Format())
	}
	if f.Repeated != 10 {
		t.Errorf("schedule %d: %s: repeated by %d of 10 new processes\n%s", f.Schedule, v, f.Repeated, f.Script.Format())
	}
	return nil
}

// TestHunts hunts in real servers as they are. What is found is known, and each find is repeated by
// ten of ten new processes. Everything else is a failure, of the server or of the workbench. Each CPU
// has a server at a time.
func TestHunts(t *testing.T) {
	for i, c := range []struct {
		program, command string
		long             uint64 // schedules of a long hunt
		rare             []rare
		known            []known
	}{
		{"nginx", "nginx", 2000, rareInNginx, inNginx},
		{"nginx-proxy", "nginx", 2000, rareInNginx, inNginx},
		{"redis", "redis-server", 2000, nil, []known{alerts, behind, resets,
			{oracle.Truncation, "nothing", "it closes when the close_notify has not left: SSL_shutdown is called once"}}},
		{"memcached", "memcached", 2000, nil, []known{alerts, behind, resets,
			{oracle.Stall, "handshake", "its read says want-write, and it waits for EPOLLIN alone"},
			{oracle.Stall, "answer", "what is left of a record lies in the SSL object (SSL_pending), and it waits for the socket"},
			{oracle.Stall, "farewell", "the same, where what is left is the client's quit"},
			{oracle.BusyLoop, "nothing", "its read says want-write with bytes unread, and EPOLLIN wakes it for ever"},
			{oracle.Truncation, "nothing", "it closes when the close_notify has not left"}}},
		{"lighttpd", "lighttpd", 100, nil, []known{alerts, resets,
			{oracle.BusyLoop, "nothing", "its read says want-write with bytes unread, and it goes on waiting for EPOLLIN, too"},
			{oracle.Stall, "farewell", "its close_notify does not fit, and it waits for EPOLLIN alone"},
			{oracle.Truncation, "last-alert", "it closes with the rest of an upload unread, and the reset overtakes its close_notify"}}},
		{"stunnel", "stunnel4", 300, nil, []known{alerts}},
		{"python-asyncio", "python3", 300, nil, nil},
	} {
		t.Run(c.program, func(t *testing.T) {
			t.Parallel()
			catalog := catalogOn(t, 1+i)
			h := hunt.Hunt{Seed: 1, Schedules: require.Times(30, c.long)}
			h.Program = here(t, catalog, c.program, c.command)
			h.Found = func(f *hunt.Failure) error {
				return judge(t, f, slices.Concat(c.known, in(f.Script.Config.Scenario, c.rare)))
			}
			rep, err := h.Run(context.Background(), catalog)
			if err != nil {
				t.Fatal(err)
			}
			if rep.Steps < 20*rep.Schedules {
				t.Errorf("got %d steps in %d schedules; want at least 20 in each", rep.Steps, rep.Schedules)
			}
			t.Logf("%d schedules, %.0f a second, %d found, %d not repeated", rep.Schedules,
				float64(rep.Schedules)/rep.Elapsed.Seconds(), len(rep.Failures), rep.Unrepeated)
		})
	}
}

// flight is the script of memcached's hang: the flight of its handshake does not fit the socket.
const flight = `wantwrite script 1
program: memcached 1.6.18
peer: reference
engine: puppet
scenario: small-buffers
dialogue: memcached
under: server
tls: 1.3
transport: pair
trigger: level
links: 1
seed: 0x1
sizes: bio=8192 pipe=8192 queue=8192 chunk=8192 flight=16384 window=16384 record=16384 hello=16384 chain=0 client-chain=0 tickets=0 linger=16
property: stall

poll client
deliver server all
squeeze server 512
poll server
`

// asking is the head of a script in which nginx is asked.
var asking = func() string {
	head, _, _ := strings.Cut(flight, "\n\n")
	return strings.NewReplacer("memcached 1.6.18", "nginx 1.22.1", "dialogue: memcached", "dialogue: http", "stall", "none").Replace(head)
}()

// parsed is a script.
func parsed(t testing.TB, text string) *script.Script {
	t.Helper()
	s, err := script.Parse(strings.NewReader(text), "test")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// replay runs a script in a mode.
func replay(t testing.TB, r *run.Runner, text string, mode foreign.Mode) run.Outcome {
	t.Helper()
	r.Mode = mode
	out, err := run.Replay(r, parsed(t, text), run.ReplayOptions{Loose: true})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestFlightThatDoesNotFit replays the hang of memcached 1.6.18, which docs/programs.md shows. The
// send buffer has its size again before the end, so that only EPOLLOUT is missing.
func TestFlightThatDoesNotFit(t *testing.T) {
	c := catalog(t)
	r, err := run.NewRunner(c, run.Options{Program: here(t, c, "memcached", "memcached")})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out := replay(t, r, flight, foreign.Fresh)
	if v := out.Result.Violation; !out.Result.Found || v.Obligation != oracle.HandshakeDone {
		t.Errorf("got %v; want a stall of the handshake", v)
	}
	page, err := os.ReadFile("../../docs/programs.md")
	if err != nil {
		t.Fatal(err)
	}
	_, actions, _ := strings.Cut(flight, "\n\n")
	for line := range strings.Lines(actions) {
		if !strings.Contains(string(page), "    "+line) {
			t.Errorf("docs/programs.md does not show %q", line)
		}
	}
}

// TestOneHash runs a script again and again, on new processes and on copies of one. Calls, answers
// and ciphertext are the same each time.
func TestOneHash(t *testing.T) {
	const talk = "write client 0 4096\nwrite client 2000 100\npoll client\ndeliver server part\npoll server\n" +
		"squeeze server 700\ndeliver server all\npoll server\nspurious server write\ndeliver client all\npoll client\ndeliver server all\npoll server\n"
	c := catalog(t)
	r, err := run.NewRunner(c, run.Options{Program: here(t, c, "nginx", "nginx")})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := replay(t, r, asking+"\n\n"+talk, foreign.Copies).Result
	for mode, times := range map[foreign.Mode]uint64{foreign.Copies: require.Times(30, 1000), foreign.Fresh: require.Times(3, 100)} {
		for range times {
			if got := replay(t, r, asking+"\n\n"+talk, mode).Result; got.Hash != want.Hash || got.Wire != want.Wire {
				t.Fatalf("mode %d: got hash %016x, wire %016x; want %016x, %016x", mode, got.Hash, got.Wire, want.Hash, want.Wire)
			}
		}
	}
}
