package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// wrongInterest is family C: the wrong wakeups, or too many.
var wrongInterest = []plan{
	{name: "write-armed-for-ever", breaks: oracle.BusyLoop, bugs: "C3, C15, C29",
		scenario: "request-response",
		about:    "never gives write interest up",
		mistakes: always(atArmWrite)},
	{name: "want-survives-its-reader", breaks: oracle.BusyLoop, bugs: "C1, C2", scenario: "slow-reader",
		about: "keeps write interest for a read that is not made any more",
		mistakes: append(judged(atArmWrite, func(p *Reference, right bool) bool {
			p.slip.on = p.slip.on || p.stuckR
			return right || p.slip.on
		}), mistake{at: atRead, judge: func(p *Reference, right bool) bool {
			p.slip.on = false
			return right
		}})},
	{name: "write-armed-in-handshake", breaks: oracle.BusyLoop, bugs: "C9", scenario: "request-response",
		about: "keeps write interest until the handshake is through",
		mistakes: judged(atArmWrite, func(p *Reference, right bool) bool {
			return right || !p.up()
		})},
	{name: "write-armed-for-a-want-read", breaks: oracle.BusyLoop, bugs: "C4, C20",
		scenario: "request-response",
		about:    "takes a write that waits for the handshake for back-pressure",
		mistakes: judged(atArmWrite, func(p *Reference, right bool) bool {
			return right || p.queue.len() > 0 && !p.up()
		})},
	{name: "write-armed-in-close", breaks: oracle.BusyLoop, bugs: "C15", scenario: "mutual-close",
		about: "keeps write interest while it waits for the peer's close",
		mistakes: judged(atArmWrite, func(p *Reference, right bool) bool {
			return right || p.closing && p.finished && !p.eof
		})},
	{name: "end-is-would-block", breaks: oracle.BusyLoop, bugs: "C6, C13, C21",
		scenario: "upload-and-close",
		about:    "takes the end of the socket for nothing to read",
		also:     either(oracle.Stall),
		because:  "an edge-triggered loop reports the end once",
		mistakes: ends(func(p *Reference, st model.IOStatus) bool {
			return st == model.EOF && p.up()
		})},
	{name: "end-in-handshake-is-would-block", breaks: oracle.BusyLoop, bugs: "C22",
		scenario: "network-faults",
		about:    "takes the end of the socket for nothing to read, while shaking hands",
		also:     either(oracle.Stall),
		because:  "an edge-triggered loop reports the end once",
		mistakes: ends(func(p *Reference, st model.IOStatus) bool {
			return st == model.EOF && !p.up()
		})},
	{name: "reset-is-would-block", breaks: oracle.BusyLoop, bugs: "C11", scenario: "network-faults",
		about:   "goes on as if the socket could be read after it has said reset",
		also:    either(oracle.Stall),
		because: "an edge-triggered loop reports the reset once",
		mistakes: ends(func(_ *Reference, st model.IOStatus) bool {
			return st == model.Reset
		})},
	{name: "read-armed-while-stuck", breaks: oracle.BusyLoop, bugs: "C10", scenario: "awaited-key-update",
		about: "keeps read interest while the handshake has to write first",
		mistakes: judged(atArmRead, func(p *Reference, right bool) bool {
			return right || p.stuckR && !p.eof && !p.broken && !p.paused && !p.over
		})},
	{name: "want-write-fatal", breaks: oracle.SpuriousFailure, bugs: "B10, C17, C27",
		scenario: "long-handshake",
		about:    "takes a handshake that wants to write for a failed one",
		mistakes: answers(atReadAnswer, func(p *Reference, st model.Status) model.Status {
			if st == model.WantWrite && !p.up() && !p.closing {
				return model.Failed
			}
			return st
		})},
	{name: "close-unarmed", breaks: oracle.Stall, bugs: "C12", scenario: "mutual-close",
		about: "arms nothing for a close_notify that does not fit",
		mistakes: judged(atArmWrite, func(p *Reference, right bool) bool {
			return right && !p.stuckS
		})},
	{name: "write-in-callback-forgotten", breaks: oracle.Stall, bugs: "C14", scenario: "request-response",
		about: "takes what is written in a callback, and thinks of it at the next write",
		mistakes: append(judged(atTakePlaintext, func(p *Reference, right bool) bool {
			p.slip.on = p.busy
			return right
		}), mistake{at: atWriteNow, judge: func(p *Reference, up bool) bool {
			return up && !p.slip.on
		}})},
	{name: "spins-while-blocked", breaks: oracle.BusyLoop, bugs: "C18", scenario: "two-links",
		about: "goes round in a write that is blocked, and does not return to the loop",
		mistakes: judged(atWakeByHand, func(p *Reference, _ bool) bool {
			return p.spin(p.owes())
		})},
	{name: "spins-in-handshake", breaks: oracle.BusyLoop, bugs: "C28, D27", scenario: "two-links",
		about:   "goes round in a handshake that waits for the peer",
		also:    either(oracle.Stall),
		because: "the other links of its thread get no turn",
		mistakes: judged(atWakeByHand, func(p *Reference, _ bool) bool {
			return p.spin(!p.up() && !p.over && !p.eof && !p.broken)
		})},
	{name: "wakes-in-renegotiation", breaks: oracle.BusyLoop, bugs: "C19", scenario: "renegotiation",
		about: "tries a write again and again that waits for a renegotiation",
		mistakes: judged(atWakeByHand, func(p *Reference, _ bool) bool {
			p.slip.on = p.slip.on || p.up()
			return p.slip.on && !p.up() && p.queue.len() > 0
		})},
	{name: "dry-after-handshake", breaks: oracle.Stall, bugs: "C30", scenario: "request-response",
		about: "takes the socket for empty when the handshake has ended",
		mistakes: answers(atReadAnswer, func(p *Reference, st model.Status) model.Status {
			if p.up() && !p.slip.on {
				p.slip.on, p.dry = true, true
			}
			return st
		})},
}

// ends takes some ends of the socket for would-block.
func ends(missed func(p *Reference, st model.IOStatus) bool) []mistake {
	return counted(atSocketEnds, func(p *Reference, right int) int {
		if missed(p, model.IOStatus(right)) {
			return int(model.WouldBlock)
		}
		return right
	})
}

// spin keeps the thread.
func (p *Reference) spin(on bool) bool {
	if on {
		p.env.Loop.Spin()
	}
	return false
}
