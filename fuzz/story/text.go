package story

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wantwrite/wantwrite/sim/script"
)

// A story's text is at most widest columns wide, and at least narrowest.
const (
	widest    = 100
	narrowest = 60
)

// laneAt is the column of each lane in the widest text.
var laneAt = [numLanes]int{8, 26, 51, 67, 80, 96}

// lanes are the columns of the lanes in a text of a width: closer to each other where it is less,
// with the same margins.
func lanes(width int) (at [numLanes]int) {
	const left, margins = 8, 12
	for l := range at {
		at[l] = left + (laneAt[l]-left)*(width-margins)/(widest-margins)
	}
	return at
}

// TextOptions say how a story is written as text.
type TextOptions struct {
	// All shows every step and every call, not only those that matter.
	All bool
	// Color uses a terminal's bold, dim and red.
	Color bool
	// Width is the most columns of a line. It is taken for at least 60 and at most 100; 0 means 100.
	Width int
}

// Text is the story as a sequence diagram, what the buffers hold at the end, and the verdict.
// Where a line has no room for a text, the text goes on in the next one: no word is cut unless it
// is wider than the whole text.
func (s *Story) Text(o TextOptions) string {
	w := &storyWriter{o: o, width: widest, names: s.lanes()}
	if o.Width != 0 {
		w.width = max(narrowest, min(o.Width, widest))
	}
	w.lanes = lanes(w.width)
	w.wrap(s.Title, "")
	w.line("")
	w.steps(s)
	w.line("")
	w.table(s)
	for i, p := range s.Verdict.Paragraphs {
		w.line("")
		if i == len(s.Verdict.Paragraphs)-1 {
			w.style = w.bold()
		}
		w.wrap(p, "  ")
	}
	for _, line := range sources(s.Verdict.Places) {
		w.hang("    ", line, "      ")
	}
	w.style = ""
	if text := unseen(s.Trace); text != "" {
		w.line("")
		w.wrap(text, "  ")
	}
	return w.String()
}

// A storyWriter writes lines.
type storyWriter struct {
	strings.Builder
	o     TextOptions
	width int
	lanes [numLanes]int
	names [numLanes]string // empty: the lane is not drawn
	style string           // of the lines that follow
}

// bold and dim are styles, red is for what is wrong.
func (w *storyWriter) bold() string { return "\x1b[1m" }
func (w *storyWriter) dim() string  { return "\x1b[2m" }
func (w *storyWriter) red() string  { return "\x1b[1;31m" }

// line writes a line in the current style, without trailing blanks.
func (w *storyWriter) line(text string) {
	text = strings.TrimRight(text, " ")
	if w.o.Color && w.style != "" && text != "" {
		text = w.style + text + "\x1b[0m"
	}
	w.WriteString(text)
	w.WriteByte('\n')
}

// styled writes one line in a style.
func (w *storyWriter) styled(style, text string) {
	w.style = style
	w.line(text)
	w.style = ""
}

// wrap writes text in indented lines.
func (w *storyWriter) wrap(text, indent string) { w.hang(indent, text, indent) }

// hang writes a head and a text behind it. The lines that follow the first one are indented.
func (w *storyWriter) hang(head, text, indent string) {
	for i, line := range w.fold(text, runes(head), len(indent)) {
		if i > 0 {
			head = indent
		}
		w.line(head + line)
	}
}

// fold breaks text into lines that have so many columns in front of them: the first one, and the rest.
func (w *storyWriter) fold(text string, first, rest int) []string {
	return fold(pieces(text, w.width-rest), w.width-first, w.width-rest)
}

// steps writes the diagram.
func (w *storyWriter) steps(s *Story) {
	w.styled(w.bold(), w.heading())
	quiescing := false
	for i := 0; i < len(s.Steps); {
		st := &s.Steps[i]
		if st.Number == 0 && !w.o.All {
			i++
			continue
		}
		if st.Quiesce && !quiescing {
			quiescing = true
			w.styled(w.dim(), "       quiesce: no more faults, no new work")
		}
		if n := s.leftOut(i, w.o.All); n > 0 {
			w.style = w.dim()
			w.hang("   ··  ", s.gap(s.Steps[i:i+n]), stepIndent)
			w.style = ""
			i += n
			continue
		}
		w.step(st)
		i++
	}
}

