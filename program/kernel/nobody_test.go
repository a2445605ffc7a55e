//go:build linux && amd64

package kernel

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
)

// TestAsNobody does the tests of this package as an ordinary user, who has no SCHED_FIFO and perhaps
// no namespaces.
func TestAsNobody(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become nobody; who runs this is an ordinary user, and the other tests are about that")
	}
	public, err := os.MkdirTemp("", "nobody-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(public)
	if err := os.Chmod(public, 0o777); err != nil {
		t.Fatal(err)
	}
	for from, name := range map[string]string{"/proc/self/exe": "kernel.test", probePath(t): "probe"} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(public, name), text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	skip := "LikeLinux/[a-d]" // a part of them says it
	if require.Long() {
		skip = "^$"
	}
	cmd := exec.Command(filepath.Join(public, "kernel.test"), "-test.v", "-test.skip="+skip,
		"-test.run=LikeLinux$|CloseLeaves|ForkBomb|Memory|Loops|Dies|Writes|Randomness|VirtualTime|Settles")
	cmd.Dir = public
	cmd.Env = append(os.Environ(), "TMPDIR="+public, probeVariable+"="+filepath.Join(public, "probe"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "--- PASS") < 10 {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestSettles: threads that wake each other, with nobody who runs them one at a time, come to rest
// before the next call is answered, so that the calls have one order.
func TestSettles(t *testing.T) {
	var first []string
	for range 5 {
		v := newOurs(t, 1)
		if v.prog.Realtime == (os.Getuid() != 0) {
			t.Fatalf("realtime %v as user %d: %q", v.prog.Realtime, os.Getuid(), v.prog.Slower())
		}
		play(v, connected+`
			thread second
			thread third
			nonblock c 0
			second: read c 3
			third: read c 3
			< hello!
		`)
		log := []string{v.answer("second"), v.answer("third")}
		v.tell("second", "condwait 50")
		log = append(log, v.tell("main", "signal"), v.answer("second"), v.tell("third", "write c 2"))
		log = append(log, v.w.calls...)
		if err := v.k.Settled(); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = log
		}
		if got, want := strings.Join(log, "; "), strings.Join(first, "; "); got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
	if first[0] == "..." || first[2] != "0" || !strings.HasPrefix(first[3], "0") {
		t.Errorf("got %v", first)
	}
}
