package tls

import (
	"github.com/wantwrite/wantwrite/model"
)

// Lengths are the lengths of a library's handshake messages, where they are not
// those of the model: what they are decides when a small buffer is full. The
// zero value changes nothing. Body is an EngineConfig's BodyLen.
type Lengths struct {
	body [2][2][numMessages]int // by sender, and by whether it renegotiates; 0: as ever
}

// Learn takes over the length of a message that an engine of that role sent.
// again says that it was in a renegotiation, whose hellos are longer (RFC 5746,
// section 3.5). What is no handshake message is ignored.
func (l *Lengths) Learn(role model.Role, again bool, n model.Note) {
	if e := l.event(n.Message); e <= keyUpdate && n.Bytes > 4 {
		l.body[role][helloIndex(e, again)][e] = n.Bytes - 4
	}
}

// Body is the length of a message's body in bytes, 0 if it was not learned. A nil
// Lengths has learned nothing.
func (l *Lengths) Body(message string, role model.Role, again bool) int {
	if e := l.event(message); l != nil && e <= keyUpdate {
		return l.body[role][helloIndex(e, again)][e]
	}
	return 0
}

// event finds a handshake message by its word; beyond KeyUpdate is none.
func (*Lengths) event(message string) message {
	for e := helloRequest; e <= keyUpdate; e++ {
		if messages[e].word == message {
			return e
		}
	}
	return numMessages
}

// hello is 1 for the hellos of a renegotiation.
func helloIndex(e message, again bool) int {
	if again && (e == clientHello || e == serverHello) {
		return 1
	}
	return 0
}