// leftOut is how many steps are left out from i on, at most up to the first of the
// quiescing phase.
func (s *Story) leftOut(i int, all bool) (n int) {
	for ; i+n < len(s.Steps); n++ {
		st := &s.Steps[i+n]
		if all || st.Matters || n > 0 && st.Quiesce != s.Steps[i].Quiesce {
			break
		}
	}
	return n
}

// heading names the lanes.
func (w *storyWriter) heading() string {
	r := []rune(strings.Repeat(" ", w.width))
	for l, at := range w.lanes {
		word := w.names[l]
		put(r, at-len(word)/2, word)
	}
	return string(r)
}

// stepIndent stands in front of a step's text where there is no number.
const stepIndent = "       "

// step writes the step's lines and those of its moves.
func (w *storyWriter) step(st *Step) {
	text, style := st.Text, w.bold()
	if st.Mark != "" {
		text += "  <<< " + st.Mark
		style = w.red()
	}
	rest := len(stepIndent)
	lines := []string{text}
	if rest+runes(text) > w.width {
		lines = w.fold(text, rest, rest)
	}
	for i, line := range lines {
		head := stepIndent
		if i == 0 && st.Number > 0 {
			head = fmt.Sprintf("%5d  ", st.Number)
		}
		r := w.row()
		put(r, 0, head+line+" ")
		w.styled(style, string(r))
	}
	w.moves(st.Moves)
}

// moves draws the moves. What repeats is drawn once, with the number of repetitions.
func (w *storyWriter) moves(all []Move) {
	shown := (&Step{Moves: all}).movers()
	if w.o.All {
		shown = all
	}
	for i := 0; i < len(shown); {
		period, again := 1, 0
		if !w.o.All {
			period, again = repeated(shown[i:])
		}
		for _, m := range shown[i : i+period] {
			w.move(&m)
		}
		if again > 0 {
			w.styled(w.dim(), fmt.Sprintf("   ··  and %d times more", again))
		}
		i += period * (1 + again)
	}
}

// maxPeriod is the most moves in a group that repeats.
const maxPeriod = 4

// repeated finds how many moves at the front form a group that repeats at once, and how
// often. A group that comes only twice is drawn twice.
func repeated(moves []Move) (period, again int) {
	for period = 1; period <= maxPeriod; period++ {
		again = 0
		for at := period; at+period <= len(moves); at += period {
			if !slices.Equal(moves[:period], moves[at:at+period]) {
				break
			}
			again++
		}
		if again > 1 {
			return period, again
		}
	}
	return 1, 0
}

// row is a row with nothing but the lanes.
func (w *storyWriter) row() []rune {
	r := []rune(strings.Repeat(" ", w.width))
	for l, at := range w.lanes {
		if w.names[l] != "" {
			r[at] = '│'
		}
	}
	return r
}

// put writes text over a row, as far as it fits.
func put(row []rune, at int, text string) {
	for _, r := range text {
		if at >= 0 && at < len(row) {
			row[at] = r
		}
		at++
	}
}

// move draws a move: in one row if its text fits there.
func (w *storyWriter) move(m *Move) {
	from, to := w.lanes[m.From], w.lanes[m.To]
	switch {
	case m.From == m.To && m.From == lanePeer:
		w.within(from, from-1, m.Text)
	case m.From == m.To:
		w.within(from, w.width, m.Text)
	default:
		w.across(from, to, m.Text)
	}
}

// within draws what happens in a lane, with the text on its right, or, for the last lane, on its left:
// where the text must end says which. Only the first row has the dot.
//
// Story 130: a text that did not fit was cut, or wrote over the dot. On a terminal of 80 columns all
// rows continued in the next one, and of the diagram nothing was left.
func (w *storyWriter) within(at, end int, text string) {
	left := at + 2
	if end < at {
		left = w.lanes[lanePump] + 2
	}
	words := pieces(text, w.width-2)
	left = max(1, min(left, end-longest(words)))
	lines := fold(words, end-left, end-left)
	for i, line := range lines {
		r, start := w.row(), left
		if end < at {
			start = max(1, end-runes(line))
		}
		put(r, start-1, " "+line+" ")
		if i == 0 {
			r[at] = '●'
		}
		w.line(string(r))
	}
}

