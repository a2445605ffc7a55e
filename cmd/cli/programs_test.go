package cli

import (
	"strings"
	"testing"

	realprog "github.com/wantwrite/wantwrite/program"
)

// TestOwnProgramsHaveNamesOfTheirOwn: a command that is called as a described program is not taken
// for it. Its description, dialogue and all, was.
func TestOwnProgramsHaveNamesOfTheirOwn(t *testing.T) {
	for command, want := range map[string]string{"/usr/sbin/nginx": "own-nginx", "./My_Server": "my-server", "/": "own"} {
		f := programFlags{listen: "127.0.0.1:8443", speaks: "echo"}
		d, err := f.describe([]string{command, "-x"})
		if err != nil || d.Name != want || d.Dialogue != "echo" || d.Port != 8443 {
			t.Errorf("%s: %+v, %v; want the name %s", command, d, err, want)
		}
	}
}

// TestProgramsThatCantRun: a program that can't be hunted in says why, in the list and to a hunt.
func TestProgramsThatCantRun(t *testing.T) {
	const why = "it serves one connection after the other"
	for line, code := range map[string]int{"list --programs": exitClean, "list --programs --json": exitClean,
		"hunt --program openssl-s-server": exitUsage} {
		if code != exitClean && realprog.Supported() != nil {
			continue // then no program can be hunted in
		}
		if o := command(strings.Fields(line)...); o.code != code || strings.Count(o.out+o.err, why) != 1 {
			t.Errorf("%s: exit %d, %s%s; want exit %d and why it can't run", line, o.code, o.out, o.err, code)
		}
	}
}

// TestQuirks: what a server of one's own is known for is one of a few words.
func TestQuirks(t *testing.T) {
	f := programFlags{listen: "127.0.0.1:8443", speaks: "echo", quirks: []string{"closes-unread", "no-close-notify"}}
	if d, err := f.describe([]string{"./server"}); err != nil || len(d.Quirks) != 2 {
		t.Errorf("got %v, %v; want both quirks", d.Quirks, err)
	}
	f.quirks = []string{"slow"}
	if d, err := f.describe([]string{"./server"}); err == nil {
		t.Errorf("got %v; want an error", d.Quirks)
	}
}
