package pumps

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// wrongEnds is family F: end of stream, close_notify, half-close.
var wrongEnds = []plan{
	{name: "eof-before-data", breaks: oracle.DataLoss, bugs: "F1, F3, F4", scenario: "upload-and-close",
		about:   "takes the socket's end for the link's end, whatever came in front of it",
		also:    either(oracle.Truncation),
		because: "the app closes at once, over output that waits",
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
	{name: "no-close-notify", breaks: oracle.Truncation, bugs: "F28", scenario: "mutual-close",
		about:    "closes with FIN alone",
		mistakes: never(atSendCloseNotify)},
	{name: "no-answer-to-close-notify", breaks: oracle.Truncation, bugs: "F5", scenario: "mutual-close",
		about: "closes with FIN alone if the peer has closed first",
		mistakes: judged(atSendCloseNotify, func(p *Reference, _ bool) bool {
			return !p.over
		})},
	{name: "blocked-close-notify-is-sent", breaks: oracle.Truncation, bugs: "F6",
		scenario: "mutual-close",
		about:    "sends FIN although close_notify did not fit",
		also:     either(oracle.Stall),
		because:  "on a link that a fault has touched nobody misses it, but it still waits",
		mistakes: answers(atShutdownAnswer, instead(model.WantWrite, model.OK))},
	{name: "close-without-output-bound", breaks: oracle.Stall, bugs: "F7, F8",
		scenario: "lasting-pause",
		about:    "bounds the wait for the peer's close, and not that for its reads",
		mistakes: judged(atBoundClose, func(p *Reference, right bool) bool {
			return right && p.finished
		})},
	{name: "close-without-a-bound", breaks: oracle.Stall, bugs: "F27", scenario: "unanswered-close",
		about:    "waits for the peer's close as long as it takes",
		mistakes: never(atBoundClose)},
	{name: "close-with-data-unread", breaks: oracle.Truncation, bugs: "F9, F10, F11, F12, F29",
		scenario: "mutual-close",
		about:    "gives the socket back while the peer still sends",
		also:     either(oracle.DataLoss),
		because:  "the reset takes from the peer whatever it has not read",
		mistakes: always(atPeerIsDone)},
	{name: "spins-for-the-peers-close", breaks: oracle.BusyLoop, bugs: "F13", scenario: "mutual-close",
		about: "goes round until the peer has closed",
		mistakes: judged(atWakeByHand, func(p *Reference, _ bool) bool {
			return p.closing && p.finished && !p.eof
		})},
	{name: "one-read-at-the-end", breaks: oracle.Stall, bugs: "F14", scenario: "upload-and-close",
		about: "reads once more when the socket has ended, and not again",
		mistakes: append(counted(atReadOn, func(p *Reference, n int) int {
			if p.eof {
				return 0
			}
			return n
		}), mistake{at: atReceiveOn, judge: (*Reference).lookForEnd})},
	{name: "shutdown-waits-for-the-peer", breaks: oracle.Truncation, bugs: "F17", scenario: "mutual-close",
		about: "waits for the peer's close_notify in Shutdown, which fails at data",
		also:  either(oracle.DataLoss),
		because: "who closes is told nothing more: the failure shows in what the reset takes " +
			"from the peer",
		mistakes: judged(atTakeInput, (*Reference).shutDownTwice)},
	{name: "failed-send-ends-the-input", breaks: oracle.DataLoss, bugs: "F18, F19, K14",
		scenario: "reset-in-traffic",
		about:    "takes a reset that a send has met for the end of what had come before it",
		mistakes: never(atReadAfterReset)},
	{name: "end-in-pause-untold", breaks: oracle.Stall, bugs: "F21", scenario: "pause-and-close",
		about: "forgets an end that comes while the app has paused",
		mistakes: []mistake{
			{at: atRecheckOnResume, judge: func(p *Reference, right bool) bool {
				p.slip.on = p.slip.on || p.eof && !p.paused
				return right
			}},
			{at: atTellEnd, judge: func(p *Reference, right bool) bool {
				return right && !p.slip.on
			}},
		}},
	{name: "shutdown-in-handshake", breaks: oracle.SpuriousFailure, bugs: "F22, H7",
		scenario: "close-in-handshake",
		about: "calls Shutdown in a handshake, and leaves the error to the next call of the " +
			"thread",
		mistakes: []mistake{
			{at: atRestart, judge: func(p *Reference, _ bool) bool {
				p.env.Engine = &clearsAfter{Engine: p.env.Engine}
				return true
			}},
			{at: atAllIsWritten, judge: func(p *Reference, right bool) bool {
				if right && !p.up() && !p.dead && !p.slip.on {
					p.slip.on = true
					p.env.Engine.Shutdown()
				}
				return right
			}},
		}},
	{name: "recv-after-close", breaks: oracle.Crash, bugs: "F20, J5", scenario: "mutual-close",
		about:    "reads from the socket after it has given it back",
		mistakes: judged(atRelease, func(p *Reference, _ bool) bool { return p.discard() })},
	{name: "shutdown-after-close", breaks: oracle.Crash, bugs: "F20", scenario: "network-faults",
		about: "calls Shutdown after it has given the socket back",
		mistakes: judged(atRelease, func(p *Reference, _ bool) bool {
			p.engine().Shutdown()
			return true
		})},
	{name: "write-after-close-notify", breaks: oracle.Crash, bugs: "F23", scenario: "half-close",
		about: "dies of a write after the peer's close_notify",
		mistakes: judged(atTakePlaintext, func(p *Reference, right bool) bool {
			if right && p.over {
				panic("assertion failed: the link is open")
			}
			return right
		})},
	{name: "close-before-the-queue", breaks: oracle.DataLoss, bugs: "F24", scenario: "upload-and-close",
		about:   "drops what it has not tried to write yet when it closes",
		also:    either(oracle.Stall),
		because: "what is dropped is owed, as long as a close waits for what is not",
		mistakes: judged(atAllIsWritten, func(p *Reference, _ bool) bool {
			p.queue.tail = p.queue.head + p.retry
			return p.retry == 0
		})},
	{name: "half-close-unarmed", breaks: oracle.Stall, bugs: "F25", scenario: "half-close",
		about: "gives write interest up at a half-close, whatever waits",
		mistakes: judged(atArmWrite, func(p *Reference, right bool) bool {
			return right && !p.half
		})},
	{name: "close-notify-is-would-block", breaks: oracle.Stall, bugs: "F26", scenario: "mutual-close",
		about:   "takes the peer's close_notify for nothing to read",
		also:    either(oracle.UnboundedBuffer),
		because: "a failure behind it is told to nobody either, and what comes then piles up",
		mistakes: append(answers(atReadAnswer, func(p *Reference, st model.Status) model.Status {
			if st == model.Closed && p.env.Transport == model.Pair {
				p.slip.on, st = true, model.WantRead
			}
			return st
		}), mistake{at: atTellEnd, judge: func(p *Reference, right bool) bool {
			return right && !p.slip.on
		}})},
	{name: "peers-close-ends-both", breaks: oracle.DataLoss, bugs: "F30", scenario: "half-close",
		about:    "drops what it has to write when the peer has only stopped writing",
		also:     either(oracle.Truncation),
		because:  "close_notify stays in the engine behind a write that waits for room",
		mistakes: always(atPeerReadsNoMore)},
}

// lookForEnd receives again before a byte is decrypted.
func (p *Reference) lookForEnd(right bool) bool {
	if p.slip.on || p.eof || p.broken {
		return right
	}
	p.slip.on, p.dry = true, false
	p.fill()
	p.slip.on = false
	return right
}

// shutDownTwice lets Shutdown read, once ours is sent.
func (p *Reference) shutDownTwice(right bool) bool {
	if p.env.Transport != model.Attached || !p.closing || !p.shut || p.dead || p.eof {
		return right
	}
	switch st := p.engine().Shutdown(); st {
	case model.OK, model.Failed:
		p.eof = true
	}
	return false
}
