//go:build linux && amd64

package programs

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/program/canary"
)

var rewrite = flag.Bool("rewrite", false, "record the golden stories anew")

// kvOriginal is Couchbase's memcached server before MB-53428, in C.
func kvOriginal(t *testing.T) (*run.Catalog, *run.Program) {
	t.Helper()
	for _, c := range canary.Programs() {
		if c.Name == "kv" {
			c.Chain = 700 // a renegotiation's flight fits its BIO
			return build(t, c).catalog(t, "original")
		}
	}
	t.Fatal("there is no canary kv")
	return nil, nil
}

// TestMB53428 finds the hang that this project has grown from, in a real process: SSL_read absorbs a
// renegotiation, its answer lies in the BIO pair, and nobody sends it. It is shrunk to ten actions, new
// processes repeat it, and the story says where the bytes wait: it is a golden file.
func TestMB53428(t *testing.T) {
	catalog, p := kvOriginal(t)
	var f *hunt.Failure
	h := hunt.Hunt{Seed: 1, Schedules: 100, Inside: true, Found: func(found *hunt.Failure) error {
		if !found.Result.Violation.Obligation.Always() {
			return nil // it has more mistakes than this one
		}
		f = found
		return errEnough
	}}
	h.Program = p
	if _, err := h.Run(context.Background(), catalog); err != nil && !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	if f == nil {
		t.Fatal("100 schedules find nothing; want the stall")
	}
	v := &f.Result.Violation
	if f.Repeated != 10 || len(f.Script.Actions) > 10 {
		t.Errorf("got %s, in %d actions, repeated by %d of 10; want a renegotiation that is not answered, in 10\n%s",
			v, len(f.Script.Actions), f.Repeated, f.Script.Format())
	}
	t.Logf("schedule %d, after %v, shrunk from %d actions to %d", f.Schedule, f.Stats.Elapsed, f.Original, len(f.Script.Actions))

	r, err := run.NewRunner(catalog, run.Options{Program: p})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Mode = foreign.Fresh
	var told [2]string // without the observer and with it
	for i := range told {
		out, err := run.Replay(r, f.Script, run.ReplayOptions{Trace: true, Inside: i == 1})
		if err != nil {
			t.Fatal(err)
		}
		if out.Result.Hash != f.Script.Hash {
			t.Errorf("observed is %v: hash %016x; want %016x", i == 1, out.Result.Hash, f.Script.Hash)
		}
		told[i] = story.Tell(f.Script, &out).Text(story.TextOptions{Width: 100})
	}
	if strings.Contains(told[0], "Seen in its library") || !strings.Contains(told[0], "Inferred from the calls") {
		t.Errorf("nobody has watched, and the story says\n%s", told[0])
	}
	var b strings.Builder
	for _, a := range f.Script.Actions {
		b.WriteString("    " + a.String() + "\n")
	}
	golden(t, "mb53428.txt", b.String()+"\n"+told[1])
	shown(t, told[1])
}

// TestHalfAFlightIsAnotherCause: the same server has a second hang. The end of a handshake does not fit
// the socket, and it has no write interest. That is told as a find of its own, and as the program's doing:
// its library has nothing to write any more.
func TestHalfAFlightIsAnotherCause(t *testing.T) {
	catalog, p := kvOriginal(t)
	r, err := run.NewRunner(catalog, run.Options{Program: p})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	head, _, _ := strings.Cut(flight, "\n\n")
	head = strings.NewReplacer("memcached 1.6.18", "kv", "dialogue: memcached", "dialogue: memcached-binary", "tls: 1.3", "tls: 1.2").Replace(head)
	s := parsed(t, head+"\n\npoll client\ndeliver server all\npoll server\ndeliver client all\npoll client\n"+
		"deliver server all\nsqueeze server 128\npoll server\n")
	out, err := run.Replay(r, s, run.ReplayOptions{Trace: true, Inside: true})
	if err != nil {
		t.Fatal(err)
	}
	if v := out.Result.Violation; !out.Result.Found || v.Obligation.Always() || !v.Obligation.Handshake() {
		t.Fatalf("got %s; want a stall of the first handshake", v)
	}
	text := strings.Join(story.Explain(s, &out), "\n")
	for _, want := range []string{"seen in its library: at step 8 SSL_accept absorbed ClientKeyExchange", "and answered 1: it did not want to write",
		"EPOLLOUT is missing"} {
		if !strings.Contains(text, want) {
			t.Errorf("got\n%s\nwant %q", text, want)
		}
	}
}

// number is a number of bytes: with another build of OpenSSL it may be another.
var number = regexp.MustCompile(`\d+`)

// golden compares with a file of testdata, all numbers left out.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if number.ReplaceAllString(got, "N") != number.ReplaceAllString(string(want), "N") {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// shown compares the last paragraph of a story with docs/programs.md.
func shown(t *testing.T, text string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/programs.md")
	if err != nil {
		t.Fatal(err)
	}
	paragraphs := strings.Split(strings.TrimSpace(text), "\n\n")
	flat := func(s string) string { return number.ReplaceAllString(strings.Join(strings.Fields(s), " "), "N") }
	last, _, _ := strings.Cut(flat(paragraphs[len(paragraphs)-1]), " This is decision")
	if !strings.Contains(flat(string(page)), last) {
		t.Errorf("docs/programs.md does not show %q", last)
	}
}
