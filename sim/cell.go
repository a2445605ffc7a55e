package sim

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
)

// A Phase is where in its life a link is, as one end's pump sees it.
type Phase uint8

const (
	// Shaking: the first handshake is not done.
	Shaking Phase = iota
	// Open: data flows.
	Open
	// Renegotiating: another handshake is under way.
	Renegotiating
	// HalfClosed: the app has nothing more to write.
	HalfClosed
	// Closing: the app has closed.
	Closing
	// Ended: the app was told that nothing more will come.
	Ended

	numPhases
)

var phaseText = [numPhases]string{"handshake", "open", "renegotiation", "half-closed", "closing",
	"ended"}

// String is the phase's word.
func (p Phase) String() string {
	if p < numPhases {
		return phaseText[p]
	}
	return fmt.Sprintf("Phase(%d)", uint8(p))
}

// phase is that of the end's link.
func (e *endpoint) phase() Phase {
	switch a := e.acct; {
	case a.Told:
		return Ended
	case a.Closing:
		return Closing
	case a.HalfClosing:
		return HalfClosed
	case !e.tap.everInit:
		return Shaking
	case !e.tap.wasInit:
		return Renegotiating
	}
	return Open
}

// cellOf is the number of a cell: pending is 1 if the engine has output.
func cellOf(e *endpoint, op int, status uint8, pending int) uint32 {
	at := uint32(e.id&1)*uint32(numPhases) + uint32(e.phase())
	return at<<9 | uint32(op)<<4 | uint32(status&7)<<1 | uint32(pending)
}

var _ = model.Client
