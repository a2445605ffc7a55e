package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim"
	"github.com/wantwrite/wantwrite/sim/script"
)

// hostile is text that would do something if it were not escaped.
const hostile = "<script>alert(1)</script>\"'\\\n\x00\xff"

// board is a board of a hunt that has found something.
func board(t *testing.T) *Board {
	t.Helper()
	b := NewBoard(About{Pump: hostile, Engine: "model", Strategy: "portfolio", Seed: 7,
		Schedules: 1000})
	b.Progress(hunt.Stats{Schedules: 250, Steps: 50000, Cells: 30, Pairs: 20, States: 400,
		Elapsed: 2 * time.Second})
	text := corpus.Text("stall/kv-original-idle-renegotiation.script")
	s, err := script.Parse(bytes.NewReader(text), "test")
	if err != nil {
		t.Fatal(err)
	}
	b.Found(&hunt.Failure{Schedule: 12, Script: s, Story: []string{hostile}, Result: sim.Result{Found: true,
		Violation: sim.Violation{Finding: oracle.Finding{Property: oracle.Stall, End: 1, Detail: hostile}}},
	}, "found/stall/x.script")
	return b
}

// get asks a handler for a path.
func get(t *testing.T, h http.Handler, method, host, path string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), string(text)
}

// TestAddress: a port is one of this machine, and what others can reach has to be
// asked for.
func TestAddress(t *testing.T) {
	for given, want := range map[string]string{
		"8080": "127.0.0.1:8080", ":8080": "127.0.0.1:8080", "0": "127.0.0.1:0",
		"127.0.0.1:80": "127.0.0.1:80", "127.8.8.8:80": "127.8.8.8:80", "localhost:1": "localhost:1",
		"[::1]:80": "[::1]:80", "0.0.0.0:80": "", "[::]:80": "", "192.168.1.2:80": "", "": "",
		"example.com:80": "", "127.0.0.1": "", "127.0.0.1:http": "", "65536": "", "127.0.0.1:65536": "",
	} {
		got, err := resolve(given, false)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: got %q, %v; want %q", given, got, err, want)
		}
	}
	for given, want := range map[string]string{":80": ":80", "0.0.0.0:80": "0.0.0.0:80"} {
		if got, err := resolve(given, true); got != want || err != nil {
			t.Errorf("open, %q: got %q, %v; want %q", given, got, err, want)
		}
	}
}

// TestStrangersAreRefused: who has come by another name than this machine's, or
// wants to change something, gets nothing.
func TestStrangersAreRefused(t *testing.T) {
	b := board(t)
	for host, want := range map[string]int{"127.0.0.1:80": 200, "localhost:80": 200, "[::1]:80": 200,
		"localhost": 200, "evil.example": 403, "evil.example:80": 403, "127.0.0.1.evil.example": 403,
		"": 403} {
		for _, path := range []string{"/", "/state.json", "/metrics", "/finds/1"} {
			if got, _ := get(t, b.Handler(true), "GET", host, path); got.StatusCode != want {
				t.Errorf("%s of host %q: got %d; want %d", path, host, got.StatusCode, want)
			}
		}
	}
	if got, _ := get(t, b.Handler(false), "GET", "builder.example", "/"); got.StatusCode != 200 {
		t.Errorf("got %d from one that is open to others; want 200", got.StatusCode)
	}
	for _, path := range []string{"/", "/metrics"} {
		if got, _ := get(t, b.Handler(true), "POST", "localhost", path); got.StatusCode != 405 {
			t.Errorf("POST %s: got %d; want 405", path, got.StatusCode)
		}
	}
	for _, path := range []string{"/finds/0", "/finds/2", "/finds/x", "/finds/1/2", "/nothing",
		"/finds/../state.json"} {
		if got, _ := get(t, b.Handler(true), "GET", "localhost", path); got.StatusCode == 200 {
			t.Errorf("%s: got 200; want nothing there", path)
		}
	}
}

// TestPageIsEscaped: names are text, the policy names what may run, and nothing
// else is on the page.
func TestPageIsEscaped(t *testing.T) {
	r, page := get(t, board(t).Handler(true), "GET", "localhost", "/")
	if n := strings.Count(page, "<script"); n != 1 || strings.Contains(page, "alert(1)</script>") {
		t.Errorf("got %d scripts; want the page's own:\n%s", n, page)
	}
	for _, want := range []string{"default-src &#39;none&#39;", "connect-src &#39;self&#39;",
		"script-src &#39;sha256-"} {
		if !strings.Contains(page, want) {
			t.Errorf("got no %q in the page", want)
		}
	}
	if strings.Contains(page, "//") && regexp.MustCompile(`(src|href)="(https?:)?//`).MatchString(page) {
		t.Error("the page refers to something elsewhere")
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "frame-ancestors 'none'", "Cache-Control": "no-store"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: got %q; want %q", name, got, want)
		}
	}
}

