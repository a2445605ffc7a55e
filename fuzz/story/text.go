package story

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wantwrite/wantwrite/sim/script"
)

// storyWidth is the width of a story's text in columns.
const storyWidth = 100

// laneAt is the column of each lane.
var laneAt = [numLanes]int{8, 26, 51, 67, 80, 96}

// TextOptions say how a story is written as text.
type TextOptions struct {
	// All shows every step and every call, not only those that matter.
	All bool
	// Color uses a terminal's bold, dim and red.
	Color bool
}

// Text is the story as a sequence diagram of at most 100 columns, what the
// buffers hold at the end, and the verdict.
func (s *Story) Text(o TextOptions) string {
	w := &storyWriter{o: o}
	w.wrap(s.Title, "")
	w.line("")
	w.steps(s)
	w.line("")
	for _, row := range s.table() {
		w.line(row)
	}
	for i, p := range s.Verdict.Paragraphs {
		w.line("")
		if i == len(s.Verdict.Paragraphs)-1 {
			w.style = w.bold()
		}
		w.wrap(p, "  ")
	}
	return w.String()
}

// A storyWriter writes lines.
type storyWriter struct {
	strings.Builder
	o     TextOptions
	style string // of the lines that follow
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
func (w *storyWriter) wrap(text, indent string) {
	line := indent
	for _, word := range strings.Fields(text) {
		for n := storyWidth - len(indent); runes(word) > n; word = cutLeft(word, n) {
			if line != indent {
				w.line(line)
			}
			w.line(indent + cutRight(word, n))
			line = indent
		}
		if line != indent && runes(line)+1+runes(word) > storyWidth {
			w.line(line)
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	w.line(line)
}

func runes(s string) int { return utf8.RuneCountInString(s) }

func cutRight(s string, n int) string { return string([]rune(s)[:n]) }
func cutLeft(s string, n int) string  { return string([]rune(s)[n:]) }

// steps writes the diagram.
func (w *storyWriter) steps(s *Story) {
	w.styled(w.bold(), heading())
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
			w.styled(w.dim(), "   ··  "+clip(s.gap(s.Steps[i:i+n]), storyWidth-7))
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
func heading() string {
	r := blank(' ')
	for l, at := range laneAt {
		word := lane(l).String()
		put(r, at-len(word)/2, word)
	}
	return string(r)
}

// step writes the step's line and those of its moves.
func (w *storyWriter) step(st *Step) {
	head := fmt.Sprintf("%5d  %s", st.Number, st.Text)
	if st.Number == 0 {
		head = "       " + st.Text
	}
	style := w.bold()
	if st.Mark != "" {
		head += "  <<< " + st.Mark
		style = w.red()
	}
	r := blank(' ')
	for _, at := range laneAt {
		r[at] = '│'
	}
	put(r, 0, clip(head, storyWidth)+" ")
	w.styled(style, string(r))
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
			w.line(m.row())
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

// blank is an empty row.
func blank(r rune) []rune {
	line := make([]rune, storyWidth)
	for i := range line {
		line[i] = r
	}
	return line
}

// put writes text over a row, as far as it fits.
func put(line []rune, at int, text string) {
	for _, r := range text {
		if at >= 0 && at < len(line) {
			line[at] = r
		}
		at++
	}
}

// clip shortens text to n columns.
func clip(text string, n int) string {
	if runes(text) <= n {
		return text
	}
	return cutRight(text, n-1) + "…"
}

// row draws the move as one row.
func (m *Move) row() string {
	line := blank(' ')
	for _, at := range laneAt {
		line[at] = '│'
	}
	from, to := laneAt[m.From], laneAt[m.To]
	switch {
	case m.From == m.To && m.From == lanePeer:
		line[from] = '●'
		text := clip(m.Text, from-laneAt[lanePump]-3)
		put(line, from-2-runes(text), " "+text+" ")
	case m.From == m.To:
		line[from] = '●'
		put(line, from+1, " "+clip(m.Text, storyWidth-from-3)+" ")
	case from < to:
		arrow(line[from+1:to], m.Text)
		line[to-1] = '▶'
	default:
		arrow(line[to+1:from], m.Text)
		line[to+1] = '◀'
	}
	return string(line)
}

// arrow draws a shaft with text in its middle and leaves one end for the head.
func arrow(shaft []rune, text string) {
	for i := range shaft {
		shaft[i] = '─'
	}
	text = " " + clip(text, len(shaft)-4) + " "
	put(shaft, (len(shaft)-runes(text))/2, text)
}

// table says what each end holds and waits for after the last step.
func (s *Story) table() []string {
	if len(s.Views) == 0 {
		return nil
	}
	ends := [2]script.End{s.End, s.End.Peer()}
	row := func(name, a, b string) string {
		return fmt.Sprintf("  %-24s%s%s%s", name, a, strings.Repeat(" ", max(2, 36-runes(a))), b)
	}
	rows := []string{row(fmt.Sprintf("after step %d", len(s.Views)-1),
		fmt.Sprintf("%s, %s", ends[0], s.pump(ends[0])), fmt.Sprintf("%s, %s", ends[1], s.pump(ends[1])))}
	a, b := s.holds(len(s.Views)-1, ends[0]), s.holds(len(s.Views)-1, ends[1])
	for i := range a {
		if a[i].Bytes > 0 || b[i].Bytes > 0 {
			rows = append(rows, row(a[i].Name, a[i].gauge(), b[i].gauge()))
		}
	}
	x, y := s.waits(len(s.Views)-1, ends[0]), s.waits(len(s.Views)-1, ends[1])
	for i := range x {
		rows = append(rows, row(x[i][0], x[i][1], y[i][1]))
	}
	return rows
}

// pump is the name of an end's pump.
func (s *Story) pump(end script.End) string {
	t := teller{script: &script.Script{Config: s.Config}}
	return t.pumpOf(end)
}

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
