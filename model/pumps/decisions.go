package pumps

import (
	"fmt"
	"slices"
)

// A Decision is a question that every pump of non-blocking TLS answers, knowingly or not.
// The answers that pumps give are of public record, because most of them are bugs.
type Decision struct {
	// Number is its place in the list, from 1. Verdicts name a decision by it.
	Number int
	// Name is what is decided, Choices are the answers of pumps, right and wrong.
	Name, Choices string
	// Rule is the right answer: what a correct pump does, as a clause.
	Rule string
	// Known are public bugs that come of a wrong answer, as people call them.
	Known []string
	// Points are where the code of the correct pumps asks the question.
	Points []Point
	// Mutant names the mutant that shows a wrong answer. If it is empty, Unshown says
	// why there is none.
	Mutant, Unshown string
}

// Decisions lists them in the order of their numbers.
func Decisions() []Decision { return slices.Clone(decisions[:]) }

// String names the decision with its number.
func (d Decision) String() string { return fmt.Sprintf("decision %d, %s", d.Number, d.Name) }

// Shown is the mutant that shows the decision; nil if there is none.
func (d Decision) Shown() *Mutant {
	for _, m := range Mutants() {
		if m.Name == d.Mutant {
			return &m
		}
	}
	return nil
}

// Mutants are those whose first mistake is at one of the decision's points.
func (d Decision) Mutants() (all []Mutant) {
	for _, m := range Mutants() {
		if slices.Contains(d.Points, m.At) {
			all = append(all, m)
		}
	}
	return all
}

