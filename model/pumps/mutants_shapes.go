package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// shapeMutants are the mutants of the pumps of other shapes: bugs that need such a shape. Add a
// row to its shape, and do not reorder the rows.
var shapeMutants = []plan{
	// filterMistakes are those of a filter between two buffers.

	{name: "filter-lower-input-left", breaks: oracle.Stall, bugs: ids{"B13", "D5"},
		scenario: "request-response",
		about:    "a filter that leaves what did not fit in the buffer below until more comes",
		also:     either(oracle.Truncation, oracle.DataLoss),
		because:  gaveUpText,
		variant: inFilter(judged(atFeedOn, func(p *filter, right bool) bool {
			return right && p.in.head == 0
		}))},
	{name: "filter-lower-watermark", breaks: oracle.Stall, bugs: ids{"D24"},
		scenario: "request-response",
		about:    "a filter whose buffer below waits for more before it calls",
		also:     either(oracle.Truncation, oracle.DataLoss),
		because:  gaveUpText,
		variant: inFilter(judged(atFeedOn, func(p *filter, right bool) bool {
			return right && (p.in.len() >= watermark || p.in.len() == p.in.limit || p.end != model.IOOK)
		}))},
	{name: "filter-write-watermark", breaks: oracle.Stall, bugs: ids{"E33"},
		scenario: "request-response",
		about:    "a filter that sends when it has more than there is room for, not less",
		also:     either(oracle.SpuriousFailure, oracle.DataLoss, oracle.Truncation),
		because:  "what stays in the engine is not owed to it, and its FIN comes in front of that",
		variant: inFilter(judged(atFlush, func(p *filter, right bool) bool {
			return right && p.env.Engine.OutputPending() >= p.out.limit-p.out.len()
		}))},
	{name: "filter-resumes-without-callback", breaks: oracle.Stall, bugs: ids{"D4"},
		scenario: "slow-reader",
		about:    "a filter that waits for the socket after a pause, whatever its input holds",
		variant:  inFilter(judged(atRecheckOnResume, no[*filter]))},
	{name: "filter-calls-while-disabled", breaks: oracle.UnboundedBuffer, bugs: ids{"J10"},
		scenario: "slow-reader",
		about:    "a filter whose read callback comes although reading was disabled meanwhile",
		variant:  inFilter(judged(atDeliver, yes[*filter]))},

	// flagMistakes are those of a pump on ready flags.

	{name: "flags-lost-in-handshake", breaks: oracle.Stall, bugs: ids{"C30", "D16"},
		scenario: "request-response",
		about:    "ready flags that stay as the handshake has left them",
		also:     either(oracle.Deadlock),
		because:  fullText,
		variant:  inFlags(judged(atSetReady, no[*readyFlags]))},
	{name: "flags-kept-in-close", breaks: oracle.Stall, bugs: ids{"C12"}, scenario: "mutual-close",
		about: "ready flags that a close which does not fit leaves set",
		variant: inFlags(judged(atClearReady, func(p *readyFlags, _ bool) bool {
			return !p.stuckS
		}))},
	{name: "flags-stale-want", breaks: oracle.BusyLoop, bugs: ids{"C5"}, scenario: "long-handshake",
		about:   "takes an older call's want for this one's, and does not make it",
		also:    either(oracle.Stall, oracle.DataLoss),
		because: "an edge-triggered loop reports once what the call would have taken; and " + gaveUpText,
		variant: inFlags([]mistakeIn[*readyFlags]{
			{at: atClearReady, judge: func(p *readyFlags, right bool) bool {
				p.slip.on, p.slip.n = !p.up(), 0
				return right
			}},
			{at: atStaleWant, judge: (*readyFlags).stale},
		})},
	{name: "flags-old-handler-back", breaks: oracle.Stall, bugs: ids{"C31"}, scenario: "renegotiation",
		about:   "gives the write event back to who had it when a read borrowed it, whoever waits now",
		also:    either(oracle.Truncation, oracle.DataLoss),
		because: "a close goes by what is written, and this pump does not write it",
		variant: inFlags([]mistakeIn[*readyFlags]{
			{at: atClearReady, judge: (*readyFlags).lend},
			{at: atGiveBack, judge: (*readyFlags).oldHandler},
		})},
	{name: "flags-armed-while-ready", breaks: oracle.BusyLoop, bugs: ids{"C10"},
		scenario: "slow-reader",
		about:    "leaves the read event registered while its flag is set",
		variant: inFlags(judged(atArmRead, func(p *readyFlags, right bool) bool {
			return right || !p.eof && !p.broken && !p.over
		}))},
	{name: "flags-cleared-by-data", breaks: oracle.Stall, bugs: ids{"D14"},
		scenario: "request-response",
		about:    "clears the read flag when the buffer is full, whatever the engine holds",
		variant:  inFlags(counted(atReadOn, func(*readyFlags, int) int { return 0 }))},
	{name: "flags-end-before-data", breaks: oracle.DataLoss, bugs: ids{"F1", "F3"},
		scenario: "upload-and-close",
		about:    "says that the link has ended, and not what the same call had read before",
		variant: inFlags(judged(atKeepEnd, func(p *readyFlags, right bool) bool {
			return right && p.last == model.OK
		}))},

	// requestMistakes are those of a pump of write requests.

	{name: "request-never-called-back", breaks: oracle.Stall, bugs: ids{"C14"},
		scenario: "bulk-both-ways",
		about:    "a request that is done at once, and whose callback nobody schedules",
		variant:  inRequest(judged(atPostpone, no[*writeRequest]))},
	{name: "request-parked", breaks: oracle.Stall, bugs: ids{"A20", "B8"},
		scenario: "request-response",
		about:    "what a request has left is not tried again when the handshake has ended",
		variant: inRequest(judged(atRetryWrite, func(p *writeRequest, _ bool) bool {
			p.slip.on = p.slip.on && p.current || p.current && !p.up()
			return !p.slip.on
		}))},
	{name: "request-shared-pool", breaks: oracle.SpuriousFailure, bugs: ids{"E28"},
		scenario: "bulk-both-ways",
		about:    "a request that is called back too early, and lies where ciphertext still waits",
		also:     either(oracle.DataLoss, oracle.Truncation),
		because:  "who has closed is not told that the record was damaged",
		variant: inRequest([]mistakeIn[*writeRequest]{
			{at: atRequestDone, judge: func(p *writeRequest, right bool) bool {
				return right || p.queue.len() == 0 && p.out.len() > 0
			}},
			{at: atTakePlaintext, judge: func(p *writeRequest, right bool) bool {
				if out := p.out.bytes(); right && len(out) > 0 {
					out[len(out)-1] ^= 0xff
				}
				return right
			}},
		})},
	{name: "request-before-reading", breaks: oracle.Deadlock, bugs: ids{"G6"},
		scenario: "bulk-both-ways",
		about:    "reads nothing while a request is under way",
		also:     either(oracle.Stall),
		because:  "a close that waits so is given up, and what it had to send stays",
		variant: inRequest([]mistakeIn[*writeRequest]{
			{at: atTakeInput, judge: (*writeRequest).unlessRequested},
			{at: atArmRead, judge: (*writeRequest).unlessRequested},
		})},

	// completionMistakes are those of a pump of submitted operations.

	{name: "completion-short-send", breaks: oracle.Stall, bugs: ids{"E27"},
		scenario: "bulk-both-ways",
		about:    "takes a send that was short for a whole one",
		also: either(oracle.SpuriousFailure, oracle.UnboundedBuffer, oracle.DataLoss,
			oracle.Truncation),
		because: overwrittenText,
		variant: inCompletion(counted(atSent, func(p *completion, _ int) int {
			return p.tx.buf.len()
		}))},
	{name: "completion-send-starts-over", breaks: oracle.SpuriousFailure, bugs: ids{"E26"},
		scenario: "bulk-both-ways",
		about:    "submits the same bytes again after a send that was short",
		also:     either(oracle.Stall, oracle.DataLoss, oracle.Truncation),
		because: "to the peer it is a damaged record, or the head of a long one that never ends; and " +
			gaveUpText,
		variant: inCompletion(counted(atSent, func(p *completion, n int) int {
			p.slip.on = !p.slip.on && n < p.tx.buf.len()
			if p.slip.on {
				return 0
			}
			return n
		}))},
	{name: "completion-buffer-reused", breaks: oracle.SpuriousFailure, bugs: ids{"E23"},
		scenario: "bulk-both-ways",
		about:    "writes into a buffer that a send still has",
		also:     either(oracle.Stall, oracle.UnboundedBuffer, oracle.DataLoss, oracle.Truncation),
		because:  overwrittenText,
		variant:  inCompletion(judged(atBufferFree, (*completion).reuse))},
	{name: "completion-rest-unfed", breaks: oracle.Stall, bugs: ids{"B15"},
		scenario: "long-handshake",
		about:    "leaves what the engine had no room for until the next recv, which waits for it",
		also:     either(oracle.Deadlock, oracle.Truncation, oracle.DataLoss),
		because:  fullText + "; and " + gaveUpText,
		variant: inCompletion(judged(atFeedOn, func(p *completion, right bool) bool {
			return right && p.rx.buf.head == 0
		}))},
	{name: "completion-after-close", breaks: oracle.Crash, bugs: ids{"J5"},
		scenario: "network-faults",
		about:    "completes a recv after its socket was given back",
		variant: inCompletion(judged(atRelease, func(p *completion, _ bool) bool {
			if p.rx.submitted {
				p.completeRecv()
			}
			return true
		}))},
	{name: "completion-close-unsent", breaks: oracle.SpuriousFailure, bugs: ids{"F4"},
		scenario: "mutual-close",
		about:    "leaves close_notify in the engine, and sends FIN",
		also:     either(oracle.DataLoss, oracle.Stall, oracle.Truncation),
		because:  "so is whatever waits there in front of it, and behind a half-close it is owed for ever",
		variant: inCompletion(judged(atFlush, func(p *completion, right bool) bool {
			return right && !p.shut
		}))},

	// lockMistakes are those of two fibers and a lock.

	{name: "lock-spins-for-the-writer", breaks: oracle.BusyLoop, bugs: ids{"A9"},
		scenario: "bulk-both-ways",
		about:    "goes round while what a read has to send waits for the writer",
		variant: inLock(judged(atWakeByHand, func(p *oneLock, _ bool) bool {
			return p.stuckR && p.owes()
		}))},
	{name: "lock-wakes-nobody", breaks: oracle.Stall, bugs: ids{"A11"}, scenario: "bulk-both-ways",
		about:   "lets go of the lock, and leaves the reader asleep that waits for it",
		also:    either(oracle.Deadlock),
		because: fullText,
		variant: inLock(judged(atHandOver, no[*oneLock]))},
	{name: "lock-kept-by-writer", breaks: oracle.Deadlock, bugs: ids{"E30", "G2"},
		scenario: "bulk-both-ways",
		about:    "keeps the lock while the socket keeps a write waiting",
		also:     either(oracle.Stall),
		because:  "with a peer that reads no more only one end waits",
		variant: inLock(judged(atKeepLock, func(p *oneLock, _ bool) bool {
			return p.holder == theWriter
		}))},
	{name: "lock-kept-by-reader", breaks: oracle.Stall, bugs: ids{"G8", "G9"},
		scenario: "request-response",
		about:    "keeps the lock while a read waits for the peer",
		variant: inLock(judged(atKeepLock, func(p *oneLock, _ bool) bool {
			return p.holder == theReader && !p.over
		}))},
	{name: "lock-end-before-input", breaks: oracle.DataLoss, bugs: ids{"F24"},
		scenario: "upload-and-close",
		about:    "takes the socket's end for the link's while received bytes wait",
		variant:  inLock(judged(atKeepEnd, yes[*oneLock]))},

	// nestedMistakes are those of turns within turns.

	{name: "nested-freed", breaks: oracle.Crash, bugs: ids{"J1", "J2", "J12"},
		scenario: "mutual-close",
		about:    "goes on behind a callback as if the app had not closed in it",
		variant: inNested([]mistakeIn[*nested]{
			{at: atCallClose, judge: func(p *nested, _ bool) bool {
				p.slip.on = p.slip.on || p.inside
				return true
			}},
			{at: atLookAgain, judge: func(p *nested, right bool) bool {
				if p.slip.on {
					panic("the engine was let go in a callback, and is used")
				}
				return right
			}},
		})},
	{name: "nested-reads-again", breaks: oracle.Corruption, bugs: ids{"J7"},
		scenario: "request-response",
		about:    "hands the same data over again in a turn within the callback",
		variant: inNested([]mistakeIn[*nested]{
			{at: atTakePlaintext, judge: func(p *nested, right bool) bool {
				if p.onLoan > 0 && !p.slip.on && !p.closing {
					p.slip.on = true
					p.env.App.Data(p.scratch[:p.onLoan])
				}
				return right
			}},
			{at: atDeliver, judge: func(p *nested, right bool) bool {
				p.slip.on = false
				return right
			}},
		})},
	{name: "nested-write-drops-input", breaks: oracle.DataLoss, bugs: ids{"J4"},
		scenario: "request-response",
		about:    "forgets what was read when the app writes in the callback before",
		also:     either(oracle.Stall, oracle.UnboundedBuffer, oracle.Corruption),
		because:  droppedText,
		variant: inNested([]mistakeIn[*nested]{
			{at: atTakePlaintext, judge: func(p *nested, right bool) bool {
				p.slip.on = p.slip.on || p.onLoan > 0
				return right
			}},
			{at: atDeliver, judge: func(p *nested, right bool) bool {
				dropped := p.slip.on
				p.slip.on = false
				return right && !dropped
			}},
		})},
	{name: "nested-write-recursion", breaks: oracle.Crash, bugs: ids{"J13"},
		scenario: "network-faults",
		about:    "calls itself when a write has failed, which fails again",
		variant: inNested(judged(atTellEnd, func(p *nested, right bool) bool {
			if p.slip.n++; p.slip.n > deepest {
				panic("stack overflow")
			}
			if right && p.dead {
				p.failed()
			}
			return right
		}))},
}

