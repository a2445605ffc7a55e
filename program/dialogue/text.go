package dialogue

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
)

// longestUntil is how much an until reads at most, in bytes.
const longestUntil = mostKept

// A textSpeaker follows the lines of a file.
type textSpeaker struct {
	ear
	file   string
	steps  []textStep
	link   int
	server bool
	at     int            // the step that comes
	counts [mostDepth]int // how often each repeat around it has ended
	free   bool           // the workbench lets this side speak

	turn, size, answer int // what the workbench wanted last
	bodies, said       int // number of the next body, and of the last
	sent               int // its size

	in      []byte // heard, and not judged yet
	scanned int    // bytes of in that an until has looked at
	now     body   // what is to come back
	left    int    // bytes of a count still to come
	going   bool   // the step that comes has begun
	want    []byte // the text of a step
	over    bool
	half    bool
}

// newText makes the speaker of one end.
func newText(file string, steps []textStep, at own.Place) *textSpeaker {
	t := &textSpeaker{file: file, steps: steps, link: at.Link, server: at.Server, bodies: bodiesOf(at.Link)}
	t.run(nil) // up to the first line that waits, which is before the first that says something
	return t
}

// Begins implements own.Speaker.
func (t *textSpeaker) Begins() bool {
	return t.at < len(t.steps) && t.steps[t.at].verb == textPause && t.wrong == ""
}

// Begin implements own.Speaker.
func (t *textSpeaker) Begin(dst []byte, size, answer int) []byte {
	if !t.Begins() {
		return dst
	}
	t.turn++
	t.size, t.answer, t.free = min(size, most), min(answer, most), true
	return t.run(dst)
}

// Hear implements own.Speaker.
func (t *textSpeaker) Hear(dst, p []byte) []byte {
	if t.wrong != "" || t.over {
		return dst
	}
	t.in = append(t.in, p...)
	return t.run(dst)
}

// Over implements own.Speaker.
func (t *textSpeaker) Over() bool { return t.over }

// HalfOver implements own.HalfCloser.
func (t *textSpeaker) HalfOver() bool { return t.half }

// Owed implements own.Speaker.
func (t *textSpeaker) Owed() string {
	if t.at == len(t.steps) || !t.steps[t.at].verb.awaits() {
		return ""
	}
	// A server may wait for the next request of a client that has said all it wanted.
	if t.server && !t.begun {
		return ""
	}
	s := &t.steps[t.at]
	text := ""
	for _, p := range s.parts {
		if p.variable != "" {
			text += "$" + p.variable
			continue
		}
		text += p.text
	}
	return fmt.Sprintf("%s:%d: %s %s", t.file, s.line, textVerbs[s.verb].word, clause([]byte(text)))
}

// run takes steps until one waits.
func (t *textSpeaker) run(dst []byte) []byte {
	for t.at < len(t.steps) && t.wrong == "" {
		s := &t.steps[t.at]
		switch {
		case s.verb.sends():
			dst = t.say(dst, s)
		case s.verb.awaits():
			if !t.hear(s) {
				return dst
			}
		case !t.move(s):
			t.begun = len(t.in) > 0
			return dst
		}
		t.at++
	}
	if len(t.in) > 0 && t.wrong == "" && !t.over {
		t.fault("%s: a byte behind the last line: %s", t.file, clause(t.in[:1]))
	}
	return dst
}

// move takes a step that neither says nor hears. It says whether to go on.
func (t *textSpeaker) move(s *textStep) bool {
	switch s.verb {
	case textPause:
		if !t.free {
			return false
		}
		t.free = false
	case textRepeat:
		t.counts[s.depth] = 0
	case textEnd:
		times := t.steps[s.other].times
		if t.counts[s.depth]++; times > 0 && t.counts[s.depth] == times {
			break
		}
		if times == 0 {
			t.counts[s.depth] = 0
		}
		t.at = s.other
	case textClose:
		t.over = true
	case textCloseWrite:
		t.half = true
	case textExpectClose:
		t.ends = true
	}
	return true
}

// say appends what a step says.
func (t *textSpeaker) say(dst []byte, s *textStep) []byte {
	if s.verb != textSendBytes {
		return t.expand(dst, s)
	}
	t.said, t.sent = t.bodies, t.count(s)
	t.bodies++
	b := bodyOf(t.said, t.sent)
	return b.appendTo(dst, t.sent)
}