// decisions is the one table of them.
var decisions = [...]Decision{
	{
		Number: 1, Name: "flush after read",
		Choices: "never; only on WANT_READ; only on WANT_WRITE; whenever output is pending; " +
			"always",
		Rule:   "what a read leaves in the engine's output is drained, or write interest is armed",
		Known:  []string{"MB-53428", "h2o 597", "uSockets 127"},
		Points: []Point{atFlush, atDrained},
		Mutant: "no-flush-after-read",
	},
	{
		Number: 2, Name: "flush after a handshake step",
		Choices: "before \"finished\" is reported; after; not on success",
		Rule:    "a handshake step, the last one too, is followed by a drain",
		Known:   []string{"NanoNNG 1619", "wolfSSL 7237", "envoy 2624"},
		Points:  []Point{atFlush, atWriteNow, atSetReady},
		Mutant:  "last-flight-unflushed",
	},
	{
		Number: 3, Name: "the rest of a short write",
		Choices: "keep it and ask again; drop it; retry at once",
		Rule:    "what was not taken stays with the app, which is asked for it once there is room",
		Known:   []string{"MB-35717", "libevent fc568ff0", "tinymux 949"},
		Points:  []Point{atDrained, atArmWrite, atRetryWrite, atRequestDone},
		Mutant:  "write-never-retried",
	},
	{
		Number: 4, Name: "the owner of the output queue",
		Choices: "one writer; the read path writes too; lock, wait, fail, or interleave",
		Rule: "one place moves output, whoever made it, and a blocked write does not keep an " +
			"answer of the read from leaving",
		Known:  []string{"helio 271", "helio 593", "h2o 597"},
		Points: []Point{atKeepLock, atHandOver},
		Mutant: "lock-wakes-nobody",
	},
	{
		Number: 5, Name: "arming write interest",
		Choices: "because the app has data; because TLS wants to write; because output bytes are " +
			"pending",
		Rule:   "a turn that leaves output bytes behind arms write interest, whoever made them",
		Known:  []string{"uSockets 127", "libwebsockets 0c94138fd", "Redis 15080"},
		Points: []Point{atArmWrite, atAskForMore, atRequestDone},
		Mutant: "close-unarmed",
	},
	{
		Number: 6, Name: "disarming write interest",
		Choices: "when the queue is empty; when the handler is removed; never",
		Rule:    "write interest is given up as soon as nothing waits to be written",
		Known:   []string{"Redis 15080", "Valkey 3510", "libwebsockets 8b5eaa053"},
		Points:  []Point{atArmWrite, atArmRead, atClearReady},
		Mutant:  "write-armed-for-ever",
	},
	{
		Number: 7, Name: "arming read interest while writes are blocked",
		Choices: "read on; stop; stop above a limit",
		Rule:    "a pump that can't write goes on reading: the peer may wait for that",
		Known:   []string{"rustls 2556", "Odyssey 1459", "libpq 22c9c8a7e422"},
		Points:  []Point{atArmRead, atTakeInput, atKeepLock},
		Mutant:  "no-read-while-blocked",
	},
	{
		Number: 8, Name: "WANT_READ from a write",
		Choices: "retry it when readable; read first; spin; take it for back-pressure; take it " +
			"for a failure",
		Rule:   "WANT_READ from a write is no failure: the write is made again after a read",
		Known:  []string{"CAF 1060", "dbmail 530", "CVE-2016-4970"},
		Points: []Point{atRead, atWriteAnswer},
		Mutant: "want-read-fatal",
	},
	{
		Number: 9, Name: "WANT_WRITE from a read or a handshake",
		Choices: "retry it when writable; only flush; ignore it; take it for a failure",
		Rule:    "WANT_WRITE is no failure: the call is made again once there is room",
		Known:   []string{"MB-42607", "curl 18682", "SIPp 293"},
		Points:  []Point{atArmWrite, atReadAnswer},
		Mutant:  "want-write-fatal",
	},
	{
		Number: 10, Name: "how long a want is remembered",
		Choices: "until the call is made again; until any other call; for ever",
		Rule: "a want belongs to its call: it is made again when what it waited for has come, and " +
			"a later call's answer takes its place",
		Known:  []string{"MB-35717", "Redis 15080"},
		Points: []Point{atRetryWrite, atClearReady, atStaleWant, atGiveBack},
		Mutant: "write-never-retried",
	},
	{
		Number: 11, Name: "what a retried write offers",
		Choices: "the same pointer and length; the same bytes, moved; shorter; longer; lost " +
			"plaintext",
		Rule:   "a retry offers the bytes that were not taken, in order and each of them once",
		Known:  []string{"Redis 10909", "haproxy cad8234b0", "mongoose 3074"},
		Points: []Point{atWriteAnswer, atRetryLength, atRetryInPlace, atBufferFree, atSent},
		Mutant: "shorter-retry",
	},
	{
		Number: 12, Name: "partial writes",
		Choices: "on or off; a limit for each call; who finishes the rest",
		Rule: "what the engine says that it took is gone, and not a byte more or less: the rest " +
			"goes out next",
		Known:  []string{"libevent fc568ff0", "nanomq 2416", "helio 397"},
		Points: []Point{atPartOfWrite, atSent},
		Mutant: "short-write-is-whole",
	},
	{
		Number: 13, Name: "the bound of the read loop",
		Choices: "one record; until n bytes; until WANT_READ; while data is pending; for ever",
		Rule:    "a turn takes in no more than there is room for, and comes to an end",
		Known:   []string{"MB-51498", "libevent 2aa036fa", "gopher-mcp 242"},
		Points:  []Point{atRead, atReadOn, atEnoughRead, atRoundsOfTurn},
		Mutant:  "one-read-a-wakeup",
	},
	{
		Number: 14, Name: "what counts as more to read",
		Choices: "the kernel's readiness; SSL_pending; SSL_has_pending; ciphertext of one's own",
		Rule:    "bytes above the socket need a wake by hand: the socket has nothing to report",
		Known:   []string{"memcached 96e05b75f", "MB-11203", "curl 17596"},
		Points:  []Point{atReadOn, atRecheckOnResume, atWakeByHand},
		Mutant:  "pending-is-all",
	},
	{
		Number: 15, Name: "edge or level trigger",
		Choices: "read until would-block; wake by hand when bytes remain; neither",
		Rule:    "with an edge trigger a turn ends at would-block, or wakes itself",
		Known:   []string{"sproxy 1", "nginx 067c1d2a4"},
		Points: []Point{atReceiveOn, atWakeAfterYield, atWakeByHand, atPostpone, atSetReady,
			atBufferFree, atHandOver},
		Mutant: "one-recv-a-wakeup",
	},
	{
		Number: 16, Name: "feeding ciphertext",
		Choices: "all before it is processed; until the engine is full; keep what is left over",
		Rule:    "received bytes that did not fit the engine are fed as soon as it has room",
		Known:   []string{"IoT.js 1715", "h2o 316", "icey 194"},
		Points:  []Point{atTakeInput, atReceiveOn, atFeedOn},
		Mutant:  "input-without-limit",
	},
	{
		Number: 17, Name: "the size of the engine's buffers",
		Choices: "less than a record; less than a flight; without limit",
		Rule:    "no size is taken for enough: a flight that does not fit goes out in turns",
		Known:   []string{"MB-42607", "netty 6376", "OpenSSL 2551"},
		Points:  []Point{atDrained},
		Mutant:  "one-drain-is-enough",
	},
	{
		Number: 18, Name: "pausing reads",
		Choices: "look again at resume, or not; deliver what is decrypted already, or not",
		Rule:    "a pause is kept, and its end looks for what has come meanwhile",
		Known:   []string{"libevent 690", "libevent 4e62cd16", "Deno 33524"},
		Points:  []Point{atShake, atRest, atRecheckOnResume},
		Mutant:  "resume-without-a-look",
	},
	{
		Number: 19, Name: "the end, with decrypted data pending",
		Choices: "deliver the data first; drop it; deliver both at once",
		Rule:    "what is decrypted is delivered before the end is told",
		Known:   []string{"MB-53428 (its second part)", "re 16", "helio 519"},
		Points:  []Point{atReadAfterReset, atDeliver, atSocketEnds, atKeepEnd},
		Mutant:  "first-data-dropped",
	},
	{
		Number: 20, Name: "the end, with undecrypted bytes pending",
		Choices: "read, then look at the error; look at the error first",
		Rule:    "what came in front of the end is decrypted before the end counts",
		Known:   []string{"kv_engine dec107512", "ocaml-tls 387"},
		Points:  []Point{atSocketEnds, atKeepEnd},
		Mutant:  "eof-before-data",
	},
	{
		Number: 21, Name: "the end, with output pending",
		Choices: "try to write; drop it; write, and then tell the end",
		Rule:    "a write that fails at the end hides nothing that has been read",
		Known:   []string{"ocaml-tls 387", "node 8299"},
		Points:  []Point{atReadAfterReset},
		Mutant:  "failed-send-ends-the-input",
	},
	{
		Number: 22, Name: "close_notify, bare FIN and reset",
		Choices: "three results; one",
		Rule:    "close_notify, a bare FIN and a reset are told to the app as what they are",
		Known:   []string{"helio 519", "haproxy 4ac77a98c", "userver 52"},
		Points:  []Point{atReadAnswer, atSocketEnds, atTellEnd},
		Mutant:  "end-is-would-block",
	},
	{
		Number: 23, Name: "the local close",
		Choices: "send close_notify or not; wait for the flush, for the answer, for how long; " +
			"order of shutdown and close",
		Rule:  "close_notify leaves before FIN, and the socket is not touched once it is closed",
		Known: []string{"hitch 42fdc55", "nginx e01cdfbd8", "sofia-sip 131"},
		Points: []Point{atAllIsWritten, atSendCloseNotify, atShutdownAnswer, atPeerIsDone,
			atBoundClose, atRelease},
		Mutant: "no-close-notify",
	},
	{
		Number: 24, Name: "the peer's close_notify with data of our own to send",
		Choices: "a half-close, or the end of both directions; answer at once, or when all is " +
			"written",
		Rule: "in TLS 1.3 the other direction goes on; in 1.2 it ends, with a close_notify in " +
			"answer",
		Known:  []string{"netty dd055c01c7", "tokio-rustls 9487a15"},
		Points: []Point{atTakePlaintext, atPeerReadsNoMore, atSendCloseNotify},
		Mutant: "peers-close-ends-both",
	},
	{
		Number: 25, Name: "a close in a handshake, in a renegotiation, or with a write pending",
		Choices: "at once; after the flush; after the handshake; never told",
		Rule:    "whatever was under way, what was accepted leaves first, and the end is told once",
		Known:   []string{"envoy 2013", "nginx e9a8612c1", "asyncio 472"},
		Points:  []Point{atTellEnd, atAllIsWritten},
		Mutant:  "end-in-handshake-untold",
	},
	{
		Number: 26, Name: "the error queue",
		Choices: "clear it before a call; after a failure; after success too; never",
		Rule:    "the thread's error queue is empty before each call",
		Known:   []string{"h2o 1448", "OpenSSL 11889", "httpd 60223"},
		Points:  []Point{atRestart},
		Mutant:  "errors-never-cleared",
	},
	{
		Number: 27, Name: "where callbacks are made",
		Choices: "inside the TLS call; between iterations; after unwinding; looking again " +
			"afterwards or not",
		Rule:   "after a callback the pump looks again at what it still has",
		Known:  []string{"Bun 29757", "Bun 31155", "Tarsnap 724"},
		Points: []Point{atReadOn, atDeliver, atNoteRefusal, atCallClose, atPostpone, atLookAgain},
		Mutant: "freed-in-callback",
	},
	{
		Number: 28, Name: "a write from inside a callback",
		Choices: "allowed; parked; forbidden",
		Rule:    "it goes into the queue, and somebody comes back for it",
		Known:   []string{"Bun 37675", "TS-5108", "libevent da529335"},
		Points:  []Point{atTakePlaintext, atNoteRefusal, atCallClose, atLookAgain},
		Mutant:  "write-in-callback-forgotten",
	},
	{
		Number: 29, Name: "messages after the handshake",
		Choices: "renegotiation: allow, ignore, refuse; KeyUpdate: answer now, or at the next " +
			"write",
		Rule:   "what the peer asks for after the handshake is carried on to its end",
		Known:  []string{"rustls 938", "OpenSSL 8773", "Bun 37094"},
		Points: []Point{atAnswerUpdate, atBeginUpdate},
		Mutant: "update-never-answered",
	},
	{
		Number: 30, Name: "app data in a running renegotiation",
		Choices: "take it; keep it; fail. One's own writes: park them; send them under the old " +
			"keys; fail",
		Rule: "reads go on; writes wait for the end of the handshake, and go on by themselves " +
			"then",
		Known:  []string{"OpenSSL 166", "libiec61850 494", "netty 11077"},
		Points: []Point{atRead, atReadFirst, atWriteNow},
		Mutant: "parked-in-renegotiation",
	},
	{
		Number: 31, Name: "early data",
		Choices: "who buffers it; may reads happen while it is blocked; is there a wake after its " +
			"end",
		Rule: "no read comes between its parts, and its end is sent as soon as the server has " +
			"answered",
		Known:  []string{"OpenSSL 7757", "haproxy 54907bb84", "tokio-rustls 0bf2435"},
		Points: []Point{atEarlyFirst, atConcludeEarly},
		Mutant: "early-data-without-an-end",
	},
	{
		Number: 32, Name: "empty, warning and unknown records",
		Choices: "skip them and go on; report 0; take it for the end; with a bound or without",
		Rule: "a read that gives nothing is asked again, as often as a turn allows: it is neither " +
			"an end nor a failure",
		Known:   []string{"OpenSSL 27541", "s2n 1444", "CVE-2016-8610"},
		Unshown: "no mutant yet: the engine's reads absorb them",
	},
	{
		Number: 33, Name: "fairness",
		Choices: "bytes or rounds a turn; how to yield",
		Rule: "a turn that has to wait for the peer goes back to the loop, and is called when " +
			"there is something",
		Known: []string{"MB-51498", "libevent 2aa036fa", "dbmail 530"},
		Points: []Point{atEnoughRead, atTakePlaintext, atAskForMore, atRoundsOfTurn,
			atWakeAfterYield},
		Mutant: "yields-without-a-wake",
	},
	{
		Number: 34, Name: "the retry flags of a BIO of one's own",
		Choices: "cleared at each call, in both directions; a flush that would block says so",
		Rule: "each call of the BIO begins with the flags cleared, and sets those of what really " +
			"blocked",
		Known:  []string{"haproxy 1ad199172", "meow-rs 571"},
		Points: []Point{atStaleWant},
		Mutant: "flags-stale-want",
	},
	{
		Number: 35, Name: "what would-block promises",
		Choices: "that a wakeup comes; nothing",
		Rule: "who says would-block has armed the wakeup that ends it, and nobody wakes himself " +
			"instead",
		Known:  []string{"Kotuku 1270", "curl 17596", "helio 271"},
		Points: []Point{atWakeByHand},
		Mutant: "half-a-record-is-input",
	},
}

