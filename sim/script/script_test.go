package script_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// stallText is a script in canonical form: line 1 is the version, lines 2 to
// 3 the story, 4 to 17 the header, 18 is empty, and the actions follow.
const stallText = `wantwrite script 1
# The client asks for a new handshake. The server's read absorbs the
# ClientHello, and its answer waits in the BIO.
pump: kv-original
peer: reference
engine: model
scenario: renegotiation
under: server
tls: 1.2
transport: pair
trigger: level
links: 2
seed: 0x1234
traits: answer-at-read stream
sizes: bio=64 pipe=65 queue=256 chunk=100 flight=512 window=511 record=16384 hello=0 ` +
	`chain=300 client-chain=0 tickets=2 linger=8
property: stall
hash: 0123456789abcdef

deliver server all
deliver client byte
deliver server2 17
poll server
write client2 40 8
keyupdate client requested
keyupdate server quiet
spurious server read+write
window server 3
mutate server flip 12
mutate server drop
pause client
resume client
renegotiate client
shut client
close server
reset client
fin server
tick 5
`

// programText is one of a program, with all that only its end can do.
const programText = `wantwrite script 1
# The flight does not fit, and nobody waits for room.
program: nginx 1.22.1-9+deb12u1
peer: reference
engine: openssl
scenario: handshake
dialogue: http
under: server
tls: 1.3
transport: pair
trigger: level
links: 1
seed: 0x1234
sizes: bio=64 pipe=65 queue=256 chunk=100 flight=512 window=511 record=16384 hello=0 ` +
	`chain=300 client-chain=0 tickets=2 linger=8

deliver server all
squeeze server 400
poll server alone
poll server
split server 2
thread server 3
ease server
`

// TestOwnProgram: a hunt in a program of the user's own, whose version nobody knows, saved scripts
// that nothing could read (story 181).
func TestOwnProgram(t *testing.T) {
	text := strings.Replace(programText, "nginx 1.22.1-9+deb12u1", "my-server", 1)
	if diff := cmp.Diff(text, string(parse(t, text).Format())); diff != "" {
		t.Error(diff)
	}
}

// TestRepeats: a script says how often its run is repeated, if it is.
func TestRepeats(t *testing.T) {
	text := strings.Replace(programText, "\npeer:", "\nrepeats: 128\npeer:", 1)
	s := parse(t, text)
	if s.Config.Repeats != 128 {
		t.Errorf("got %d repetitions; want 128", s.Config.Repeats)
	}
	if diff := cmp.Diff(text, string(s.Format())); diff != "" {
		t.Error(diff)
	}
	if s := parse(t, programText); s.Config.Repeats != 0 {
		t.Errorf("got %d repetitions of a script that has none", s.Config.Repeats)
	}
}

// TestProgramStandsInThePumpsPlace: a script has a pump or a program, and a program its version.
func TestProgramStandsInThePumpsPlace(t *testing.T) {
	s := parse(t, programText)
	if c := &s.Config; c.Pump != "" || c.Program != "nginx" || c.ProgramVersion != "1.22.1-9+deb12u1" ||
		c.Subject() != "nginx" || !c.Foreign(1) || !c.Foreign(3) || c.Foreign(0) {
		t.Errorf("got pump %q, program %q, version %q, subject %q", c.Pump, c.Program, c.ProgramVersion, c.Subject())
	}
	if diff := cmp.Diff(programText, string(s.Format())); diff != "" {
		t.Errorf("canonical text changed (-was +is):\n%s", diff)
	}
	if s := parse(t, stallText); s.Config.Subject() != "kv-original" || s.Config.Foreign(1) {
		t.Errorf("got subject %q of a script with a pump", s.Config.Subject())
	}
}

