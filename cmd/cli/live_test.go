package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// A servedHunt is a hunt in a process of its own that serves its page.
type servedHunt struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	url  string
	rest chan string // what else it says on stderr, when it is done
}

// huntServed starts a hunt with a page at any port.
func huntServed(t *testing.T, more ...string) *servedHunt {
	t.Helper()
	h := &servedHunt{rest: make(chan string, 1)}
	h.cmd = process(t, append([]string{"hunt", "--http", "0"}, more...)...)
	h.cmd.Stdout = &h.out
	complaint, err := h.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.cmd.Process.Kill() })
	said := bufio.NewReader(complaint)
	line, err := said.ReadString('\n')
	var ok bool
	if h.url, ok = strings.CutPrefix(strings.TrimSpace(line), "live page: "); !ok {
		t.Fatalf("got %q, %v; want the address of the page", line, err)
	}
	go func() {
		text, _ := io.ReadAll(said)
		h.rest <- string(text)
	}()
	return h
}

// end waits until the hunt is done.
func (h *servedHunt) end(t *testing.T, code int) {
	t.Helper()
	rest := <-h.rest
	_ = h.cmd.Wait()
	if got := h.cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("exit %d, want %d; it says %q", got, code, rest)
	}
}

// TestLivePage: while a hunt goes on the page shows how far it is, what it has
// reached and found, and leads to the pages of its failures; when it is over it says
// so. It asks nobody but the hunt.
func TestLivePage(t *testing.T) {
	b := startBrowser(t)
	t.Chdir(t.TempDir())
	long := os.Getenv("WANTWRITE_LONG") != "" // a minute; else as long as the looks take
	h := huntServed(t, "--scenario", "idle-renegotiation", "--time", map[bool]string{true: "60s",
		false: "10m"}[long])
	b.open(h.url)
	b.wait("document.querySelectorAll('#finds tbody tr').length > 1")
	b.wait("document.body.dataset.looks >= 2")
	schedules := "document.querySelector('#figures dd').textContent"
	b.wait(fmt.Sprintf("%s !== '%s'", schedules, b.eval(schedules)))
	for expression, want := range map[string]string{
		"document.querySelector('h1').textContent":           "wantwrite hunts in kv-original",
		"document.getElementById('status').textContent":      "ing", // running, shrinking
		"document.getElementById('left').textContent":        " left",
		"document.querySelector('.about').textContent":       "scenario idle-renegotiation",
		"document.querySelectorAll('figure').length":         "4",
		"document.querySelectorAll('polyline.curve').length": "4",
		"document.querySelector('figure svg').ariaLabel":     "schedules/s: now ",
		"document.getElementById('live').textContent":        "found: ",
	} {
		if got := fmt.Sprint(b.eval(expression)); !strings.Contains(got, want) {
			t.Errorf("%s: got %q; want %q in it", expression, got, want)
		}
	}
	papers := map[any]bool{}
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		papers[b.eval("getComputedStyle(document.body).backgroundColor")] = true
		b.screenshot("live-" + scheme)
	}
	if len(papers) != 2 {
		t.Errorf("got backgrounds %v; want one for light and one for dark", papers)
	}
	nodes := b.accessible()
	for _, want := range []string{"progressbar: how far the hunt is", "columnheader: property",
		"table: Violations that were found", "link: stall"} {
		if !slices.Contains(nodes, want) {
			t.Errorf("got no %q among %q", want, nodes)
		}
	}
	failure := b.eval("document.querySelector('#finds tbody a').href")
	b.open(fmt.Sprint(failure))
	if got := b.eval("document.querySelector('.verdict p').textContent"); got == "" {
		t.Error("got no verdict on the page of the failure")
	}
	b.open(h.url)
	b.keptTo(h.url)
	if !long {
		h.cmd.Process.Signal(os.Interrupt)
	}
	h.end(t, exitViolation) // either way it has found something
	b.wait("document.body.dataset.over")
	if got := b.eval("document.getElementById('status').textContent"); got != "the hunt has ended" {
		t.Errorf("got %q when the hunt is over", got)
	}
}

// TestHuntServed: with --json too the address is told on stderr and nothing else
// is, what is found does not depend on the page, and it is gone with the hunt.
func TestHuntServed(t *testing.T) {
	t.Chdir(t.TempDir())
	alone := objects(t, want(t, exitViolation, "hunt", "--json", "--schedules", "1500"))
	h := huntServed(t, "--json", "--schedules", "1500", "--corpus", "served")
	for _, path := range []string{"", "state.json", "metrics"} {
		if r, err := http.Get(h.url + path); err != nil || r.StatusCode != http.StatusOK {
			t.Errorf("%s: got %v, %v; want an answer", path, r, err)
		}
	}
	h.end(t, exitViolation)
	if _, err := http.Get(h.url); err == nil {
		t.Error("the page is still there after the hunt")
	}
	served := objects(t, h.out.String())
	if len(served) != len(alone) {
		t.Fatalf("got %d objects; want %d, as without the page", len(served), len(alone))
	}
	for i := range alone {
		if served[i]["hash"] != alone[i]["hash"] || served[i]["steps"] != alone[i]["steps"] {
			t.Errorf("got %v with the page; want %v", served[i], alone[i])
		}
	}
}

// TestServeRefused: an address that is taken, can't be one or can be reached from
// elsewhere is one line, before anything runs.
func TestServeRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for address, words := range map[string]string{
		taken.Addr().String(): "address already in use; choose another port",
		"nonsense":            `got address "nonsense"; want HOST:PORT`,
		"0.0.0.0:0":           "which other machines can reach; want 127.0.0.1, or --http-open as well",
	} {
		refused(t, command("hunt", "--http", address), "--http: live: ", words)
	}
	refused(t, command("hunt", "--http-open"), "got --http-open without --http")
}
