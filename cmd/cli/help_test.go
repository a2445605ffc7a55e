package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/engines"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// described are the commands and topics that people can see.
func described() (all []*cobra.Command) {
	root := newRoot(on(&terminal{}))
	all = append(all, root)
	for _, cmd := range root.Commands() {
		if !cmd.Hidden {
			all = append(all, cmd)
		}
	}
	return all
}

// TestEveryHelpIsWhole: each command and each topic says what it does, and has an
// example that begins with the command itself, or of a topic with any.
func TestEveryHelpIsWhole(t *testing.T) {
	known := map[string]bool{}
	for _, cmd := range described() {
		known[cmd.Name()] = true
	}
	for _, cmd := range described() {
		if cmd.Short == "" || len(cmd.Long) < 40 || strings.Contains(cmd.Short, "\n") {
			t.Errorf("%s: got short help %q, long %q; want both", cmd.Name(), cmd.Short, cmd.Long)
		}
		own := false
		for _, line := range strings.Split(cmd.Example, "\n") {
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "wantwrite" || !strings.HasPrefix(line, "  ") ||
				!known[words[1]] {
				t.Errorf("%s: got example %q; want two blanks, wantwrite and a command", cmd.Name(),
					line)
				continue
			}
			own = own || words[1] == cmd.Name() || !cmd.Runnable() || !cmd.HasParent()
		}
		if !own {
			t.Errorf("%s: no example of it", cmd.Name())
		}
		args := []string{"help", cmd.Name()}
		if !cmd.HasParent() {
			args = args[:1]
		}
		tells(t, want(t, exitClean, args...), "Examples:\n"+cmd.Example,
			strings.Split(cmd.Long, "\n")[0])
	}
}

// bounds end an example's command soon; what else is in the example is as it
// stands there.
var bounds = map[string]string{
	"hunt":   "--schedules 200",
	"check":  "--states 2000",
	"matrix": "--schedules 3 --seeds 1 --confirm none",
}

// fewRows are the rows of a matrix that would have all pumps and mutants, which takes ten seconds. The
// matrix of docs/matrix.md has them all.
const fewRows = " --pump kv-*,reference --mutant A"

// anyPort is in the place of the ports of examples, which may be taken.
var anyPort = regexp.MustCompile(`--http \S+`)

// bounded is an example that ends soon.
func bounded(example string) string {
	words := strings.Fields(example)
	example = strings.Replace(example, "./my-nginx", "/usr/sbin/nginx", 1) // another version is not at hand
	if words[1] == "matrix" && strings.Contains(example, "--program") {    // one program of them will do
		return strings.Replace(example, "'*'", "redis", 1) + " --schedules 3"
	}
	if bound := bounds[words[1]]; bound != "" {
		front, own, _ := strings.Cut(example, " -- ") // a command of the user's stands behind it
		example = front + " " + bound
		if own != "" {
			example += " -- " + own
		}
	}
	if words[1] == "matrix" && !strings.Contains(example, "--pump") && !strings.Contains(example, "--mutant") {
		example += fewRows
	}
	return anyPort.ReplaceAllString(example, "--http 0")
}

// TestEveryExampleRuns: in a folder with nothing but a hunt's failure, for the corpus is in the program,
// each example does something: exit code 0 or 1, or a check that says that it was
// stopped.
func TestEveryExampleRuns(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil || runtime.GOOS == "windows" {
		require.Missing(t, "bash", "examples are for bash on a Unix system; install Debian's bash")
	}
	if require.Race {
		t.Skip("hunts and checks have tests of their own; .ci/run does this without the race detector")
	}
	_, missing := openssl.Load(os.Getenv(engines.LibsslVariable))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	failure := read(t, stall(t))
	noServer := myServer(t)
	ran := map[string]bool{}
	for _, cmd := range described() {
		for _, example := range strings.Split(cmd.Example, "\n") {
			example = strings.TrimSpace(example)
			program := strings.Contains(example, "nginx") || strings.Contains(example, "./myserver")
			if ran[example] || missing != nil && strings.Contains(example, "openssl") || noServer != nil && program {
				continue
			}
			ran[example] = true
			write(t, "found/stall/kv-original-idle-renegotiation.script", failure)
			runExample(t, self, bounded(example))
		}
	}
	if len(ran) < 30 {
		t.Errorf("got %d examples; want those of all commands", len(ran))
	}
}

// myServer puts a server named myserver into this folder, which is nginx with other arguments. The
// error says why there is none on this machine.
func myServer(t *testing.T) error {
	t.Helper()
	nginx, err := exec.LookPath("nginx")
	if err == nil {
		err = exec.Command(nginx, "-v").Run()
	}
	if err != nil || runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return errors.Join(err, errors.New("want nginx, and Linux on amd64"))
	}
	chain, err := certificate.ForProgram(1, 700)
	if err != nil {
		t.Fatal(err)
	}
	pem, key, _, err := chain.PEM()
	if err != nil {
		t.Fatal(err)
	}
	write(t, "chain.pem", string(pem))
	write(t, "key.pem", string(key))
	write(t, "nginx.conf", "daemon off; master_process off; pid pid; events {} http { access_log off; client_body_temp_path b; "+
		"proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s; server { listen 127.0.0.1:8443 ssl; "+
		"ssl_certificate chain.pem; ssl_certificate_key key.pem; } }")
	write(t, "myserver", "#!/bin/sh\nexec "+nginx+" -p . -c nginx.conf -e stderr\n")
	if err := os.Chmod("myserver", 0o755); err != nil {
		t.Fatal(err)
	}
	return nil
}