// A metric is a line of metrics: its name, its labels, its value.
var metric = regexp.MustCompile(`^(wantwrite_[a-z_]+)(\{[a-z]+="([^"\\\n]|\\[\\"n])*"(,[a-z]+="` +
	`([^"\\\n]|\\[\\"n])*")*\})? ([0-9.]+)$`)

// TestMetrics: each line is one of the format, each family is described once and
// in front of its values, and the values are the board's.
func TestMetrics(t *testing.T) {
	r, text := get(t, board(t).Handler(true), "GET", "localhost", "/metrics")
	if kind := r.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain; version=0.0.4") {
		t.Errorf("got type %q; want Prometheus' text format", kind)
	}
	if !strings.HasSuffix(text, "\n") {
		t.Error("the last line does not end")
	}
	values, described := map[string]string{}, map[string]int{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if words := strings.Fields(line); words[0] == "#" {
			if described[words[2]]++; words[1] != "HELP" && words[1] != "TYPE" || described[words[2]] > 2 {
				t.Errorf("got %q; want one HELP and one TYPE", line)
			}
			continue
		}
		m := metric.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("got %q; want a metric", line)
			continue
		}
		if described[m[1]] != 2 {
			t.Errorf("%s is not described in front of %q", m[1], line)
		}
		if _, twice := values[m[1]+m[2]]; twice {
			t.Errorf("%s%s is there twice", m[1], m[2])
		}
		values[m[1]+m[2]] = m[len(m)-1]
	}
	for name, want := range map[string]string{"wantwrite_schedules_total": "250",
		"wantwrite_steps_total": "50000", "wantwrite_cells_reached": "30",
		"wantwrite_states_reached": "400", "wantwrite_elapsed_seconds": "2",
		"wantwrite_left_seconds": "6", "wantwrite_shrinking": "0",
		`wantwrite_finds_total{property="stall"}`: "1",
		`wantwrite_finds_total{property="crash"}`: "0"} {
		if values[name] != want {
			t.Errorf("%s: got %q; want %s", name, values[name], want)
		}
	}
	if len(values) < 17 {
		t.Errorf("got %d values; want each property's and the others:\n%s", len(values), text)
	}
}

// TestFinds: a find's page is made when it is wanted, once; if that can't be its
// story is there as text, which no browser takes for a page.
func TestFinds(t *testing.T) {
	b := board(t)
	made := 0
	b.Picture = func(s *script.Script) ([]byte, error) {
		made++
		return []byte("<p>" + s.Property), nil
	}
	for range 2 {
		if r, text := get(t, b.Handler(true), "GET", "localhost", "/finds/1"); text != "<p>stall" ||
			r.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("got %q; want the page", text)
		}
	}
	if made != 1 {
		t.Errorf("the page was made %d times; want once", made)
	}
	_, file := get(t, b.Handler(true), "GET", "localhost", "/finds/1.script")
	if !strings.HasPrefix(file, "wantwrite script 1\n") {
		t.Errorf("got %.40q; want the script", file)
	}
	b = board(t)
	b.Picture = func(*script.Script) ([]byte, error) { return nil, errors.New("no") }
	r, text := get(t, b.Handler(true), "GET", "localhost", "/finds/1")
	if !strings.HasPrefix(text, hostile) || r.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("got %q of type %s; want the story as text", text, r.Header.Get("Content-Type"))
	}
}

// TestSamplesAreFew: however long a hunt is, what is kept of it does not grow, and
// reaches from its beginning to its end.
func TestSamplesAreFew(t *testing.T) {
	b := NewBoard(About{})
	const hours = 30
	for s := time.Duration(0); s < hours*time.Hour; s += 100 * time.Millisecond {
		b.Progress(hunt.Stats{Schedules: uint64(s / time.Millisecond), Elapsed: s})
	}
	all := b.state().Samples
	if len(all) > maxSamples || len(all) < maxSamples/4 {
		t.Errorf("got %d samples; want some hundreds", len(all))
	}
	if first, last := all[0], all[len(all)-1]; first.Seconds > 1 || last.Seconds < hours*3600*0.98 {
		t.Errorf("got samples from %v s to %v s; want the whole hunt", first.Seconds, last.Seconds)
	}
	text, err := json.Marshal(b.state())
	if err != nil || len(text) > 100_000 {
		t.Errorf("got %d bytes of state, %v; want less than 100 kB", len(text), err)
	}
}

// TestServer: it is there until it is closed, and its port is not to be had twice.
func TestServer(t *testing.T) {
	s, err := Serve("127.0.0.1:0", false, board(t))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.Get(s.URL + "metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(r.Body)
	r.Body.Close()
	if !bytes.Contains(text, []byte("wantwrite_schedules_total 250\n")) {
		t.Errorf("got %q; want the metrics", text)
	}
	taken := strings.TrimSuffix(strings.TrimPrefix(s.URL, "http://"), "/")
	if _, err := Serve(taken, false, board(t)); err == nil || !strings.Contains(fmt.Sprint(err), "in use") {
		t.Errorf("got %v for an address that is taken; want an error that says so", err)
	}
	s.Close()
	if _, err := http.Get(s.URL); err == nil {
		t.Error("it answers after Close")
	}
}
