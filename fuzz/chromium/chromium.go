// Package chromium drives a browser for tests: Debian's chromium, over its
// DevTools protocol.
package chromium

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/require"
)

// A Browser is Debian's chromium without a window, driven over its DevTools
// protocol: JSON objects with a NUL behind each, on two pipes.
type Browser struct {
	t       *testing.T
	in      *os.File
	from    *os.File // what out reads
	out     *bufio.Reader
	session string
	id      int
	events  []devtools // that have come, in order
}

// A devtools is a message of the protocol.
type devtools struct {
	ID        int             `json:"id,omitempty"`
	Session   string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Exception json.RawMessage `json:"error,omitempty"`
}

// Start starts chromium with a profile of its own, and ends it with the
// test.
func Start(t *testing.T) *Browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		require.Missing(t, "chromium", "chromium is missing: install the Debian package chromium")
	}
	inR, inW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--user-data-dir="+t.TempDir(), "--window-size=1400,1000",
		"--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{inR, outW}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	inR.Close()
	outW.Close()
	b := &Browser{t: t, in: inW, from: outR, out: bufio.NewReaderSize(outR, 1<<20)}
	t.Cleanup(func() {
		b.t, b.session = t, ""
		b.send("Browser.close", nil)
		gone := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		gone.Stop()
		inW.Close()
		outR.Close()
	})
	b.attach()
	return b
}

// For makes another test, such as a subtest, the one that fails, and forgets what
// the pages before it have said and asked for.
func (b *Browser) For(t *testing.T) { b.t, b.events = t, nil }

// attach opens a page and listens to it.
func (b *Browser) attach() {
	b.t.Helper()
	var made struct{ TargetID, SessionID string }
	b.Call("Target.createTarget", map[string]any{"url": "about:blank"}, &made)
	b.Call("Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}, &made)
	b.session = made.SessionID
	for _, domain := range []string{"Page", "Runtime", "Network", "Log"} {
		b.Call(domain+".enable", nil, nil)
	}
}

// send sends a message and gives its number.
func (b *Browser) send(method string, params any) int {
	b.id++
	text, err := json.Marshal(map[string]any{"id": b.id, "method": method, "params": params})
	if b.session != "" {
		text, err = json.Marshal(map[string]any{"id": b.id, "method": method, "params": params,
			"sessionId": b.session})
	}
	if err == nil {
		_, err = b.in.Write(append(text, 0))
	}
	if err != nil {
		b.t.Logf("%s: %v", method, err)
	}
	return b.id
}

// Call sends a message and waits for its answer.
func (b *Browser) Call(method string, params, result any) {
	b.t.Helper()
	id := b.send(method, params)
	// A browser that says nothing must not keep the test for ever.
	b.from.SetReadDeadline(time.Now().Add(60 * time.Second))
	for {
		text, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: chromium says no more: %v", method, err)
		}
		var m devtools
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			b.t.Fatal(err)
		}
		if m.ID != id {
			b.events = append(b.events, m)
			continue
		}
		if m.Exception != nil {
			b.t.Fatalf("%s: %s", method, m.Exception)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
}

// Eval evaluates an expression in the page; a promise is waited for.
func (b *Browser) Eval(expression string) any {
	b.t.Helper()
	var got struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.Call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true,
		"awaitPromise": true}, &got)
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, got.ExceptionDetails)
	}
	return got.Result.Value
}

// Open opens a page and waits until it is ready; it says how long that took.
func (b *Browser) Open(url string) time.Duration {
	b.t.Helper()
	start := time.Now()
	b.Scheme("light")
	b.Call("Page.navigate", map[string]any{"url": url}, nil)
	b.Wait("document.body && document.body.dataset.ready")
	return time.Since(start)
}

// Press presses a key and lets it go.
func (b *Browser) Press(key string) {
	b.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		b.Call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key}, nil)
	}
}

// Scheme makes the system's colours light or dark.
func (b *Browser) Scheme(name string) {
	b.t.Helper()
	b.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{
		{"name": "prefers-color-scheme", "value": name}}}, nil)
}

// Complaints are what the page has complained of: errors, what its policy has
// refused, exceptions, and words on the console.
func (b *Browser) Complaints() (all []string) {
	b.Eval("0") // what is under way has come
	for _, ev := range b.events {
		switch ev.Method {
		case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled":
			all = append(all, string(ev.Params))
		}
	}
	return all
}

// Requests are the addresses that were asked for.
func (b *Browser) Requests() (all []string) {
	b.Eval("0")
	for _, ev := range b.events {
		var sent struct{ Request struct{ URL string } }
		if ev.Method == "Network.requestWillBeSent" && json.Unmarshal(ev.Params, &sent) == nil {
			all = append(all, sent.Request.URL)
		}
	}
	return all
}

// KeptTo checks that pages have asked for nothing but what is at an address, or
// below it, and that nothing in them has failed.
func (b *Browser) KeptTo(address string) {
	b.t.Helper()
	for _, url := range b.Requests() {
		if !strings.HasPrefix(url, address) && url != "data:," && url != "about:blank" {
			b.t.Errorf("the page asked for %s; want nothing but %s", url, address)
		}
	}
	for _, text := range b.Complaints() {
		b.t.Errorf("the page complains: %s", text)
	}
}

// Wait waits until an expression is true in the page.
func (b *Browser) Wait(expression string) {
	b.t.Helper()
	for start := time.Now(); b.Eval("!!("+expression+")") != true; {
		if time.Since(start) > 30*time.Second {
			b.t.Fatalf("%s does not come true: %v", expression, b.Complaints())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Print is the page as a PDF. It is written to WANTWRITE_SHOTS as well.
func (b *Browser) Print(name string) []byte {
	b.t.Helper()
	var got struct{ Data string }
	b.Call("Page.printToPDF", map[string]any{"printBackground": true}, &got)
	return b.keep(name+".pdf", got.Data)
}

// Accessible are the nodes that a screen reader is given and that may have a name
// of their own, as "role: name".
func (b *Browser) Accessible() (nodes []string) {
	b.t.Helper()
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name struct{ Value string }
		}
	}
	b.Call("Accessibility.getFullAXTree", nil, &tree)
	for _, n := range tree.Nodes {
		switch n.Role.Value {
		case "heading", "toolbar", "button", "slider", "checkbox", "searchbox", "table",
			"columnheader", "rowheader", "group", "article", "link", "progressbar":
			if !n.Ignored {
				nodes = append(nodes, n.Role.Value+": "+n.Name.Value)
			}
		}
	}
	return nodes
}

// Screenshot writes what is seen to the folder that WANTWRITE_SHOTS names, for
// people to look at.
func (b *Browser) Screenshot(name string) {
	b.t.Helper()
	if os.Getenv("WANTWRITE_SHOTS") == "" {
		return
	}
	var shot struct{ Data string }
	b.Call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	b.keep(name+".png", shot.Data)
}

// keep decodes what chromium made, and writes it to the folder that
// WANTWRITE_SHOTS names, if any.
func (b *Browser) keep(name, encoded string) []byte {
	b.t.Helper()
	data, err := base64.StdEncoding.DecodeString(encoded)
	if folder := os.Getenv("WANTWRITE_SHOTS"); err == nil && folder != "" {
		err = os.WriteFile(filepath.Join(folder, name), data, 0o666)
	}
	if err != nil {
		b.t.Error(err)
	}
	return data
}
