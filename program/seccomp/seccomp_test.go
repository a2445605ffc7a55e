//go:build linux && amd64

package seccomp

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestCatches runs a program whose opens are caught and let through.
func TestCatches(t *testing.T) {
	out, _ := os.CreateTemp(t.TempDir(), "out")
	p, err := Start(&Command{Path: "/bin/date", Args: []string{"date", "-u", "+%s.%N"}, Env: []string{"LANG=C", "TZ=UTC"}, Dir: t.TempDir(), Output: out},
		[]Rule{{Nr: unix.SYS_OPENAT}, {Nr: unix.SYS_EXECVE}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	t.Logf("realtime %v isolated %v", p.Realtime, p.Isolated)
	var c Call
	for p.Receive(&c, time.Second) {
		text, errno := p.Text(&c, c.Args[1], 4096)
		t.Logf("%d openat %q %v", c.Thread, text, errno)
		if err := p.Continue(&c); err != nil {
			t.Fatal(err)
		}
	}
	t.Log(p.Deaths())
	text, _ := os.ReadFile(out.Name())
	t.Logf("%s", text)
}
