package pumps

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
)

// A Decision is a point at which every pump decides, knowingly or not, and at
// which real pumps have decided wrongly. The correct pumps ask at each of them with
// the right answer in hand; a mutant gives another one (see mistake).
type Decision uint8

const (
	// atFlush: may output leave now, whichever call has produced it?
	atFlush Decision = iota
	// atDrained: is the engine's output buffer empty after this drain?
	atDrained
	// atArmWrite: is write interest armed, from output that waits?
	atArmWrite
	// atArmRead: is read interest armed, from room for input?
	atArmRead
	// atTakeInput: is the socket read in this round?
	atTakeInput
	// atReceiveOn: is it read again, after as much as was asked for?
	atReceiveOn
	// atRead: is the engine asked for plaintext, when input has come?
	atRead
	// atReadOn: is it asked again, after how many bytes? 0 ends it.
	atReadOn
	// atReadAnswer: what a Read that gave nothing means.
	atReadAnswer
	// atEnoughRead: is it let be for now, after as much as a round may take?
	atEnoughRead
	// atReadAfterReset: is what had come before a reset still read, when a Send says
	// so first?
	atReadAfterReset
	// atShake: is a handshake carried on while the app has paused?
	atShake
	// atReadFirst: does a renegotiation of the app's wait until what has come is read?
	atReadFirst
	// atDeliver: is what was read the app's?
	atDeliver
	// atRest: has the app asked for no more data now?
	atRest
	// atRecheckOnResume: is what the engine holds looked at when a pause ends?
	atRecheckOnResume
	// atWriteNow: does the engine take plaintext now?
	atWriteNow
	// atWriteAnswer: what a Write's answer means.
	atWriteAnswer
	// atRetryWrite: is a Write that wanted to write made again when there is room?
	atRetryWrite
	// atRetryLength: how many bytes a retry offers.
	atRetryLength
	// atRetryInPlace: does a piece lie where it lay at the first try?
	atRetryInPlace
	// atPartOfWrite: how many bytes are through after a partial write.
	atPartOfWrite
	// atAnswerUpdate: is an answer sent that the engine keeps back for a Write?
	atAnswerUpdate
	// atBeginUpdate: may a KeyUpdate be begun now?
	atBeginUpdate
	// atTakePlaintext: is plaintext of the app taken, and how much?
	atTakePlaintext
	// atAskForMore: is the app asked for more that was refused before?
	atAskForMore
	// atNoteRefusal: does the app wait to be asked for more from now on?
	atNoteRefusal
	// atEarlyFirst: does early data that waits for room keep reads back?
	atEarlyFirst
	// atConcludeEarly: is its end sent when the server has answered?
	atConcludeEarly
	// atSocketEnds: what a Recv says of the end.
	atSocketEnds
	// atTellEnd: is it told at all?
	atTellEnd
	// atAllIsWritten: may close_notify follow?
	atAllIsWritten
	// atPeerReadsNoMore: does the peer's close_notify end our direction too?
	atPeerReadsNoMore
	// atSendCloseNotify: is it sent?
	atSendCloseNotify
	// atShutdownAnswer: what Shutdown's answer means.
	atShutdownAnswer
	// atPeerIsDone: has the peer closed too, so that the socket can go?
	atPeerIsDone
	// atBoundClose: is the timer armed that bounds a close?
	atBoundClose
	// atRelease: the socket has been given back.
	atRelease
	// atCallClose: the app has called Close, perhaps from a callback.
	atCallClose
	// atRestart: what the pump works with; is the error queue emptied before a call?
	atRestart
	// atRoundsOfTurn: how much is done before others have their turn.
	atRoundsOfTurn
	// atWakeAfterYield: does what is left then bring its own wakeup?
	atWakeAfterYield
	// atWakeByHand: is a wakeup needed that the socket does not give?
	atWakeByHand

	// Those below only pumps of other shapes have to make.

	// atFeedOn: is the engine fed with what waits for room in it?
	atFeedOn
	// atKeepEnd: has all been delivered that came in front of an end?
	atKeepEnd
	// atPostpone: does a callback that may not run now get a turn of its own?
	atPostpone
	// atRequestDone: is a write request done?
	atRequestDone
	// atSetReady: is a direction ready when the handshake has ended?
	atSetReady
	// atClearReady: is a direction's flag cleared when a call wants it?
	atClearReady
	// atStaleWant: is what a call wants an older call's answer?
	atStaleWant
	// atBufferFree: may an operation's buffer be written to?
	atBufferFree
	// atSent: how many bytes of a send are through.
	atSent
	// atKeepLock: does a fiber keep the lock while it waits for the socket?
	atKeepLock
	// atHandOver: is the fiber woken that waits for the lock?
	atHandOver
	// atLookAgain: is what a callback may have changed looked at again behind it?
	atLookAgain

	numDecisions
)

