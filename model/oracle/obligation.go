package oracle

// An Obligation is what an end owes: something that has to move, and where it waits.
type Obligation uint8

const (
	// NoObligation: nothing is owed.
	NoObligation Obligation = iota
	// EngineOutput: ciphertext waits in the engine's output buffer.
	EngineOutput
	// SealedOutput: the rest of a record or flight waits behind a full buffer.
	SealedOutput
	// PumpPipe: ciphertext waits in the pump for the socket.
	PumpPipe
	// PumpQueue: accepted plaintext waits in the pump for the engine.
	PumpQueue
	// SocketInput: received bytes, or the end of the stream, wait unread.
	SocketInput
	// PumpInput: ciphertext waits in the pump for the engine.
	PumpInput
	// EngineInput: ciphertext or plaintext waits inside the engine.
	EngineInput
	// HeldData: decrypted data waits in the pump for the app.
	HeldData
	// UpdateAnswer: a requested KeyUpdate has not been answered.
	UpdateAnswer
	// CloseNotify: the app has closed, or half-closed, and close_notify has not left.
	CloseNotify
	// HandshakeDone: a handshake was begun and does not end.
	HandshakeDone
	// AppTurn: the app has more to write and is not asked for it.
	AppTurn
	// AppEnd: the link has ended and the app is not told.
	AppEnd
	// SocketEnd: the app has closed, only the peer is waited for, and the socket is
	// not closed.
	SocketEnd
	// Delivery: accepted plaintext does not reach the peer's app.
	Delivery
	// answer: a program was asked, and does not answer.
	answer
	// farewell: a program has said that it closes, and does not.
	farewell
	// halfAlert: the rest of a program's alert does not come.
	halfAlert
	// renegotiation: one was begun, and a program neither carries it on nor refuses it.
	renegotiation
	// keptMemory: a program keeps memory of links that are gone.
	keptMemory
	// lastAlert: a program's own reset destroys the alert that it has sent.
	lastAlert

	numObligations
)

// obligationText says what waits where, and which wakeup would move it.
var obligationText = [numObligations]struct{ word, what, wakeup string }{
	NoObligation: {"nothing", "nothing", "none"},
	EngineOutput: {"engine-output", "ciphertext waits in the engine's output buffer",
		"write interest, or a drain after the call that produced it"},
	SealedOutput: {"sealed-output", "a sealed record waits inside the engine for room",
		"write interest, and the engine call made again"},
	PumpPipe:    {"pump-pipe", "ciphertext waits in the pump for the socket", "write interest"},
	PumpQueue:   {"pump-queue", "accepted plaintext waits in the pump", "write interest"},
	SocketInput: {"socket-input", "received bytes wait unread in the socket", "read interest"},
	PumpInput: {"pump-input", "received ciphertext waits in the pump for the engine",
		"a wake by hand: the socket has nothing to report"},
	EngineInput: {"engine-input", "received data waits inside the engine",
		"a wake by hand: the socket has nothing to report"},
	HeldData: {"held-data", "decrypted data waits in the pump for the app",
		"the pump's own call of the app"},
	UpdateAnswer: {"update-answer", "the answer to a KeyUpdate waits for the next write",
		"a write of zero bytes"},
	CloseNotify:   {"close-notify", "the app has closed and its close has not left", "write interest"},
	HandshakeDone: {"handshake", "a handshake was begun and nobody carries it on", "read interest"},
	AppTurn: {"app-turn", "the app has more to write and is never asked",
		"the call of Writable"},
	AppEnd: {"app-end", "the link has ended and the app is not told", "read interest"},
	SocketEnd: {"socket-end", "the app has closed and the socket is not given back",
		"a timer: the peer may never read, or never close"},
	Delivery: {"delivery", "accepted plaintext never reaches the app", "none: it is lost"},
	answer: {"answer", "the program was asked, and its answer does not come",
		"the one that its next call asks for: read interest, or write interest"},
	halfAlert: {"half-alert", "a part of an alert has left the program, and its library has the rest",
		"none: OpenSSL does not tell the program of an alert that does not fit (loses-alerts)"},
	farewell: {"farewell", "the program has said that it closes the link, and does not", "its own close"},
	renegotiation: {"renegotiation", "a renegotiation was begun, and the program neither carries it on nor refuses it",
		"a drain after the read that has taken it in, or write interest"},
	keptMemory: {"kept-memory", "memory of links that are gone is not given back", "none: it is lost"},
	lastAlert:  {"last-alert", "the last alert is destroyed before it arrives", "none: it is lost"},
}

// Handshake says whether it is a handshake, the first of a link or another.
func (o Obligation) Handshake() bool { return o == HandshakeDone || o == renegotiation }

// Always says whether a program owes it whatever its way is: who refuses a renegotiation says so
// (no_renegotiation: RFC 5246, section 7.2.2), or closes.
func (o Obligation) Always() bool { return o == renegotiation }

// Kept says whether it is memory that a program keeps of links that are gone.
func (o Obligation) Kept() bool { return o == keptMemory }

// String is the obligation's word.
func (o Obligation) String() string {
	if o < numObligations {
		return obligationText[o].word
	}
	return "Obligation(?)"
}

// What says in a clause what waits and where.
func (o Obligation) What() string { return obligationText[o%numObligations].what }

// Wakeup says which wakeup would have moved it.
func (o Obligation) Wakeup() string { return obligationText[o%numObligations].wakeup }
