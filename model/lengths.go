package model

// Lengths are the lengths of a library's handshake messages, where they are not
// those of the model: what they are decides when a small buffer is full. The
// zero value changes nothing.
type Lengths struct {
	body [2][2][numEvents]int // by sender, and by whether it renegotiates; 0: as ever
}

// Learn takes over the length of a message that an engine of that role sent.
// again says that it was in a renegotiation, whose hellos are longer (RFC 5746,
// section 3.5). What is no handshake message is ignored.
func (l *Lengths) Learn(role Role, again bool, n Note) {
	for e := HelloRequest; e <= KeyUpdate; e++ {
		if messages[e].word == n.Message && n.Bytes > 4 {
			l.body[role][hello(e, again)][e] = n.Bytes - 4
		}
	}
}

// of is the length of a message's body, or else its usual length.
func (l *Lengths) of(e Event, role Role, again bool, usual int) int {
	if l == nil {
		return usual
	}
	if n := l.body[role][hello(e, again)][e]; n > 0 {
		return n
	}
	return usual
}

// hello is 1 for the hellos of a renegotiation.
func hello(e Event, again bool) int {
	if again && (e == ClientHello || e == ServerHello) {
		return 1
	}
	return 0
}