// decisionText says for each decision which of bugzoo's decision points it is,
// and what a correct pump answers.
var decisionText = [numDecisions]struct{ word, points, right string }{
	atFlush:           {"flush", "1, 2", "always: no call says that it has made output"},
	atDrained:         {"drained", "1, 3, 17", "when there was less than there was room for"},
	atArmWrite:        {"arm-write", "3, 5, 6, 9", "exactly while output waits"},
	atArmRead:         {"arm-read", "6, 7", "while input would be taken, blocked or not"},
	atTakeInput:       {"take-input", "7, 16", "always, as far as there is room"},
	atReceiveOn:       {"receive-on", "15, 16", "until the socket has less than was asked for"},
	atRead:            {"read", "8, 13, 30", "whenever input has come, handshake or not"},
	atReadOn:          {"read-on", "13, 14, 27", "until it wants something"},
	atReadAnswer:      {"read-answer", "9, 22", "what it says: a want is never an end"},
	atEnoughRead:      {"enough-read", "13, 33", "yes: others of the thread wait"},
	atReadAfterReset:  {"read-after-reset", "19, 21", "always: it is the app's"},
	atShake:           {"shake", "18", "always: the answer is the peer's, not the app's"},
	atReadFirst:       {"read-first", "30", "yes: not every library takes data in the middle"},
	atDeliver:         {"deliver", "19, 27", "always, unless it has closed"},
	atRest:            {"rest", "18", "when it has said so"},
	atRecheckOnResume: {"recheck-on-resume", "14, 18", "always: the socket may say nothing"},
	atWriteNow:        {"write-now", "2, 30", "when no handshake is under way, at once"},
	atWriteAnswer:     {"write-answer", "8, 11", "after a want the plaintext is still the pump's"},
	atRetryWrite:      {"retry-write", "3, 10", "always"},
	atRetryLength:     {"retry-length", "11", "as many as before"},
	atRetryInPlace:    {"retry-in-place", "11", "always"},
	atPartOfWrite:     {"part-of-write", "12", "what the engine says"},
	atAnswerUpdate:    {"answer-update", "29", "at once, by a Write of nothing"},
	atBeginUpdate:     {"begin-update", "29", "when no Write waits"},
	atTakePlaintext:   {"take-plaintext", "24, 28, 33", "until a close, within its limit"},
	atAskForMore:      {"ask-for-more", "5, 33", "as soon as there is room"},
	atNoteRefusal:     {"note-refusal", "27, 28", "whenever it was refused bytes"},
	atEarlyFirst:      {"early-first", "31", "yes: a read would end it"},
	atConcludeEarly:   {"conclude-early", "31", "always: no read does it"},
	atSocketEnds:      {"socket-ends", "19, 20, 22", "noted, and told behind the data"},
	atTellEnd:         {"tell-end", "22, 25", "once, whatever was under way"},
	atAllIsWritten:    {"all-is-written", "23, 25", "when the queue is empty"},
	atPeerReadsNoMore: {"peer-reads-no-more", "24", "in TLS 1.2; not in 1.3"},
	atSendCloseNotify: {"send-close-notify", "23, 24", "always, the peer's or not"},
	atShutdownAnswer:  {"shutdown-answer", "23", "after a want it is called again"},
	atPeerIsDone:      {"peer-is-done", "23", "when its FIN has come: a reset would destroy ours"},
	atBoundClose:      {"bound-close", "23", "as soon as the app has closed, whatever waits"},
	atRelease:         {"release", "23", "the last thing that is done"},
	atCallClose:       {"call-close", "27, 28", "it only leaves a note"},
	atRestart:         {"restart", "26", "as it is given, and ClearErrors comes before every call"},
	atRoundsOfTurn:    {"rounds-of-turn", "13, 33", "a fixed number"},
	atWakeAfterYield:  {"wake-after-yield", "15, 33", "always"},
	atWakeByHand:      {"wake-by-hand", "14, 15, 35", "never: a turn moves all it can"},
	atFeedOn:          {"feed-on", "16", "whenever it has room, up to the last byte"},
	atKeepEnd:         {"keep-end", "19, 20", "an end waits until it has"},
	atPostpone:        {"postpone", "15, 27", "always: it wakes itself"},
	atRequestDone:     {"request-done", "3, 5", "when its ciphertext is out of the pump's hands"},
	atSetReady:        {"set-ready", "2, 15", "always: what came with it raises no event"},
	atClearReady:      {"clear-ready", "6, 10", "always, whichever call it is"},
	atStaleWant:       {"stale-want", "10, 34", "never: each call is made, and says what it wants"},
	atBufferFree:      {"buffer-free", "11, 15", "when the operation has completed"},
	atSent:            {"sent", "11, 12", "what the completion says"},
	atKeepLock:        {"keep-lock", "4, 7", "never: whoever waits lets the other one go on"},
	atHandOver:        {"hand-over", "4, 15", "always"},
	atLookAgain:       {"look-again", "27, 28", "always: the app may have done anything"},
}

