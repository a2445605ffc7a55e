//go:build linux && amd64

package kernel

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/program/seccomp"
)

// A plain is a world with one link, for tests: bytes in, bytes out.
type plain struct {
	in, out []byte
	arrived bool
	fin     bool
	closed  bool
	room    int
	calls   []string
	now     uint64
}

func (p *plain) Links() int                  { return 1 }
func (p *plain) Wire(int) foreign.Wire       { return p }
func (p *plain) Seed() uint64                { return 7 }
func (p *plain) Now() uint64                 { return p.now }
func (p *plain) Inside(int, foreign.Insight) {}
func (p *plain) Call(name, text string, n int64) {
	p.calls = append(p.calls, fmt.Sprint(name, " ", text, " = ", n))
}
func (p *plain) Arrived() bool { return p.arrived }
func (p *plain) Recv(b []byte) (int, model.IOStatus) {
	n := copy(b, p.in)
	p.in = p.in[n:]
	p.calls = append(p.calls, fmt.Sprint("recv ", n))
	switch {
	case n > 0:
		return n, model.IOOK
	case p.fin:
		return 0, model.EOF
	}
	return 0, model.WouldBlock
}
func (p *plain) Peek(b []byte) int   { return copy(b, p.in) }
func (p *plain) Unread() int         { return len(p.in) }
func (p *plain) Ended() (bool, bool) { return p.fin, false }
func (p *plain) Send(b []byte) (int, model.IOStatus) {
	n := min(len(b), p.room)
	p.out, p.room = append(p.out, b[:n]...), p.room-n
	p.calls = append(p.calls, fmt.Sprint("send ", n))
	if n == 0 && len(b) > 0 {
		return 0, model.WouldBlock
	}
	return n, model.IOOK
}
func (p *plain) Room() int   { return p.room }
func (p *plain) Offer(int)   {}
func (p *plain) Split() int  { return 0 }
func (p *plain) CloseWrite() { p.calls = append(p.calls, "fin") }
func (p *plain) Close()      { p.closed = true; p.calls = append(p.calls, "close") }
func (p *plain) Abort()      { p.closed = true; p.calls = append(p.calls, "abort") }

// startNginx starts an nginx in the clear.
func startNginx(tb testing.TB) *Kernel {
	nginx := require.Runs(tb, "nginx", "-v")
	dir := tb.TempDir()
	conf := `daemon off; master_process off; pid nginx.pid; error_log stderr crit;
events { worker_connections 64; }
http { access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
server { listen 127.0.0.1:8443; root html; } }`
	_ = os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o644)
	_ = os.Mkdir(filepath.Join(dir, "html"), 0o755)
	_ = os.WriteFile(filepath.Join(dir, "html", "index.html"), []byte("hello world"), 0o644)
	p, err := seccomp.Start(&seccomp.Command{Path: nginx, Args: []string{"nginx", "-p", ".", "-c", "nginx.conf", "-e", "stderr"}, Env: []string{"PATH=/usr/bin"}, Dir: dir, Output: os.Stderr}, Rules(), seccomp.Here)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Close)
	k, err := New(p, Options{Port: 8443})
	if err != nil {
		tb.Fatal(err)
	}
	if err := k.Boot(1); err != nil {
		tb.Fatal(err)
	}
	return k
}

// talk asks it for a page, and looks whether it came.
func talk(tb testing.TB, k *Kernel) *plain {
	w := &plain{room: 1 << 20, arrived: true, in: []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")}
	if err := k.Begin(w); err != nil {
		tb.Fatal(err)
	}
	for range 5 {
		if k.Ready(0) == 0 {
			break
		}
		k.Turn(0, foreign.Wakeup{})
		if k.Fault() != nil {
			tb.Fatal(k.Fault())
		}
	}
	if len(w.out) < 200 {
		tb.Fatalf("%q %q", w.out, w.calls)
	}
	return w
}

// BenchmarkLong is a request to a process that lives on, and BenchmarkFork one to a copy of it.
func BenchmarkLong(b *testing.B) {
	k := startNginx(b)
	calls := 0
	for b.Loop() {
		calls += len(talk(b, k).calls)
		if left := k.Quit(); left > 0 {
			b.Fatal("left")
		}
	}
	b.ReportMetric(float64(calls)/float64(b.N), "calls/op")
}

func BenchmarkFork(b *testing.B) {
	k := startNginx(b)
	if err := k.Freeze(false); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := k.Fork(); err != nil {
			b.Fatal(err)
		}
		talk(b, k)
		k.Kill()
	}
}
