package story

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"

	"github.com/wantwrite/wantwrite/sim/script"

	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"slices"
)

// the page's parts

// headHTML is how every page begins that is made here.
//
//go:embed page/head.html
var headHTML string

//go:embed page/page.html
var pageHTML string

//go:embed page/page.css
var pageCSS string

//go:embed page/page.js
var ownJS string

// DOM is the part of a page's script that makes elements: also other pages' that
// are made here.
//
//go:embed page/dom.js
var DOM string

// pageJS is the page's script.
var pageJS = DOM + ownJS

// Page makes of a story, or of two side by side, one HTML file that needs
// nothing else. Its policy lets nothing run that is not in it, and nothing be
// fetched. All that is told is data or escaped text.
func Page(stories ...*Story) ([]byte, error) {
	data, err := pageData(stories)
	if err != nil {
		return nil, err
	}
	return Render(pageHTML, map[string]any{"Stories": stories, "Data": template.HTML(data),
		"CSS": template.CSS(pageCSS), "JS": template.JS(pageJS),
		"Policy": Policy(pageCSS, pageJS)})
}

// Render fills a page's template, which begins with {{template "head" .}}: the
// Policy that the view has comes before all else.
func Render(page string, view any) ([]byte, error) {
	t, err := template.New("page").Parse(headHTML + page)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, view)
	return b.Bytes(), err
}

// Policy is a Content-Security-Policy under which only this style and this script
// have an effect on a page, both as they stand in it, and nothing is fetched.
func Policy(css, js string) string {
	return "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; script-src " +
		hashOf(js) + "; style-src " + hashOf(css)
}

// hashOf is how a Content-Security-Policy names a part of the page.
func hashOf(part string) string {
	sum := sha256.Sum256([]byte(part))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// A pageRun is a story as the page's script has it. Words stand once in Words,
// and everywhere else their number.
type pageRun struct {
	Words []string
	// Ends are the two of the link, the one to blame first, and their pumps.
	Ends [2]string
	// Holds are the names of the places where bytes lie, and Waits those of
	// what an end waits for.
	Holds, Waits []string
	// Limits are how much fits in each place; 0 is no limit. From Inward on they
	// are of what comes in.
	Limits []int
	Inward int
	Steps  []pageStep
	// Lost, Came and Found are steps of the verdict; Differs is the index of
	// the first step that the other run does otherwise, -1 if there is none.
	Lost, Came, Found, Differs int
}

// A pageStep is a step, and the state of both ends after it.
type pageStep struct {
	N, T int    // number, text
	Now  uint64 // ticks
	H, M int    // flags: heal, matters
	K    int    // mark
	// V are the moves: from, to, text, and 1 if it is aside.
	V [][4]int
	// S is the state of both ends, if there is one.
	S []pageState
}

type pageState struct {
	H []int    // bytes in each place
	W []int    // words of what it waits for
	D [][4]int // dues: word, bytes, wakeup, and 1 if it is lost
}

// dictionary numbers words.
type dictionary struct {
	words []string
	at    map[string]int
}

func (d *dictionary) word(s string) int {
	n, ok := d.at[s]
	if !ok {
		n = len(d.words)
		d.at[s] = n
		d.words = append(d.words, s)
	}
	return n
}

// pageData is the runs as JSON, packed, in base64: 10,000 steps are less than a
// megabyte.
func pageData(stories []*Story) (string, error) {
	var runs []*pageRun
	for _, s := range stories {
		runs = append(runs, s.run())
	}
	if len(stories) == 2 {
		n := firstDifference(stories[0].Steps, stories[1].Steps)
		runs[0].Differs, runs[1].Differs = n, n
		for i := range min(len(runs[0].Steps), len(runs[1].Steps)) {
			a, b := &runs[0].Steps[i], &runs[1].Steps[i] // shown in both or in none
			a.M, b.M = a.M|b.M, a.M|b.M
		}
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if err := json.NewEncoder(w).Encode(runs); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}

// firstDifference is the index of the first step that two runs do otherwise, as
// far as it moves something; -1 if there is none.
func firstDifference(a, b []Step) int {
	for i := range min(len(a), len(b)) {
		if a[i].Text != b[i].Text || !slices.Equal(a[i].movers(), b[i].movers()) {
			return i
		}
	}
	if len(a) != len(b) {
		return min(len(a), len(b)) - 1
	}
	return -1
}

// movers are the moves of a step that are not aside.
func (s *Step) movers() (moves []Move) {
	for _, m := range s.Moves {
		if !m.Aside {
			moves = append(moves, m)
		}
	}
	return moves
}

// run makes the page's data of a story.
func (s *Story) run() *pageRun {
	d := &dictionary{at: map[string]int{}}
	d.word("")
	r := &pageRun{Lost: s.Verdict.Lost, Came: s.Verdict.Came, Found: s.Verdict.Step, Differs: -1}
	for i, end := range [...]script.End{s.End, s.End.Peer()} {
		r.Ends[i] = end.String() + ", " + s.pump(end)
	}
	if len(s.Views) > 0 {
		for i, h := range s.holds(0, s.End) {
			r.Holds, r.Limits = append(r.Holds, h.Name), append(r.Limits, h.Limit)
			if h.Name == firstInward {
				r.Inward = i
			}
		}
		for _, w := range s.waits(0, s.End) {
			r.Waits = append(r.Waits, w[0])
		}
	}
	for i := range s.Steps {
		r.Steps = append(r.Steps, s.pageStep(&s.Steps[i], d))
	}
	r.Words = d.words
	return r
}

func (s *Story) pageStep(st *Step, d *dictionary) pageStep {
	p := pageStep{N: st.Number, T: d.word(st.Text), Now: st.Now, K: d.word(st.Mark)}
	p.H, p.M = bit(st.Heal), bit(st.Matters)
	for _, m := range st.Moves {
		p.V = append(p.V, [4]int{int(m.From), int(m.To), d.word(m.Text), bit(m.Aside)})
	}
	if st.Number < len(s.Views) {
		for _, end := range [...]script.End{s.End, s.End.Peer()} {
			p.S = append(p.S, s.pageState(st.Number, end, d))
		}
	}
	return p
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// pageState is the state of an end after a step: what lies where, what it waits
// for, and what of that waits for which wakeup.
func (s *Story) pageState(step int, end script.End, d *dictionary) (p pageState) {
	for _, h := range s.holds(step, end) {
		p.H = append(p.H, h.Bytes)
	}
	for _, w := range s.waits(step, end) {
		p.W = append(p.W, d.word(w[1]))
	}
	for _, due := range s.Dues(step, end) {
		p.D = append(p.D, [4]int{d.word(due.What.String()), due.Bytes, d.word(due.Wakeup),
			bit(due.Lost)})
	}
	return p
}
