//go:build linux && amd64

package kernel

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/program/seccomp"
	"golang.org/x/sys/unix"
)

// A probe is testdata/probe.c, which does the calls that it is told.
var probe struct {
	once sync.Once
	dir  string
	err  error
}

// probeVariable has the path of a probe that is compiled already.
const probeVariable = "WANTWRITE_TEST_PROBE"

// probePath is the probe, compiled.
func probePath(tb testing.TB) string {
	if path := os.Getenv(probeVariable); path != "" {
		return path
	}
	cc, err := exec.LookPath("cc")
	if err != nil {
		require.Missing(tb, "cc", "the probe needs a C compiler: apt-get install gcc libc6-dev")
	}
	probe.once.Do(func() {
		if probe.dir, probe.err = os.MkdirTemp("", "probe-"); probe.err != nil {
			return
		}
		_ = os.Chmod(probe.dir, 0o755)
		out, err := exec.Command(cc, "-O1", "-o", filepath.Join(probe.dir, "probe"), "testdata/probe.c", "-lpthread").CombinedOutput()
		if err != nil {
			probe.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if probe.err != nil {
		tb.Fatal(probe.err)
	}
	return filepath.Join(probe.dir, "probe")
}

func TestMain(m *testing.M) {
	code := m.Run()
	if probe.dir != "" {
		os.RemoveAll(probe.dir)
	}
	os.Exit(code)
}

// A stage is where a probe runs and meets a peer: on Linux, or on our kernel.
type stage interface {
	// tell has a worker do a call, and returns the answer; "..." if it waits.
	tell(worker, line string) string
	// leave has a worker end, which has no answer.
	leave(worker, line string)
	// answer is that of a worker that has waited: "..." if it still does.
	answer(worker string) string
	// connect has a peer connect to the probe's listener, and makes it the peer of what follows.
	connect()
	// The peer sends, ends its stream, resets the connection, or reads all that has come, which
	// is returned with what it has seen in the end.
	send(text string)
	fin()
	reset()
	drain() string
	// elapse lets time pass until the next timer runs out.
	elapse()
}

// pipes are the named pipes of the workers of a probe.
type pipes struct {
	tb      testing.TB
	dir     string
	workers map[string]*worker
}

type worker struct {
	in, out *os.File
	said    []byte
	at      int    // its thread
	last    string // where it was
	early   string // an answer that has come before somebody saw that it waited
}

func newPipes(tb testing.TB) *pipes {
	p := &pipes{tb: tb, dir: tb.TempDir(), workers: map[string]*worker{}}
	_ = os.Chmod(p.dir, 0o777)
	for _, name := range []string{"main", "second", "third"} {
		w := &worker{}
		for _, end := range []struct {
			suffix string
			f      **os.File
		}{{".in", &w.in}, {".out", &w.out}} {
			path := filepath.Join(p.dir, name+end.suffix)
			if err := unix.Mkfifo(path, 0o666); err != nil {
				tb.Fatal(err)
			}
			_ = os.Chmod(path, 0o666)
			fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
			if err != nil {
				tb.Fatal(err)
			}
			*end.f = os.NewFile(uintptr(fd), path)
			tb.Cleanup(func() { (*end.f).Close() })
		}
		p.workers[name] = w
	}
	return p
}

// say writes a line to a worker.
func (p *pipes) say(name, line string) {
	if _, err := unix.Write(int(p.workers[name].in.Fd()), []byte(line+"\n")); err != nil {
		p.tb.Fatal(err)
	}
}

// heard is the next whole line that a worker has said, if there is one.
func (p *pipes) heard(name string) (string, bool) {
	w := p.workers[name]
	var b [1 << 12]byte
	for {
		line, rest, whole := bytes.Cut(w.said, []byte("\n"))
		if whole {
			w.said = append([]byte(nil), rest...)
			return string(line), true
		}
		n, err := unix.Read(int(w.out.Fd()), b[:])
		if n <= 0 || err != nil {
			return "", false
		}
		w.said = append(w.said, b[:n]...)
	}
}

// A line is a link in a test's world: bytes both ways, and how it ends.
type line struct {
	world            *world
	in, out          []byte
	arrived          bool
	fin, reset       bool // from the peer
	finSent, aborted bool // by the program
	closed           bool
	room, split      int
}

// A world is a seam for tests.
type world struct {
	lines []*line
	calls []string
	now   uint64
	seed  uint64
}

func (w *world) Links() int                  { return len(w.lines) }
func (w *world) Wire(l int) foreign.Wire     { return w.lines[l] }
func (w *world) Seed() uint64                { return w.seed }
func (w *world) Now() uint64                 { return w.now }
func (w *world) Inside(int, foreign.Insight) {}
func (w *world) Call(name, text string, n int64) {
	w.calls = append(w.calls, fmt.Sprint(name, " ", text, " = ", n))
}

func (l *line) Arrived() bool { return l.arrived }

func (l *line) Recv(p []byte) (int, model.IOStatus) {
	n := copy(p, l.in)
	l.in = l.in[n:]
	l.world.calls = append(l.world.calls, fmt.Sprint("recv ", n))
	switch {
	case n > 0:
		return n, model.IOOK
	case l.reset:
		return 0, model.Reset
	case l.fin:
		return 0, model.EOF
	}
	return 0, model.WouldBlock
}

func (l *line) Peek(p []byte) int        { return copy(p, l.in) }
func (l *line) Unread() int              { return len(l.in) }
func (l *line) Ended() (fin, reset bool) { return l.fin, l.reset }
func (l *line) CloseWrite()              { l.finSent = true }
func (l *line) Abort()                   { l.aborted, l.closed = true, true }
func (l *line) Close()                   { l.aborted, l.finSent, l.closed = len(l.in) > 0, true, true }
func (l *line) Offer(int)                {}
func (l *line) Split() (n int)           { n, l.split = l.split, 0; return n }

func (l *line) Room() int {
	if l.reset {
		return 0
	}
	return l.room
}

func (l *line) Send(p []byte) (int, model.IOStatus) {
	if l.reset {
		return 0, model.Reset
	}
	n := min(len(p), l.room)
	l.out, l.room = append(l.out, p[:n]...), l.room-n
	l.world.calls = append(l.world.calls, fmt.Sprint("send ", n))
	if n == 0 && len(p) > 0 {
		return 0, model.WouldBlock
	}
	return n, model.IOOK
}

// bufferSize is how much a line of a world takes.
const bufferSize = 1 << 16

// An ours is a stage on our kernel.
type ours struct {
	*pipes
	k    *Kernel
	prog *seccomp.Program
	w    *world
	peer *line
	next int // link
}

// virtualPort is the port of the probe's listener in our kernel.
const virtualPort = 8443

// newOurs starts a probe on our kernel, with so many links, which have not arrived.
func newOurs(tb testing.TB, links int) *ours {
	o := Options{Port: virtualPort, Services: map[int]*own.Dialogue{servicePort: upstreamDialogue(tb)}}
	return newOursFor(tb, links, o, seccomp.Command{})
}

func newOursFor(tb testing.TB, links int, o Options, c seccomp.Command) *ours {
	path := probePath(tb)
	v := &ours{pipes: newPipes(tb), w: &world{seed: 7}}
	c.Path, c.Args, c.Dir, c.Output = path, []string{"probe"}, v.dir, os.Stderr
	var err error
	if v.prog, err = seccomp.Start(&c, Rules(), seccomp.Here); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(v.prog.Close)
	if v.k, err = New(v.prog, o); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(v.k.Close)
	if err := v.k.Boot(1); err != nil {
		tb.Fatal(err)
	}
	for range links {
		v.w.lines = append(v.w.lines, &line{world: v.w, room: bufferSize})
	}
	if err := v.k.Begin(v.w); err != nil {
		tb.Fatal(err)
	}
	return v
}

func (v *ours) tell(worker, line string) string {
	v.say(worker, strings.NewReplacer("PORT", fmt.Sprint(virtualPort), "SERVICE", fmt.Sprint(servicePort)).Replace(line))
	return v.answer(worker)
}

func (v *ours) leave(worker, line string) {
	v.say(worker, line)
	v.k.calls = 0
	v.k.settle()
}

func (v *ours) answer(worker string) string {
	for range 100 {
		v.k.calls = 0
		v.k.settle()
		if f := v.k.Fault(); f != nil {
			return fmt.Sprintf("%v: %s", f.Kind, f.Text)
		}
		if text, ok := v.heard(worker); ok {
			return text
		}
		woken := false
		for l := range v.w.lines {
			if v.k.Ready(l) != 0 && !woken {
				v.k.Turn(l, foreign.Wakeup{})
				woken = true
			}
		}
		if !woken {
			return "..."
		}
	}
	return "it goes on waking"
}

func (v *ours) connect() {
	v.peer = v.w.lines[v.next]
	v.peer.arrived = true
	v.next++
}

func (v *ours) send(text string) { v.peer.in = append(v.peer.in, text...) }
func (v *ours) fin()             { v.peer.fin = true }
func (v *ours) reset()           { v.peer.reset, v.peer.out = true, nil }

func (v *ours) drain() string {
	p := v.peer
	text := told(p.out)
	switch {
	case p.reset: // it is no more
	case p.aborted:
		text += " reset"
	case p.finSent:
		text += " end"
	}
	p.out, p.room = nil, bufferSize
	return text
}

func (v *ours) elapse() {
	if v.w.now = v.k.Timer(); v.w.now == 0 {
		v.w.now = uint64((v.k.now-v.k.base)/time.Millisecond) + 90 // nobody waits for one
	}
	v.k.Tick()
}

// told is bytes, as the answers have them. How much a socket takes when it is filled is nobody's
// business.
func told(b []byte) string {
	if len(b) > bufferSize/2 {
		return "all that it took"
	}
	return fmt.Sprintf("%d %.20s", len(b), b)
}

// A linux is a stage on Linux.
type linux struct {
	*pipes
	cmd  *exec.Cmd
	port string
	peer int

	upstream *upstream
}

func newLinux(tb testing.TB) *linux {
	r := &linux{pipes: newPipes(tb), cmd: exec.Command(probePath(tb)), peer: -1, upstream: newUpstream(tb)}
	r.cmd.Dir, r.cmd.Stderr = r.dir, os.Stderr
	if err := r.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	})
	for _, w := range r.workers {
		w.at = 0
	}
	r.workers["main"].at = r.cmd.Process.Pid
	return r
}

func (r *linux) tell(worker, line string) string {
	r.say(worker, strings.NewReplacer("PORT", "0", "SERVICE", r.upstream.port).Replace(line))
	text := r.answer(worker)
	r.upstream.catchUp(worker, line, text)
	words := strings.Fields(line)
	if text != "..." && words[0] != "settime" && slices.Contains(words, "90") { // it waited 90 ms
		r.workers[worker].early = text
		return "..."
	}
	switch words[0] {
	case "fill": // bytes that are on their way to the peer make room when they arrive
		for range 3 {
			time.Sleep(time.Millisecond)
			_ = unix.SetsockoptInt(r.peer, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
			r.say(worker, line)
			text = r.answer(worker)
		}
	case "shutdown": // the end is acknowledged, which is an edge
		time.Sleep(time.Millisecond)
	case "listen":
		r.say(worker, "port "+words[1])
		r.port = r.answer(worker)
	case "thread", "fork":
		r.say(words[1], "tid")
		for r.workers[words[1]].at == 0 {
			if n, ok := r.heard(words[1]); ok {
				_, _ = fmt.Sscan(n, &r.workers[words[1]].at)
			}
		}
	}
	return text
}

func (r *linux) leave(worker, line string) {
	r.say(worker, line)
	time.Sleep(5 * time.Millisecond)
}

// answer waits for an answer, or until the worker waits in a call that is not the read of its next
// line.
func (r *linux) answer(worker string) string {
	w := r.workers[worker]
	if text := w.early; text != "" {
		w.early = ""
		return text
	}
	deadline := time.Now().Add(10 * time.Second)
	for waits := 0; time.Now().Before(deadline); {
		if text, ok := r.heard(worker); ok {
			return text
		}
		at, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", w.at))
		if err != nil || !alive(w.at) {
			return "gone"
		}
		// It reads its lines from descriptors 50 and up; -1 is a page fault.
		if s := string(at); w.last != s || strings.HasPrefix(s, "running") || strings.HasPrefix(s, "-1 ") || strings.HasPrefix(s, "0 0x3") {
			w.last, waits = s, 0
		} else if waits++; waits > 6 {
			return "..."
		}
		time.Sleep(200 * time.Microsecond)
	}
	return "nothing"
}

func (r *linux) connect() {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		r.tb.Fatal(err)
	}
	r.tb.Cleanup(func() { unix.Close(fd) })
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, bufferSize) // it does not grow
	var port int
	_, _ = fmt.Sscan(r.port, &port)
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		r.tb.Fatal(err)
	}
	_ = unix.SetNonblock(fd, true)
	r.peer = fd
}

