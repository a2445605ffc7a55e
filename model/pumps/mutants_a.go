package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// lostOutput is family A: output that a read, or a callback, has created never
// leaves.
var lostOutput = []plan{
	{name: "no-flush-after-read", breaks: oracle.Stall, bugs: "A1, A2, A5, A7", scenario: "key-update",
		about:    "leaves what a read produced in the engine until the app writes",
		mistakes: judged(atFlush, func(p *Reference, _ bool) bool { return p.wrote || !p.up() })},
	{name: "read-want-write-dropped", breaks: oracle.Stall, bugs: "A3, A4, A22, C16",
		scenario: "long-handshake",
		about:    "forgets that a read wants to write",
		also:     either(oracle.BusyLoop, oracle.DataLoss, oracle.SpuriousFailure),
		because:  "what it did not take keeps the socket readable, or is behind an end that is met first",
		mistakes: answers(atReadAnswer, instead(model.WantWrite, model.WantRead))},
	{name: "spins-for-the-writer", breaks: oracle.BusyLoop, bugs: "A9, A11", scenario: "bulk-both-ways",
		about: "goes round while an answer of the read waits for the app's write",
		mistakes: judged(atWakeByHand, func(p *Reference, _ bool) bool {
			return p.stuckR && (p.queue.len() > 0 || p.pipe.len() > 0)
		})},
	{name: "update-never-answered", breaks: oracle.Stall, bugs: "A14, A15, A16",
		scenario: "awaited-key-update",
		about:    "leaves the answer to a KeyUpdate to the app's next write",
		mistakes: never(atAnswerUpdate)},
	{name: "deaf-until-written", breaks: oracle.Stall, bugs: "A17", scenario: "request-response",
		about:   "takes no input for a write that wants to read",
		also:    either(oracle.DataLoss),
		because: "a close that waits for a handshake so is given up, by the pump's timer",
		mistakes: []mistake{
			{at: atTakeInput, judge: (*Reference).unlessWriteWaits},
			{at: atArmRead, judge: (*Reference).unlessWriteWaits},
		}},
	{name: "latched-in-renegotiation", breaks: oracle.Stall, bugs: "A18", scenario: "renegotiation",
		about: "never writes again once a write has met a renegotiation",
		mistakes: judged(atWriteNow, func(p *Reference, up bool) bool {
			p.slip.n = max(p.slip.n, ordinal(up))
			p.slip.on = p.slip.on || !up && p.slip.n > 0
			return up && !p.slip.on
		})},
	{name: "parked-in-renegotiation", breaks: oracle.Stall, bugs: "A6, A19, K8", scenario: "renegotiation",
		about: "leaves what it parked in a renegotiation until the app writes again",
		mistakes: append(judged(atWriteNow, func(p *Reference, up bool) bool {
			p.slip.n = max(p.slip.n, ordinal(up))
			return p.parked(up, p.slip.n > 0)
		}), unpark...)},
	{name: "early-write-dropped", breaks: oracle.DataLoss, bugs: "A20", scenario: "request-response",
		about:   "drops what was written before the handshake ended",
		also:    either(oracle.Stall, oracle.UnboundedBuffer, oracle.Corruption),
		because: droppedText,
		mistakes: judged(atWriteNow, func(p *Reference, up bool) bool {
			if up && !p.slip.on {
				p.slip.on = true
				p.queue.clear()
			}
			return up
		})},
	{name: "alert-unflushed", breaks: oracle.Stall, bugs: "A8", scenario: "unanswered-close",
		about: "leaves the alert of an engine that has failed where it is",
		mistakes: judged(atFlush, func(p *Reference, right bool) bool {
			return right && !p.dead
		})},
	{name: "failed-write-unarmed", breaks: oracle.Stall, bugs: "A21", scenario: "network-faults",
		about: "after a write has failed tells nobody and waits for nothing",
		mistakes: answers(atWriteAnswer, func(p *Reference, st model.Status) model.Status {
			if st != model.Failed {
				return st
			}
			p.dead, p.retry = true, 0
			p.queue.clear()
			return model.Closed // which no Write answers: nothing comes of it
		})},
	{name: "one-record-a-write", breaks: oracle.Crash, bugs: "A13", scenario: "key-update",
		about: "asserts that a write makes one record, and a KeyUpdate goes in front",
		mistakes: judged(atWriteNow, func(p *Reference, up bool) bool {
			if up && p.env.Engine.Deferred() && p.queue.len() > headerRoom {
				panic("assertion failed: the write buffer is free")
			}
			return up
		})},
	{name: "drained-at-the-end", breaks: oracle.Crash, bugs: "A11", scenario: "network-faults",
		about: "asserts that nothing is left in the engine when the socket goes",
		mistakes: judged(atRelease, func(p *Reference, _ bool) bool {
			if p.env.Engine.OutputPending() > 0 {
				panic("assertion failed: the engine's output is drained")
			}
			return true
		})},
}

// droppedText is why dropped plaintext breaks more than one property.
const droppedText = "what is dropped is to the ledger still in the queue; and what comes in its " +
	"place is a gap only if it is a later part of the stream"

// headerRoom is the stack buffer of one-record-a-write, in bytes.
const headerRoom = 64

// instead takes one answer of a call for another.
func instead(of, is model.Status) func(*Reference, model.Status) model.Status {
	return func(_ *Reference, st model.Status) model.Status {
		if st == of {
			return is
		}
		return st
	}
}

func ordinal(b bool) int {
	if b {
		return 1
	}
	return 0
}

// unlessWriteWaits is right but while a write waits for a handshake.
func (p *Reference) unlessWriteWaits(right bool) bool {
	return right && (p.queue.len() == 0 || p.up())
}

// parked says whether to write now, if what met the handshake stays parked
// when it has ended.
func (p *Reference) parked(up, counts bool) bool {
	p.slip.on = p.slip.on || !up && counts && p.queue.len() > 0
	return up && !p.slip.on
}

// unpark ends that when the app writes.
var unpark = judged(atTakePlaintext, func(p *Reference, right bool) bool {
	p.slip.on = p.slip.on && !p.up()
	return right
})