func parse(t testing.TB, text string) *script.Script {
	t.Helper()
	s, err := script.Parse(strings.NewReader(text), "x.script")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestScriptSaysWhatItMeans compares the Script of the text above with what a person
// reads there.
func TestScriptSaysWhatItMeans(t *testing.T) {
	s := parse(t, stallText)
	want := script.Config{
		Pump: "kv-original", Peer: "reference", Engine: "model", PeerEngine: "model",
		Scenario: "renegotiation", Under: model.Server, Version: model.TLS12,
		Transport: model.Pair, Trigger: model.Level, Links: 2, Seed: 0x1234,
		AnswerAtRead: true, Stream: true,
		Sizes: script.Sizes{Bio: 64, Pipe: 65, Queue: 256, Chunk: 100, Flight: 512, Window: 511,
			Record: 16384, Chain: 300, Tickets: 2, Linger: 8},
	}
	if diff := cmp.Diff(want, s.Config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	if s.Property != "stall" || s.Hash != 0x0123456789abcdef || len(s.Story) != 2 {
		t.Errorf("got property %q, hash %#x, %d story lines", s.Property, s.Hash, len(s.Story))
	}
	if len(s.Actions) != 19 || s.Line(0) != 19 || s.Line(18) != 37 || s.Line(19) != 0 {
		t.Errorf("got %d actions in lines %v; want 19 from line 19 on", len(s.Actions), s.Lines)
	}
	counted := script.Action{Verb: script.Deliver, On: 3, Arg: script.Bytes + 17}
	if s.Actions[2] != counted {
		t.Errorf("got %+v for %q; want %+v", s.Actions[2], s.Actions[2], counted)
	}
	if diff := cmp.Diff(stallText, string(s.Format())); diff != "" {
		t.Errorf("canonical text changed (-was +is):\n%s", diff)
	}
}

// TestScriptEditedByHand: an editor on Windows, comments, empty lines, spaces
// and another order of the header change nothing.
func TestScriptEditedByHand(t *testing.T) {
	want := parse(t, stallText)
	text := strings.Replace(stallText, "pump: kv-original\n", "", 1)
	text = strings.Replace(text, "links: 2\n", "links:2\n# the pump\npump:   kv-original  \n", 1)
	text = strings.Replace(text, "poll server\n", "\n# now\n  poll   server # absorbs it\n", 1)
	text = strings.ReplaceAll(text, "0x1234", "4660")
	text = strings.TrimSuffix(strings.ReplaceAll(text, "\n", "\r\n"), "\r\n")
	got := parse(t, text)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(script.Script{}, "Lines")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Line(3) != 25 {
		t.Errorf("got poll in line %d; want 25", got.Line(3))
	}
}

// TestStoryStaysInItsComment: whatever a story quotes, none of it becomes a
// header line (story 92), and nothing of it reaches a terminal.
func TestStoryStaysInItsComment(t *testing.T) {
	s := parse(t, stallText)
	long := strings.Repeat("é", 3000)
	s.Story = []string{"panic: boom\nseed: 7\n", "", "\x1b[2Jred\x00\xff  ", "  indented", long}
	got := parse(t, string(s.Format()))
	want := []string{"panic: boom", "seed: 7", "", " [2Jred \ufffd", "  indented",
		long[:4094], long[4094:]}
	if diff := cmp.Diff(want, got.Story); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Config.Seed != 0x1234 {
		t.Errorf("got seed %#x; want that of the header", got.Config.Seed)
	}
}

// TestEveryVerbRoundTrips keeps a new verb or mutation from being added
// without its line.
func TestEveryVerbRoundTrips(t *testing.T) {
	for v := range script.NumVerbs {
		for on := range script.End(2 * script.MaxLinks) {
			a := script.Action{Verb: v, On: on, Arg: argOf[v]}
			if v == script.Tick {
				a.On = 0
			}
			sameAction(t, a)
		}
	}
	for m := range script.NumMutations {
		sameAction(t, script.Action{Verb: script.Mutate, Arg: uint32(m), Arg2: 1 << 31})
	}
	for m := range attack.Count {
		a := script.Action{Verb: script.Attack, Arg: uint32(m)}
		if m.Argument() != "" {
			a.Arg2 = attack.Max
		}
		sameAction(t, a)
	}
}

// argOf is a legal Arg for the verbs of which 0 is none.
var argOf = [script.NumVerbs]uint32{script.Spurious: 2, script.Tick: 1, script.Squeeze: 400, script.Split: 1}

func sameAction(t *testing.T, want script.Action) {
	t.Helper()
	got, err := script.ParseAction(want.String())
	if err != nil || got != want {
		t.Errorf("%q reads as %+v (%v); want %+v", want, got, err, want)
	}
}

// TestScriptRoundTrip: any script comes back from its text as it was.
func TestScriptRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawScript(t)
		text := want.Format()
		got, err := script.Parse(bytes.NewReader(text), "drawn.script")
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		ignore := cmpopts.IgnoreFields(script.Script{}, "Lines")
		if diff := cmp.Diff(want, got, ignore, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if again := got.Format(); !bytes.Equal(again, text) {
			t.Fatalf("formatted again:\n%s\nfirst:\n%s", again, text)
		}
	})
}

