//go:build linux

package canary

import (
	"crypto/tls"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/require"
)

// A behaviour is what a client does, and what it says of the server: nil, or a *seen.
type behaviour struct {
	name   string
	behave func(*server) error
}

// echoing are the behaviours that an echo server is shown.
func echoing() (all []behaviour) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, size := range []int{0, 1, 16384, 70_000, 1 << 20} {
			for _, tiny := range []bool{false, true} {
				x := exchange{client: client{version: version, small: tiny}, size: size}
				all = append(all, behaviour{fmt.Sprintf("%s of %d, small %v", tls.VersionName(version), size, tiny), x.run})
			}
		}
		late := exchange{client: client{version: version, small: true}, size: 200_000,
			after: true, pause: time.Millisecond}
		all = append(all, behaviour{tls.VersionName(version) + ", a slow reader", late.run})
	}
	return append(all, behaviour{"a burst", burst(100, 1, false)}, behaviour{"a burst with FIN", burst(100, 100, true)})
}

// asking are those that kv is shown.
func asking() (all []behaviour) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, tiny := range []bool{false, true} {
			for _, end := range []bool{false, true} {
				c := client{version: version, small: tiny}
				all = append(all, behaviour{fmt.Sprintf("%s, small %v, ends %v", tls.VersionName(version), tiny, end),
					asks{client: c, answers: []int{0, 1, 24, 8192, 100_000, 0, 1 << 20}, body: 5000, end: end}.run})
			}
		}
	}
	few := client{version: tls.VersionTLS12, batch: true}
	return append(all,
		behaviour{"many requests at once", asks{client: few, answers: make24(75), end: false}.run},
		behaviour{"requests and FIN at once", asks{client: few, answers: make24(10), end: true}.run},
		behaviour{"a late reader", asks{client: client{small: true}, answers: []int{1 << 20, 10},
			after: true, end: true}.run})
}

// make24 are n answers of 24 bytes.
func make24(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = 24
	}
	return all
}

// hostile are those that any server is shown, some of them an echo server only.
func hostile(p Program) []behaviour {
	all := []behaviour{{"garbage", garbage}, {"half a ClientHello", mute}, {"gone", vanish}}
	if p.Speaks == "echo" {
		all = append(all, behaviour{"another's failure", foreign}, behaviour{"a deaf client", deaf},
			behaviour{"a late reader", late(plenty)}, behaviour{"two of them", both})
	}
	return all
}

// still are those in which nothing happens for a while, some of them for an echo server only.
func still(p Program) []behaviour {
	all := []behaviour{{"an idle client", idles}, {"half a handshake", dawdles}, {"FIN without close_notify", cut}}
	if p.Speaks == "echo" {
		return append(all, behaviour{"a client that does not read", stuffed(false)},
			behaviour{"one that does not read to the end", stuffed(true)})
	}
	return append(all, behaviour{"a client that has read late", answered})
}

func friendly(p Program) []behaviour {
	if p.Speaks == "echo" {
		return echoing()
	}
	return asking()
}

// show runs behaviours one after the other.
func show(t *testing.T, s *server, all []behaviour) {
	t.Helper()
	for _, b := range all {
		if err := b.behave(s); err != nil {
			t.Errorf("%s: %v", b.name, err)
		}
	}
}

// crowd runs them at once, several of each.
func crowd(t *testing.T, s *server, all []behaviour, times int) {
	t.Helper()
	var wait sync.WaitGroup
	for range times {
		for _, b := range all {
			wait.Go(func() {
				if err := b.behave(s); err != nil {
					t.Errorf("in a crowd, %s: %v", b.name, err)
				}
			})
		}
	}
	wait.Wait()
}

// lived fails if the server has ended, has said something, or has kept a descriptor.
func lived(t *testing.T, s *server, descriptors int) {
	t.Helper()
	if !s.idle(descriptors) {
		t.Errorf("%d descriptors; %d before", s.descriptors(), descriptors)
	}
	if !s.runs() {
		t.Errorf("ended: %v", s.cmd.ProcessState)
	}
	s.stop()
	if s.stderr.Len() > 0 {
		t.Errorf("it says:\n%s", s.stderr.Bytes())
	}
}

// TestCorrect: no client sees anything in a correct server, alone or in a crowd.
func TestCorrect(t *testing.T) {
	for _, p := range Programs() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			s := start(t, build(t, p.Name, strict))
			descriptors := s.descriptors()
			show(t, s, friendly(p))
			crowd(t, s, hostile(p), 2)
			show(t, s, still(p))
			crowd(t, s, friendly(p), int(require.Times(1, 5)))
			lived(t, s, descriptors)
		})
	}
}

// TestSanitized: nor do the sanitizers, with every behaviour once.
func TestSanitized(t *testing.T) {
	for _, p := range Programs() {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			s := start(t, build(t, p.Name, sanitized))
			descriptors := s.descriptors()
			crowd(t, s, friendly(p), 1)
			show(t, s, []behaviour{{"garbage", garbage}, {"half a ClientHello", mute}, {"gone", vanish}})
			lived(t, s, descriptors)
		})
	}
}

// TestUsage: bad use is one line, and exit 2.
func TestUsage(t *testing.T) {
	file := build(t, "poll", strict)
	for args, want := range map[string]string{
		"":                           "poll: got another number of arguments; want NAME",
		"127.0.0.1":                  "poll: got another number of arguments; want NAME",
		"127.0.0.1 0":                "poll: got 0; want a port from 1 to 65535",
		"127.0.0.1 80x":              "poll: got 80x; want a port",
		"localhost 80":               "poll: got localhost; want a numeric IPv4 address",
		"-v 1.1 127.0.0.1 80":        "poll: got 1.1; want -v 1.2 or -v 1.3",
		"-m nonsense 127.0.0.1 80":   "poll: got nonsense; want a mistake: reply-left",
		"-x 127.0.0.1 80":            "poll: got -x; want NAME",
		"-c none.pem 127.0.0.1 4433": "poll: none.pem: No such file or directory",
	} {
		cmd := exec.Command(file, strings.Fields(args)...)
		cmd.Dir = scratch
		out, _ := cmd.CombinedOutput()
		if _, more, _ := strings.Cut(string(out), "\n"); !strings.Contains(string(out), want) || more != "" {
			t.Errorf("%s: got %q; want one line with %q", args, out, want)
		}
		if code := cmd.ProcessState.ExitCode(); code != 2 && !strings.Contains(args, "none.pem") {
			t.Errorf("%s: exit %d; want 2", args, code)
		}
	}
}
