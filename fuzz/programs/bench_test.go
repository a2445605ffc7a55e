//go:build linux && amd64

package programs

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/program"
	"github.com/wantwrite/wantwrite/program/dialogue"
	"github.com/wantwrite/wantwrite/program/seccomp"
	"golang.org/x/sys/unix"
)

// requestsEach is how many files nginx opens in a schedule of the scenario requests.
const requestsEach = 3

// usage is how long the newest process with a name has run, and how often it has waited: each call that
// is caught is a wait.
func usage(b *testing.B, name string) (ran time.Duration, waits int) {
	files, _ := filepath.Glob("/proc/[0-9]*/comm")
	newest := 0
	for _, file := range files {
		text, _ := os.ReadFile(file)
		pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
		if strings.TrimSpace(string(text)) == name && below(pid, os.Getpid()) {
			newest = max(newest, pid)
		}
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", newest))
	if err != nil {
		b.Fatal(err)
	}
	var ns int64
	_, _ = fmt.Sscan(string(text), &ns)
	text, _ = os.ReadFile(fmt.Sprintf("/proc/%d/status", newest))
	_, rest, _ := strings.Cut(string(text), "\nvoluntary_ctxt_switches:")
	_, _ = fmt.Sscan(rest, &waits)
	return time.Duration(ns), waits
}

// below says whether a process is one that another has started.
func below(pid, above int) bool {
	for pid > 1 {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		at := strings.LastIndexByte(string(text), ')')
		if at < 0 {
			return false
		}
		var state string
		if _, _ = fmt.Sscan(string(text[at+1:]), &state, &pid); pid == above {
			return true
		}
	}
	return false
}

// caughtCall is what a call costs that is caught and answered with a byte: dd(1) reads them.
func caughtCall(b *testing.B) time.Duration {
	const times = 20_000
	p, err := seccomp.Start(&seccomp.Command{Path: "/bin/dd", Dir: b.TempDir(),
		Args: []string{"dd", "bs=1", "of=/dev/null", "status=none", "count=" + strconv.Itoa(2*times)}},
		[]seccomp.Rule{{Nr: unix.SYS_EXECVE}, {Nr: unix.SYS_READ, When: []seccomp.All{{seccomp.Is(0, 0)}}}}, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	var c seccomp.Call
	start := time.Now()
	for range times {
		if !p.Await(&c) {
			b.Fatal("dd reads nothing")
		}
		if errno := p.Write(&c, c.Args[1], []byte{0}); errno != 0 {
			b.Fatal(errno)
		}
		if err := p.Reply(&c, 1, 0); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start) / times
}

// BenchmarkHunt is hunts in nginx with ECDSA, in a process that lives on and in copies. The baselines
// are of the same run: a schedule's caught calls at the price of dd's, and an nginx on the loopback that
// crypto/tls asks for as many files. x-floor is the time of a schedule by the sum of both: what nothing
// above the system's calls can be faster than.
func BenchmarkHunt(b *testing.B) {
	call := caughtCall(b)
	alone, total := loopback(b)
	b.Run("living", func(b *testing.B) {
		c := catalog(b)
		r, err := run.NewRunner(c, run.Options{Program: here(b, c, "nginx", "nginx"), Scenario: "requests"})
		if err != nil {
			b.Fatal(err)
		}
		defer r.Close()
		n := uint64(0)
		schedule := func() {
			if _, err := r.Schedule(1, n, oracle.EveryProperty); err != nil {
				b.Fatal(err)
			}
			n++
		}
		for range 20 {
			schedule()
		}
		ran, waits := usage(b, "nginx")
		b.ResetTimer()
		for b.Loop() {
			schedule()
		}
		ranNow, waitsNow := usage(b, "nginx")
		calls := float64(waitsNow-waits) / float64(b.N)
		each := b.Elapsed().Seconds() / float64(b.N)
		b.ReportMetric(1/each, "schedules/s")
		b.ReportMetric(calls, "calls/schedule")
		b.ReportMetric((ranNow-ran).Seconds()*1e6/float64(b.N), "nginx-µs/schedule")
		b.ReportMetric(float64(call.Nanoseconds())/1e3, "µs/call")
		b.ReportMetric(alone.Seconds()*1e6, "nginx-µs/loopback")
		b.ReportMetric(1/total.Seconds(), "loopback/s")
		b.ReportMetric(each/(calls*call.Seconds()+alone.Seconds()), "x-floor")
	})
	b.Run("copies", func(b *testing.B) {
		c := catalog(b)
		r, err := run.NewRunner(c, run.Options{Program: here(b, c, "nginx", "nginx")})
		if err != nil {
			b.Fatal(err)
		}
		defer r.Close()
		text := asking + "\n\nwrite client 0 0\nwrite client 0 0\nwrite client 0 0\n"
		replay(b, r, text, foreign.Copies)
		for b.Loop() {
			replay(b, r, text, foreign.Copies)
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
	})
}

// loopback is what a dialogue costs without us: nginx's own time of the CPU, and the time that passes.
func loopback(b *testing.B) (alone, total time.Duration) {
	d, err := program.Find("nginx")
	if err != nil {
		b.Fatal(err)
	}
	path, err := d.Path()
	if err != nil {
		require.Missing(b, "nginx", err)
	}
	const address = "127.0.0.1:18443"
	dir := b.TempDir()
	chain, err := certificate.ForProgram(1, d.Certificate.Bytes)
	if err != nil {
		b.Fatal(err)
	}
	pem, key, _, err := chain.PEM()
	if err != nil {
		b.Fatal(err)
	}
	conf := strings.Replace(d.Files["nginx.conf"], "127.0.0.1:8443", address, 1)
	files := map[string][]byte{"nginx.conf": []byte(conf), "chain.pem": pem, "key.pem": key}
	for _, f := range dialogue.Files() {
		files[filepath.Join(d.Content, f.Name)] = f.Contents
	}
	for name, text := range files {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(at, text, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	server := exec.Command(path, d.Command[1:]...)
	server.Dir = dir
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}()
	file := "/" + dialogue.Files()[0].Name
	for range 200 {
		if ask(address, file) == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	const times = 500
	ran, _ := usage(b, "nginx")
	start := time.Now()
	for range times {
		if err := ask(address, file); err != nil {
			b.Fatal(err)
		}
	}
	total = time.Since(start) / times
	now, _ := usage(b, "nginx")
	return (now - ran) / times, total
}

// ask asks for a file some times, all at once, on a connection of its own.
func ask(address, file string) error {
	raw, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	conn := tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
	defer conn.Close()
	request := "GET " + file + " HTTP/1.1\r\nHost: localhost\r\n\r\n"
	if _, err := io.WriteString(conn, strings.Repeat(request, requestsEach)); err != nil {
		return err
	}
	answers := bufio.NewReader(conn)
	for range requestsEach {
		answer, err := http.ReadResponse(answers, nil)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			return err
		}
	}
	return nil
}
