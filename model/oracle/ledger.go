package oracle

import (
	"slices"

	"github.com/wantwrite/wantwrite/model"
)

// A Ledger is the accounts of all ends, and what the properties need to know of the
// links. An end is a number: its index in Ends.
type Ledger struct {
	// Ends are the accounts: client and server of link 0, then of link 1.
	Ends []Account
	// Tainted says of each link that a fault has destroyed something on it. Then data
	// need not arrive, and a handshake need not end. Pumps must still tidy up.
	Tainted []bool
	Version model.Version
	// AwaitUpdate: the app waits for the answer to a KeyUpdate, so it is owed.
	AwaitUpdate bool
	// IgnoreReneg: a renegotiation may stay unanswered for ever.
	IgnoreReneg bool
	// Late: nothing could happen any more, and time has passed since.
	Late bool

	quirks quirk // of the program
}

// Clone is a copy that nothing changes any more.
func (l *Ledger) Clone() Ledger {
	c := *l
	c.Ends, c.Tainted = slices.Clone(l.Ends), slices.Clone(l.Tainted)
	return c
}

// peer is the account of the other end of e's link.
func (l *Ledger) peer(e int) *Account { return &l.Ends[e^1] }

// tainted says whether e's link is.
func (l *Ledger) tainted(e int) bool { return l.Tainted[e/2] }

// discards says whether e has closed after its peer with a record waiting for room.
// In TLS 1.2 the record is discarded, and close_notify with it (RFC 5246, section
// 7.2.1).
func (l *Ledger) discards(e int) bool {
	a := &l.Ends[e]
	const both = model.SentClose | model.ReceivedClose
	return l.Version == model.TLS12 && a.Quiescence.Shut&both == both && a.Queue() > 0
}

// allLeft says whether close_notify, once sealed, has left e.
func (l *Ledger) allLeft(e int) bool {
	a := &l.Ends[e]
	return l.discards(e) || a.Quiescence.Output == 0 && a.Quiescence.Sealed == 0 && a.PipeOut() == 0
}

// graceful says whether e's app was told of an end that its peer's app asked for, on
// a link that no fault and no earlier failure has touched.
func (l *Ledger) graceful(e int) bool {
	p := l.peer(e)
	asked := p.Closing || p.HalfClosing
	return asked && !l.tainted(e) && !l.Ends[e].Closing && !(p.Told && p.Why != model.Clean)
}
