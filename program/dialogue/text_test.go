package dialogue

import (
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model/own"
)

// parsed is the client of a file, or its server.
func parsed(t *testing.T, text string, server bool) *textSpeaker {
	t.Helper()
	d, err := Parse("dir/My server.txt", text)
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "my-server" {
		t.Errorf("it is called %q", d.Name)
	}
	return d.New(own.Place{Server: server, Link: 1}).(*textSpeaker)
}

// TestTextSays: each line that says something, with escapes and variables.
func TestTextSays(t *testing.T) {
	c := parsed(t, "send a\\r\\n\\t\\0\\s\\\\\\$\\x41$BODY,$ANSWER $LINK/$TURN  \n\n# no\nsend-hex 0a0B ff\nrepeat 2\n  send-bytes 2\nend\nsend-bytes $BODY\n pause\nsend $TURN", false)
	if !c.Begins() || c.Owed() != "" {
		t.Fatalf("it does not begin: %s", verdict(c))
	}
	want := "a\r\n\t\x00 \\$A3,70 1/1\x0a\x0b\xff" + sent(1<<12, 2) + sent(1<<12+1, 2) + sent(1<<12+2, 3)
	if got := string(c.Begin(nil, 3, 70)); got != want {
		t.Errorf("it says %q; want %q", got, want)
	}
	if got := string(c.Begin(nil, 0, 0)); got != "2" || c.Begins() {
		t.Errorf("it says %q; want 2: %s", got, verdict(c))
	}
}

// TestTextHears: each line that waits, what it takes, what it owes, and what is wrong.
func TestTextHears(t *testing.T) {
	for _, c := range []struct{ text, says, wrong, owed string }{
		{"expect a b\\n", "a b\n", "", ""},
		{"expect a b\\n", "a c\n", `dir/My server.txt:1: byte 3 is "c"; want "b" of "a b\n"`, "expect"},
		{"expect a b\\n", "a ", "", `dir/My server.txt:1: expect "a b\n"`},
		{"expect-hex 00 01", "\x00\x01", "", ""},
		{"expect-bytes 3", "xyz", "", ""},
		{"expect-bytes 3", "xy", "", `expect-bytes "3"`},
		{"skip-bytes 0\nexpect a", "a", "", ""},
		{"expect-until ab", "aaab", "", ""},
		{"expect-until ab\nskip-until ab\nskip-bytes 1", "abab", "", `My server.txt:3: skip-bytes "1"`},
		{"expect-until ab", "ba", "", `expect-until "ab"`},
		{"expect-until ab", "abc", `dir/My server.txt: a byte behind the last line: "c"`, ""},
		{"expect a\nexpect-close", "ab", `a byte behind the last line: "b"`, ""},
		{"repeat\nexpect a\nrepeat 2\nexpect b\nend\nend", "abbabbab", "", `My server.txt:4: expect "b"`},
		{"repeat\nexpect a\nrepeat 2\nexpect b\nend\nend", "abbabbabbb", `dir/My server.txt:2: byte 1 is "b"`, "expect"},
		{"skip-until never", strings.Repeat("x", longestUntil), `dir/My server.txt:1: no "never" in 4194304 bytes`, "skip-until"},
	} {
		var verdicts []string
		for _, piece := range []int{len(c.says), 1} {
			if piece == 1 && len(c.says) > 1<<20 {
				piece = 99_991
			}
			s := parsed(t, c.text, false)
			for p := []byte(c.says); len(p) > 0; p = p[min(piece, len(p)):] {
				s.Hear(nil, p[:min(piece, len(p))])
			}
			verdicts = append(verdicts, verdict(s))
			if !strings.Contains(s.Wrong(), c.wrong) || (s.Wrong() != "") != (c.wrong != "") ||
				!strings.Contains(s.Owed(), c.owed) || (s.Owed() != "") != (c.owed != "") {
				t.Errorf("%q hears %.20q: wrong %q, owed %q; want %q, %q", c.text, c.says, s.Wrong(), s.Owed(), c.wrong, c.owed)
			}
		}
		if verdicts[0] != verdicts[1] {
			t.Errorf("%q hears %.20q: whole %s, in pieces %s", c.text, c.says, verdicts[0], verdicts[1])
		}
	}
}

// TestTextCounts: what expect hears counts in the hash, what skip hears does not.
func TestTextCounts(t *testing.T) {
	for text, same := range map[string]bool{"expect-bytes 2": false, "skip-bytes 2": true, "expect-until z": false, "skip-until z": true} {
		a, b := parsed(t, text, false), parsed(t, text, false)
		a.Hear(nil, []byte("az"))
		b.Hear(nil, []byte("bz"))
		if n, _ := a.Answers(); n != 1 || (a.Heard() == b.Heard()) != same {
			t.Errorf("%s: %s and %s; want same %v", text, verdict(a), verdict(b), same)
		}
	}
}

