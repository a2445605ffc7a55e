package cli

import (
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/engines"
)

// needOpenSSL is for tests of the library.
func needOpenSSL(t *testing.T) {
	t.Helper()
	if _, err := on(&terminal{}).catalog().Engine("openssl"); err != nil {
		require.Missing(t, "openssl", err)
	}
}

// The stall is not the model's alone: the real library does the same.
func TestHuntOnOpenSSL(t *testing.T) {
	needOpenSSL(t)
	t.Chdir(t.TempDir())
	out := want(t, exitViolation, "hunt", "--engine", "openssl", "--scenario",
		"idle-renegotiation", "--property", "stall", "--schedules", "2000")
	tells(t, out, "stall in kv-original", "absorbed", "ClientHello", "and produced ServerHello",
		"missing: write interest")
}

// What was found on the model has the same verdict on OpenSSL, and three
// processes of it put the same bytes on the wire.
func TestReplayOnOpenSSL(t *testing.T) {
	needOpenSSL(t)
	t.Chdir(t.TempDir())
	script := stall(t)
	model := objects(t, want(t, exitViolation, "replay", "--json", script))[0]
	first := map[string]any{}
	for range 3 {
		text, err := process(t, "replay", "--json", "--engine", "openssl", script).Output()
		if len(text) == 0 {
			t.Fatalf("nothing was printed: %v", err)
		}
		real := objects(t, string(text))[0]
		for _, name := range []string{"result", "property", "end", "obligation", "steps"} {
			if real[name] != model[name] {
				t.Errorf("%s: got %v on OpenSSL; want %v as on the model", name, real[name],
					model[name])
			}
		}
		if len(first) == 0 {
			first = real
		}
		if real["wire"] != first["wire"] || real["hash"] != first["hash"] {
			t.Errorf("got wire %v, hash %v; want %v and %v as in the first process",
				real["wire"], real["hash"], first["wire"], first["hash"])
		}
	}
	if first["wire"] == model["wire"] {
		t.Error("OpenSSL's bytes are the model's: the library did not run")
	}
}

// unconfirmed are the scripts of the corpus whose cause can't exist on OpenSSL,
// and why.
var unconfirmed = map[string]string{
	"stall/kv-original-key-update.script": "a KeyUpdate answer at the read is not supported",
	"spurious-failure/renegotiates-over-data-strict-renegotiation.script": "refusing data during a " +
		"renegotiation is not supported",
}

// soundThere are the scripts that run on OpenSSL and do not fail there.
var soundThere = map[string]bool{
	// Both ends share the thread's queue there, and the other end's pump clears it between.
	"spurious-failure/errors-never-cleared-flipped-hello.script": true,
}

// Every other script of the model's corpus has the same verdict on OpenSSL,
// without an action that is not enabled there: the model is that close.
func TestCorpusOnOpenSSL(t *testing.T) {
	needOpenSSL(t)
	args := []string{"replay", "--json", "--engine", "openssl", "--peer-engine", "openssl"}
	all, names := args, []string{}
	for _, name := range corpus.Names() {
		file := filepath.Join("../../corpus", name)
		if why, known := unconfirmed[name]; known {
			refused(t, command(append(slices.Clone(args), file)...), why)
			continue
		}
		all, names = append(all, file), append(names, name)
	}
	o := command(all...)
	got := objects(t, o.out)
	if o.code != exitViolation || len(got) != len(names) {
		t.Fatalf("exit %d, %s, %d verdicts; want a violation of each of %d scripts", o.code, o.err,
			len(got), len(names))
	}
	for i, name := range names {
		result := "violation"
		if soundThere[name] {
			result = "clean"
		}
		if got[i]["result"] != result || got[i]["property"] != path.Dir(name) ||
			got[i]["skipped"] != 0.0 {
			t.Errorf("%s: got %v; want a %s of its property, and nothing skipped", name, got[i],
				result)
		}
	}
}

// A script that is saved from a hunt on OpenSSL replays there as it was saved,
// and on the model with the same verdict.
func TestReplayOfAFindOnOpenSSL(t *testing.T) {
	needOpenSSL(t)
	t.Chdir(t.TempDir())
	script := stall(t, "--engine", "openssl")
	tells(t, read(t, script), "engine: openssl\n")
	tells(t, want(t, exitViolation, "replay", script), "(as saved)")
	tells(t, want(t, exitViolation, "replay", "--engine", "model", script),
		"stall at the server")
	tells(t, want(t, exitClean, "show", script), "openssl, TLS 1.2",
		"● produces ServerHello")
}

// The model talks to itself only.
func TestMixedEngines(t *testing.T) {
	needOpenSSL(t)
	t.Chdir(t.TempDir())
	refused(t, command("hunt", "--engine", "openssl", "--peer-engine", "model"),
		`got engine "openssl" against "model"; want the model at both ends or at none`)
	refused(t, command("replay", "--peer-engine", "openssl", stall(t)), `against "openssl"`)
}

// --lib names another libssl, for every command; one that is not there is an
// error that says so.
func TestLibFlag(t *testing.T) {
	t.Setenv(engines.LibsslVariable, "") // and what the flag sets is undone
	t.Chdir(t.TempDir())
	refused(t, command("hunt", "--engine", "openssl", "--lib", "libssl-of-nobody.so.9"),
		`openssl: no library "libssl-of-nobody.so.9"`)
	tells(t, want(t, exitClean, "list", "--lib", "libssl-of-nobody.so.9"), "not here: ",
		"libssl-of-nobody.so.9", installs)
}

// installs is what is said of a library that is missing.
var installs = map[string]string{"linux": "install the Debian package libssl3",
	"darwin": "install the Homebrew formula"}[runtime.GOOS]

// list says which engines this machine has, in JSON too, and which package
// brings one that it has not. A missing one is no error: that is the answer.
func TestListTellsOfEngines(t *testing.T) {
	t.Setenv(engines.LibsslVariable, "")
	about := func(args ...string) map[string]string {
		engines := map[string]string{}
		for _, o := range objects(t, want(t, exitClean, append(args, "list", "--json")...)) {
			if o["kind"] == "engine" {
				engines[o["name"].(string)] = o["about"].(string)
			}
		}
		return engines
	}
	missing := about("--lib", "libssl-of-nobody.so.9")
	if got := missing["openssl"]; !strings.HasPrefix(got, "not here: ") ||
		!strings.HasSuffix(got, installs) {
		t.Errorf("of a library that is missing: %q; want what to install", got)
	}
	for name, want := range map[string]string{"model": "abstract", "gotls": runtime.Version()} {
		if !strings.Contains(missing[name], want) {
			t.Errorf("%s: got %q; want %s", name, missing[name], want)
		}
	}
	t.Setenv(engines.LibsslVariable, "") // what the flag has set is undone
	needOpenSSL(t)
	if got := about()["openssl"]; !strings.HasPrefix(got, "OpenSSL ") {
		t.Errorf("got %q; want the version", got)
	}
}
