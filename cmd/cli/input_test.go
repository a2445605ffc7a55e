package cli

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What is wrong on the command line is told in one line that names what there
// is instead, before anything is hunted or written.
func TestBadCommandLines(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	for line, words := range map[string]string{
		"nope":                                   `got command "nope"; want one of check, completion, exit-codes, explain`,
		"help nope":                              `got command "nope"; want one of`,
		"--nope":                                 "unknown flag: --nope; see: wantwrite --help",
		"hunt --nope":                            "unknown flag: --nope; see: wantwrite hunt --help",
		"hunt extra":                             "got 1 arguments; want none; see: wantwrite hunt --help",
		"hunt --pump nope":                       `got pump "nope"; want one of kv-original`,
		"hunt --pump=":                           `got pump ""; want one of kv-original`,
		"hunt --peer nope":                       `got pump "nope"; want one of`,
		"hunt --peer kv-original":                `got peer "kv-original"`,
		"hunt --engine nope":                     `got engine "nope"; want one of model, openssl`,
		"hunt --peer-engine nope":                `got engine "nope"; want one of model, openssl`,
		"hunt --scenario nope":                   `got scenario "nope"; want one of request-response`,
		"hunt --property nope":                   `got property "nope"; want one of stall, deadlock`,
		"hunt --strategy nope":                   `got strategy "nope"; want one of portfolio, random`,
		"hunt --profile rsa":                     `got --profile "rsa"; want one of psk, ecdsa, mutual`,
		"hunt --tls 1.1":                         `got --tls "1.1"; want 1.2 or 1.3`,
		"hunt --workers 0":                       `got --workers "0"; want a whole number from 1 to 256`,
		"hunt --workers -1":                      `got --workers "-1"; want a whole number from 1 to 256`,
		"hunt --strategy pct:0":                  `got strategy "pct:0"; want one of pct:1 to pct:16`,
		"hunt --strategy random:2":               `got strategy "random:2"; want one of pct:1`,
		"hunt --workers 200000":                  `got --workers "200000"; want a whole number from 1 to 256`,
		"check --workers 200000":                 `got --workers "200000"; want a whole number from 1 to 256`,
		"matrix --workers 200000":                `got --workers "200000"; want a whole number from 1 to 256`,
		"matrix --seeds 200000":                  `got --seeds "200000"; want a whole number from 1 to 1000`,
		"hunt --against ./x":                     "got --against ./x without a program; want --program NAME, or a command behind --",
		"matrix --scenario closes":               "got --scenario without --program; want both",
		"matrix --program redis --seeds 2":       "got --program and --seeds; want one of them",
		"matrix --program redis --tls any":       "got --tls any; want some of 1.2, 1.3",
		"matrix --program redis --strategy x,y":  `got strategy "x,y"; want one of portfolio`,
		"matrix --program rdis":                  `got program "rdis"; want a name, or a pattern such as 'py*'; see: wantwrite list; did you mean redis?`,
		"matrix --program squid --csv no/folder": "got --csv no/folder; want a file in a folder that can be written to",
		"hunt --schedules 18446744073709551615":  `; want a whole number from 1 to 1000000000000`,
		"matrix --schedules 9223372036854775807": `; want a whole number from 1 to 1000000000000`,
		"check --buffers 1..100000":              `check: got bounds with 100000 records in the largest buffers; want`,
		"check --depth 2000000":                  `check: got bounds with 2000000 actions; want`,
		"check --writes 100000":                  `check: got bounds with 100000 writes; want`,
		"check --body 2000000":                   `check: got a message of 2000000 bytes; want`,
		"check --memory 1e30GiB":                 `got --memory "1e30GiB"; want a size such as`,
		"hunt --workers x":                       `got --workers "x"; want a whole number`,
		"hunt --time -1s":                        "got --time -1s; want a time such as 30s",
		"hunt --time soon":                       `got --time "soon"; want a time such as 30s`,
		"hunt --schedules 0":                     `got --schedules "0"; want a whole number from 1 to 10`,
		"hunt --schedules -1":                    `got --schedules "-1"; want a whole number`,
		"hunt --schedules":                       "flag needs an argument: --schedules",
		"hunt --seed x":                          `got --seed "x"; want a whole number`,
		"hunt --json=maybe":                      `got --json "maybe"; want true or false`,
		"hunt --corpus=":                         "got an empty --corpus; want a folder",
		"hunt --scenario half-close":             "pump kv-original is not made for scenario half-close",
		"hunt --scenario key-update --tls 1.2":   "scenario key-update is about TLS 1.3 only",
		"replay":                                 "got 0 arguments; want at least one file",
		"show":                                   "got 0 arguments; want one file",
		"show a b":                               "got 2 arguments; want one file",
		"list extra":                             "got 1 arguments; want none",
		"replay --pump nope a b":                 `got pump "nope"; want one of`,
		"replay --engine nope a b":               `got engine "nope"; want one of`,
		"replay --peer-engine nope a":            `got engine "nope"; want one of`,
		"replay missing.script":                  "cannot open missing.script: no such file or directory; want a script that was saved by: wantwrite hunt",
		"show missing.script":                    "cannot open missing.script: no such file",
		"replay .":                               "got folder .; want a .script file",
		"replay " + script + "/x":                "cannot open",
		"hunt --corpus " + script:                "cannot write " + script,
		"hunt --corpus " + script + "/deeper":    "cannot write " + script + "/deeper",
	} {
		t.Run(line, func(t *testing.T) {
			o := command(strings.Fields(line)...)
			refused(t, o, words)
			if o.out != "" {
				t.Errorf("got %q on stdout; want nothing", o.out)
			}
		})
	}
	files, _ := filepath.Glob("found/*/*")
	if len(files) != 1 {
		t.Errorf("got %v; want nothing but the first failure", files)
	}
}