// A Point is a place in the code of the correct pumps where a decision is made. The code
// has the right answer in hand and asks decide or amount there; a mutant gives another
// answer (see mistake).
type Point uint8

const (
	// atFlush: may output leave now, whichever call has made it?
	atFlush Point = iota
	// atDrained: is the engine's output buffer empty after this drain?
	atDrained
	// atArmWrite: is write interest armed, because output waits?
	atArmWrite
	// atArmRead: is read interest armed, because there is room for input?
	atArmRead
	// atTakeInput: is the socket read in this round?
	atTakeInput
	// atReceiveOn: is it read again, after it gave as much as was asked for?
	atReceiveOn
	// atRead: is the engine asked for plaintext, now that input has come?
	atRead
	// atReadOn: is the engine asked again, after this many bytes? 0 means no.
	atReadOn
	// atReadAnswer: what does the answer of a Read without data mean?
	atReadAnswer
	// atEnoughRead: does reading stop, after as much as a round may take?
	atEnoughRead
	// atReadAfterReset: a Send has said reset: is what had come before it still read?
	atReadAfterReset
	// atShake: is a handshake carried on while the app has paused?
	atShake
	// atReadFirst: does a renegotiation that our app begins wait until all input is read?
	atReadFirst
	// atDeliver: is what was read given to the app?
	atDeliver
	// atRest: has the app paused?
	atRest
	// atRecheckOnResume: a pause ends: does the pump look at what the engine holds?
	atRecheckOnResume
	// atWriteNow: does the engine take plaintext now?
	atWriteNow
	// atWriteAnswer: what does the answer of a Write mean?
	atWriteAnswer
	// atRetryWrite: is a Write that wanted to write made again when there is room?
	atRetryWrite
	// atRetryLength: how many bytes does a retry offer?
	atRetryLength
	// atRetryInPlace: does a retry offer the bytes at the same address?
	atRetryInPlace
	// atPartOfWrite: how many bytes are through after a partial write?
	atPartOfWrite
	// atAnswerUpdate: is an answer sent that the engine keeps for the next Write?
	atAnswerUpdate
	// atBeginUpdate: may a KeyUpdate be begun now?
	atBeginUpdate
	// atTakePlaintext: is plaintext of the app taken now?
	atTakePlaintext
	// atAskForMore: is the app asked to go on, after it was refused?
	atAskForMore
	// atNoteRefusal: does the app wait to be asked from now on?
	atNoteRefusal
	// atEarlyFirst: does early data that waits for room keep the pump from reading?
	atEarlyFirst
	// atConcludeEarly: is the end of the early data sent, now that the server has answered?
	atConcludeEarly
	// atSocketEnds: what has a Recv said of the end of the socket?
	atSocketEnds
	// atTellEnd: is the app told of the end?
	atTellEnd
	// atAllIsWritten: is all written, so that close_notify may follow?
	atAllIsWritten
	// atPeerReadsNoMore: does the peer's close_notify end our direction too?
	atPeerReadsNoMore
	// atSendCloseNotify: is close_notify sent?
	atSendCloseNotify
	// atShutdownAnswer: what does the answer of Shutdown mean?
	atShutdownAnswer
	// atPeerIsDone: has the peer closed too, so that the socket can be closed?
	atPeerIsDone
	// atBoundClose: is the timer armed that bounds a close?
	atBoundClose
	// atRelease: the socket has been closed. Is it left alone from now on?
	atRelease
	// atCallClose: the app has called Close, perhaps from inside a callback. Is that only noted?
	atCallClose
	// atRestart: a link begins. What does the pump work with, and does it empty the error queue
	// before each call?
	atRestart
	// atRoundsOfTurn: how many rounds does a turn have before others have theirs?
	atRoundsOfTurn
	// atWakeAfterYield: a turn has yielded: does the pump wake itself for what is left?
	atWakeAfterYield
	// atWakeByHand: is a wakeup needed that the socket does not give?
	atWakeByHand

	// Only pumps of other shapes ask at those below.

	// atFeedOn: is input that waits fed to the engine, now that there is room?
	atFeedOn
	// atKeepEnd: does an end wait until the data before it is delivered?
	atKeepEnd
	// atPostpone: does a callback that may not run now get a turn of its own?
	atPostpone
	// atRequestDone: is a write request done?
	atRequestDone
	// atSetReady: is a direction ready when the handshake has ended?
	atSetReady
	// atClearReady: is a direction's ready flag cleared when a call wants that direction?
	atClearReady
	// atStaleWant: is the want of an older call taken for this call's?
	atStaleWant
	// atGiveBack: does a write go on that waits for room, now that the read needs none any more?
	atGiveBack
	// atBufferFree: may the buffer of an operation be written to?
	atBufferFree
	// atSent: how many bytes of a send are through?
	atSent
	// atKeepLock: does a fiber keep the lock while it waits for the socket?
	atKeepLock
	// atHandOver: is the fiber woken that waits for the lock?
	atHandOver
	// atLookAgain: after a callback, does the pump look again at what that may have changed?
	atLookAgain

	numPoints
)

