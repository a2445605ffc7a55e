package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// wrongRetries is family E: what is written twice, in part, or not at all.
var wrongRetries = []plan{
	{name: "shorter-retry", breaks: oracle.SpuriousFailure, bugs: "E1, E2", scenario: "bulk-both-ways",
		about:   "offers fewer bytes when it tries a write again",
		also:    either(oracle.DataLoss, oracle.Stall),
		because: refusedText,
		mistakes: counted(atRetryLength, func(_ *Reference, n int) int {
			return (n + 1) / 2
		})},
	{name: "shutdown-over-a-write", breaks: oracle.SpuriousFailure, bugs: "E4", scenario: "half-close",
		about:   "calls Shutdown again and again while a write waits",
		also:    either(oracle.DataLoss, oracle.Stall, oracle.Truncation),
		because: refusedText + "; and close_notify stays behind the write",
		mistakes: judged(atAllIsWritten, func(p *Reference, right bool) bool {
			return right || p.retry > 0
		})},
	{name: "moved-retry", breaks: oracle.SpuriousFailure, bugs: "E5, E6, E7, E8, E9, E10",
		scenario: "bulk-both-ways",
		about:    "tries a write again from another address",
		also:     either(oracle.DataLoss, oracle.Stall),
		because:  refusedText,
		mistakes: never(atRetryInPlace)},
	{name: "blocked-write-is-sent", breaks: oracle.DataLoss, bugs: "E11, E15, E16",
		scenario: "bulk-both-ways",
		about:    "forgets the plaintext of a write that wants to write",
		also:     either(oracle.Stall, oracle.UnboundedBuffer, oracle.Corruption, oracle.SpuriousFailure, oracle.Truncation),
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
	{name: "short-write-is-whole", breaks: oracle.DataLoss, bugs: "E26, E27, E32",
		scenario: "bulk-both-ways",
		about:    "drops the rest of a write of which a part was taken",
		also:     either(oracle.Stall, oracle.UnboundedBuffer, oracle.Corruption),
		because:  droppedText,
		mistakes: counted(atPartOfWrite, func(p *Reference, _ int) int { return p.offered() })},
	{name: "short-write-starts-over", breaks: oracle.Corruption, bugs: "E17, E18",
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
	{name: "off-by-one-retry", breaks: oracle.Corruption, bugs: "E20, E22", scenario: "bulk-both-ways",
		about:    "goes on one byte too early after a partial write",
		also:     either(oracle.Truncation),
		because:  gaveUpText,
		mistakes: counted(atPartOfWrite, func(_ *Reference, n int) int { return max(1, n-1) })},
	{name: "update-over-a-write", breaks: oracle.SpuriousFailure, bugs: "E12, E13", scenario: "key-update",
		about: "begins a KeyUpdate while a write waits, and takes the refusal for the end",
		mistakes: judged(atBeginUpdate, func(p *Reference, free bool) bool {
			if !free && p.engine().KeyUpdate(true) == model.Failed {
				p.failed()
			}
			return free
		})},
	{name: "write-never-retried", breaks: oracle.Stall, bugs: "E21", scenario: "bulk-both-ways",
		about: "does not try a write again that wanted to write, when the BIO is drained",
		mistakes: judged(atRetryWrite, func(p *Reference, _ bool) bool {
			return p.env.Transport == model.Attached
		})},
	{name: "blocked-write-ends-the-close", breaks: oracle.Truncation, bugs: "E24",
		scenario: "upload-and-close",
		about:    "takes a write that wants to write for the end of what was to be sent",
		mistakes: append(judged(atAllIsWritten, func(p *Reference, right bool) bool {
			return right || p.stuckW
		}), mistake{at: atSendCloseNotify, judge: func(p *Reference, _ bool) bool {
			return p.retry == 0
		}})},
	{name: "nothing-written-is-an-error", breaks: oracle.SpuriousFailure, bugs: "E31",
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
	{name: "watermark-inverted", breaks: oracle.Stall, bugs: "E33", scenario: "slow-reader",
		about:    "asks the app for more when there is no room, and not when there is",
		mistakes: judged(atAskForMore, func(_ *Reference, right bool) bool { return !right })},
	{name: "whole-write-buffered-in-rekey", breaks: oracle.UnboundedBuffer, bugs: "E29",
		scenario: "key-update",
		about:    "takes a write of any size while keys change",
		mistakes: judged(atTakePlaintext, func(p *Reference, right bool) bool {
			p.slip.on = p.slip.on || p.up()
			if p.slip.on && (!p.up() || p.env.Engine.Deferred()) {
				p.queue.limit += anySize
			}
			return right
		})},
	{name: "no-read-while-retrying", breaks: oracle.Deadlock, bugs: "E30", scenario: "bulk-both-ways",
		about:   "puts reads off while a write waits to be tried again",
		also:    either(oracle.Stall),
		because: "with a peer that has paused for good only one end waits",
		mistakes: []mistake{
			{at: atTakeInput, judge: (*Reference).unlessRetrying},
			{at: atArmRead, judge: (*Reference).unlessRetrying},
		}},
}

// refusedText is why a refused write breaks more than one property.
const refusedText = "an app that has closed is told nothing: then the failure shows in what does " +
	"not reach the peer"

// anySize is more than an app has to write at once, in bytes.
const anySize = 1 << 16

// offered is the length of the piece that was offered last.
func (p *Reference) offered() int {
	if p.retry > 0 {
		return p.retry
	}
	return min(p.queue.len(), p.env.Limits.Chunk)
}

func (p *Reference) unlessRetrying(right bool) bool { return right && !p.stuckW }
