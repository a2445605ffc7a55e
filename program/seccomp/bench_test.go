//go:build linux && amd64

package seccomp

import (
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

func benchmarkCall(b *testing.B, size int) {
	p, err := Start(&Command{Path: "/tmp/w/try/loop", Args: []string{"loop", strconv.Itoa(1 << 30), strconv.Itoa(size)}, Dir: b.TempDir()},
		[]Rule{{Nr: unix.SYS_EXECVE}, {Nr: unix.SYS_READ, When: []All{{Virtual(0)}}}}, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	var c Call
	data := make([]byte, size)
	for b.Loop() {
		if !p.Receive(&c, 1000) {
			b.Fatal("no call")
		}
		if size > 0 {
			p.Write(&c, c.Args[1], data)
		}
		if err := p.Reply(&c, int64(size), 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCaught(b *testing.B) {
	b.Run("bare", func(b *testing.B) { benchmarkCall(b, 0) })
	b.Run("1kB", func(b *testing.B) { benchmarkCall(b, 1024) })
}