// across draws an arrow from a column to another, with the text in its middle. If it does not fit
// there the text is above the arrow.
func (w *storyWriter) across(from, to int, text string) {
	left, right := min(from, to), max(from, to)
	if runes(text)+4 > right-left-1 {
		words := pieces(text, w.width-2)
		start := max(1, min(left+2, w.width-longest(words)))
		for _, line := range fold(words, w.width-start, w.width-start) {
			r := w.row()
			put(r, start-1, " "+line+" ")
			w.line(string(r))
		}
		text = ""
	}
	r := w.row()
	arrow(r[left+1:right], text)
	if from < to {
		r[to-1] = '▶'
	} else {
		r[to+1] = '◀'
	}
	w.line(string(r))
}

// arrow draws a shaft with text in its middle and leaves one end for the head.
func arrow(shaft []rune, text string) {
	for i := range shaft {
		shaft[i] = '─'
	}
	if text != "" {
		text = " " + text + " "
		put(shaft, (len(shaft)-runes(text))/2, text)
	}
}

// A cell says what an end holds in one place, or waits for. It is idle if it holds nothing there.
type cell struct {
	name, text string
	idle       bool
}

// column is the cells of an end after the last step, its own name first.
func (s *Story) column(end script.End) (all []cell) {
	last := s.Trace.Last()
	all = []cell{{fmt.Sprintf("after step %d", last), end.String() + ", " + s.pump(end), false}}
	for _, h := range s.holds(last, end) {
		all = append(all, cell{h.Name, h.gauge(), h.Bytes == 0})
	}
	for _, waits := range s.waits(last, end) {
		all = append(all, cell{waits[0], waits[1], false})
	}
	return all
}

// nameColumns is how wide the names of cells are, with their indent, and leastColumns how wide the
// texts behind them must be.
const nameColumns, leastColumns = 26, 24

// table writes what each end holds and waits for after the last step: side by side, or one end below
// the other where there is no room for two.
func (w *storyWriter) table(s *Story) {
	if s.Trace.Last() < 0 {
		return
	}
	a, b := s.column(s.End), s.column(s.End.Peer())
	if (w.width-nameColumns)/2 >= leastColumns {
		for i := range a {
			if !a[i].idle || !b[i].idle {
				w.beside(a[i], b[i])
			}
		}
		return
	}
	for i, end := range [][]cell{a, b} {
		if i > 0 {
			w.line("")
		}
		for _, c := range end {
			if !c.idle {
				w.hang(name(c), c.text, strings.Repeat(" ", nameColumns))
			}
		}
	}
}

func name(c cell) string { return fmt.Sprintf("  %-*s", nameColumns-2, c.name) }

// beside writes two cells in as many lines as the longer one needs.
func (w *storyWriter) beside(a, b cell) {
	first := (w.width - nameColumns) / 4 * 2
	left := w.fold(a.text, w.width-first+2, w.width-first+2)
	right := w.fold(b.text, nameColumns+first, nameColumns+first)
	head := name(a)
	for i := range max(len(left), len(right)) {
		line := [2]string{}
		if i < len(left) {
			line[0] = left[i]
		}
		if i < len(right) {
			line[1] = right[i]
		}
		blanks := strings.Repeat(" ", first-runes(line[0]))
		w.line(head + line[0] + blanks + line[1])
		head = strings.Repeat(" ", nameColumns)
	}
}

// pump is the name of an end's pump.
func (s *Story) pump(end script.End) string { return pumpOf(&s.Config, end) }

// gaugeCells is how wide a gauge is, in columns.
const gaugeCells = 8

// gauge draws how full a buffer is.
func (h hold) gauge() string {
	if h.Limit <= 0 {
		return fmt.Sprint(h.Bytes)
	}
	full := (min(h.Bytes, h.Limit)*gaugeCells + h.Limit - 1) / h.Limit
	return fmt.Sprintf("%s%s %d of %d", strings.Repeat("■", full),
		strings.Repeat("·", gaugeCells-full), h.Bytes, h.Limit)
}
