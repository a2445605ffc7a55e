package script_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/sim/script"
)

const verbs = "one of deliver, poll, write, pause, resume, renegotiate, keyupdate, shut, close, " +
	"spurious, window, reset, fin, mutate, tick, attack, squeeze, ease, split, thread"

// The keys that messages list are those of the table of dimensions.
var (
	fields, required = headerKeys()
	sizeWords        = strings.Join(script.KeysOf("sizes"), ", ")
	traitWords       = "one of " + strings.Join(script.KeysOf("traits"), ", ")
)

func headerKeys() (fields, required string) {
	all, must := script.HeaderKeys()
	return "one of " + strings.Join(all, ", "), strings.Join(must, ", ")
}

// TestBadLines changes one thing in a good script, and reads in the message
// where it is, what was found and what was expected.
func TestBadLines(t *testing.T) {
	for _, c := range badLines {
		text := strings.Replace(stallText, c.old, c.new, 1)
		if text == stallText {
			t.Fatalf("%q is not in the script", c.old)
		}
		_, err := script.Parse(strings.NewReader(text), "corpus/stall/x.script")
		wantMessage(t, err, "corpus/stall/x.script:"+c.want)
	}
}

func wantMessage(t *testing.T, err error, want string) {
	t.Helper()
	var in *script.InputError
	if !errors.As(err, &in) {
		t.Errorf("got %v; want an InputError: %s", err, want)
		return
	}
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

var badLines = []struct{ old, new, want string }{
	// The version line.
	{"script 1\n", "script 7\n", `1: got "wantwrite script 7"; this build reads version 1`},
	{"script 1\n", "script one\n",
		`1: not a script: got "wantwrite script one"; want "wantwrite script 1"`},
	{stallText, "", `1: not a script: got an empty file; want "wantwrite script 1"`},
	{stallText, "\x7fELF\x02\x01\x01\x00\x1b[31m", `1: not a script: got ` +
		`"\x7fELF\x02\x01\x01\x00\x1b[31m"; want "wantwrite script 1"`},
	{"wantwrite script 1\n", strings.Repeat("\x00", 5000), `1: not a script: got ` +
		`"` + strings.Repeat(`\x00`, 40) + `"...; want "wantwrite script 1"`},

	// Lines of text.
	{"poll server", "poll \x1b[2J", `22: got byte 0x1b in column 6; want UTF-8 text`},
	{"poll server", "poll \xff", `22: got byte 0xff in column 6; want UTF-8 text`},
	{"poll server", "poll server #" + strings.Repeat("!", 4096),
		`22: got a line of more than 4096 bytes; want shorter ones`},

	// Lines of the header.
	{"seed: 0x1234", "seed 0x1234",
		`13: got line "seed 0x1234"; want "key: value", or an empty line before the actions`},
	{"seed:", "seeds:", `13: got header line "seeds"; want ` + fields + `; did you mean seed?`},
	{"seed: 0x1234", "links: 2", `13: got header line "links"; want each of them once`},
	{"seed: 0x1234\n", "", `17: got a header without seed; want all of ` + required},
	{"hash: 0123456789abcdef\n\n", "", `17: got line "deliver server all"; ` +
		`want "key: value", or an empty line before the actions`},
	{"pump: kv-original\npeer: reference\n", "",
		`16: got a header without pump, peer; want all of ` + required},

	// Values of the header.
	{"pump: kv-original", "pump: KV original",
		`4: got pump "KV original"; want 1 to 80 of a-z, 0-9, -, ., _ and /`},
	{"scenario: renegotiation", "scenario:",
		`7: got scenario ""; want 1 to 80 of a-z, 0-9, -, ., _ and /`},
	{"under: server", "under: proxy", `8: got under "proxy"; want one of client, server`},
	{"tls: 1.2", "tls: 1.1", `9: got tls "1.1"; want one of 1.2, 1.3`},
	{"transport: pair", "transport: fd", `10: got transport "fd"; want one of pair, attached`},
	{"trigger: level", "trigger: both",
		`11: got trigger "both"; want one of level, edge, oneshot`},
	{"links: 2", "links: 3", `12: got links "3"; want a number from 1 to 2`},
	{"links: 2", "links: 0", `12: got links "0"; want a number from 1 to 2`},
	{"0x1234", "0x10000000000000000", `13: got seed "0x10000000000000000"; ` +
		`want a number of 64 bits, like 0x1234 or 4660`},
	{"traits: answer-at-read stream", "traits:", `14: got traits ""; want ` + traitWords + `, or no such line`},
	{"answer-at-read stream", "stream stream", `14: got trait "stream"; want each trait once`},
	{"property: stall", "property: Hang!",
		`16: got property "Hang!"; want 1 to 80 of a-z, 0-9, -, ., _ and /`},
	{"0123456789abcdef", "123456789abcdef",
		`17: got hash "123456789abcdef"; want 16 hexadecimal digits`},

	// Sizes.
	{"bio=64", "boi=64", `15: got size "boi"; want one of ` + sizeWords + `; did you mean bio?`},
	{"bio=64", "bio", `15: got size "bio"; want "key=value"`},
	{"bio=64", "bio=0", `15: got size "bio=0"; want a number from 1 to 1048576`},
	{"bio=64", "bio=-64", `15: got size "bio=-64"; want a number from 1 to 1048576`},
	{"bio=64", "bio=64 bio=64", `15: got size "bio"; want each size once`},
	{"window=511", "window=1000000", `15: got size "window=1000000"; want a number from 1 to 65536`},
	{"record=16384", "record=16385", `15: got size "record=16385"; want a number from 1 to 16384`},
	{"chain=300", "chain=299",
		`15: got size "chain=299"; want 0, or a number from 300 to 20000`},
	{" window=511", "", `15: got sizes without window; want all of ` + sizeWords},

	// Actions.
	{"poll server", "pull server", `22: got verb "pull"; want ` + verbs + `; did you mean poll?`},
	{"poll server", "seed: 7", `22: got verb "seed:"; want ` + verbs},
	{"poll server", "poll", `22: got line "poll"; want "poll END [alone]"`},
	{"poll server", "poll server now", `22: got word "now"; want one of alone`},
	{"poll server", "poll server alone now", `22: got line "poll server alone now"; want "poll END [alone]"`},
	{"poll server", "poll proxy",
		`22: got end "proxy"; want one of client, server, client2, server2`},
	{"links: 2", "links: 1", `21: got end "server2"; want one of client, server; did you mean server?`},
	{"deliver server all", "deliver server most", `19: got amount "most"; ` +
		`want one of byte, part, record, all, or a number from 1 to 1048576`},
	{"deliver server2 17", "deliver server2 0", `21: got amount "0"; ` +
		`want one of byte, part, record, all, or a number from 1 to 1048576`},
	{"write client2 40 8", "write client2 40",
		`23: got line "write client2 40"; want "write END BODY ANSWER"`},
	{"write client2 40 8", "write client2 1048577 8",
		`23: got body "1048577"; want a number from 0 to 1048576`},
	{"write client2 40 8", "write client2 40 x",
		`23: got answer "x"; want a number from 0 to 1048576`},
	{"client requested", "client loud",
		`24: got key update "loud"; want one of quiet, requested`},
	{"read+write", "none", `26: got events "none"; want one of read, write, read+write`},
	{"window server 3", "window server -1",
		`27: got ticks "-1"; want a number from 0 to 1000000`},
	{"flip 12", "flop 12", `28: got mutation "flop"; want one of flip, truncate, extend, ` +
		`repeat, drop, reorder, split, merge, type, version, oversize, alert, empties; did you mean flip?`},
	{"flip 12", "flip 4294967296",
		`28: got parameter "4294967296"; want a number from 0 to 4294967295`},
	{"poll server", "squeeze server 400", `22: got action "squeeze server 400"; ` +
		`want it at an end with a program: at the server stands a pump`},
	{"poll server", "poll server alone", `22: got action "poll server alone"; ` +
		`want it at an end with a program: at the server stands a pump`},
	{"tick 5", "tick server 5", `37: got line "tick server 5"; want "tick TICKS"`},
}

// TestBadProgram does the same with a script of a program.
func TestBadProgram(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"program: nginx 1.22.1-9+deb12u1", "program: nginx 1 2", `3: got program "nginx 1 2"; want "NAME" or "NAME VERSION"`},
		{"program: nginx 1.22.1-9+deb12u1", "program: Nginx 1", `3: got program "Nginx"; want 1 to 80 of a-z, 0-9, -, ., _ and /`},
		{"1.22.1-9+deb12u1", "1/22", `3: got version "1/22"; want 1 to 80 letters, digits and -.+~:_`},
		{"program:", "progam:", `3: got header line "progam"; want ` + fields + `; did you mean program?`},
		{"peer: reference", "pump: kv-original\npeer: reference",
			`16: got header line "pump"; want no pump beside a program, or no program`},
		{"peer: reference", "repeats: 63\npeer: reference", `4: got repeats "63"; want a number from 64 to 4096`},
		{"program: nginx 1.22.1-9+deb12u1", "pump: kv-original\nrepeats: 64",
			`16: got header line "repeats"; want it beside a program, whose memory is weighed`},
		{"program: nginx 1.22.1-9+deb12u1\n", "", `14: got a header without pump; want all of ` + required},
		{"squeeze server 400", "squeeze server 0", `17: got size "0"; want a number from 1 to 65536`},
		{"squeeze server 400", "squeze server 400", `17: got verb "squeze"; want ` + verbs + `; did you mean squeeze?`},
		{"squeeze server 400", "squeeze client 400", `17: got action "squeeze client 400"; ` +
			`want it at an end with a program: at the client stands a pump`},
		{"squeeze server 400", "write server 4 4", `17: got action "write server 4 4"; ` +
			`want it at an end with a pump: at the server stands a program`},
		{"split server 2", "split server 1025", `20: got pieces "1025"; want a number from 1 to 1024`},
		{"split server 2", "split server", `20: got line "split server"; want "split END PIECES"`},
		{"thread server 3", "thread server x", `21: got thread "x"; want a number from 0 to 4095`},
		{"ease server", "ease server 5", `22: got line "ease server 5"; want "ease END"`},
	} {
		text := strings.Replace(programText, c.old, c.new, 1)
		if text == programText {
			t.Fatalf("%q is not in the script", c.old)
		}
		_, err := script.Parse(strings.NewReader(text), "x.script")
		wantMessage(t, err, "x.script:"+c.want)
	}
}

