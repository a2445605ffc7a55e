package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// A Mutant is a sound pump, most often the reference, with one planted mistake that real pumps
// made.
type Mutant struct {
	model.Spec
	// Of names the sound pump.
	Of string
	// Bugs are the real bugs that it stands for, by their IDs in bugs.txt.
	Bugs []string
	// Breaks is the property that the mistake must break.
	Breaks oracle.PropertyID
	// Scenario is the one that shows the mistake.
	Scenario string
	// Also are other properties that it may break, and Because says why. Most mutants break no
	// other.
	Also    oracle.PropertySet
	Because string
	// At is the point of its first mistake.
	At Point
}

// Mutants lists the mutants: those of the reference, family by family as in bugs.txt, and then
// those of each other shape. Each property is broken by one at least.
func Mutants() []Mutant {
	all := make([]Mutant, 0, len(mutants)+len(shapeMutants))
	for _, table := range [...][]plan{mutants, shapeMutants} {
		for i := range table {
			all = append(all, table[i].mutant())
		}
	}
	return all
}

// ids are the IDs of bugs.
type ids = []string

// mutants is the table of the reference's mutants. To add a mutant, add a row to its family. Do
// not reorder the rows: the schedules of a hunt are numbered by their order. The mutants of other
// shapes are in mutants_shapes.go.
var mutants = []plan{
	// Family A: output that a read or a callback has made never leaves.
	{name: "no-flush-after-read", breaks: oracle.Stall, bugs: ids{"A1", "A2", "A5", "A7"},
		scenario: "key-update",
		about:    "leaves what a read produced in the engine until the app writes",
		mistakes: judged(atFlush, func(p *Reference, _ bool) bool { return p.wrote || !p.up() })},
	{name: "read-want-write-dropped", breaks: oracle.Stall, bugs: ids{"A3", "A4", "A22", "C16"},
		scenario: "long-handshake",
		about:    "forgets that a read wants to write",
		also:     either(oracle.BusyLoop, oracle.DataLoss, oracle.SpuriousFailure),
		because:  "what it did not take keeps the socket readable, or is behind an end that is met first",
		mistakes: answers(atReadAnswer, instead(model.WantWrite, model.WantRead))},
	{name: "spins-for-the-writer", breaks: oracle.BusyLoop, bugs: ids{"A9", "A11"},
		scenario: "bulk-both-ways",
		about:    "goes round while an answer of the read waits for the app's write",
		mistakes: judged(atWakeByHand, func(p *Reference, _ bool) bool {
			return p.stuckR && (p.queue.len() > 0 || p.pipe.len() > 0)
		})},
	{name: "update-never-answered", breaks: oracle.Stall, bugs: ids{"A14", "A15", "A16"},
		scenario: "awaited-key-update",
		about:    "leaves the answer to a KeyUpdate to the app's next write",
		mistakes: never(atAnswerUpdate)},
	{name: "deaf-until-written", breaks: oracle.Stall, bugs: ids{"A17"},
		scenario: "request-response",
		about:    "takes no input for a write that wants to read",
		also:     either(oracle.DataLoss),
		because:  "a close that waits for a handshake so is given up, by the pump's timer",
		mistakes: []mistake{
			{at: atTakeInput, judge: (*Reference).unlessWriteWaits},
			{at: atArmRead, judge: (*Reference).unlessWriteWaits},
		}},
	{name: "latched-in-renegotiation", breaks: oracle.Stall, bugs: ids{"A18"},
		scenario: "renegotiation",
		about:    "never writes again once a write has met a renegotiation",
		mistakes: judged(atWriteNow, func(p *Reference, up bool) bool {
			p.slip.n = max(p.slip.n, ordinal(up))
			p.slip.on = p.slip.on || !up && p.slip.n > 0
			return up && !p.slip.on
		})},
	{name: "parked-in-renegotiation", breaks: oracle.Stall, bugs: ids{"A6", "A19", "K8"},
		scenario: "renegotiation",
		about:    "leaves what it parked in a renegotiation until the app writes again",
		mistakes: append(judged(atWriteNow, func(p *Reference, up bool) bool {
			p.slip.n = max(p.slip.n, ordinal(up))
			return p.parked(up, p.slip.n > 0)
		}), unpark...)},
	{name: "early-write-dropped", breaks: oracle.DataLoss, bugs: ids{"A20"},
		scenario: "request-response",
		about:    "drops what was written before the handshake ended",
		also:     either(oracle.Stall, oracle.UnboundedBuffer, oracle.Corruption),
		because:  droppedText,
		mistakes: judged(atWriteNow, func(p *Reference, up bool) bool {
			if up && !p.slip.on {
				p.slip.on = true
				p.queue.clear()
			}
			return up
		})},
	{name: "alert-unflushed", breaks: oracle.Stall, bugs: ids{"A8"}, scenario: "unanswered-close",
		about:    "leaves the alert of an engine that has failed where it is",
		mistakes: judged(atFlush, func(p *Reference, right bool) bool { return right && !p.dead })},
	{name: "failed-write-unarmed", breaks: oracle.Stall, bugs: ids{"A21"},
		scenario: "network-faults",
		about:    "after a write has failed tells nobody and waits for nothing",
		mistakes: answers(atWriteAnswer, func(p *Reference, st model.Status) model.Status {
			if st != model.Failed {
				return st
			}
			p.dead, p.retry = true, 0
			p.queue.clear()
			return model.Closed // which no Write answers: nothing comes of it
		})},
	{name: "one-record-a-write", breaks: oracle.Crash, bugs: ids{"A13"}, scenario: "key-update",
		about: "asserts that a write makes one record, and a KeyUpdate goes in front",
		mistakes: judged(atWriteNow, func(p *Reference, up bool) bool {
			if up && p.env.Engine.Deferred() && p.queue.len() > headerRoom {
				panic("assertion failed: the write buffer is free")
			}
			return up
		})},
	{name: "drained-at-the-end", breaks: oracle.Crash, bugs: ids{"A11"}, scenario: "network-faults",
		about: "asserts that nothing is left in the engine when the socket goes",
		mistakes: judged(atRelease, func(p *Reference, _ bool) bool {
			if p.env.Engine.OutputPending() > 0 {
				panic("assertion failed: the engine's output is drained")
			}
			return true
		})},

	// Family B: what a handshake has to send, or has to have read, stays where it is.
	{name: "flights-unflushed", breaks: oracle.Stall, bugs: ids{"B4", "B16", "B17"},
		scenario: "request-response",
		about:    "sends nothing while a handshake is under way",
		mistakes: judged(atFlush, func(p *Reference, _ bool) bool { return p.wrote || p.up() })},
	{name: "last-flight-unflushed", breaks: oracle.Stall, bugs: ids{"B1", "B2", "B3"},
		scenario: "request-response",
		about:    "takes a handshake for finished before its last flight has left",
		mistakes: judged(atFlush, (*Reference).pastLastFlight)},
	{name: "one-drain-is-enough", breaks: oracle.Stall, bugs: ids{"B7", "B20", "D25"},
		scenario: "long-handshake",
		about:    "takes the engine for drained when its own buffer is full",
		also:     either(oracle.DataLoss, oracle.Truncation),
		because:  "what it leaves in the engine is lost when it closes",
		mistakes: always(atDrained)},
	{name: "early-write-parked", breaks: oracle.Stall, bugs: ids{"B5", "B8", "B9"},
		scenario: "request-response",
		about:    "leaves what was written before the handshake ended until the app writes again",
		mistakes: append(judged(atWriteNow, func(p *Reference, up bool) bool {
			return p.parked(up, true)
		}), unpark...)},
	{name: "one-recv-a-wakeup", breaks: oracle.Stall, bugs: ids{"B13"}, scenario: "long-handshake",
		about:   "receives once a wakeup while a handshake is under way",
		also:    either(oracle.DataLoss),
		because: gaveUpText,
		mistakes: judged(atReceiveOn, func(p *Reference, right bool) bool {
			return right && p.up()
		})},
	{name: "end-in-handshake-untold", breaks: oracle.Stall, bugs: ids{"B21"},
		scenario: "network-faults",
		about:    "tells nobody of an end that comes before the handshake's",
		mistakes: judged(atTellEnd, func(p *Reference, right bool) bool {
			return right && (!p.eof || p.up())
		})},
	{name: "no-handshake-while-paused", breaks: oracle.Stall, bugs: ids{"B14"},
		scenario: "lasting-pause",
		about:    "carries no handshake on while the app has paused",
		mistakes: append(never(atShake), mistake{at: atArmRead,
			judge: func(p *Reference, right bool) bool { return right && !p.resting() }})},
	{name: "close-in-handshake-forgotten", breaks: oracle.Stall, bugs: ids{"B18"},
		scenario: "close-in-handshake",
		about:    "waits with a close for a flush that no handshake makes",
		mistakes: waitForFlush},
	{name: "no-read-after-handshake", breaks: oracle.Stall, bugs: ids{"B15", "D16"},
		scenario: "request-response",
		about:    "does not read what came together with the end of the handshake",
		also:     either(oracle.Deadlock, oracle.SpuriousFailure),
		because: "the link may fill up meanwhile, in both directions, and data that is read " +
			"late may meet a renegotiation",
		mistakes: judged(atRead, (*Reference).shakeHandsFirst)},

	// Family C: the wrong wakeups, or too many of them.
	{name: "write-armed-for-ever", breaks: oracle.BusyLoop, bugs: ids{"C3", "C15", "C29"},
		scenario: "request-response",
		about:    "never gives write interest up",
		mistakes: always(atArmWrite)},
	{name: "want-survives-its-reader", breaks: oracle.BusyLoop, bugs: ids{"C1", "C2"},
		scenario: "slow-reader",
		about:    "keeps write interest for a read that is not made any more",
		mistakes: append(judged(atArmWrite, func(p *Reference, right bool) bool {
			p.slip.on = p.slip.on || p.stuckR
			return right || p.slip.on
		}), mistake{at: atRead, judge: func(p *Reference, right bool) bool {
			p.slip.on = false
			return right
		}})},
	{name: "write-armed-in-handshake", breaks: oracle.BusyLoop, bugs: ids{"C9"},
		scenario: "request-response",
		about:    "keeps write interest until the handshake is through",
		mistakes: judged(atArmWrite, func(p *Reference, right bool) bool {
			return right || !p.up()
		})},
	{name: "write-armed-for-a-want-read", breaks: oracle.BusyLoop, bugs: ids{"C4", "C20"},
		scenario: "request-response",
		about:    "takes a write that waits for the handshake for back-pressure",
		mistakes: judged(atArmWrite, func(p *Reference, right bool) bool {
			return right || p.queue.len() > 0 && !p.up()
		})},
	{name: "write-armed-in-close", breaks: oracle.BusyLoop, bugs: ids{"C15"},
		scenario: "mutual-close",
		about:    "keeps write interest while it waits for the peer's close",
		mistakes: judged(atArmWrite, func(p *Reference, right bool) bool {
			return right || p.closing && p.finished && !p.eof
		})},
	{name: "end-is-would-block", breaks: oracle.BusyLoop, bugs: ids{"C6", "C13", "C21"},
		scenario: "upload-and-close",
		about:    "takes the end of the socket for nothing to read",
		also:     either(oracle.Stall),
		because:  "an edge-triggered loop reports the end once",
		mistakes: ends(func(p *Reference, st model.IOStatus) bool {
			return st == model.EOF && p.up()
		})},
	{name: "end-in-handshake-is-would-block", breaks: oracle.BusyLoop, bugs: ids{"C22"},
		scenario: "network-faults",
		about:    "takes the end of the socket for nothing to read, while shaking hands",
		also:     either(oracle.Stall),
		because:  "an edge-triggered loop reports the end once",
		mistakes: ends(func(p *Reference, st model.IOStatus) bool {
			return st == model.EOF && !p.up()
		})},
	{name: "reset-is-would-block", breaks: oracle.BusyLoop, bugs: ids{"C11"},
		scenario: "network-faults",
		about:    "goes on as if the socket could be read after it has said reset",
		also:     either(oracle.Stall),
		because:  "an edge-triggered loop reports the reset once",
		mistakes: ends(func(_ *Reference, st model.IOStatus) bool { return st == model.Reset })},
	{name: "read-armed-while-stuck", breaks: oracle.BusyLoop, bugs: ids{"C10"},
		scenario: "awaited-key-update",
		about:    "keeps read interest while the handshake has to write first",
		mistakes: judged(atArmRead, func(p *Reference, right bool) bool {
			return right || p.stuckR && !p.eof && !p.broken && !p.paused && !p.over
		})},
	{name: "want-write-fatal", breaks: oracle.SpuriousFailure, bugs: ids{"B10", "C17", "C27"},
		scenario: "long-handshake",
		about:    "takes a handshake that wants to write for a failed one",
		mistakes: answers(atReadAnswer, func(p *Reference, st model.Status) model.Status {
			if st == model.WantWrite && !p.up() && !p.closing {
				return model.Failed
			}
			return st
		})},
	{name: "close-unarmed", breaks: oracle.Stall, bugs: ids{"C12"}, scenario: "mutual-close",
		about: "arms nothing for a close_notify that does not fit",
		mistakes: judged(atArmWrite, func(p *Reference, right bool) bool {
			return right && !p.stuckS
		})},
	{name: "write-in-callback-forgotten", breaks: oracle.Stall, bugs: ids{"C14"},
		scenario: "request-response",
		about:    "takes what is written in a callback, and thinks of it at the next write",
		mistakes: append(judged(atTakePlaintext, func(p *Reference, right bool) bool {
			p.slip.on = p.busy
			return right
		}), mistake{at: atWriteNow, judge: func(p *Reference, up bool) bool {
			return up && !p.slip.on
		}})},
	{name: "spins-while-blocked", breaks: oracle.BusyLoop, bugs: ids{"C18"}, scenario: "two-links",
		about: "goes round in a write that is blocked, and does not return to the loop",
		mistakes: judged(atWakeByHand, func(p *Reference, _ bool) bool {
			return p.spin(p.owes())
		})},
	{name: "spins-in-handshake", breaks: oracle.BusyLoop, bugs: ids{"C28", "D27"},
		scenario: "two-links",
		about:    "goes round in a handshake that waits for the peer",
		also:     either(oracle.Stall),
		because:  "the other links of its thread get no turn",
		mistakes: judged(atWakeByHand, func(p *Reference, _ bool) bool {
			return p.spin(!p.up() && !p.over && !p.eof && !p.broken)
		})},
	{name: "wakes-in-renegotiation", breaks: oracle.BusyLoop, bugs: ids{"C19"},
		scenario: "renegotiation",
		about:    "tries a write again and again that waits for a renegotiation",
		mistakes: judged(atWakeByHand, func(p *Reference, _ bool) bool {
			p.slip.on = p.slip.on || p.up()
			return p.slip.on && !p.up() && p.queue.len() > 0
		})},
	{name: "dry-after-handshake", breaks: oracle.Stall, bugs: ids{"C30"},
		scenario: "request-response",
		about:    "takes the socket for empty when the handshake has ended",
		mistakes: answers(atReadAnswer, func(p *Reference, st model.Status) model.Status {
			if p.up() && !p.slip.on {
				p.slip.on, p.dry = true, true
			}
			return st
		})},

	// Family D: bytes inside TLS or the pump are not delivered.
	{name: "one-read-a-wakeup", breaks: oracle.Stall,
		bugs:     ids{"D1", "D7", "D8", "D10", "D11", "D12", "D13", "D19"},
		scenario: "request-response",
		about:    "reads from the engine once, and waits for the socket",
		also:     either(oracle.SpuriousFailure, oracle.Deadlock),
		because:  leftText,
		mistakes: counted(atReadOn, func(*Reference, int) int { return 0 })},
	{name: "resume-without-a-look", breaks: oracle.Stall, bugs: ids{"D4"}, scenario: "slow-reader",
		about:    "waits for the socket after a pause, whatever the engine holds",
		mistakes: judged(atRecheckOnResume, func(p *Reference, _ bool) bool { return p.paused })},
	{name: "short-read-is-all", breaks: oracle.Stall, bugs: ids{"D14", "D20"},
		scenario: "request-response",
		about:    "takes the engine for empty when a read gave less than was asked for",
		also:     either(oracle.SpuriousFailure, oracle.Deadlock),
		because:  leftText,
		mistakes: counted(atReadOn, func(p *Reference, n int) int {
			if n < p.env.Limits.Chunk {
				return 0
			}
			return n
		})},
	{name: "pending-is-all", breaks: oracle.Stall, bugs: ids{"D5", "D17", "D21"},
		scenario: "request-response",
		about:    "takes the engine for empty when nothing more is decrypted",
		also:     either(oracle.SpuriousFailure, oracle.Deadlock),
		because:  leftText,
		mistakes: counted(atReadOn, func(p *Reference, _ int) int {
			return p.env.Engine.Pending()
		})},
	{name: "yields-without-a-wake", breaks: oracle.Stall, bugs: ids{"D2", "D15"},
		scenario: "bulk-both-ways",
		about:    "ends a long turn without a wakeup for the rest",
		also:     either(oracle.DataLoss),
		because:  gaveUpText,
		mistakes: append(never(atWakeAfterYield),
			mistake{at: atRoundsOfTurn, count: func(*Reference, int) int { return shortTurn }})},
	{name: "half-a-record-is-input", breaks: oracle.BusyLoop, bugs: ids{"D6"},
		scenario: "request-response",
		about:    "wakes itself for a record that has not come as a whole",
		mistakes: judged(atWakeByHand, func(p *Reference, _ bool) bool {
			return p.env.Engine.HasPending() && !p.resting() && !p.over
		})},
	{name: "withheld-in-renegotiation", breaks: oracle.Stall, bugs: ids{"D18"},
		scenario: "renegotiation",
		about:    "keeps data back until the renegotiation behind it has ended",
		also:     either(oracle.BusyLoop),
		because:  "attached, what lies behind the data keeps the socket readable",
		mistakes: judged(atRead, (*Reference).withhold)},
	{name: "want-read-is-the-end", breaks: oracle.SpuriousFailure, bugs: ids{"D23"},
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
	{name: "reads-until-dry", breaks: oracle.BusyLoop, bugs: ids{"D26"}, scenario: "eager-peer",
		about: "reads as long as there is anything, whoever else is ready",
		mistakes: append(never(atEnoughRead),
			mistake{at: atRoundsOfTurn, count: func(*Reference, int) int { return noBound }})},
	{name: "read-watermark", breaks: oracle.Stall, bugs: ids{"D24"}, scenario: "request-response",
		about:    "waits for more input before it lets the engine have a look",
		also:     either(oracle.Truncation, oracle.DataLoss),
		because:  "a close that waits for a handshake so is given up, by the pump's timer",
		mistakes: judged(atRead, (*Reference).enoughToRead)},

	// Family E: bytes are written twice, in part, or not at all.
	{name: "shorter-retry", breaks: oracle.SpuriousFailure, bugs: ids{"E1", "E2"},
		scenario: "bulk-both-ways",
		about:    "offers fewer bytes when it tries a write again",
		also:     either(oracle.DataLoss, oracle.Stall),
		because:  refusedText,
		mistakes: counted(atRetryLength, func(_ *Reference, n int) int { return (n + 1) / 2 })},
	{name: "shutdown-over-a-write", breaks: oracle.SpuriousFailure, bugs: ids{"E4"},
		scenario: "half-close",
		about:    "calls Shutdown again and again while a write waits",
		also:     either(oracle.DataLoss, oracle.Stall, oracle.Truncation),
		because:  refusedText + "; and close_notify stays behind the write",
		mistakes: judged(atAllIsWritten, func(p *Reference, right bool) bool {
			return right || p.retry > 0
		})},
	{name: "moved-retry", breaks: oracle.SpuriousFailure,
		bugs:     ids{"E5", "E6", "E7", "E8", "E9", "E10"},
		scenario: "bulk-both-ways",
		about:    "tries a write again from another address",
		also:     either(oracle.DataLoss, oracle.Stall),
		because:  refusedText,
		mistakes: never(atRetryInPlace)},
	{name: "blocked-write-is-sent", breaks: oracle.DataLoss, bugs: ids{"E11", "E15", "E16"},
		scenario: "bulk-both-ways",
		about:    "forgets the plaintext of a write that wants to write",
		also: either(oracle.Stall, oracle.UnboundedBuffer, oracle.Corruption,
			oracle.SpuriousFailure, oracle.Truncation),
		because: droppedText + "; the engine refuses it if it is shorter than what was sealed, " +
			"and keeps close_notify behind it",
		mistakes: answers(atWriteAnswer, func(p *Reference, st model.Status) model.Status {
			if st != model.WantWrite || !p.up() {
				return st
			}
			p.queue.take(p.offered())
			p.retry, p.stuckW = 0, true
			return model.Closed // which no Write answers: nothing comes of it
		})},
	{name: "short-write-is-whole", breaks: oracle.DataLoss, bugs: ids{"E26", "E27", "E32"},
		scenario: "bulk-both-ways",
		about:    "drops the rest of a write of which a part was taken",
		also:     either(oracle.Stall, oracle.UnboundedBuffer, oracle.Corruption),
		because:  droppedText,
		mistakes: counted(atPartOfWrite, func(p *Reference, _ int) int { return p.offered() })},
	{name: "short-write-starts-over", breaks: oracle.Corruption, bugs: ids{"E17", "E18"},
		scenario: "bulk-both-ways",
		about:    "writes again from the start after a part was taken",
		also:     either(oracle.Truncation),
		because:  gaveUpText,
		mistakes: counted(atPartOfWrite, func(p *Reference, n int) int {
			if p.slip.on = !p.slip.on; p.slip.on {
				return 0
			}
			return n
		})},
	{name: "off-by-one-retry", breaks: oracle.Corruption, bugs: ids{"E20", "E22"},
		scenario: "bulk-both-ways",
		about:    "goes on one byte too early after a partial write",
		also:     either(oracle.Truncation),
		because:  gaveUpText,
		mistakes: counted(atPartOfWrite, func(_ *Reference, n int) int { return max(1, n-1) })},
	{name: "update-over-a-write", breaks: oracle.SpuriousFailure, bugs: ids{"E12", "E13"},
		scenario: "key-update",
		about:    "begins a KeyUpdate while a write waits, and takes the refusal for the end",
		mistakes: judged(atBeginUpdate, func(p *Reference, free bool) bool {
			if !free && p.engine().KeyUpdate(true) == model.Failed {
				p.failed()
			}
			return free
		})},
	{name: "write-never-retried", breaks: oracle.Stall, bugs: ids{"E21"},
		scenario: "bulk-both-ways",
		about:    "does not try a write again that wanted to write, when the BIO is drained",
		mistakes: judged(atRetryWrite, func(p *Reference, _ bool) bool {
			return p.env.Transport == model.Attached
		})},
	{name: "blocked-write-ends-the-close", breaks: oracle.Truncation, bugs: ids{"E24"},
		scenario: "upload-and-close",
		about:    "takes a write that wants to write for the end of what was to be sent",
		mistakes: append(judged(atAllIsWritten, func(p *Reference, right bool) bool {
			return right || p.stuckW
		}), mistake{at: atSendCloseNotify, judge: func(p *Reference, _ bool) bool {
			return p.retry == 0
		}})},
	{name: "nothing-written-is-an-error", breaks: oracle.SpuriousFailure, bugs: ids{"E31"},
		scenario: "key-update",
		about:    "writes nothing, is told that nothing was written, and gives up",
		also:     either(oracle.Truncation),
		because: "an app that has closed is told nothing, and its engine could have said " +
			"close_notify",
		mistakes: judged(atAnswerUpdate, func(p *Reference, deferred bool) bool {
			if deferred {
				p.engine().Write(nil)
				p.failed()
			}
			return false
		})},
	{name: "watermark-inverted", breaks: oracle.Stall, bugs: ids{"E33"}, scenario: "slow-reader",
		about:    "asks the app for more when there is no room, and not when there is",
		mistakes: judged(atAskForMore, func(_ *Reference, right bool) bool { return !right })},
	{name: "whole-write-buffered-in-rekey", breaks: oracle.UnboundedBuffer, bugs: ids{"E29"},
		scenario: "key-update",
		about:    "takes a write of any size while keys change",
		mistakes: judged(atTakePlaintext, func(p *Reference, right bool) bool {
			p.slip.on = p.slip.on || p.up()
			if p.slip.on && (!p.up() || p.env.Engine.Deferred()) {
				p.queue.limit += anySize
			}
			return right
		})},
	{name: "no-read-while-retrying", breaks: oracle.Deadlock, bugs: ids{"E30"},
		scenario: "bulk-both-ways",
		about:    "puts reads off while a write waits to be tried again",
		also:     either(oracle.Stall),
		because:  "with a peer that has paused for good only one end waits",
		mistakes: []mistake{
			{at: atTakeInput, judge: (*Reference).unlessRetrying},
			{at: atArmRead, judge: (*Reference).unlessRetrying},
		}},

	// Family F: end of stream, close_notify, half-close.
	{name: "eof-before-data", breaks: oracle.DataLoss, bugs: ids{"F1", "F3", "F4"},
		scenario: "upload-and-close",
		about:    "takes the socket's end for the link's end, whatever came in front of it",
		also:     either(oracle.Truncation),
		because:  "the app closes at once, over output that waits",
		mistakes: []mistake{
			{at: atSocketEnds, count: func(p *Reference, st int) int {
				if model.IOStatus(st) == model.EOF && p.up() {
					p.eof = true
					p.tell(model.Clean)
				}
				return st
			}},
			{at: atReceiveOn, judge: (*Reference).lookForEnd},
		}},
	{name: "no-close-notify", breaks: oracle.Truncation, bugs: ids{"F28"}, scenario: "mutual-close",
		about:    "closes with FIN alone",
		mistakes: never(atSendCloseNotify)},
	{name: "no-answer-to-close-notify", breaks: oracle.Truncation, bugs: ids{"F5"},
		scenario: "mutual-close",
		about:    "closes with FIN alone if the peer has closed first",
		mistakes: judged(atSendCloseNotify, func(p *Reference, _ bool) bool { return !p.over })},
	{name: "blocked-close-notify-is-sent", breaks: oracle.Truncation, bugs: ids{"F6"},
		scenario: "mutual-close",
		about:    "sends FIN although close_notify did not fit",
		also:     either(oracle.Stall),
		because:  "on a link that a fault has touched nobody misses it, but it still waits",
		mistakes: answers(atShutdownAnswer, instead(model.WantWrite, model.OK))},
	{name: "close-without-output-bound", breaks: oracle.Stall, bugs: ids{"F7", "F8"},
		scenario: "lasting-pause",
		about:    "bounds the wait for the peer's close, and not that for its reads",
		mistakes: judged(atBoundClose, func(p *Reference, right bool) bool {
			return right && p.finished
		})},
	{name: "close-without-a-bound", breaks: oracle.Stall, bugs: ids{"F27"},
		scenario: "unanswered-close",
		about:    "waits for the peer's close as long as it takes",
		mistakes: never(atBoundClose)},
	{name: "close-with-data-unread", breaks: oracle.Truncation,
		bugs:     ids{"F9", "F10", "F11", "F12", "F29"},
		scenario: "mutual-close",
		about:    "gives the socket back while the peer still sends",
		also:     either(oracle.DataLoss),
		because:  "the reset takes from the peer whatever it has not read",
		mistakes: always(atPeerIsDone)},
	{name: "spins-for-the-peers-close", breaks: oracle.BusyLoop, bugs: ids{"F13"},
		scenario: "mutual-close",
		about:    "goes round until the peer has closed",
		mistakes: judged(atWakeByHand, func(p *Reference, _ bool) bool {
			return p.closing && p.finished && !p.eof
		})},
	{name: "one-read-at-the-end", breaks: oracle.Stall, bugs: ids{"F14"},
		scenario: "upload-and-close",
		about:    "reads once more when the socket has ended, and not again",
		mistakes: append(counted(atReadOn, func(p *Reference, n int) int {
			if p.eof {
				return 0
			}
			return n
		}), mistake{at: atReceiveOn, judge: (*Reference).lookForEnd})},
	{name: "shutdown-waits-for-the-peer", breaks: oracle.Truncation, bugs: ids{"F17"},
		scenario: "mutual-close",
		about:    "waits for the peer's close_notify in Shutdown, which fails at data",
		also:     either(oracle.DataLoss),
		because: "who closes is told nothing more: the failure shows in what the reset takes " +
			"from the peer",
		mistakes: judged(atTakeInput, (*Reference).shutDownTwice)},
	{name: "failed-send-ends-the-input", breaks: oracle.DataLoss, bugs: ids{"F18", "F19", "K14"},
		scenario: "reset-in-traffic",
		about:    "takes a reset that a send has met for the end of what had come before it",
		mistakes: never(atReadAfterReset)},
	{name: "end-in-pause-untold", breaks: oracle.Stall, bugs: ids{"F21"},
		scenario: "pause-and-close",
		about:    "forgets an end that comes while the app has paused",
		mistakes: []mistake{
			{at: atRecheckOnResume, judge: func(p *Reference, right bool) bool {
				p.slip.on = p.slip.on || p.eof && !p.paused
				return right
			}},
			{at: atTellEnd, judge: func(p *Reference, right bool) bool {
				return right && !p.slip.on
			}},
		}},
	{name: "shutdown-in-handshake", breaks: oracle.SpuriousFailure, bugs: ids{"F22", "H7"},
		scenario: "close-in-handshake",
		about: "calls Shutdown in a handshake, and leaves the error to the next call of the " +
			"thread",
		mistakes: shutDownAnyway},
	{name: "recv-after-close", breaks: oracle.Crash, bugs: ids{"F20", "J5"},
		scenario: "mutual-close",
		about:    "reads from the socket after it has given it back",
		mistakes: judged(atRelease, func(p *Reference, _ bool) bool { return p.discard() })},
	{name: "shutdown-after-close", breaks: oracle.Crash, bugs: ids{"F20"},
		scenario: "network-faults",
		about:    "calls Shutdown after it has given the socket back",
		mistakes: judged(atRelease, func(p *Reference, _ bool) bool {
			p.engine().Shutdown()
			return true
		})},
	{name: "write-after-close-notify", breaks: oracle.Crash, bugs: ids{"F23"},
		scenario: "half-close",
		about:    "dies of a write after the peer's close_notify",
		mistakes: judged(atTakePlaintext, func(p *Reference, right bool) bool {
			if right && p.over {
				panic("assertion failed: the link is open")
			}
			return right
		})},
	{name: "close-before-the-queue", breaks: oracle.DataLoss, bugs: ids{"F24"},
		scenario: "upload-and-close",
		about:    "drops what it has not tried to write yet when it closes",
		also:     either(oracle.Stall),
		because:  "what is dropped is owed, as long as a close waits for what is not",
		mistakes: judged(atAllIsWritten, func(p *Reference, _ bool) bool {
			p.queue.tail = p.queue.head + p.retry
			return p.retry == 0
		})},
	{name: "half-close-unarmed", breaks: oracle.Stall, bugs: ids{"F25"}, scenario: "half-close",
		about: "gives write interest up at a half-close, whatever waits",
		mistakes: judged(atArmWrite, func(p *Reference, right bool) bool {
			return right && !p.half
		})},
	{name: "close-notify-is-would-block", breaks: oracle.Stall, bugs: ids{"F26"},
		scenario: "mutual-close",
		about:    "takes the peer's close_notify for nothing to read",
		also:     either(oracle.UnboundedBuffer),
		because:  "a failure behind it is told to nobody either, and what comes then piles up",
		mistakes: append(answers(atReadAnswer, func(p *Reference, st model.Status) model.Status {
			if st == model.Closed && p.env.Transport == model.Pair {
				p.slip.on, st = true, model.WantRead
			}
			return st
		}), mistake{at: atTellEnd, judge: func(p *Reference, right bool) bool {
			return right && !p.slip.on
		}})},
	{name: "peers-close-ends-both", breaks: oracle.DataLoss, bugs: ids{"F30"},
		scenario: "half-close",
		about:    "drops what it has to write when the peer has only stopped writing",
		also:     either(oracle.Truncation),
		because:  "close_notify stays in the engine behind a write that waits for room",
		mistakes: always(atPeerReadsNoMore)},

	// Family G: deadlocks across both ends.
	{name: "no-read-while-blocked", breaks: oracle.Deadlock, bugs: ids{"G2", "G3", "G4", "G5"},
		scenario: "bulk-both-ways",
		about:    "stops reading while it can't send",
		also:     either(oracle.Stall),
		because:  "with a peer that has paused for good only one end waits",
		mistakes: []mistake{
			{at: atTakeInput, judge: (*Reference).unlessBlocked},
			{at: atArmRead, judge: (*Reference).unlessBlocked},
		}},
	{name: "no-read-while-queued", breaks: oracle.Deadlock, bugs: ids{"G6"},
		scenario: "bulk-both-ways",
		about:    "stops reading while the app's data waits to be written",
		also:     either(oracle.Stall),
		because:  "an edge that comes meanwhile is lost",
		mistakes: []mistake{
			{at: atTakeInput, judge: (*Reference).unlessQueued},
			{at: atArmRead, judge: (*Reference).unlessQueued},
		}},

	// Family H: the error queue of the thread.
	{name: "errors-never-cleared", breaks: oracle.SpuriousFailure, scenario: "two-links",
		bugs:    ids{"H1", "H2", "H3", "H4", "H5", "H6", "H9", "H11"},
		about:   "judges a call by errors that another link has left",
		also:    either(oracle.DataLoss, oracle.Truncation),
		because: "the call may be the last Read or the Shutdown",
		mistakes: judged(atRestart, func(p *Reference, _ bool) bool {
			p.env.Engine = uncleared{p.env.Engine}
			return true
		})},

	// Family I: what nobody bounds.
	{name: "queue-without-limit", breaks: oracle.UnboundedBuffer, bugs: ids{"I4", "I5"},
		scenario: "slow-reader",
		about:    "takes whatever the app writes",
		mistakes: judged(atTakePlaintext, func(p *Reference, right bool) bool {
			p.queue.limit += anySize
			return right
		})},
	{name: "input-without-limit", breaks: oracle.UnboundedBuffer, bugs: ids{"I4", "I5"},
		scenario: "slow-reader",
		about:    "receives whatever comes, and keeps what the engine has no room for",
		mistakes: []mistake{
			{at: atTakeInput, judge: (*Reference).hoard},
			{at: atArmRead, judge: func(p *Reference, right bool) bool {
				pair := p.env.Transport == model.Pair
				return right && !p.slip.on || pair && !p.eof && !p.broken && !p.slip.on
			}},
			{at: atWakeByHand, judge: (*Reference).hasRoomForHoard},
		}},
	{name: "output-without-limit", breaks: oracle.UnboundedBuffer, bugs: ids{"I2"},
		scenario: "hostile-peer",
		about:    "takes whatever answers the engine makes while the socket is full",
		mistakes: judged(atArmWrite, (*Reference).hoardOutput)},
	{name: "flood-is-progress", breaks: oracle.BusyLoop, bugs: ids{"I1", "I3"},
		scenario: "hostile-peer",
		about:    "bounds a turn by handshakes and data in it, of which a flood has none",
		mistakes: boundByProgress},

	// Family J: re-entrancy and lifetime.
	{name: "freed-in-callback", breaks: oracle.Crash, bugs: ids{"J1", "J2", "J5", "J12"},
		scenario: "mutual-close",
		about:    "lets the engine go when a callback closes, and goes on with it",
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
	{name: "reentrant-read-repeats", breaks: oracle.Corruption, bugs: ids{"J7"},
		scenario: "request-response",
		about:    "hands the same data over again when the app has written meanwhile",
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
	{name: "first-data-dropped", breaks: oracle.DataLoss, bugs: ids{"J4", "J9"},
		scenario: "request-response",
		about:    "drops data that one read gives together with the end of a handshake",
		also:     either(oracle.Stall, oracle.UnboundedBuffer, oracle.Corruption),
		because:  droppedText,
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
	{name: "data-while-paused", breaks: oracle.UnboundedBuffer, bugs: ids{"J10"},
		scenario: "slow-reader",
		about:    "hands data over although the app has paused",
		mistakes: never(atRest)},
	{name: "asks-inside-write", breaks: oracle.Stall, bugs: ids{"J11"}, scenario: "slow-reader",
		about: "asks for more from inside a write, when the app does not wait yet",
		mistakes: append(judged(atTakePlaintext, func(p *Reference, right bool) bool {
			p.refused = p.refused || !p.slip.on // and so the turn asks
			p.slip.on = true
			return right
		}), mistake{at: atNoteRefusal, judge: func(p *Reference, right bool) bool {
			p.slip.on = false
			return right && p.refused
		}})},

	// Family K: handshakes and data, and which may come when.
	{name: "write-in-renegotiation", breaks: oracle.SpuriousFailure, bugs: ids{"K2"},
		scenario: "renegotiation",
		about:    "writes in the middle of a renegotiation, which data of the peer then ends",
		mistakes: judged(atWriteNow, func(p *Reference, up bool) bool {
			p.slip.on = p.slip.on || up
			return up || p.slip.on && p.retry == 0
		})},
	{name: "want-read-fatal", breaks: oracle.SpuriousFailure, bugs: ids{"K5"},
		scenario: "renegotiation",
		about:    "takes a write that a renegotiation keeps waiting for a failed one",
		mistakes: append(answers(atWriteAnswer, instead(model.WantRead, model.Failed)),
			mistake{at: atWriteNow, judge: func(p *Reference, up bool) bool {
				p.slip.on = p.slip.on || up
				return p.slip.on
			}})},
	{name: "handshake-in-renegotiation", breaks: oracle.SpuriousFailure, bugs: ids{"K3"},
		scenario: "renegotiation",
		about:    "carries a renegotiation on by calls that can't give data",
		mistakes: judged(atRead, (*Reference).force)},
	{name: "renegotiates-over-data", breaks: oracle.SpuriousFailure, bugs: ids{"K6"},
		scenario: "strict-renegotiation",
		about:    "begins a renegotiation with data unread that has come",
		mistakes: never(atReadFirst)},
	{name: "read-in-early-write", breaks: oracle.Stall, bugs: ids{"K9"}, scenario: "early-data",
		about: "reads while early data waits for room",
		mistakes: judged(atEarlyFirst, func(p *Reference, busy bool) bool {
			p.due = p.due || busy
			return false
		})},
	{name: "early-data-unasked", breaks: oracle.Stall, bugs: ids{"K10"}, scenario: "early-data",
		about:   "reads no early data while its own app has something to write",
		also:    either(oracle.BusyLoop),
		because: "attached, what it does not read keeps the socket readable",
		mistakes: judged(atRead, func(p *Reference, _ bool) bool {
			return p.env.Role == model.Client || !p.early.open || p.queue.len() == 0
		})},
	{name: "early-data-without-an-end", breaks: oracle.Stall, bugs: ids{"K11"},
		scenario: "early-data",
		about:    "leaves the end of the early data to a write that may never come",
		mistakes: never(atConcludeEarly)},
}
