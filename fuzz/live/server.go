package live

import (
	"bytes"
	"context"
	_ "embed" // for the files of the page
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/sim/script"
)

//go:embed page/page.html
var pageHTML string

//go:embed page/page.css
var pageCSS string

//go:embed page/page.js
var pageJS string

// A Server serves the page and the metrics of a board.
type Server struct {
	// URL is the address of the page.
	URL string

	http http.Server
	done chan struct{}
}

// resolve completes an address that somebody gave: a port alone, or with a colon in front of
// it, is one of 127.0.0.1. An address that other machines can reach is an error unless open.
func resolve(given string, open bool) (string, error) {
	full := given
	if _, err := strconv.ParseUint(given, 10, 16); err == nil {
		full = ":" + given
	}
	host, port, err := net.SplitHostPort(full)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", fmt.Errorf("live: got address %q; want HOST:PORT, such as 127.0.0.1:8080, or a port",
			given)
	}
	if host == "" && !open {
		host = "127.0.0.1"
	}
	if !open && !isLoopback(host) {
		return "", fmt.Errorf("live: got address %q, which other machines can reach; want 127.0.0.1, "+
			"or --http-open as well", given)
	}
	return net.JoinHostPort(host, port), nil
}

// isLoopback says whether a host is an address that only this machine can reach.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Serve listens at an address, such as 127.0.0.1:8080, and serves the board until Close. A
// port alone is one of 127.0.0.1; port 0 is any that is free. An address that other machines
// can reach is an error unless open.
func Serve(address string, open bool, b *Board) (*Server, error) {
	address, err := resolve(address, open)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("live: cannot listen: %w; choose another port", err)
	}
	host, _, _ := net.SplitHostPort(address)
	s := &Server{URL: "http://" + l.Addr().String() + "/", done: make(chan struct{})}
	s.http = http.Server{Handler: b.Handler(isLoopback(host)), ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout: time.Minute, MaxHeaderBytes: 1 << 14}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(l) // until Close
	}()
	return s, nil
}

// patience is how long Close waits for answers that have begun.
const patience = time.Second

// Close stops serving, and returns when the server has ended.
func (s *Server) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	<-s.done
}

// Handler serves the page at /, what it shows at /state.json, the failures below /finds/, and
// /metrics. If local, it answers only requests that name this machine.
func (b *Board) Handler(local bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", b.servePage)
	mux.HandleFunc("GET /state.json", b.serveState)
	mux.HandleFunc("GET /metrics", b.serveMetrics)
	mux.HandleFunc("GET /finds/{name}", b.serveFailure)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if local && !toLoopback(r.Host) {
			http.Error(w, "this page is for the machine that it runs on", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "frame-ancestors 'none'")
		mux.ServeHTTP(w, r)
	})
}

// toLoopback says whether the Host of a request is this machine.
//
// Story 64: once a page of the Web is loaded, its name is made to point to 127.0.0.1. To the
// browser that is still the same origin, so the page's script may read what is served here.
// Only the Host header shows it.
func toLoopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return isLoopback(strings.Trim(host, "[]"))
}

func (b *Board) servePage(w http.ResponseWriter, _ *http.Request) {
	b.mu.Lock()
	about := b.about
	b.mu.Unlock()
	doc := story.Document{HTML: pageHTML, CSS: pageCSS, JS: pageJS, Fetch: true}
	page, err := doc.Render(map[string]any{"About": about})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, "text/html; charset=utf-8", page)
}

func (b *Board) serveState(w http.ResponseWriter, _ *http.Request) {
	text, err := json.Marshal(b.state())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, "application/json", text)
}

// serveFailure answers with the page of failure N, or with its story as text if there is no
// page; and for N.script with its script.
func (b *Board) serveFailure(w http.ResponseWriter, r *http.Request) {
	name, script := strings.CutSuffix(r.PathValue("name"), ".script")
	n, _ := strconv.Atoi(name)
	f := b.failure(n)
	switch {
	case f == nil:
		http.NotFound(w, r)
	case script:
		answer(w, "text/plain; charset=utf-8", f.script)
	default:
		if page := b.picture(f); page != nil {
			answer(w, "text/html; charset=utf-8", page)
			return
		}
		answer(w, "text/plain; charset=utf-8",
			[]byte(strings.Join(f.Story, "\n")+"\n\n"+string(f.script)))
	}
}

// picture makes the page of a failure when it is first asked for; nil if it can't be made.
func (b *Board) picture(f *failure) []byte {
	b.drawing.Lock()
	defer b.drawing.Unlock()
	if f.picture == nil && b.Picture != nil {
		s, err := script.Parse(bytes.NewReader(f.script), f.Path)
		if err == nil {
			f.picture, err = b.Picture(s)
		}
		if err != nil {
			return nil
		}
	}
	return f.picture
}

func answer(w http.ResponseWriter, kind string, text []byte) {
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(text) // the client may have gone
}
