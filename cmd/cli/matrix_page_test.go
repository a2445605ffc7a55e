package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/matrix"
	"github.com/wantwrite/wantwrite/fuzz/run"
)

// TestMatrixPage opens the page of a matrix in a browser: it sorts and filters, it
// takes a label for text, and its links lead to the pages of the scripts.
func TestMatrixPage(t *testing.T) {
	b := startBrowser(t)
	path := matrixPage(t)
	b.open("file://" + path)
	texts := func(selector string) string {
		return fmt.Sprint(b.eval("[...document.querySelectorAll('" + selector +
			"')].map((e) => e.textContent).join('|')"))
	}
	names := "#table tbody tr:not([hidden]) th a"
	if got := texts(names); got != "reset-is-would-block|recv-after-close" {
		t.Errorf("got rows %s; want those of the matrix", got)
	}
	for _, order := range []string{"ascending", "descending"} {
		b.eval("document.querySelector('#table thead button').click()")
		if got := b.eval("document.querySelector('#table thead th').ariaSort"); got != order {
			t.Errorf("the heading says %v; want %s", got, order)
		}
	}
	if got := texts(names); got != "reset-is-would-block|recv-after-close" {
		t.Errorf("got rows %s; want them sorted downwards", got)
	}
	b.press("/")
	b.enter("RECV crash")
	if got := texts(names); got != "recv-after-close" {
		t.Errorf("got rows %s; want the one that was searched", got)
	}
	if got := texts("#count"); got != "1 of 3 cells" {
		t.Errorf("got %q; want the count", got)
	}
	if got := texts("#table tbody"); !strings.Contains(got, "<img src=x onerror=alert(1)>") {
		t.Errorf("got %q; want the label as text", got)
	}
	if n := b.eval("document.querySelectorAll('img').length + document.scripts.length"); n != 1.0 {
		t.Errorf("got %v scripts and pictures; want the page's own one", n)
	}
	b.screenshot("matrix")
	b.keptTo("file://" + path)
	link := fmt.Sprint(b.eval("document.querySelector('#table a').getAttribute('href')"))
	cell := filepath.Join(filepath.Dir(path), filepath.FromSlash(link))
	b = b.as(t)
	b.open("file://" + cell)
	if got := texts("h1"); !strings.Contains(got, "-") {
		t.Errorf("got %q; want the page of a script", got)
	}
	b.keptTo("file://" + cell)
	t.Run("words", func(t *testing.T) { breaksNoWord(t, b.as(t)) })
}

// breaksNoWord: in a window of any width each word of the page of all mutants is whole;
// what has no room is to be scrolled to.
func breaksNoWord(t *testing.T, b *browser) {
	t.Helper()
	m := matrix.Matrix{Catalog: func() *run.Catalog { return run.NewCatalog() },
		Engines: []string{"model"}, Versions: []string{"any"}, Strategies: []string{"portfolio"},
		Seed: 1, Seeds: 1, Schedules: 1}
	var err error
	if m.Subjects, err = matrix.Mutants(m.Catalog(), []string{"*"}); err != nil {
		t.Fatal(err)
	}
	rep, err := m.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "all.html")
	if err := rep.WritePages(path); err != nil {
		t.Fatal(err)
	}
	b.open("file://" + path)
	for _, width := range []int64{500, 800, 1200} {
		b.resize(width, 700)
		b.screenshot(fmt.Sprintf("matrix-%d", width))
		if broken := b.eval(brokenWords); broken != "" {
			t.Errorf("at %d pixels words are broken: %v", width, broken)
		}
	}
}

// brokenWords lists the words of the tables that stand in more than one line. A hyphen or a slash is a
// place where a line may end. The paths of scripts are wider than any column.
const brokenWords = `[...document.querySelectorAll('th, td')].flatMap((cell) => {
	const found = [], walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
	for (let node; (node = walk.nextNode());) {
		if (node.parentElement.matches('.script')) continue;
		for (const word of node.data.matchAll(/[^\s\-\/]+/g)) {
			const range = document.createRange();
			range.setStart(node, word.index);
			range.setEnd(node, word.index + word[0].length);
			if (new Set([...range.getClientRects()].map((r) => r.top)).size > 1) found.push(word[0]);
		}
	}
	return found;
}).join(' ')`

// matrixPage writes the page of a small matrix, one of whose rows has a label that
// nobody can trust.
func matrixPage(t *testing.T) (path string) {
	t.Helper()
	m := matrix.Matrix{Catalog: func() *run.Catalog { return run.NewCatalog() },
		Engines: []string{"model"}, Versions: []string{"1.2"}, Strategies: []string{"random"},
		Seed: 1, Seeds: 1, Schedules: 400, Pages: true}
	var err error
	m.Subjects, err = matrix.Mutants(m.Catalog(), []string{"recv-after-close", "reset-is-would-block",
		"half-close-unarmed"})
	if err != nil {
		t.Fatal(err)
	}
	m.Done = func(c *matrix.Cell) error {
		if c.Script == nil {
			c.Reason = hostileText
		}
		return nil
	}
	rep, err := m.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "m.html")
	if err := rep.WritePages(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// hostileText is text that would do something if it were not escaped.
const hostileText = "<script>document.title='owned'</script><img src=x onerror=alert(1)>'\"`\x00\x01\u2028" +
	"</script><!--${1}{{.}}\xff&amp;"