// runExample runs an example: in this process, or, if it has something in it that a shell does, in a
// shell in which wantwrite is this test binary.
func runExample(t *testing.T, self, example string) {
	t.Helper()
	if !strings.ContainsAny(example, "<>&|#*$'\"") {
		o := command(strings.Fields(example)[1:]...)
		judgeExample(t, example, o.code, o.err)
		return
	}
	run := exec.Command("bash", "-c", `wantwrite() { "$SELF" "$@"; }; `+example)
	run.Env = append(os.Environ(), asCommand+"=1", "SELF="+self)
	var complaint strings.Builder
	run.Stderr = &complaint
	if err := run.Run(); run.ProcessState == nil {
		t.Fatal(err)
	}
	judgeExample(t, example, run.ProcessState.ExitCode(), complaint.String())
}

// judgeExample: an example does something, or a check says that it was stopped.
func judgeExample(t *testing.T, example string, code int, complaint string) {
	t.Helper()
	stopped := code == exitUsage && strings.Contains(complaint, "states are used up")
	if code != exitClean && code != exitViolation && !stopped {
		t.Errorf("%s: exit %d: %s", example, code, complaint)
	}
}

// unwrapped is a text in one line.
func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }

// TestExplain: each property, mutant, decision and bug is explained, and what is
// said to show it does.
func TestExplain(t *testing.T) {
	for _, p := range oracle.Properties() {
		text := want(t, exitClean, "explain", p.Name)
		tells(t, text, p.Name+": "+p.Why, "judged: ", "no violation: ", "see it: ",
			"  "+bugsOf(mutantsOf(p.ID))[0].ID+" ",
			"wantwrite show corpus/"+p.Name+"/", "--property "+p.Name)
		tells(t, unwrapped(text), p.Means, p.Judged, p.Not)
		for line := range strings.Lines(text) {
			if len(line) > 101 && !strings.HasPrefix(line, "  wantwrite ") {
				t.Errorf("got %d columns: %q", len(line), line)
			}
		}
	}
	for _, m := range pumps.Mutants() {
		script := story.ScriptOf(&m)
		if script == "" {
			t.Errorf("%s: no script in the corpus shows it", m.Name)
			continue
		}
		tells(t, unwrapped(want(t, exitClean, "explain", m.Name)), m.About, m.Breaks.String(),
			m.At.Right(), "is: pump "+m.Of,
			"wantwrite show corpus/"+script, m.Bugs[0]+" ")
		if _, err := os.Stat("../../corpus/" + script); err != nil {
			t.Error(err)
		}
	}
	for _, d := range pumps.Decisions() {
		if d.Number == 5 {
			tells(t, want(t, exitClean, "explain", "5"), d.String(), "write-armed-for-ever")
		}
	}
	tells(t, want(t, exitClean, "explain", "a1"), "A1, couchbase/kv_engine",
		"wantwrite explain no-flush-after-read")
	tells(t, want(t, exitClean, "explain", "B12"), "no mutant: ")
	refused(t, command("explain", "nothing"), `got "nothing"; want a property, a mutant`)
	refused(t, command("explain"), "got 0 arguments; want the name of a property")
}

// TestEveryPropertyTaughtByBugs: each has public bugs that broke it, and mutants.
func TestEveryPropertyTaughtByBugs(t *testing.T) {
	for _, p := range oracle.Properties() {
		mutants := mutantsOf(p.ID)
		if bugs := bugsOf(mutants); len(mutants) == 0 || len(bugs) == 0 {
			t.Errorf("%s: got %d mutants, %d bugs; want some of both", p.Name, len(mutants), len(bugs))
		}
	}
}

// TestCompletion: shells learn commands, flags and the names that flags take.
func TestCompletion(t *testing.T) {
	for _, shell := range shells {
		tells(t, want(t, exitClean, "completion", shell), "wantwrite")
	}
	refused(t, command("completion", "tcsh"), `got shell "tcsh"; want one of bash, zsh, fish`)
	for typed, wants := range map[string]string{
		"hunt --pump ":               "kv-original\n",
		"show --against ":            "openssl\n",
		"hunt --scenario ":           "idle-renegotiation\n",
		"hunt --property ":           "spurious-failure\n",
		"check --trigger ":           "edge\n",
		"explain ":                   "no-flush-after-read\n",
		"completion ":                "zsh\n",
		"replay ":                    "script\n:8\n",
		"hunt --fixed ":              "script\n:8\n",
		"hu":                         "hunt\t",
		"help ":                      "scripts\t",
		"hunt --engine model --tls ": "1.3\n",
	} {
		o := command(append([]string{"__complete"}, strings.Split(typed, " ")...)...)
		if o.code != exitClean || !strings.Contains(o.out, wants) {
			t.Errorf("%q: got %q, %q; want %q", typed, o.out, o.err, wants)
		}
	}
	if tool, err := exec.LookPath("bash"); err == nil {
		script := write(t, filepath.Join(t.TempDir(), "completion"),
			want(t, exitClean, "completion", "bash"))
		if out, err := exec.Command(tool, "-n", script).CombinedOutput(); err != nil {
			t.Errorf("bash can't read its script: %v\n%s", err, out)
		}
	}
}
