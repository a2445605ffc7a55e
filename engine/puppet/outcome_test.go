package puppet_test

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
)

// drive reads at both ends until nothing moves any more, and gives what the
// victim read and what it was told last. With shaking it shakes hands first.
func (l *link) drive(shaking bool) (data int, last model.Status) {
	for range 1 << 16 {
		before := l.moved
		if shaking && !l.victim().InitFinished() {
			l.victim().ClearErrors()
			last = l.victim().Handshake()
		} else {
			var text string
			text, last = l.read(l.role.Peer())
			data += len(text)
		}
		l.read(l.role)
		l.settle()
		done := last == model.Failed || last == model.Closed
		if l.moved == before && (done || last != model.OK) {
			return data, last
		}
	}
	l.t.Fatal("no end in sight")
	return
}

// outcome drives the link, and says what became of the victim: it "absorbed" what
// came, with so many bytes of data; it "closed"; or it failed, with which alert.
func (l *link) outcome(shaking bool) string {
	data, last := l.drive(shaking)
	what := "absorbed"
	switch last {
	case model.Closed:
		what = "closed"
	case model.Failed:
		what = l.alert()
	}
	if data > 0 {
		what += fmt.Sprintf(", %d bytes", data)
	}
	return what
}

// alert is the alert with which the victim failed.
func (l *link) alert() string {
	for range 4 { // the puppet may have failed over it already, or not read it yet
		l.settle()
		l.read(l.role)
	}
	what := "failed"
	for _, n := range l.notes[l.role] {
		if a, ok := strings.CutPrefix(n.Message, "alert "); ok && !n.Sent {
			what = a
		}
	}
	return what
}

// count is how many of the notes of an end are of a message that it has sent, or
// absorbed.
func (l *link) count(r model.Role, sent bool, message string) (n int) {
	for _, note := range l.notes[r] {
		if note.Sent == sent && note.Message == message {
			n++
		}
	}
	return n
}
