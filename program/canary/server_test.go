//go:build linux

package canary

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/engine/require"
)

// scratch holds the certificates, and built is where the servers are built: for the next run, too,
// if this user has a folder for that.
var scratch, built string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "canary"); err == nil {
		err = errors.Join(certify("cert.pem", "key.pem", 600), certify("long.pem", "longkey.pem", 200_000))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built = scratch
	if cache, err := os.UserCacheDir(); err == nil {
		built = filepath.Join(cache, "wantwrite", "canary")
	}
	// The tests wait for sockets more than they work.
	flag.Parse()
	flag.Set("test.parallel", "8")
	code := m.Run()
	os.RemoveAll(scratch)
	os.Exit(code)
}

// certify writes a chain of certificates of that many bytes, and its key.
func certify(cert, key string, size int) error {
	chain, err := certificate.ForProgram(1, size)
	if err != nil {
		return err
	}
	certs, private, _, err := chain.PEM()
	return errors.Join(err, os.WriteFile(filepath.Join(scratch, cert), certs, 0o600),
		os.WriteFile(filepath.Join(scratch, key), private, 0o600))
}

// strict are the warnings of the tests' builds.
var strict = []string{"-Wall", "-Wextra", "-Werror"}

// sanitized are the flags of a build that tells of its mistakes with memory.
var sanitized = []string{"-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"}

// lacks has what the programs need that this machine lacks. To look takes a second each time.
var lacks sync.Map

func build(t testing.TB, program string, flags []string) string {
	t.Helper()
	if missing, ok := lacks.Load(program); ok {
		require.Missing(t, missing.(*Missing).Tool, missing)
	}
	file, err := Build(built, program, flags...)
	var missing *Missing
	if errors.As(err, &missing) {
		lacks.Store(program, missing)
		require.Missing(t, missing.Tool, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	const notStarted = 127 // by the loader: a library is missing
	var exit *exec.ExitError
	if out, err := exec.Command(file).CombinedOutput(); errors.As(err, &exit) && exit.ExitCode() == notStarted {
		require.Missing(t, "libssl-dev", string(out))
	}
	return file
}

// A server is a canary that runs on a port of the loopback.
type server struct {
	cmd      *exec.Cmd
	address  string
	listed   string        // the same in /proc/net/tcp
	patience time.Duration // of its clients, with what a correct server does at once
	ended    chan struct{} // closed when the process is gone
	stderr   bytes.Buffer  // whole when ended is closed
}

// start runs a program until the test ends.
func start(t testing.TB, file string, args ...string) *server {
	t.Helper()
	for range 5 { // somebody else may take the port in between
		free, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &server{address: free.Addr().String(), ended: make(chan struct{}), patience: 20 * time.Second}
		free.Close()
		host, port, _ := net.SplitHostPort(s.address)
		number, _ := strconv.Atoi(port)
		s.listed = fmt.Sprintf("0100007F:%04X", number)
		s.cmd = exec.Command(file, append(args, host, port)...)
		s.cmd.Dir, s.cmd.Stderr = scratch, &s.stderr
		if err := s.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() { s.cmd.Wait(); close(s.ended) }()
		t.Cleanup(s.stop)
		if s.listens() {
			return s
		}
	}
	t.Fatalf("%s %v does not listen", file, args)
	return nil
}

// listens waits until the server does. It looks at the kernel's list: a connection made for that
// would be one that the tests did not count.
func (s *server) listens() bool {
	want := s.listed + " 00000000:0000 0A"
	for range 1000 {
		if table, _ := os.ReadFile("/proc/net/tcp"); strings.Contains(string(table), want) {
			return s.runs()
		}
		if !s.runs() {
			return false
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

func (s *server) runs() bool {
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

func (s *server) stop() {
	s.cmd.Process.Kill()
	<-s.ended
}

// descriptors is how many the server has open.
func (s *server) descriptors() int {
	open, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	return len(open)
}

// idle reports whether the number of descriptors comes back to n within five seconds.
func (s *server) idle(n int) bool {
	for range 1000 {
		if s.descriptors() <= n {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

// numbers are those of a file of /proc/PID.
func (s *server) numbers(file string) (all [3]int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", s.cmd.Process.Pid, file))
	fmt.Sscan(string(text), &all[0], &all[1], &all[2])
	return all
}

// wanted is how long the server has run or has waited for its turn on a processor. Unlike the time
// that it has run, it is the same on a machine that is busy with other things.
func (s *server) wanted() time.Duration {
	schedstat := s.numbers("schedstat")
	return time.Duration(schedstat[0] + schedstat[1])
}

// rests waits until the server sleeps and all that goes on with it stays as it is: count is what a
// client has written. A server that never rests is waited for as long as the others at most.
func (s *server) rests(count func() int64) {
	const same = 5 // samples
	type sample struct {
		wanted time.Duration
		count  int64
	}
	var last sample
	for n, all := 0, 0; n < same && all < 20*same; all++ {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
		now := sample{s.wanted(), count()}
		if n++; now != last || bytes.Contains(stat, []byte(") R ")) {
			n = 0
		}
		last = now
		time.Sleep(4 * time.Millisecond)
	}
}

// unsent is how many bytes the server's kernel holds for a client, from the kernel's list.
func (s *server) unsent(client net.Addr) (bytes int) {
	at := client.(*net.TCPAddr)
	table, _ := os.ReadFile("/proc/net/tcp")
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if f[1] == s.listed && f[2] == fmt.Sprintf("0100007F:%04X", at.Port) {
			fmt.Sscanf(f[4], "%x:", &bytes)
		}
	}
	return bytes
}

// resident is the memory in use, in bytes.
func (s *server) resident() int { return s.numbers("statm")[1] * os.Getpagesize() }

// small makes a socket's buffers and segments as small as the kernel lets them be, before it
// connects. The server then has little room, too.
func small(_, _ string, c syscall.RawConn) error {
	var err error
	set := func(fd uintptr) {
		err = errors.Join(syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 2048),
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, 4096),
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 536))
	}
	return errors.Join(c.Control(set), err)
}
