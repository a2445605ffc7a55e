package story

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the page's parts
	"encoding/base64"
	"encoding/json"
	"html/template"
	"slices"

	"github.com/wantwrite/wantwrite/sim/script"
)

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/page.js
	pageJS string
)

// Page makes one HTML file of a story, or of two side by side.
func Page(stories ...*Story) ([]byte, error) {
	data, err := pageData(stories)
	if err != nil {
		return nil, err
	}
	page := Document{HTML: pageHTML, CSS: pageCSS, JS: pageJS}
	return page.Render(map[string]any{"Stories": stories, "Data": template.HTML(data)})
}

// A pageRun is a story as the page's script reads it. Each word stands once in Words;
// everywhere else is its number.
type pageRun struct {
	Words []string
	// Ends are the two ends of the link and their pumps, the one to blame first.
	Ends [2]string
	// Lanes are the names of the lanes; one without a name is not drawn.
	Lanes []string
	// Holds are the names of the places where bytes lie. Waits are the names of what an
	// end waits for.
	Holds, Waits []string
	// Limits are how many bytes fit in each place; 0 means no limit. From index Inward
	// on the places are for incoming bytes.
	Limits []int
	Inward int
	Steps  []pageStep
	// Lost, Came and Found are steps of the verdict. Differs is the index of the first
	// step in which the other run differs, -1 if there is none.
	Lost, Came, Found, Differs int
}

// A pageStep is a step, and the state of both ends after it.
type pageStep struct {
	N, T int    // number, text
	Now  uint64 // ticks
	H, M int    // flags: quiescing, matters
	K    int    // mark
	// V are the moves: from, to, text, and 1 if it is aside.
	V [][4]int
	// S is the state of both ends, if there is one.
	S []pageState
}

// unseenBytes stands for the bytes of a place inside a program.
const unseenBytes = -1

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

// pageData is the runs as compressed JSON in base64. 10,000 steps take less than a
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

// firstDifference is the index of the first step that moves something and in which two
// runs differ; -1 if there is none.
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
	lanes := s.lanes()
	r.Lanes = lanes[:]
	for i, end := range [...]script.End{s.End, s.End.Peer()} {
		r.Ends[i] = end.String() + ", " + s.pump(end)
	}
	if s.Trace.Last() >= 0 {
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
	p.H, p.M = bit(st.Quiesce), bit(st.Matters)
	for _, m := range st.Moves {
		p.V = append(p.V, [4]int{int(m.From), int(m.To), d.word(m.Text), bit(m.Aside)})
	}
	if st.Number <= s.Trace.Last() {
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

// pageState is the state of an end after a step: what lies where, what the end waits for,
// and which wakeup will move it.
func (s *Story) pageState(step int, end script.End, d *dictionary) (p pageState) {
	for _, h := range s.holds(step, end) {
		if s.unseen(h, end) {
			h.Bytes = unseenBytes
		}
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
