package oracle

// Owed says what end e owes of the same kind as like: something that wants to
// leave, that has come and is not taken, or an end that has not come. What
// wants to leave and has write interest is not owed: it is under way.
func (l *Ledger) Owed(e int, like Obligation) (Obligation, uint64) {
	switch {
	case like == NoObligation || like == Delivery:
		return NoObligation, 0
	case like <= PumpQueue:
		return l.owedOut(e)
	case like <= HeldData:
		return l.owedIn(e)
	}
	return l.owedEnd(e)
}

// Queues are what a pump holds, in bytes.
type Queues struct {
	// Queue is plaintext for the engine, Held decrypted data for the app.
	Queue, Held uint64
	// PipeOut is ciphertext for the socket, PipeIn for the engine.
	PipeOut, PipeIn uint64
}

// Queues is what the account's pump holds.
func (a *Account) Queues() Queues {
	return Queues{Queue: a.queue(), Held: a.held(), PipeOut: a.pipeOut(), PipeIn: a.pipeIn()}
}
