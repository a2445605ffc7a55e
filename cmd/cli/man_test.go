package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/engines"
)

// TestManual: each command and each topic has a page that says what its help says, with each flag, and
// man can read it.
func TestManual(t *testing.T) {
	t.Chdir(t.TempDir())
	out := want(t, exitClean, "man", "manual")
	for _, cmd := range described() {
		page := newPage(cmd.Root(), cmd, "")
		path := filepath.Join("manual", "man"+page.section, page.name+"."+page.section)
		tells(t, out, path+"\n")
		text := strings.NewReplacer(`\-`, "-", `\(aq`, "'", `\(dq`, `"`).Replace(read(t, path))
		tells(t, text, "wantwrite", cmd.Short, "SH EXAMPLES", "SH SEE ALSO\n.BR wantwrite")
		tells(t, unwrapped(text), unwrapped(strings.Split(cmd.Long, "\n")[0]))
		cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) { tells(t, text, "--"+f.Name+`"`) })
	}
	tool, err := exec.LookPath("mandoc")
	if err != nil {
		require.Missing(t, "mandoc", "mandoc is missing: install the Debian package mandoc")
	}
	pages, err := filepath.Glob("manual/*/*")
	if err != nil {
		t.Fatal(err)
	}
	found, _ := exec.Command(tool, append([]string{"-T", "lint", "-W", "warning"}, pages...)...).Output()
	for line := range strings.Lines(string(found)) {
		if !strings.Contains(line, "missing date") { // which a test has not
			t.Error(line)
		}
	}
	refused(t, command("man"), "got 0 arguments; want a folder")
	write(t, "file", "")
	refused(t, command("man", "file"), "cannot make a folder")
}

// TestVersion: what the program was built from, and which libraries it has.
func TestVersion(t *testing.T) {
	out := want(t, exitClean, "--version")
	tells(t, out, "wantwrite ", "\ngo1.", "\nmodel: the abstract TLS engine", "\nopenssl: ",
		"\ngotls: crypto/tls of go1.", "\npuppet: ")
	p := on(&terminal{})
	info := &debug.BuildInfo{GoVersion: "go1.26", Main: debug.Module{Path: module, Version: "v0.3.0"},
		Settings: []debug.BuildSetting{{Key: "GOOS", Value: "linux"}, {Key: "GOARCH", Value: "arm64"},
			{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.modified", Value: "true"},
			{Key: "vcs.time", Value: "2026-11-30T12:00:00Z"}}}
	tells(t, p.version(info), "wantwrite v0.3.0 (commit 0123456789ab of 2026-11-30T12:00:00Z, changed since)\n"+
		"go1.26 linux/arm64\nmodel: ")
	info = &debug.BuildInfo{GoVersion: "go1.26", Deps: []*debug.Module{{Path: module, Version: "v0.3.0"}}}
	tells(t, p.version(info), "wantwrite (devel)\n"+module+" v0.3.0\ngo1.26")
	t.Setenv(engines.LibsslVariable, "libssl-missing.so.9")
	tells(t, want(t, exitClean, "--version"), "\nopenssl: not here: ")
}

// TestOverview: without arguments the program says in a few lines what it does and how to begin, and
// these commands do something.
func TestOverview(t *testing.T) {
	t.Chdir(t.TempDir())
	out := want(t, exitClean)
	if n := strings.Count(out, "\n"); n > 10 {
		t.Errorf("got %d lines; want a few:\n%s", n, out)
	}
	tells(t, out, "  wantwrite hunt  ", "  wantwrite show kv-original-idle-renegotiation  ",
		"  wantwrite --help  ")
	want(t, exitClean, "show", "kv-original-idle-renegotiation")
	tells(t, want(t, exitClean, "--help"), "go install github.com/wantwrite/wantwrite/cmd/wantwrite@latest")
	text, err := os.ReadFile(goldenFile(t, "../../../../README.md"))
	if err == nil {
		tells(t, string(text), installed)
	}
}
