package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// lostInput is family D: bytes that are inside TLS, or the pump, are not
// delivered.
var lostInput = []plan{
	{name: "one-read-a-wakeup", breaks: oracle.Stall, bugs: "D1, D7, D8, D10, D11, D12, D13, D19",
		scenario: "request-response",
		about:    "reads from the engine once, and waits for the socket",
		also:     either(oracle.SpuriousFailure, oracle.Deadlock),
		because:  leftText,
		mistakes: counted(atReadOn, func(*Reference, int) int { return 0 })},
	{name: "resume-without-a-look", breaks: oracle.Stall, bugs: "D4", scenario: "slow-reader",
		about: "waits for the socket after a pause, whatever the engine holds",
		mistakes: judged(atRecheckOnResume, func(p *Reference, _ bool) bool {
			return p.paused
		})},
	{name: "short-read-is-all", breaks: oracle.Stall, bugs: "D14, D20", scenario: "request-response",
		about:   "takes the engine for empty when a read gave less than was asked for",
		also:    either(oracle.SpuriousFailure, oracle.Deadlock),
		because: leftText,
		mistakes: counted(atReadOn, func(p *Reference, n int) int {
			if n < p.env.Limits.Chunk {
				return 0
			}
			return n
		})},
	{name: "pending-is-all", breaks: oracle.Stall, bugs: "D5, D17, D21", scenario: "request-response",
		about:   "takes the engine for empty when nothing more is decrypted",
		also:    either(oracle.SpuriousFailure, oracle.Deadlock),
		because: leftText,
		mistakes: counted(atReadOn, func(p *Reference, _ int) int {
			return p.env.Engine.Pending()
		})},
	{name: "yields-without-a-wake", breaks: oracle.Stall, bugs: "D2, D15", scenario: "bulk-both-ways",
		about:   "ends a long turn without a wakeup for the rest",
		also:    either(oracle.DataLoss),
		because: gaveUpText,
		mistakes: append(never(atWakeAfterYield),
			mistake{at: atRoundsOfTurn, count: func(*Reference, int) int { return shortTurn }})},
	{name: "half-a-record-is-input", breaks: oracle.BusyLoop, bugs: "D6", scenario: "request-response",
		about: "wakes itself for a record that has not come as a whole",
		mistakes: judged(atWakeByHand, func(p *Reference, _ bool) bool {
			return p.env.Engine.HasPending() && !p.resting() && !p.over
		})},
	{name: "withheld-in-renegotiation", breaks: oracle.Stall, bugs: "D18", scenario: "renegotiation",
		about:    "keeps data back until the renegotiation behind it has ended",
		also:     either(oracle.BusyLoop),
		because:  "attached, what lies behind the data keeps the socket readable",
		mistakes: judged(atRead, (*Reference).withhold)},
	{name: "want-read-is-the-end", breaks: oracle.SpuriousFailure, bugs: "D23",
		scenario: "request-response",
		about:    "takes a first read that finds nothing for the end",
		also:     either(oracle.DataLoss, oracle.Truncation),
		because: "data of a peer that has closed may still be on its way, and an answer to it " +
			"closes early",
		mistakes: answers(atReadAnswer, func(p *Reference, st model.Status) model.Status {
			if st == model.WantRead && p.up() {
				p.tell(model.Truncated)
			}
			return st
		})},
	{name: "reads-until-dry", breaks: oracle.BusyLoop, bugs: "D26", scenario: "eager-peer",
		about: "reads as long as there is anything, whoever else is ready",
		mistakes: append(never(atEnoughRead),
			mistake{at: atRoundsOfTurn, count: func(*Reference, int) int { return noBound }})},
	{name: "read-watermark", breaks: oracle.Stall, bugs: "D24", scenario: "request-response",
		about:    "waits for more input before it lets the engine have a look",
		also:     either(oracle.Truncation, oracle.DataLoss),
		because:  "a close that waits for a handshake so is given up, by the pump's timer",
		mistakes: judged(atRead, (*Reference).enoughToRead)},
}

// leftText is why data that is not read breaks more than one property.
const leftText = "data that is left in the engine is fatal to a renegotiation that a write " +
	"carries on, and the link behind it fills up"

// noBound is more rounds than there ever are.
const noBound = 1 << 30

// shortTurn is how many rounds yields-without-a-wake gives a turn.
const shortTurn = 4

// withhold carries a renegotiation on by reads of nothing, which stop at data.
func (p *Reference) withhold(bool) bool {
	if !p.up() && p.slip.on {
		if _, st := p.engine().Read(nil); st != model.OK {
			p.readEnded(st)
			return false
		}
	}
	p.slip.on = p.slip.on || p.up()
	return p.up() || !p.slip.on
}

// watermark is what read-watermark waits for, in bytes.
const watermark = 48

// enoughToRead: the most room that there ever was is the buffer's size.
func (p *Reference) enoughToRead(bool) bool {
	room := p.env.Engine.InputRoom()
	p.slip.n = max(p.slip.n, room)
	input := p.slip.n - room
	return input == 0 || input >= watermark || room == 0 || p.eof || p.broken
}
