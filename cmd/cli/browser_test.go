package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/wantwrite/wantwrite/engine/require"
)

// A browser is chromium with one tab and without a window.
type browser struct {
	*testing.T // what fails
	ctx        context.Context
	seen       chan []any // the events of the tab, in a channel of one
}

// startBrowser starts chromium with a profile of its own, and ends it with the test.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		require.Missing(t, "chromium", "chromium is missing: install the Debian package chromium")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.Headless,
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1400, 1000)}
	for _, name := range []string{"disable-quic", "disable-background-networking",
		"disable-component-update", "disable-sync"} {
		options = append(options, chromedp.Flag(name, true))
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, _ = chromedp.NewContext(ctx)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx) }) // it waits until the process is gone
	b := &browser{t, ctx, make(chan []any, 1)}
	b.seen <- nil
	err = chromedp.Listen(ctx, func(event any) { b.seen <- append(<-b.seen, event) })
	if err == nil {
		_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// as is the browser for another test, such as a subtest: that one fails, and what the
// pages before it have said and asked for is forgotten.
func (b *browser) as(t *testing.T) *browser {
	<-b.seen
	b.seen <- nil
	return &browser{t, b.ctx, b.seen}
}

// patience is how long the browser may take for an answer.
const patience = time.Minute

// act does something in the tab.
func act[T any](b *browser, action chromedp.Action[T]) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	if err != nil {
		b.Fatal(err)
	}
	return result
}

// call sends a command to the tab.
func call[P, R any](b *browser, command cdp.Command[P, R], params P) R {
	b.Helper()
	return act(b, func(ctx context.Context, t *chromedp.Target) (R, error) {
		return cdp.Call(ctx, t, command, params)
	})
}

// eval evaluates an expression in the page; a promise is waited for.
func (b *browser) eval(expression string) any {
	b.Helper()
	return act(b, chromedp.Evaluate[any](expression, chromedp.EvalAwaitPromise))
}

// open opens a page and waits until it is ready; it says how long that took.
func (b *browser) open(url string) time.Duration {
	b.Helper()
	start := time.Now()
	b.scheme("light")
	act(b, chromedp.Navigate(url))
	b.wait("document.body && document.body.dataset.ready")
	return time.Since(start)
}

// wait waits until an expression is true in the page.
func (b *browser) wait(expression string) {
	b.Helper()
	for start := time.Now(); b.eval("!!("+expression+")") != true; {
		if time.Since(start) > 30*time.Second {
			b.Fatalf("%s does not come true: %v", expression, b.complaints())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// press presses a key and lets it go.
func (b *browser) press(key string) {
	b.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown,
		input.DispatchKeyEventTypeKeyUp} {
		call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key})
	}
}

// enter writes text where the focus is.
func (b *browser) enter(text string) {
	b.Helper()
	call(b, input.InsertText, input.InsertTextParams{Text: text})
}

// resize makes the window so large, in pixels.
func (b *browser) resize(width, height int64) {
	b.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width,
		Height: height, DeviceScaleFactor: 1})
}

// scheme makes the system's colours light or dark.
func (b *browser) scheme(name string) {
	b.Helper()
	b.media("", name)
}

// media shows the page as it is on a medium, "" for a screen, with the system's colours.
func (b *browser) media(name, scheme string) {
	b.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: name,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// events are those of the tab so far.
func (b *browser) events() []any {
	b.Helper()
	b.eval("0") // what is under way has come
	all := <-b.seen
	b.seen <- all
	return all
}

// complaints are what the page has complained of: errors, what its policy has refused,
// exceptions, and words on the console.
func (b *browser) complaints() (all []string) {
	b.Helper()
	for _, event := range b.events() {
		switch event.(type) {
		case *log.EventEntryAdded, *runtime.EventExceptionThrown, *runtime.EventConsoleAPICalled:
			text, err := json.Marshal(event)
			all = append(all, fmt.Sprint(string(text), err))
		}
	}
	return all
}

// keptTo checks that pages have asked for nothing but what is at an address, or below it,
// and that nothing in them has failed.
func (b *browser) keptTo(address string) {
	b.Helper()
	for _, event := range b.events() {
		sent, ok := event.(*network.EventRequestWillBeSent)
		if !ok {
			continue
		}
		if url := sent.Request.URL; !strings.HasPrefix(url, address) && url != "data:," &&
			url != "about:blank" {
			b.Errorf("the page asked for %s; want nothing but %s", url, address)
		}
	}
	for _, text := range b.complaints() {
		b.Errorf("the page complains: %s", text)
	}
}

// accessible are the nodes that a screen reader is given and that may have a name of their
// own, as "role: name".
func (b *browser) accessible() (names []string) {
	b.Helper()
	tree := call(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	for _, n := range tree.Nodes {
		switch role := spoken(n.Role); role {
		case "heading", "toolbar", "button", "slider", "checkbox", "searchbox", "table",
			"columnheader", "rowheader", "group", "article", "link", "progressbar":
			if !n.Ignored {
				names = append(names, role+": "+spoken(n.Name))
			}
		}
	}
	return names
}

// spoken is the text of a value.
func spoken(v *accessibility.Value) (text string) {
	if v != nil {
		_ = json.Unmarshal(v.Value, &text) // what is no text is not spoken
	}
	return text
}

// printed is the page as a PDF. It is kept as well.
func (b *browser) printed(name string) []byte {
	b.Helper()
	pdf := act(b, chromedp.PrintToPDF(chromedp.PDFPrintBackground()))
	b.keep(name+".pdf", pdf)
	return pdf
}

// screenshot keeps a picture of what is seen.
func (b *browser) screenshot(name string) {
	b.Helper()
	if os.Getenv("WANTWRITE_SHOTS") != "" {
		b.keep(name+".png", act(b, chromedp.CaptureScreenshot()))
	}
}

// keep writes what chromium made to the folder that WANTWRITE_SHOTS names, if any, for
// people to look at.
func (b *browser) keep(name string, data []byte) {
	b.Helper()
	if folder := os.Getenv("WANTWRITE_SHOTS"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o666); err != nil {
			b.Error(err)
		}
	}
}
