//go:build linux && amd64

package seccomp

import (
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// loop starts it.
func loop(tb testing.TB, size int) *Program {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	p, err := Start(&Command{Path: self, Args: []string{"loop"}, Dir: tb.TempDir(), Output: os.Stderr,
		Env: []string{loopVariable + "=" + strconv.Itoa(size)}},
		[]Rule{{Nr: unix.SYS_EXECVE}, {Nr: unix.SYS_READ, When: []All{{Virtual(0)}}}}, 0)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Close)
	return p
}

// BenchmarkCall is what a caught call costs, beside one that is not caught and beside a byte that
// goes through a pipe to another process and back, all on one CPU.
func BenchmarkCall(b *testing.B) {
	b.Run("uncaught", func(b *testing.B) {
		for b.Loop() {
			unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0)
		}
	})
	for _, size := range []int{0, 1, 1024, 16384} {
		b.Run("caught/bytes="+strconv.Itoa(size), func(b *testing.B) { caught(b, size) })
	}
}

// caught answers calls that read so many bytes.
func caught(b *testing.B, size int) {
	p := loop(b, size)
	data := make([]byte, size)
	var c Call
	for b.Loop() {
		if !p.Receive(&c, time.Second) {
			b.Fatal("the program makes no call")
		}
		if errno := p.Write(&c, c.Args[1], data); errno != 0 {
			b.Fatal(errno)
		}
		if err := p.Reply(&c, int64(size), 0); err != nil {
			b.Fatal(err)
		}
	}
}
