package survey

import (
	_ "embed" // for the page
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/fuzz/table"
)

//go:embed page/survey.html
var pageHTML string

// WritePages writes the table to a file as a page that needs no other, and a page of each find to a
// folder beside it: matrix-finds for matrix.html. The scripts of the finds are replayed for theirs.
func (s *Survey) WritePages(t *Table, path string) error {
	folder := strings.TrimSuffix(path, filepath.Ext(path)) + "-finds"
	links := map[string]string{} // by their scripts
	for _, r := range t.Rows {
		for _, f := range r.Finds {
			name := fmt.Sprintf("%s-%d.html", corpus.Slug(r.Program, f.Script.Property), f.Number)
			if err := s.draw(f, filepath.Join(folder, name)); err != nil {
				return err
			}
			links[f.Path] = "./" + filepath.Base(folder) + "/" + name
		}
	}
	page := story.Document{HTML: pageHTML, CSS: table.CSS, JS: table.JS}
	text, err := page.Render(t.view(links))
	if err != nil {
		return err
	}
	return corpus.Replace(path, text)
}

// draw writes the page of a find.
func (s *Survey) draw(f *Find, path string) error {
	page, err := s.Picture(f.Script)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o777)
	}
	if err != nil {
		return fmt.Errorf("survey: cannot make the page %s: %w", path, err)
	}
	return corpus.Replace(path, page)
}

// A pageView is the template's data.
type pageView struct {
	Summary
	Headline  string
	Partial   bool
	Schedules uint64
	Scenarios []string
	Programs  []pageProgram
	Lines     []pageLine
}

// A pageProgram is a line of the picture: how many finds were seen in each scenario.
type pageProgram struct {
	*Row
	Fields []pageField
}

// A pageField is a program in a scenario. Seen is what was seen there, a sentence for each find.
type pageField struct {
	Hunted bool
	Count  int
	Class  string
	Seen   string
}

// A pageLine is a row of the table.
type pageLine struct {
	Line
	Link string
}

// view makes the template's data.
func (t *Table) view(links map[string]string) *pageView {
	s := t.Summary()
	v := &pageView{Summary: s, Headline: s.headline(t), Partial: t.Partial, Schedules: t.Schedules}
	for _, r := range t.Rows {
		for _, c := range r.Cells {
			if !slices.Contains(v.Scenarios, c.Scenario) {
				v.Scenarios = append(v.Scenarios, c.Scenario)
			}
		}
	}
	for _, r := range t.Rows {
		p := pageProgram{Row: r}
		for _, scenario := range v.Scenarios {
			p.Fields = append(p.Fields, r.field(scenario))
		}
		v.Programs = append(v.Programs, p)
	}
	for _, l := range t.Lines() {
		v.Lines = append(v.Lines, pageLine{l, links[l.Script]})
	}
	return v
}

// field adds a scenario's cells up, in both TLS versions.
func (r *Row) field(scenario string) (f pageField) {
	var finds []int
	for _, c := range r.Cells {
		if c.Scenario != scenario || !c.Filled {
			continue
		}
		f.Hunted = true
		for _, s := range c.Seen {
			if !slices.Contains(finds, s.Find) {
				finds = append(finds, s.Find)
			}
		}
	}
	f.Count = len(finds)
	var seen []string
	for _, n := range finds {
		find := r.Finds[n-1]
		if find.Judged == "" {
			f.Class = "bad"
		}
		seen = append(seen, find.Script.Property+": "+find.verdict())
	}
	f.Seen = strings.Join(seen, "\n")
	return f
}