// expand appends a step's text.
func (t *textSpeaker) expand(dst []byte, s *textStep) []byte {
	for _, p := range s.parts {
		if p.variable == "" {
			dst = append(dst, p.text...)
			continue
		}
		dst = strconv.AppendInt(dst, int64(t.value(p.variable)), 10)
	}
	return dst
}

// value is what a variable stands for.
func (t *textSpeaker) value(variable string) int {
	switch variable {
	case varBody:
		return t.size
	case varAnswer:
		return t.answer
	case varLink:
		return t.link
	}
	return t.turn
}

// count is a step's number of bytes.
func (t *textSpeaker) count(s *textStep) int {
	if v := s.parts[0].variable; v != "" {
		return t.value(v)
	}
	n, _ := strconv.Atoi(s.parts[0].text)
	return n
}

// hear takes what a step waits for. It says whether that is whole.
func (t *textSpeaker) hear(s *textStep) (whole bool) {
	if !t.going {
		t.going, t.scanned, t.want = true, 0, t.want[:0]
		switch s.verb {
		case textExpectBytes, textSkipBytes:
			t.left = t.count(s)
		case textExpectSent:
			t.now = bodyOf(t.said, t.sent)
		default:
			t.want = t.expand(t.want, s)
			t.left = len(t.want)
		}
	}
	t.begun = t.begun || len(t.in) > 0
	switch s.verb {
	case textExpectBytes, textSkipBytes:
		whole = t.any(s.verb == textExpectBytes)
	case textExpectUntil, textSkipUntil:
		whole = t.until(s)
	case textExpectSent:
		whole = t.back(s)
	default:
		whole = t.exact(s)
	}
	if whole {
		t.going = false
		t.answered(uint64(s.line), 0)
	}
	return whole
}

// drop forgets heard bytes.
func (t *textSpeaker) drop(n int) {
	if n < len(t.in) {
		t.in = t.in[n:]
		return
	}
	t.in = t.in[:0]
}

// any takes a number of bytes.
func (t *textSpeaker) any(counts bool) bool {
	n := min(t.left, len(t.in))
	if counts {
		t.foldBytes(t.in[:n])
	}
	t.drop(n)
	t.left -= n
	return t.left == 0
}

// until takes all bytes up to a text.
func (t *textSpeaker) until(s *textStep) bool {
	from := max(0, t.scanned-len(t.want)+1)
	at := bytes.Index(t.in[from:], t.want)
	if n := from + max(at, 0) + len(t.want); at >= 0 && n <= longestUntil {
		if s.verb == textExpectUntil {
			t.foldBytes(t.in[:n])
		}
		t.drop(n)
		return true
	}
	if t.scanned = len(t.in); t.scanned >= longestUntil {
		t.fault("%s:%d: no %s in %d bytes", t.file, s.line, clause(t.want), longestUntil)
	}
	return false
}

// back takes the bytes of the last body.
func (t *textSpeaker) back(s *textStep) bool {
	same := t.now.match(t.in)
	t.drop(same)
	if t.now.left > 0 && len(t.in) > 0 {
		t.fault("%s:%d: byte %d of the %d that are to come back is %s", t.file, s.line, t.sent-t.now.left+1,
			t.sent, clause(t.in[:1]))
		return false
	}
	return t.now.left == 0
}

// exact takes a text.
func (t *textSpeaker) exact(s *textStep) bool {
	for t.left > 0 && len(t.in) > 0 {
		at := len(t.want) - t.left
		if t.in[0] != t.want[at] {
			t.fault("%s:%d: byte %d is %s; want %s of %s", t.file, s.line, at+1, clause(t.in[:1]),
				clause(t.want[at:at+1]), clause(t.want))
			return false
		}
		t.drop(1)
		t.left--
	}
	return t.left == 0
}

// Snapshot implements model.Snapshotter.
func (t *textSpeaker) Snapshot(s *model.Snapshot) {
	t.ear.snapshot(s)
	for _, n := range [...]*int{&t.at, &t.turn, &t.size, &t.answer, &t.bodies, &t.said, &t.sent, &t.scanned, &t.left} {
		s.Int(n)
	}
	for i := range t.counts {
		s.Int(&t.counts[i])
	}
	s.Flags(&t.free, &t.going, &t.over, &t.half)
	s.Bytes(&t.in)
	s.Bytes(&t.want)
	t.now.snapshot(s)
}