// fullText says why input that is not read breaks more than one property.
const fullText = "the link behind what is not read may fill up, in both directions"

// inFilter and the functions below plant mistakes in a pump of a shape.
func inFilter(m []mistakeIn[*filter]) variant { return variantOf(filterSpec(), newFilter, m) }

func inFlags(m []mistakeIn[*readyFlags]) variant {
	return variantOf(readyFlagsSpec(), newReadyFlags, m)
}

func inRequest(m []mistakeIn[*writeRequest]) variant {
	return variantOf(writeRequestSpec(), newWriteRequest, m)
}

func inCompletion(m []mistakeIn[*completion]) variant {
	return variantOf(completionSpec(), newCompletion, m)
}

func inLock(m []mistakeIn[*oneLock]) variant { return variantOf(oneLockSpec(), newOneLock, m) }

func inNested(m []mistakeIn[*nested]) variant { return variantOf(nestedSpec(), newNested, m) }

// stale goes by the want of the last handshake call that was blocked. It makes the retry that
// this allows, and skips the calls after it.
func (p *readyFlags) stale(bool) bool {
	if !p.slip.on {
		return false
	}
	p.slip.n++
	p.readReady = p.slip.n == 1
	return p.slip.n > 1
}

// lend notes that a read borrows the write event, and whether nothing waited to be written then.
func (p *readyFlags) lend(right bool) bool {
	if p.slip.n == 0 && p.shaken && !p.stuckW && !p.stuckS {
		p.slip.on, p.slip.n = p.queue.len() == 0, 1
	}
	return right
}

// oldHandler gives the write event back when the read is through. Where nothing waited before, what
// waits now is not written until more is.
func (p *readyFlags) oldHandler(right bool) bool {
	const given = 2 // and how much waited then
	s := &p.slip
	switch {
	case s.n == 1 && !p.lent && !p.readReady && s.on && p.queue.len() > 0:
		s.n = given + p.queue.len()
	case s.n == 1 && !p.lent && !p.readReady, s.n > given && s.n != given+p.queue.len():
		s.n = 0
	}
	return right && s.n <= given
}

func (p *writeRequest) unlessRequested(right bool) bool { return right && (!p.current || !p.up()) }

// overwrittenText says why lost ciphertext breaks more than one property.
const overwrittenText = "what is lost of the ciphertext is to the ledger still in the pump, and " +
	"to the peer a damaged record, or half of one"

// reuse drains the engine into the buffer of a send that is under way.
func (p *completion) reuse(right bool) bool {
	if !right {
		p.env.Engine.Drain(p.tx.buf.bytes())
	}
	return right
}

// deepest is how often nested-write-recursion calls itself.
const deepest = 100