// points has for each point its word, and what a correct pump answers there.
var points = [numPoints]struct{ word, right string }{
	atFlush:           {"flush", "always: no call says that it has made output"},
	atDrained:         {"drained", "when there was less than there was room for"},
	atArmWrite:        {"arm-write", "exactly while output waits"},
	atArmRead:         {"arm-read", "while input would be taken, blocked or not"},
	atTakeInput:       {"take-input", "always, as far as there is room"},
	atReceiveOn:       {"receive-on", "until the socket has less than was asked for"},
	atRead:            {"read", "whenever input has come, handshake or not"},
	atReadOn:          {"read-on", "until it wants something"},
	atReadAnswer:      {"read-answer", "what it says: a want is never an end"},
	atEnoughRead:      {"enough-read", "yes: others of the thread wait"},
	atReadAfterReset:  {"read-after-reset", "always: it is the app's"},
	atShake:           {"shake", "always: the answer is the peer's, not the app's"},
	atReadFirst:       {"read-first", "yes: not every library takes data in the middle"},
	atDeliver:         {"deliver", "always, unless it has closed"},
	atRest:            {"rest", "when it has said so"},
	atRecheckOnResume: {"recheck-on-resume", "always: the socket may say nothing"},
	atWriteNow:        {"write-now", "when no handshake is under way, at once"},
	atWriteAnswer:     {"write-answer", "after a want the plaintext is still the pump's"},
	atRetryWrite:      {"retry-write", "always"},
	atRetryLength:     {"retry-length", "as many as before"},
	atRetryInPlace:    {"retry-in-place", "always"},
	atPartOfWrite:     {"part-of-write", "what the engine says"},
	atAnswerUpdate:    {"answer-update", "at once, by a Write of nothing"},
	atBeginUpdate:     {"begin-update", "when no Write waits"},
	atTakePlaintext:   {"take-plaintext", "until a close, within its limit"},
	atAskForMore:      {"ask-for-more", "as soon as there is room"},
	atNoteRefusal:     {"note-refusal", "whenever it was refused bytes"},
	atEarlyFirst:      {"early-first", "yes: a read would end it"},
	atConcludeEarly:   {"conclude-early", "always: no read does it"},
	atSocketEnds:      {"socket-ends", "noted, and told behind the data"},
	atTellEnd:         {"tell-end", "once, whatever was under way"},
	atAllIsWritten:    {"all-is-written", "when the queue is empty"},
	atPeerReadsNoMore: {"peer-reads-no-more", "in TLS 1.2; not in 1.3"},
	atSendCloseNotify: {"send-close-notify", "always, the peer's or not"},
	atShutdownAnswer:  {"shutdown-answer", "after a want it is called again"},
	atPeerIsDone:      {"peer-is-done", "when its FIN has come: a reset would destroy ours"},
	atBoundClose:      {"bound-close", "as soon as the app has closed, whatever waits"},
	atRelease:         {"release", "the last thing that is done"},
	atCallClose:       {"call-close", "it only leaves a note"},
	atRestart:         {"restart", "as it is given, and ClearErrors comes before every call"},
	atRoundsOfTurn:    {"rounds-of-turn", "a fixed number"},
	atWakeAfterYield:  {"wake-after-yield", "always"},
	atWakeByHand:      {"wake-by-hand", "never: a turn moves all it can"},
	atFeedOn:          {"feed-on", "whenever it has room, up to the last byte"},
	atKeepEnd:         {"keep-end", "an end waits until it has"},
	atPostpone:        {"postpone", "always: it wakes itself"},
	atRequestDone:     {"request-done", "when its ciphertext is out of the pump's hands"},
	atSetReady:        {"set-ready", "always: what came with it raises no event"},
	atClearReady:      {"clear-ready", "always, whichever call it is"},
	atStaleWant:       {"stale-want", "never: each call is made, and says what it wants"},
	atGiveBack:        {"give-back", "always: whoever waits now has the write event"},
	atBufferFree:      {"buffer-free", "when the operation has completed"},
	atSent:            {"sent", "what the completion says"},
	atKeepLock:        {"keep-lock", "never: whoever waits lets the other one go on"},
	atHandOver:        {"hand-over", "always"},
	atLookAgain:       {"look-again", "always: the app may have done anything"},
}

// String is the point's word.
func (at Point) String() string {
	if at < numPoints {
		return points[at].word
	}
	return fmt.Sprintf("Point(%d)", uint8(at))
}

// Right is what a correct pump answers there, in a clause.
func (at Point) Right() string { return points[at%numPoints].right }

// Decisions are those that are made at the point, most often several.
func (at Point) Decisions() (some []Decision) {
	for _, d := range decisions {
		if slices.Contains(d.Points, at) {
			some = append(some, d)
		}
	}
	return some
}
