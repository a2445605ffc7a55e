package script_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/sim/script"
)

// scriptSeed has every verb, a trait, a story and a verdict.
const scriptSeed = `wantwrite script 1
# The server's read absorbs a ClientHello, and its answer waits.
pump: kv-original
peer: reference
engine: model
peer-engine: openssl
scenario: renegotiation
under: server
tls: 1.2
transport: pair
trigger: level
links: 2
seed: 0x1234
traits: auth answer-at-read
sizes: bio=64 pipe=64 queue=256 chunk=100 flight=512 window=512 record=16384 hello=16384 ` +
	`chain=0 client-chain=0 tickets=0 linger=8
property: stall
hash: 0123456789abcdef
found: schedules=53 strategy=pct:3 scenario=any

deliver server part # half of it
poll server2
write client 40 8
pause client
resume client
renegotiate client
keyupdate client requested
shut client
close server
spurious server read+write
window server 3
reset client2
fin server
mutate server flip 12
tick 5
`

// FuzzScript: no text makes the parser panic; a refusal is an InputError of
// one line; and what is read means the same after Format, whose text is a
// fixed point.
func FuzzScript(f *testing.F) {
	f.Add([]byte(scriptSeed))
	f.Add([]byte(strings.ReplaceAll(scriptSeed, "\n", "\r\n")))
	f.Add([]byte(programText))
	f.Add([]byte(strings.Replace(scriptSeed, "script 1", "script 2", 1)))
	f.Add([]byte("wantwrite script 1\n\npoll server\n"))
	f.Add([]byte("\x7fELF\x00"))
	for _, name := range corpus.Names() {
		f.Add(corpus.Text(name))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := script.Parse(bytes.NewReader(text), "fuzz.script")
		if err != nil {
			wantOneLine(t, err)
			return
		}
		wantFixedPoint(t, s)
	})
}

func wantOneLine(t *testing.T, err error) {
	t.Helper()
	var in *script.InputError
	if !errors.As(err, &in) || in.Line < 1 || strings.ContainsAny(err.Error(), "\n\r\x1b") {
		t.Fatalf("got %T %q; want an InputError of one line, with its place", err, err)
	}
}

func wantFixedPoint(t *testing.T, s *script.Script) {
	t.Helper()
	text := s.Format()
	again, err := script.Parse(bytes.NewReader(text), "formatted.script")
	if err != nil {
		t.Fatalf("Format's own text is refused: %v\n%s", err, text)
	}
	if second := again.Format(); !bytes.Equal(text, second) {
		t.Fatalf("formatted once:\n%s\ntwice:\n%s", text, second)
	}
	if !reflect.DeepEqual(s.Actions, again.Actions) || s.Config != again.Config {
		t.Fatalf("the text means something else than what it was made from:\n%s", text)
	}
}
