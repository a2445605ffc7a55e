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
