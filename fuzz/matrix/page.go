package matrix

import (
	_ "embed" // for the files of the page
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/fuzz/table"
)

//go:embed page/matrix.html
var pageHTML string

// Page shows the table as one HTML file that needs no other. Its script sorts and filters rows.
// A cell with a page is a link to <folder>/<slug>.html, where folder is relative to the file.
func (t *Table) Page(folder string) ([]byte, error) {
	s := t.Summary()
	view := pageView{Table: t, Summary: s, Headline: s.headline(t)}
	for i, col := range t.columns {
		view.Totals = append(view.Totals, pageTotal{col, s.columns[i]})
	}
	for _, c := range t.ran() {
		view.Rows = append(view.Rows, newPageRow(c, folder))
	}
	page := story.Document{HTML: pageHTML, CSS: table.CSS, JS: table.JS}
	return page.Render(view)
}

// A pageView is the template's data.
type pageView struct {
	*Table
	*Summary
	Headline string
	Totals   []pageTotal
	Rows     []pageRow
}

// A pageTotal is a row of the table of columns.
type pageTotal struct {
	column
	tally
}

// A pageRow is a row of the table of cells.
type pageRow struct {
	Row
	About string
	Link  string
	// First is the median of the schedules as it is shown, and Order as it is sorted. Mark is
	// the outcome in plain words.
	First string
	Order uint64
	Mark  string
	Class string
}

func newPageRow(c *Cell, folder string) pageRow {
	r := pageRow{Row: c.Row(), About: c.Subject.Spec.About, Order: c.first()}
	if c.Script != nil {
		if r.First = fmt.Sprint(c.Schedules); c.Schedules == 0 {
			r.First = fmt.Sprintf("found by %d of %d", c.Hunts, c.Seeds)
		}
	}
	if c.Page != nil {
		r.Link = "./" + filepath.ToSlash(folder) + "/" + c.Slug + ".html"
	}
	r.Mark, r.Class = c.mark()
	return r
}

// mark is the outcome in plain words, and its class: good, bad or empty.
func (c *Cell) mark() (word, class string) {
	sound := c.Subject.Sound
	switch {
	case c.outcome == senseless:
		return "makes no sense", ""
	case c.Killed():
		return "killed", "good"
	case c.outcome == clean && sound:
		return "clean", "good"
	case c.outcome == byAnother:
		return "found by another property", "bad"
	case c.outcome == found && c.Subject.Mutant == nil && !sound:
		return "found", ""
	case c.outcome == found:
		return "found wanting", "bad"
	case c.Subject.Mutant != nil:
		return "alive", "bad"
	}
	return "clean", ""
}

// WritePages writes the page to a file, and the pages of the cells to a folder beside it:
// matrix-cells for matrix.html.
func (t *Table) WritePages(path string) error {
	folder := strings.TrimSuffix(path, filepath.Ext(path)) + "-cells"
	for _, c := range t.Cells {
		if c.Page == nil {
			continue
		}
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return fmt.Errorf("matrix: cannot make the folder of the cells' pages: %w", err)
		}
		if err := corpus.Replace(filepath.Join(folder, c.Slug+".html"), c.Page); err != nil {
			return err
		}
	}
	page, err := t.Page(filepath.Base(folder))
	if err != nil {
		return err
	}
	return corpus.Replace(path, page)
}
