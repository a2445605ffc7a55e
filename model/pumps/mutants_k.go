package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// mixedUp is family K: handshakes, data, and who may have which.
var mixedUp = []plan{
	{name: "write-in-renegotiation", breaks: oracle.SpuriousFailure, bugs: "K2", scenario: "renegotiation",
		about: "writes in the middle of a renegotiation, which data of the peer then ends",
		mistakes: judged(atWriteNow, func(p *Reference, up bool) bool {
			p.slip.on = p.slip.on || up
			return up || p.slip.on && p.retry == 0
		})},
	{name: "want-read-fatal", breaks: oracle.SpuriousFailure, bugs: "K5", scenario: "renegotiation",
		about: "takes a write that a renegotiation keeps waiting for a failed one",
		mistakes: append(answers(atWriteAnswer, instead(model.WantRead, model.Failed)),
			mistake{at: atWriteNow, judge: func(p *Reference, up bool) bool {
				p.slip.on = p.slip.on || up
				return p.slip.on
			}})},
	{name: "handshake-in-renegotiation", breaks: oracle.SpuriousFailure, bugs: "K3",
		scenario: "renegotiation",
		about:    "carries a renegotiation on by calls that can't give data",
		mistakes: judged(atRead, (*Reference).force)},
	{name: "renegotiates-over-data", breaks: oracle.SpuriousFailure, bugs: "K6",
		scenario: "strict-renegotiation",
		about:    "begins a renegotiation with data unread that has come",
		mistakes: never(atReadFirst)},
	{name: "read-in-early-write", breaks: oracle.Stall, bugs: "K9", scenario: "early-data",
		about: "reads while early data waits for room",
		mistakes: judged(atEarlyFirst, func(p *Reference, busy bool) bool {
			p.due = p.due || busy
			return false
		})},
	{name: "early-data-unasked", breaks: oracle.Stall, bugs: "K10", scenario: "early-data",
		about:   "reads no early data while its own app has something to write",
		also:    either(oracle.BusyLoop),
		because: "attached, what it does not read keeps the socket readable",
		mistakes: judged(atRead, func(p *Reference, _ bool) bool {
			return p.env.Role == model.Client || !p.early.open || p.queue.len() == 0
		})},
	{name: "early-data-without-an-end", breaks: oracle.Stall, bugs: "K11", scenario: "early-data",
		about:    "leaves the end of the early data to a write that may never come",
		mistakes: never(atConcludeEarly)},
}

// force calls Handshake as long as a later handshake is under way.
func (p *Reference) force(bool) bool {
	if !p.up() && p.slip.on {
		if st := p.engine().Handshake(); st != model.OK {
			p.readEnded(st)
			return false
		}
	}
	p.slip.on = p.slip.on || p.up()
	return true
}