// TestTextFlows: pipelined answers wait for the lines that hear them; each end has lines of its own;
// closes are told.
func TestTextFlows(t *testing.T) {
	const text = "client\nsend a\npause\nsend b\nexpect A\nexpect B\nclose-write\nexpect C\nexpect-close\nserver\n" +
		"repeat 2\nexpect-bytes 1\nsend A\nend\nclose"
	c := parsed(t, text, false)
	c.Begin(nil, 0, 0)
	c.Hear(nil, []byte("A"))
	if n, partial := c.Answers(); n != 0 || !partial || c.Wrong() != "" {
		t.Errorf("an answer before its line: %s", verdict(c))
	}
	c.Begin(nil, 0, 0)
	if n, _ := c.Answers(); n != 1 || c.HalfOver() {
		t.Errorf("after both: %s", verdict(c))
	}
	if c.Hear(nil, []byte("B")); !c.HalfOver() || c.Ends() {
		t.Errorf("before the end: %s", verdict(c))
	}
	if c.Hear(nil, []byte("C")); !c.Ends() || c.Over() || c.Owed() != "" {
		t.Errorf("at the end: %s", verdict(c))
	}
	s := parsed(t, text, true)
	if s.Begins() || s.Owed() != "" {
		t.Errorf("a server that answers begins, or is owed a request: %s", verdict(s))
	}
	if got := string(s.Hear(nil, []byte("xyz"))); got != "AA" || !s.Over() || s.Wrong() != "" {
		t.Errorf("the server says %q: %s", got, verdict(s))
	}
	if none := parsed(t, "client\nsend a", true); none.Begins() || none.Owed() != "" {
		t.Errorf("an end without lines: %s", verdict(none))
	}
	half := parsed(t, "server\nexpect ab", true)
	if half.Hear(nil, []byte("a")); half.Owed() != `dir/My server.txt:2: expect "ab"` {
		t.Errorf("half a request: %s", verdict(half))
	}
	e := parsed(t, "send-bytes 5\nexpect-sent", false)
	if e.Hear(nil, append(e.Begin(nil, 0, 0)[:4], '?')); e.Wrong() != `dir/My server.txt:2: byte 5 of the 5 that are to come back is "?"` {
		t.Errorf("a wrong byte comes back: %s", verdict(e))
	}
}

// TestTextErrors: file, line, what was got, what is wanted.
func TestTextErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "f:1: got no lines; want some, such as send",
		"# only":                             "f:1: got no lines",
		"sned a":                             `f:1: got "sned"; want send, send-hex, send-bytes, expect, expect-hex, expect-bytes, expect-until, expect-sent, skip-bytes, skip-until, expect-close, close, close-write, pause, repeat, end, client or server; did you mean send?`,
		"send":                               `f:1: got send without a text; want one; a space is \s`,
		"\n\nsend \\q":                       `f:3: got "\\q"; want \r \n \t \0 \s \\ \$ or \x and two digits`,
		"send \\":                            `f:1: got "\\"; want`,
		"send \\x4":                          `f:1: got "\\x4"; want`,
		"send \\xZZ":                         `f:1: got "\\xZZ"; want`,
		"send $SIZE":                         `f:1: got $SIZE; want $BODY, $ANSWER, $LINK, $TURN; a dollar is \$`,
		"send $BODDY":                        `; did you mean BODY?`,
		"send-hex 0":                         `f:1: got send-hex "0"; want bytes in hex, such as 00 ff`,
		"send-hex":                           `f:1: got send-hex ""; want bytes in hex`,
		"send-bytes x":                       `f:1: got send-bytes "x"; want a number from 0 to 1048576, $BODY or $ANSWER`,
		"send-bytes 1048577":                 `f:1: got send-bytes "1048577"; want`,
		"send-bytes $LINK":                   `f:1: got send-bytes "$LINK"; want`,
		"pause now":                          `f:1: got pause with "now"; want nothing behind it`,
		"repeat 0\nsend a\nend":              `f:1: got repeat "0"; want a number from 1 to 1000000, or nothing`,
		"repeat\nsend a\nend":                `f:3: got a repeat without a number that waits for nothing; want a pause in it, or an expect`,
		"repeat 2\nsend a":                   `f:2: got repeat in line 1 without end; want end`,
		"repeat\nserver\n":                   `f:2: got repeat in line 1 without end; want end`,
		"send a\nend":                        `f:2: got end; want a repeat before it`,
		"close\nsend a":                      `f:2: got send behind the close in line 1; want nothing behind it`,
		"expect-close\nexpect a":             `f:2: got expect behind the close in line 1; want nothing behind it`,
		"close-write\nsend a":                `f:2: got send behind close-write in line 1; want no more to be said`,
		"repeat 2\nclose\nend":               `f:2: got close inside a repeat; want it behind the end`,
		"expect-sent":                        `f:1: got expect-sent; want a send-bytes before it`,
		"server\nsend a\nserver":             `f:3: got server twice; want its lines together`,
		"repeat 65\nsend-bytes 1048576\nend": `f:3: got lines that say 67108865 bytes; want 67108864 at most`,
		"repeat 1000000\nrepeat 1000000\nclient\n":        `without end`,
		"repeat 1000000\nrepeat 1000\nexpect a\nend\nend": `f:5: got lines that say`,
		strings.Repeat("repeat 1\n", 9):                   `f:9: got 9 repeats inside each other; want 8 at most`,
		strings.Repeat("send a\n", mostSteps+1):           `f:10001: got more than 10000 lines; want fewer`,
	} {
		_, err := Parse("f", text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "dialogue: f:") {
			t.Errorf("%.40q: %v; want %s", text, err, want)
		}
	}
}