// What is wrong in a script is told with file and line, what was found there
// and what was expected.
func TestBadScripts(t *testing.T) {
	t.Chdir(t.TempDir())
	good := read(t, stall(t))
	header, _, _ := strings.Cut(good, "\n\n")
	in := func(from, to string) string {
		text := strings.Replace(good, from, to, 1)
		if text == good {
			t.Fatalf("got no %q in\n%s", from, good)
		}
		return text
	}
	for name, bad := range map[string]struct{ text, words string }{
		"empty":      {"", `bad.script:1: not a script: got an empty file; want "wantwrite script 1"`},
		"binary":     {"\x7fELF\x02\x00\x00", "bad.script:1: not a script: got"},
		"version":    {in("script 1", "script 2"), "this build reads version 1"},
		"no version": {"deliver all\n", "bad.script:1: not a script: got"},
		"verb":       {in("poll client", "pull client"), `got verb "pull"; want one of deliver`},
		"amount":     {in("server all", "server al"), `got amount "al"; want one of byte, part`},
		"end":        {in("poll client", "poll client9"), `"client9"`},
		"key":        {in("trigger: ", "triggers: "), `got header line "triggers"; want one of`},
		"number":     {in("links: 1", "links: 9"), `bad.script:15: got links "9"; want`},
		"size":       {in("bio=", "bio=x"), "got size"},
		"pump": {in("pump: kv-original", "pump: mine"),
			`bad.script: pump "mine" is not one of this program's (kv-original, `},
		"peer": {in("peer: reference", "peer: mine"),
			`bad.script: pump "mine" is not one of this program's (kv-original, `},
		"engine": {in("engine: model", "engine: mine"), `bad.script: fuzz: got engine "mine"`},
		"unfit":  {in("trigger: level", "trigger: edge"), "a world with an edge-triggered loop"},
		"cut": {header[:strings.Index(header, "trigger")],
			"got a header without trigger, links, seed, sizes; want all of"},
		"cut line": {header[:strings.Index(header, "pipe=")+2], "got size"},
		"cut action": {strings.TrimSuffix(strings.TrimSpace(good), "client"),
			`got line "renegotiate"; want`},
		"no newline": {"wantwrite script 1" + strings.Repeat("x", 1<<20), "not a script"},
		"long line":  {in("poll client", "poll "+strings.Repeat("x", 1<<20)), "a line of more than"},
	} {
		t.Run(name, func(t *testing.T) {
			write(t, "bad.script", bad.text)
			for _, cmd := range []string{"replay", "show"} {
				o := command(cmd, "bad.script")
				refused(t, o, bad.words, "bad.script:")
				if len(o.err) > 600 {
					t.Errorf("the one line has %d bytes", len(o.err))
				}
			}
		})
	}
}

// Of a script of a gigabyte, or an endless one, no more is read than it takes
// to see what is wrong.
func TestHugeScript(t *testing.T) {
	t.Chdir(t.TempDir())
	script := stall(t)
	lines := strings.Count(read(t, script), "\n")
	if err := os.Truncate(script, 1<<30); err != nil {
		t.Fatal(err)
	}
	refused(t, command("replay", script), script+":"+strconv.Itoa(lines+1)+": got a line of more")
}

func TestEndlessScript(t *testing.T) {
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip("no /dev/zero here")
	}
	refused(t, command("replay", "/dev/zero"), "/dev/zero:1: not a script")
}
