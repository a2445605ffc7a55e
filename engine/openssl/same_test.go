package openssl_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
)

// A call is one line of a sequence that both libraries are put through.
type call struct {
	role model.Role
	verb string // "move" carries all ciphertext from the role's end
}

const (
	c = model.Client
	s = model.Server
)

// up is the shortest handshake: each end called in turn until both are OK.
func up() []call {
	var calls []call
	for range 3 {
		calls = append(calls, call{c, "handshake"}, call{c, "move"},
			call{s, "handshake"}, call{s, "move"})
	}
	return append(calls, call{c, "handshake"})
}

// sequences are named for what they try; each begins with up.
var sequences = []struct {
	name    string
	version model.Version
	calls   []call
}{
	{"data", model.TLS12, []call{
		{c, "write"}, {s, "read"}, {c, "move"}, {s, "read"}, {s, "read"}}},
	{"data 1.3", model.TLS13, []call{
		{c, "write"}, {c, "move"}, {s, "read"}, {s, "read"}, {s, "write"}, {s, "move"},
		{c, "read"}}},
	{"client renegotiates", model.TLS12, []call{
		{c, "renegotiate"}, {c, "move"}, {s, "read"}, {s, "move"}, {c, "read"}, {c, "move"},
		{s, "read"}, {s, "move"}, {c, "read"}, {c, "handshake"}, {s, "handshake"}, {c, "write"},
		{c, "move"}, {s, "read"}}},
	{"server renegotiates", model.TLS12, []call{
		{s, "renegotiate"}, {s, "move"}, {c, "read"}, {c, "move"}, {s, "read"}, {s, "move"},
		{c, "read"}, {c, "move"}, {s, "read"}, {s, "move"}, {c, "read"}, {c, "handshake"},
		{s, "handshake"}, {s, "write"}, {s, "move"}, {c, "read"}}},
	{"data meets a renegotiation", model.TLS12, []call{
		{c, "renegotiate"}, {s, "write"}, {s, "move"}, {c, "read"}, {c, "move"}, {s, "read"},
		{s, "write"}, {s, "move"}, {c, "read"}, {c, "read"}, {c, "move"}, {s, "read"}}},
	{"key update", model.TLS13, []call{
		{c, "key update"}, {c, "move"}, {s, "read"}, {s, "move"}, {s, "write"}, {s, "move"},
		{c, "read"}, {c, "read"}}},
	{"key update not requested", model.TLS13, []call{
		{c, "own key update"}, {c, "move"}, {s, "read"}, {s, "empty write"}, {s, "move"},
		{c, "read"}}},
	{"key update, answered by an empty write", model.TLS13, []call{
		{c, "key update"}, {c, "move"}, {s, "read"}, {s, "empty write"}, {s, "move"}, {c, "read"}}},
	{"close", model.TLS12, []call{
		{c, "shutdown"}, {c, "write"}, {c, "clear"}, {c, "move"}, {s, "read"}, {s, "shutdown"},
		{s, "move"}, {c, "shutdown"}, {c, "read"}}},
	{"half-close 1.3", model.TLS13, []call{
		{c, "shutdown"}, {c, "move"}, {s, "read"}, {s, "write"}, {s, "move"}, {c, "read"},
		{s, "shutdown"}, {s, "move"}, {c, "read"}, {c, "shutdown"}}},
	{"close over data", model.TLS12, []call{
		{c, "write"}, {c, "shutdown"}, {c, "move"}, {s, "shutdown"}, {s, "read"}, {s, "clear"},
		{s, "read"}}},
	{"renegotiation on 1.3", model.TLS13, []call{
		{c, "renegotiate"}, {c, "read"}, {c, "clear"}, {c, "read"}, {c, "write"}}},
	{"key update on 1.2", model.TLS12, []call{
		{s, "key update"}, {s, "read"}, {s, "clear"}, {s, "read"}}},
}

// do makes one call and says what came of it: status, count, and whatever the
// engine's queries can tell without knowing the length of a record.
func (l *link) do(k call) string {
	e := l.ends[k.role]
	var n int
	var st model.Status
	switch k.verb {
	case "move":
		l.carry(k.role, 1<<16)
	case "handshake":
		st = e.Handshake()
	case "read":
		n, st = e.Read(make([]byte, 100))
	case "write":
		n, st = e.Write([]byte("sixteen bytes or"))
	case "empty write":
		n, st = e.Write(nil)
	case "shutdown":
		st = e.Shutdown()
	case "renegotiate":
		st = e.Renegotiate()
	case "key update", "own key update":
		st = e.KeyUpdate(k.verb == "key update")
	case "early":
		n, st = e.WriteEarly([]byte("sixteen bytes or"))
	case "read early":
		n, st = e.ReadEarly(make([]byte, 100))
	case "authenticate":
		st = e.Authenticate()
	case "clear":
		e.ClearErrors()
	default:
		l.t.Fatalf("no verb %q", k.verb)
	}
	return fmt.Sprintf("%v %s: %v %d, output %v, finished %v, deferred %v, shut %d, failed %v",
		k.role, k.verb, st, n, e.OutputPending() > 0, e.InitFinished(), e.Deferred(),
		e.ShutState(), e.Err() != nil)
}

// play puts a library's link through calls.
func play(t *testing.T, lib model.Library, cfg model.EngineConfig, calls []call) (lines []string) {
	return playFrom(t, lib, cfg, append(up(), calls...))
}

// playFrom is play without a handshake in front.
func playFrom(t *testing.T, lib model.Library, cfg model.EngineConfig, calls []call) (
	lines []string) {

	lib.Begin(1)
	defer lib.End()
	var queue model.ErrorQueue
	l := &link{t: t, wire: sha256.New()}
	for _, r := range []model.Role{c, s} {
		cfg := cfg
		cfg.Role, cfg.Errors = r, &queue
		e, err := lib.New(&cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer lib.Free(e)
		l.ends[r] = e
	}
	for _, k := range calls {
		lines = append(lines, l.do(k))
	}
	return lines
}

// The model says of itself that it has OpenSSL's semantics; so it is asked.
func TestModelAnswersAsOpenSSLDoes(t *testing.T) {
	lib := need(t)
	for _, q := range sequences {
		t.Run(q.name, func(t *testing.T) {
			sameAnswers(t, lib, base(q.version), q.calls)
		})
	}
}

// sameAnswers fails the test if the model answers otherwise than OpenSSL.
func sameAnswers(t *testing.T, lib model.Library, cfg model.EngineConfig, calls []call) {
	t.Helper()
	theirs := play(t, lib, cfg, calls)
	ours := play(t, tls.NewModels(), cfg, calls)
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("the answers differ (-openssl +model):\n%s", diff)
	}
}
