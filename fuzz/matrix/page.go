package matrix

import (
	"github.com/wantwrite/wantwrite/fuzz/story"

	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/wantwrite/wantwrite/corpus"
)

// the page's parts

//go:embed page/matrix.html
var pageHTML string

//go:embed page/matrix.css
var pageCSS string

//go:embed page/matrix.js
var pageJS string

// Page makes of the report one HTML file that needs nothing else. Its script only
// sorts and filters what is there. Cells that have a page are links to
// <folder>/<slug>.html, where folder is relative to the file.
func (r *Report) Page(folder string) ([]byte, error) {
	s := r.Summary()
	view := pageView{Report: r, Summary: s, Headline: s.headline(r)}
	for i, column := range r.Columns {
		view.Totals = append(view.Totals, pageTotal{column, s.Columns[i]})
	}
	for _, c := range r.Cells {
		view.Rows = append(view.Rows, newPageRow(c, folder))
	}
	page := story.Document{HTML: pageHTML, CSS: pageCSS, JS: pageJS}
	return page.Render(view)
}

// A pageView is what the template is given.
type pageView struct {
	*Report
	*Summary
	Headline string
	Totals   []pageTotal
	Rows     []pageRow
}

// A pageTotal is a line of the table of columns.
type pageTotal struct {
	Column
	Tally
}

// A pageRow is a line of the table of cells.
type pageRow struct {
	Row
	About string
	Link  string
	// First is the median as it is shown, Order as it is sorted, and Mark the
	// outcome in a word that people understand.
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

// mark is the outcome for people, and the class of what has it: good, bad or
// neither.
func (c *Cell) mark() (word, class string) {
	sound := c.Subject.Sound
	switch {
	case c.Outcome == NotRun:
		return "not run", ""
	case c.Outcome == Senseless:
		return "makes no sense", ""
	case c.Killed():
		return "killed", "good"
	case c.Outcome == Clean && sound:
		return "clean", "good"
	case c.Outcome == ByAnother:
		return "found by another property", "bad"
	case c.Outcome == Found && c.Subject.Mutant == nil && !sound:
		return "found", ""
	case c.Outcome == Found:
		return "found wanting", "bad"
	case c.Subject.Mutant != nil:
		return "alive", "bad"
	}
	return "clean", ""
}

// WritePages writes the page to a file, and the pages of its cells into a folder
// beside it that is named after it: matrix-cells for matrix.html.
func (r *Report) WritePages(path string) error {
	folder := strings.TrimSuffix(path, filepath.Ext(path)) + "-cells"
	for _, c := range r.Cells {
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
	page, err := r.Page(filepath.Base(folder))
	if err != nil {
		return err
	}
	return corpus.Replace(path, page)
}
