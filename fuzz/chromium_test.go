package fuzz_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/require"
)

// A browser is Debian's chromium without a window, driven over its DevTools
// protocol: JSON objects with a NUL behind each, on two pipes.
type browser struct {
	t       *testing.T
	in      *os.File
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

// openBrowser starts chromium with a profile of its own, and ends it with the
// test.
func openBrowser(t *testing.T) *browser {
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
	b := &browser{t: t, in: inW, out: bufio.NewReaderSize(outR, 1<<20)}
	t.Cleanup(func() {
		b.t, b.session = t, ""
		b.send("Browser.close", nil)
		gone := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		gone.Stop()
		inW.Close()
		outR.Close()
	})
	// A browser that says nothing must not keep the test for ever.
	outR.SetReadDeadline(time.Now().Add(90 * time.Second))
	b.attach()
	return b
}

// attach opens a page and listens to it.
func (b *browser) attach() {
	b.t.Helper()
	var made struct{ TargetID, SessionID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &made)
	b.call("Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}, &made)
	b.session = made.SessionID
	for _, domain := range []string{"Page", "Runtime", "Network", "Log"} {
		b.call(domain+".enable", nil, nil)
	}
}

// send sends a message and gives its number.
func (b *browser) send(method string, params any) int {
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

// call sends a message and waits for its answer.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	id := b.send(method, params)
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

// eval evaluates an expression in the page; a promise is waited for.
func (b *browser) eval(expression string) any {
	b.t.Helper()
	var got struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true,
		"awaitPromise": true}, &got)
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, got.ExceptionDetails)
	}
	return got.Result.Value
}

// open opens a page and waits until it is ready; it says how long that took.
func (b *browser) open(path string) time.Duration {
	b.t.Helper()
	start := time.Now()
	b.scheme("light")
	b.call("Page.navigate", map[string]any{"url": "file://" + path}, nil)
	for b.eval("document.body && document.body.dataset.ready || ''") != "true" {
		if time.Since(start) > 30*time.Second {
			b.t.Fatalf("the page is not ready: %v", b.complaints())
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(start)
}

// press presses a key and lets it go.
func (b *browser) press(key string) {
	b.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		b.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key}, nil)
	}
}

// scheme makes the system's colours light or dark.
func (b *browser) scheme(name string) {
	b.t.Helper()
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{
		{"name": "prefers-color-scheme", "value": name}}}, nil)
}

// complaints are what the page has complained of: errors, what its policy has
// refused, exceptions, and words on the console.
func (b *browser) complaints() (all []string) {
	b.eval("0") // what is under way has come
	for _, ev := range b.events {
		switch ev.Method {
		case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled":
			all = append(all, string(ev.Params))
		}
	}
	return all
}

// requests are the addresses that were asked for.
func (b *browser) requests() (all []string) {
	b.eval("0")
	for _, ev := range b.events {
		var sent struct{ Request struct{ URL string } }
		if ev.Method == "Network.requestWillBeSent" && json.Unmarshal(ev.Params, &sent) == nil {
			all = append(all, sent.Request.URL)
		}
	}
	return all
}

// print is the page as a PDF. It is written to WANTWRITE_SHOTS as well.
func (b *browser) print(name string) []byte {
	b.t.Helper()
	var got struct{ Data string }
	b.call("Page.printToPDF", map[string]any{"printBackground": true}, &got)
	return b.keep(name+".pdf", got.Data)
}

// accessible are the nodes that a screen reader is given and that may have a name
// of their own, as "role: name".
func (b *browser) accessible() (nodes []string) {
	b.t.Helper()
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name struct{ Value string }
		}
	}
	b.call("Accessibility.getFullAXTree", nil, &tree)
	for _, n := range tree.Nodes {
		switch n.Role.Value {
		case "heading", "toolbar", "button", "slider", "checkbox", "searchbox", "table",
			"columnheader", "rowheader", "group", "article", "link":
			if !n.Ignored {
				nodes = append(nodes, n.Role.Value+": "+n.Name.Value)
			}
		}
	}
	return nodes
}

// screenshot writes what is seen to the folder that WANTWRITE_SHOTS names, for
// people to look at.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	if os.Getenv("WANTWRITE_SHOTS") == "" {
		return
	}
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	b.keep(name+".png", shot.Data)
}

// keep decodes what chromium made, and writes it to the folder that
// WANTWRITE_SHOTS names, if any.
func (b *browser) keep(name, encoded string) []byte {
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
