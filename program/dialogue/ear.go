package dialogue

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
)

// An ear keeps what a Judge says about what it has heard.
type ear struct {
	wrong  string
	missed bool // see Missing
	whole  int
	begun  bool // an answer has begun
	ends   bool
	heard  uint64 // hash of the whole answers
	part   uint64 // hash of what has come of the next
}

// Wrong implements own.Judge.
func (e *ear) Wrong() string { return e.wrong }

// Missing implements own.Judge.
func (e *ear) Missing() bool { return e.missed }

// Answers implements own.Judge.
func (e *ear) Answers() (whole int, partial bool) { return e.whole, e.begun }

// Ends implements own.Judge.
func (e *ear) Ends() bool { return e.ends }

// Heard implements own.Judge.
func (e *ear) Heard() uint64 { return e.heard }

// fault says what is wrong, unless something was wrong before.
func (e *ear) fault(format string, args ...any) {
	if e.wrong != "" {
		return
	}
	e.wrong = fmt.Sprintf(format, args...)
	// Story 107: an answer that was wrong counted as begun if its first bytes had come in a piece
	// of their own, and else did not. What a Judge says must not depend on pieces.
	e.begun = false
	e.foldBytes([]byte(e.wrong))
	e.heard, e.part = fold(e.heard, e.part), 0
}

// fold mixes a word into a hash. For a given word it is one to one.
func fold(h, x uint64) uint64 {
	h = (h ^ x) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

// foldBytes mixes bytes of an answer in, one by one: the hash is the same however they were cut.
func (e *ear) foldBytes(p []byte) {
	for _, b := range p {
		e.part = fold(e.part, uint64(b)|0x100)
	}
}

// answered counts a whole answer. The words say which it was.
func (e *ear) answered(what, size uint64) {
	e.whole++
	e.begun = false
	e.heard = fold(fold(fold(e.heard, what), size), e.part)
	e.part = 0
}

// snapshot lists the fields.
func (e *ear) snapshot(s *model.Snapshot) {
	wrong := s.Held([]byte(e.wrong))
	if s.Reading() {
		e.wrong = string(wrong)
	}
	s.Int(&e.whole)
	s.Flags(&e.begun, &e.ends, &e.missed)
	s.Word(&e.heard)
	s.Word(&e.part)
}

// odds is what a client decides by: a number from 0 to 15 that follows from the request's number
// and its sizes. A reader of a script can do the sum.
func odds(number, body, answer int) int { return (number*5 + body + answer*3) & 15 }

// clause shortens what was heard for a clause.
func clause(p []byte) string {
	const longest = 60
	if len(p) > longest {
		return fmt.Sprintf("%q...", p[:longest])
	}
	return fmt.Sprintf("%q", p)
}