// String is the decision's word.
func (d Decision) String() string {
	if d < numDecisions {
		return decisionText[d].word
	}
	return fmt.Sprintf("Decision(%d)", uint8(d))
}

// Points are the numbers of the decision points that it stands for, in section 2
// of the project's bug list.
func (d Decision) Points() string { return decisionText[d%numDecisions].points }

// Right is what a correct pump answers, in a clause.
func (d Decision) Right() string { return decisionText[d%numDecisions].right }

// Decisions lists them.
func Decisions() (list []Decision) {
	for d := range numDecisions {
		list = append(list, d)
	}
	return list
}

// A mistakeIn is a wrong answer to a decision, of a pump of one kind. Exactly one
// of judge and count is set; each is given the right answer, and may do what it
// likes with the pump.
type mistakeIn[P any] struct {
	at    Decision
	judge func(p P, right bool) bool
	count func(p P, right int) int
}

// A mistake is one of the reference's.
type mistake = mistakeIn[*Reference]

// A planted is what a pump with mistakes answers to its decisions.
type planted interface {
	judge(d Decision, right bool) bool
	count(d Decision, right int) int
}

// A flawed is one pump and its mistakes.
type flawed[P any] struct {
	pump     P
	mistakes []mistakeIn[P]
}

// A slip is what planted mistakes have to remember.
type slip struct {
	on   bool
	n    int
	held []byte
}

// snapshotSlip adds what only a mutant has to keep: its memory, and what the
// reference leaves alone or never offers from. Without some there is none, as in
// the reference.
func (p *chassis) snapshotSlip(s *model.Snapshot, some bool) {
	if p.flaws == nil {
		return
	}
	s.Place(p.scratch)
	if !some {
		p.slip, p.queue.limit = slip{held: p.slip.held[:0]}, p.env.Limits.Queue
		return
	}
	s.Int(&p.queue.limit)
	s.Flags(&p.slip.on)
	s.Int(&p.slip.n)
	s.Bytes(&p.slip.held)
}

// slipped says whether there is any of that.
func (p *chassis) slipped() bool {
	return p.slip.on || p.slip.n != 0 || len(p.slip.held) > 0 ||
		p.queue.limit != p.env.Limits.Queue
}

// decide gives the right answer, unless a mistake is planted there.
func (p *chassis) decide(d Decision, right bool) bool {
	if p.flaws == nil {
		return right
	}
	return p.flaws.judge(d, right)
}

// amount is decide for numbers.
func (p *chassis) amount(d Decision, right int) int {
	if p.flaws == nil {
		return right
	}
	return p.flaws.count(d, right)
}

// did is decide where nothing depends on the answer.
func (p *chassis) did(d Decision) { p.decide(d, true) }

// misarm asks the decisions on wakeups: all at once, because every turn does.
func (p *chassis) misarm(mask model.Events) (wrong model.Events) {
	if p.decide(atArmRead, mask&model.Readable != 0) {
		wrong = model.Readable
	}
	if p.decide(atArmWrite, mask&model.Writable != 0) {
		wrong |= model.Writable
	}
	if p.decide(atWakeByHand, false) {
		p.env.Loop.Wake()
	}
	return wrong
}

func (f *flawed[P]) judge(d Decision, right bool) bool {
	for i := range f.mistakes {
		if m := &f.mistakes[i]; m.at == d {
			right = m.judge(f.pump, right)
		}
	}
	return right
}

func (f *flawed[P]) count(d Decision, right int) int {
	for i := range f.mistakes {
		if m := &f.mistakes[i]; m.at == d {
			right = m.count(f.pump, right)
		}
	}
	return right
}