func drawScript(t *rapid.T) *script.Script {
	properties := []string{"", "none"}
	for _, p := range oracle.Properties() {
		properties = append(properties, p.Name)
	}
	s := &script.Script{
		Config:   drawConfig(t),
		Property: rapid.SampledFrom(properties).Draw(t, "property"),
		Hash:     rapid.Uint64().Draw(t, "hash"),
		Story:    rapid.SliceOf(rapid.StringMatching(`( ?[!-~é]){0,9}`)).Draw(t, "story"),
	}
	for range rapid.IntRange(0, 30).Draw(t, "actions") {
		if a := drawAction(t, s.Config.Links); a.Fits(s.Config.Foreign(a.On)) {
			s.Actions = append(s.Actions, a)
		}
	}
	return s
}

func drawConfig(t *rapid.T) script.Config {
	name := rapid.StringMatching(`[a-z0-9._/-]{1,80}`)
	c := script.Config{
		Pump: name.Draw(t, "pump"), Peer: name.Draw(t, "peer"),
		Engine: name.Draw(t, "engine"), PeerEngine: name.Draw(t, "peer engine"),
		Scenario: name.Draw(t, "scenario"), Seed: rapid.Uint64().Draw(t, "seed"),
	}
	if rapid.Bool().Draw(t, "program") {
		c.Program, c.Pump = c.Pump, ""
		c.ProgramVersion = rapid.StringMatching(`[A-Za-z0-9.+~:_-]{0,80}`).Draw(t, "version")
	}
	for _, d := range script.Dimensions() {
		value := rapid.IntRange(d.Least, d.Most)
		if d.Zero {
			value = rapid.OneOf(rapid.Just(0), value)
		}
		d.Set(&c, value.Draw(t, d.Key))
	}
	return c
}

func drawAction(t *rapid.T, links int) script.Action {
	a := script.Action{
		Verb: script.Verb(rapid.Uint8Range(0, uint8(script.NumVerbs)-1).Draw(t, "verb")),
		On:   script.End(rapid.IntRange(0, 2*links-1).Draw(t, "end")),
	}
	arg := func(lo, hi uint32) uint32 { return rapid.Uint32Range(lo, hi).Draw(t, "argument") }
	switch a.Verb {
	case script.Poll:
		a.Arg = arg(0, 1)
	case script.Squeeze:
		a.Arg = arg(1, script.MaxOnLink)
	case script.Split:
		a.Arg = arg(1, 1024)
	case script.Thread:
		a.Arg = arg(0, 4095)
	case script.Deliver:
		if a.Arg = arg(0, script.Bytes+1<<20); a.Arg == script.Bytes {
			a.Arg++ // a count of 0 moves nothing
		}
	case script.Write:
		a.Arg, a.Arg2 = arg(0, 1<<20), arg(0, 1<<20)
	case script.KeyUpdate:
		a.Arg = arg(0, 1)
	case script.Spurious:
		a.Arg = arg(1, 3)
	case script.Window:
		a.Arg = arg(0, 1_000_000)
	case script.Tick:
		a.Arg, a.On = arg(0, 1_000_000), 0
	case script.Mutate:
		a.Arg, a.Arg2 = arg(0, uint32(script.NumMutations)-1), arg(0, 1<<32-1)
	case script.Attack:
		a.Arg = arg(0, uint32(attack.Count)-1)
		if attack.Attack(a.Arg).Argument() != "" {
			a.Arg2 = arg(0, attack.Max)
		}
	}
	return a
}

// TestReaderFails: the disk's error is told with the place, and is still the
// disk's error to errors.Is.
func TestReaderFails(t *testing.T) {
	broken := errors.New("input/output error")
	before, _, _ := strings.Cut(stallText, "nks: 2")
	r := io.MultiReader(strings.NewReader(before), &failing{broken})
	_, err := script.Parse(r, "x.script")
	var in *script.InputError
	if !errors.As(err, &in) || !errors.Is(err, broken) {
		t.Fatalf("got %v; want an InputError that wraps the reader's", err)
	}
	if want := "x.script:12: cannot be read: input/output error"; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }
