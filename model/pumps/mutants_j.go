package pumps

import (
	"github.com/wantwrite/wantwrite/model/oracle"
)

// wrongCallbacks is family J: re-entrancy and lifetime.
var wrongCallbacks = []plan{
	{name: "freed-in-callback", breaks: oracle.Crash, bugs: "J1, J2, J5, J12", scenario: "mutual-close",
		about: "lets the engine go when a callback closes, and goes on with it",
		mistakes: []mistake{
			{at: atCallClose, judge: func(p *Reference, _ bool) bool {
				p.slip.on = p.slip.on || p.busy
				return true
			}},
			{at: atReadOn, count: func(p *Reference, n int) int { return p.useFreed(n) }},
			{at: atAllIsWritten, judge: func(p *Reference, right bool) bool {
				p.useFreed(0)
				return right
			}},
		}},
	{name: "reentrant-read-repeats", breaks: oracle.Corruption, bugs: "J7", scenario: "request-response",
		about: "hands the same data over again when the app has written meanwhile",
		mistakes: []mistake{
			{at: atReadOn, count: (*Reference).repeat},
			{at: atTakePlaintext, judge: func(p *Reference, right bool) bool {
				p.slip.on = p.busy
				return right
			}},
			{at: atDeliver, judge: func(p *Reference, right bool) bool {
				p.slip.on = false
				return right
			}},
		}},
	{name: "first-data-dropped", breaks: oracle.DataLoss, bugs: "J4, J9", scenario: "request-response",
		about:   "drops data that one read gives together with the end of a handshake",
		also:    either(oracle.Stall, oracle.UnboundedBuffer, oracle.Corruption),
		because: droppedText,
		mistakes: []mistake{
			{at: atDeliver, judge: func(p *Reference, right bool) bool {
				dropped := p.slip.on
				p.slip.on = false
				return right && !dropped
			}},
			{at: atRead, judge: func(p *Reference, right bool) bool {
				p.slip.on = !p.up()
				return right
			}},
		}},
	{name: "data-while-paused", breaks: oracle.UnboundedBuffer, bugs: "J10", scenario: "slow-reader",
		about:    "hands data over although the app has paused",
		mistakes: never(atRest)},
	{name: "asks-inside-write", breaks: oracle.Stall, bugs: "J11", scenario: "slow-reader",
		about: "asks for more from inside a write, when the app does not wait yet",
		mistakes: append(judged(atTakePlaintext, func(p *Reference, right bool) bool {
			p.refused = p.refused || !p.slip.on // and so the turn asks
			p.slip.on = true
			return right
		}), mistake{at: atNoteRefusal, judge: func(p *Reference, right bool) bool {
			p.slip.on = false
			return right && p.refused
		}})},
}

// useFreed is what a C library does with memory that is gone, on a good day.
func (p *Reference) useFreed(n int) int {
	if p.slip.on {
		panic("the engine was let go in a callback, and is used")
	}
	return n
}

// repeat hands the last data over again.
func (p *Reference) repeat(n int) int {
	if p.slip.on && !p.closing {
		p.slip.on = false
		p.env.App.Data(p.scratch[:n])
	}
	return n
}