func (r *linux) send(text string) {
	if _, err := unix.Write(r.peer, []byte(text)); err != nil {
		r.tb.Fatal(err)
	}
	r.deliver()
}

func (r *linux) fin() {
	_ = unix.Shutdown(r.peer, unix.SHUT_WR)
	r.deliver()
}

// deliver waits until what the peer has sent has arrived, which takes a while when the machine is
// busy.
func (r *linux) deliver() {
	for range 100 {
		time.Sleep(100 * time.Microsecond)
		if left, err := unix.IoctlGetInt(r.peer, unix.SIOCOUTQ); err != nil || left == 0 {
			return
		}
	}
}

// reset closes the connection with a reset. The number stays taken, by a socket that is not
// connected.
func (r *linux) reset() {
	_ = unix.SetsockoptLinger(r.peer, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	other, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		r.tb.Fatal(err)
	}
	_ = unix.Dup3(other, r.peer, unix.O_CLOEXEC)
	unix.Close(other)
	time.Sleep(200 * time.Microsecond)
}

func (r *linux) drain() string {
	var all []byte
	b := make([]byte, 1<<20)
	for quiet := 0; quiet < 8; {
		n, err := unix.Read(r.peer, b)
		switch {
		case n > 0:
			all = append(all, b[:n]...)
			quiet = 0
			continue
		case err == unix.EAGAIN:
			quiet++
			time.Sleep(200 * time.Microsecond)
			continue
		case err == unix.ECONNRESET:
			return told(all) + " reset"
		case err == nil:
			return told(all) + " end"
		}
		return told(all)
	}
	return told(all)
}

func (r *linux) elapse() { time.Sleep(120 * time.Millisecond) }