// TestBadAction: without a file the message begins with the package. A line
// is told wherever it is known.
func TestBadAction(t *testing.T) {
	_, err := script.ParseAction("delivr server all")
	wantMessage(t, err, `sim: got verb "delivr"; want `+verbs+`; did you mean deliver?`)
	_, err = script.ParseAction("# nothing")
	wantMessage(t, err, `sim: got line ""; want an action: `+verbs)
	wantMessage(t, &script.InputError{Line: 3, Msg: "got x; want y"}, "sim: line 3: got x; want y")
	wantMessage(t, &script.InputError{File: "a", Msg: "got x; want y"}, "a: got x; want y")
}

// An endless stream repeats a text up to a gigabyte and counts what was read.
type endless struct {
	text string
	read int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.read >= 1<<30 {
		return 0, io.EOF
	}
	n := copy(p, e.text[e.read%len(e.text):])
	e.read += n
	return n, nil
}

// TestGigabyte: whatever a gigabyte is made of, it is refused early, in one
// line, and in little memory.
func TestGigabyte(t *testing.T) {
	headed := stallText[:strings.Index(stallText, "deliver")]
	cases := []struct {
		name, head, text, want string
		most                   int // bytes read
	}{
		{"zeros", "", "\x00", `x.script:1: not a script: got "` +
			strings.Repeat(`\x00`, 40) + `"...; want "wantwrite script 1"`, 1 << 13},
		{"one line", "wantwrite script 1\n", "#",
			"x.script:2: got a line of more than 4096 bytes; want shorter ones", 1 << 14},
		{"story", "wantwrite script 1\n", "# once upon a time\n",
			"x.script:1002: got a story of more than 1000 lines; want a shorter one", 1 << 16},
		{"comments", headed, "#" + strings.Repeat("!", 1022) + "\n",
			"x.script:65554: got more than 64 MiB; want a script of at most that", 65 << 20},
		{"actions", headed, "poll server\n",
			"x.script:1000019: got more than 1000000 actions; want at most that", 13 << 20},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rest := &endless{text: c.text}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := script.Parse(io.MultiReader(strings.NewReader(c.head), rest), "x.script")
			runtime.ReadMemStats(&after)
			wantMessage(t, err, c.want)
			if rest.read > c.most {
				t.Errorf("read %d bytes; want at most %d", rest.read, c.most)
			}
			if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 256<<20 {
				t.Errorf("the heap grew by %d MiB; want at most 256", held>>20)
			}
		})
	}
}

// BenchmarkParseScript reads a script of ten thousand actions.
func BenchmarkParseScript(b *testing.B) {
	s := parse(b, stallText)
	for len(s.Actions) < 10_000 {
		s.Actions = append(s.Actions, s.Actions[:19]...)
	}
	text := string(s.Format())
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		parse(b, text)
	}
}
