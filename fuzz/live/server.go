package live

import (
	"bytes"
	"context"

	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/sim/script"

	_ "embed"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// the page's parts

//go:embed page/page.html
var pageHTML string

//go:embed page/page.css
var pageCSS string

//go:embed page/page.js
var pageJS string

// A Server serves a board's page and metrics.
type Server struct {
	// URL is the address of the page.
	URL string

	http http.Server
	done chan struct{}
}

// Address completes what somebody has given as the address to serve at: a port
// alone, or with a colon in front, is one of 127.0.0.1. An address that other
// machines reach is refused, unless open says that they may.
func Address(given string, open bool) (string, error) {
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

// isLoopback says whether a host is this machine and no other can reach it there.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Serve listens at an address (see Address) and serves the board until Close.
func Serve(address string, b *Board) (*Server, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("live: cannot listen: %w", err)
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

// patience is how long Close waits for answers that are under way.
const patience = time.Second

// Close ends it.
func (s *Server) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		_ = s.http.Close()
	}
	<-s.done
}

// Handler serves the page at /, what it shows at /state.json, the finds below
// /finds/, and /metrics. local says that only this machine can reach it.
func (b *Board) Handler(local bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", b.servePage)
	mux.HandleFunc("GET /state.json", b.serveState)
	mux.HandleFunc("GET /metrics", b.serveMetrics)
	mux.HandleFunc("GET /finds/{name}", b.serveFind)
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

// toLoopback says whether a request was made to an address of this machine.
//
// Story 64: a page on the Web has its own name point to 127.0.0.1 once it is
// loaded, and its script may then read what is served there, for to the browser
// that is the same origin. Only the Host header tells.
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

// serveFind serves a find's page, its story as text, or as N.script its script.
func (b *Board) serveFind(w http.ResponseWriter, r *http.Request) {
	name, script := strings.CutSuffix(r.PathValue("name"), ".script")
	n, _ := strconv.Atoi(name)
	f := b.find(n)
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

// picture makes a find's page when it is first wanted; nil if it can't be made.
func (b *Board) picture(f *find) []byte {
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
	_, _ = w.Write(text) // who has gone misses nothing
}
