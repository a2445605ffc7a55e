package puppet_test

import (
	"fmt"
	"strings"

	"github.com/wantwrite/wantwrite/model"
)

// drive reads at both ends until nothing moves any more. It gives how many bytes the victim read,
// and what it was told last. With shaking it shakes hands first.
func (l *link) drive(shaking bool) (data int, last model.Status) {
	for range 1 << 16 {
		before := l.Moved()
		if shaking && !l.victim().InitFinished() {
			l.victim().ClearErrors()
			last = l.victim().Handshake()
		} else {
			var text string
			text, last = l.Read(l.role.Peer())
			data += len(text)
		}
		l.Read(l.role)
		l.Settle()
		done := last == model.Failed || last == model.Closed
		if l.Moved() == before && (done || last != model.OK) {
			return data, last
		}
	}
	l.t.Fatal("no end in sight")
	return
}

// outcome drives the link, and says what became of the victim. It "absorbed" what came, with so
// many bytes of data; or it is "closed"; or it failed, with which alert.
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
		l.Settle()
		l.Read(l.role)
	}
	what := "failed"
	for _, n := range l.Notes {
		if a, ok := strings.CutPrefix(n.Message, "alert "); ok && n.By == l.role && !n.Sent {
			what = a
		}
	}
	return what
}
