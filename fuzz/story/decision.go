package story

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// A Decision is one of those that every pump makes, knowingly or not. Bugs are
// the wrong values, or the wrong pairs.
type Decision struct {
	// Number is its place in the project's list of decisions.
	Number int
	// Name is what is decided, Choices are what pumps do.
	Name, Choices string
	// Rule is what a pump that gets it right does, as a clause.
	Rule string
	// Bugs are public bugs in which it was decided wrongly, by words that model.Bugs
	// has of them.
	Bugs string
	// Mutant is the name of the mutant that shows it; if it is empty, Unshown says
	// why there is none.
	Mutant, Unshown string
}

// The decisions, by their number in the project's list. Verdicts name some of them.
const (
	flushAfterRead      = 1
	flushAfterHandshake = 2
	shortWrite          = 3
	queueOwner          = 4
	armWrite            = 5
	disarmWrite         = 6
	readWhileBlocked    = 7
	writeWantsRead      = 8
	readWantsWrite      = 9
	wantStaleness       = 10
	retryIdentity       = 11
	partialWrite        = 12
	readBound           = 13
	moreToRead          = 14
	edgeTrigger         = 15
	feeding             = 16
	bufferSize          = 17
	readPause           = 18
	endBeforeDecrypted  = 19
	endBeforeCiphertext = 20
	endWithOutput       = 21
	kindsOfEnd          = 22
	localClose          = 23
	peersClose          = 24
	earlyClose          = 25
	errorQueue          = 26
	callbacks           = 27
	reentrantWrite      = 28
	postHandshake       = 29
	dataInRenegotiation = 30
	earlyWrites         = 31
	emptyRecords        = 32
	fairness            = 33
	retryFlags          = 34
	returnCodes         = 35
)

var decisions = [...]Decision{
	flushAfterRead: {
		Name: "flush after read",
		Choices: "never; only on WANT_READ; only on WANT_WRITE; whenever output is pending; " +
			"always",
		Rule: "what a read leaves in the engine's output is drained, or write interest is " +
			"armed",
		Bugs:   "MB-53428, h2o 597, uSockets 127",
		Mutant: "no-flush-after-read",
	},
	flushAfterHandshake: {
		Name:    "flush after a handshake step",
		Choices: "before \"finished\" is reported; after; not on success",
		Rule:    "a handshake step, the last one too, is followed by a drain",
		Bugs:    "NanoNNG 1619, wolfSSL 7237, envoy 2624",
		Mutant:  "last-flight-unflushed",
	},
	shortWrite: {
		Name:    "the rest of a short write",
		Choices: "keep it and ask again; drop it; retry at once",
		Rule:    "what was not taken stays with the app, which is asked for it once there is room",
		Bugs:    "MB-35717, libevent fc568ff0, tinymux 949",
		Mutant:  "write-never-retried",
	},
	queueOwner: {
		Name:    "the owner of the output queue",
		Choices: "one writer; the read path writes too; lock, wait, fail, or interleave",
		Rule: "one place moves output, whoever made it, and a blocked write does not keep an " +
			"answer of the read from leaving",
		Bugs:   "helio 271, helio 593, h2o 597",
		Mutant: "lock-wakes-nobody",
	},
	armWrite: {
		Name: "arming write interest",
		Choices: "because the app has data; because TLS wants to write; because output bytes " +
			"are pending",
		Rule:   "a turn that leaves output bytes behind arms write interest, whoever made them",
		Bugs:   "uSockets 127, libwebsockets 0c94138fd, Redis 15080",
		Mutant: "close-unarmed",
	},
	disarmWrite: {
		Name:    "disarming write interest",
		Choices: "when the queue is empty; when the handler is removed; never",
		Rule:    "write interest is given up as soon as nothing waits to be written",
		Bugs:    "Redis 15080, Valkey 3510, libwebsockets 8b5eaa053",
		Mutant:  "write-armed-for-ever",
	},
	readWhileBlocked: {
		Name:    "arming read interest while writes are blocked",
		Choices: "read on; stop; stop above a limit",
		Rule:    "a pump that can't write goes on reading: the peer may wait for that",
		Bugs:    "rustls 2556, Odyssey 1459, libpq 22c9c8a7e422",
		Mutant:  "no-read-while-blocked",
	},
	writeWantsRead: {
		Name: "WANT_READ from a write",
		Choices: "retry it when readable; read first; spin; take it for back-pressure; take " +
			"it for a failure",
		Rule:   "WANT_READ from a write is no failure: the write is made again after a read",
		Bugs:   "CAF 1060, dbmail 530, CVE-2016-4970",
		Mutant: "want-read-fatal",
	},
	readWantsWrite: {
		Name:    "WANT_WRITE from a read or a handshake",
		Choices: "retry it when writable; only flush; ignore it; take it for a failure",
		Rule:    "WANT_WRITE is no failure: the call is made again once there is room",
		Bugs:    "MB-42607, curl 18682, SIPp 293",
		Mutant:  "want-write-fatal",
	},
	wantStaleness: {
		Name:    "how long a want is remembered",
		Choices: "until the call is made again; until any other call; for ever",
		Rule: "a want belongs to its call: it is made again when what it waited for has come, " +
			"and a later call's answer takes its place",
		Bugs:   "MB-35717, Redis 15080",
		Mutant: "write-never-retried",
	},
	retryIdentity: {
		Name: "what a retried write offers",
		Choices: "the same pointer and length; the same bytes, moved; shorter; longer; lost " +
			"plaintext",
		Rule:   "a retry offers the bytes that were not taken, in order and each of them once",
		Bugs:   "Redis 10909, haproxy cad8234b0, mongoose 3074",
		Mutant: "shorter-retry",
	},
	partialWrite: {
		Name:    "partial writes",
		Choices: "on or off; a limit for each call; who finishes the rest",
		Rule: "what the engine says that it took is gone, and not a byte more or less: the " +
			"rest goes out next",
		Bugs:   "libevent fc568ff0, nanomq 2416, helio 397",
		Mutant: "short-write-is-whole",
	},
	readBound: {
		Name:    "the bound of the read loop",
		Choices: "one record; until n bytes; until WANT_READ; while data is pending; for ever",
		Rule:    "a turn takes in no more than there is room for, and comes to an end",
		Bugs:    "MB-51498, libevent 2aa036fa, gopher-mcp 242",
		Mutant:  "one-read-a-wakeup",
	},
	moreToRead: {
		Name: "what counts as more to read",
		Choices: "the kernel's readiness; SSL_pending; SSL_has_pending; ciphertext of one's " +
			"own",
		Rule:   "bytes above the socket need a wake by hand: the socket has nothing to report",
		Bugs:   "memcached 96e05b75f, MB-11203, curl 17596",
		Mutant: "pending-is-all",
	},
	edgeTrigger: {
		Name:    "edge or level trigger",
		Choices: "read until would-block; wake by hand when bytes remain; neither",
		Rule:    "with an edge trigger a turn ends at would-block, or wakes itself",
		Bugs:    "sproxy 1, nginx 067c1d2a4",
		Mutant:  "one-recv-a-wakeup",
	},
	feeding: {
		Name:    "feeding ciphertext",
		Choices: "all before it is processed; until the engine is full; keep what is left over",
		Rule:    "received bytes that did not fit the engine are fed as soon as it has room",
		Bugs:    "IoT.js 1715, h2o 316, icey 194",
		Mutant:  "input-without-limit",
	},
	bufferSize: {
		Name:    "the size of the engine's buffers",
		Choices: "less than a record; less than a flight; without limit",
		Rule:    "no size is taken for enough: a flight that does not fit goes out in turns",
		Bugs:    "MB-42607, netty 6376, OpenSSL 2551",
		Mutant:  "one-drain-is-enough",
	},
	readPause: {
		Name:    "pausing reads",
		Choices: "look again at resume, or not; deliver what is decrypted already, or not",
		Rule:    "a pause is kept, and its end looks for what has come meanwhile",
		Bugs:    "libevent 690, libevent 4e62cd16, Deno 33524",
		Mutant:  "resume-without-a-look",
	},
	endBeforeDecrypted: {
		Name:    "the end, with decrypted data pending",
		Choices: "deliver the data first; drop it; deliver both at once",
		Rule:    "what is decrypted is delivered before the end is told",
		Bugs:    "MB-53428 (its second part), re 16, helio 519",
		Mutant:  "first-data-dropped",
	},
	endBeforeCiphertext: {
		Name:    "the end, with undecrypted bytes pending",
		Choices: "read, then look at the error; look at the error first",
		Rule:    "what came in front of the end is decrypted before the end counts",
		Bugs:    "kv_engine dec107512, ocaml-tls 387",
		Mutant:  "eof-before-data",
	},
	endWithOutput: {
		Name:    "the end, with output pending",
		Choices: "try to write; drop it; write, and then tell the end",
		Rule:    "a write that fails at the end hides nothing that has been read",
		Bugs:    "ocaml-tls 387, node 8299",
		Mutant:  "failed-send-ends-the-input",
	},
	kindsOfEnd: {
		Name:    "close_notify, bare FIN and reset",
		Choices: "three results; one",
		Rule:    "close_notify, a bare FIN and a reset are told to the app as what they are",
		Bugs:    "helio 519, haproxy 4ac77a98c, userver 52",
		Mutant:  "end-is-would-block",
	},
	localClose: {
		Name: "the local close",
		Choices: "send close_notify or not; wait for the flush, for the answer, for how long; " +
			"order of shutdown and close",
		Rule:   "close_notify leaves before FIN, and the socket is not touched once it is closed",
		Bugs:   "hitch 42fdc55, nginx e01cdfbd8, sofia-sip 131",
		Mutant: "no-close-notify",
	},
	peersClose: {
		Name: "the peer's close_notify with data of our own to send",
		Choices: "a half-close, or the end of both directions; answer at once, or when all is " +
			"written",
		Rule: "in TLS 1.3 the other direction goes on; in 1.2 it ends, with a close_notify in " +
			"answer",
		Bugs:   "netty dd055c01c7, tokio-rustls 9487a15",
		Mutant: "peers-close-ends-both",
	},
	earlyClose: {
		Name:    "a close in a handshake, in a renegotiation, or with a write pending",
		Choices: "at once; after the flush; after the handshake; never told",
		Rule: "whatever was under way, what was accepted leaves first, and the end is told " +
			"once",
		Bugs:   "envoy 2013, nginx e9a8612c1, asyncio 472",
		Mutant: "end-in-handshake-untold",
	},
	errorQueue: {
		Name:    "the error queue",
		Choices: "clear it before a call; after a failure; after success too; never",
		Rule:    "the thread's error queue is empty before each call",
		Bugs:    "h2o 1448, OpenSSL 11889, httpd 60223",
		Mutant:  "errors-never-cleared",
	},
	callbacks: {
		Name: "where callbacks are made",
		Choices: "inside the TLS call; between iterations; after unwinding; looking again " +
			"afterwards or not",
		Rule:   "after a callback the pump looks again at what it still has",
		Bugs:   "Bun 29757, Bun 31155, Tarsnap 724",
		Mutant: "freed-in-callback",
	},
	reentrantWrite: {
		Name:    "a write from inside a callback",
		Choices: "allowed; parked; forbidden",
		Rule:    "it goes into the queue, and somebody comes back for it",
		Bugs:    "Bun 37675, TS-5108, libevent da529335",
		Mutant:  "write-in-callback-forgotten",
	},
	postHandshake: {
		Name: "messages after the handshake",
		Choices: "renegotiation: allow, ignore, refuse; KeyUpdate: answer now, or at the next " +
			"write",
		Rule:   "what the peer asks for after the handshake is carried on to its end",
		Bugs:   "rustls 938, OpenSSL 8773, Bun 37094",
		Mutant: "update-never-answered",
	},
	dataInRenegotiation: {
		Name: "app data in a running renegotiation",
		Choices: "take it; keep it; fail. One's own writes: park them; send them under the " +
			"old keys; fail",
		Rule: "reads go on; writes wait for the end of the handshake, and go on by themselves " +
			"then",
		Bugs:   "OpenSSL 166, libiec61850 494, netty 11077",
		Mutant: "parked-in-renegotiation",
	},
	earlyWrites: {
		Name: "early data",
		Choices: "who buffers it; may reads happen while it is blocked; is there a wake after " +
			"its end",
		Rule: "no read comes between its parts, and its end is sent as soon as the server has " +
			"answered",
		Bugs:   "OpenSSL 7757, haproxy 54907bb84, tokio-rustls 0bf2435",
		Mutant: "early-data-without-an-end",
	},
	emptyRecords: {
		Name:    "empty, warning and unknown records",
		Choices: "skip them and go on; report 0; take it for the end; with a bound or without",
		Rule: "a read that gives nothing is asked again, as often as a turn allows: it is " +
			"neither an end nor a failure",
		Bugs:    "OpenSSL 27541, s2n 1444, CVE-2016-8610",
		Unshown: "no mutant yet: the engine's reads absorb them",
	},
	fairness: {
		Name:    "fairness",
		Choices: "bytes or rounds a turn; how to yield",
		Rule: "a turn that has to wait for the peer goes back to the loop, and is called when " +
			"there is something",
		Bugs:   "MB-51498, libevent 2aa036fa, dbmail 530",
		Mutant: "yields-without-a-wake",
	},
	retryFlags: {
		Name:    "the retry flags of a BIO of one's own",
		Choices: "cleared at each call, in both directions; a flush that would block says so",
		Rule: "each call of the BIO begins with the flags cleared, and sets those of what " +
			"really blocked",
		Bugs:   "haproxy 1ad199172, meow-rs 571",
		Mutant: "flags-stale-want",
	},
	returnCodes: {
		Name:    "what would-block promises",
		Choices: "that a wakeup comes; nothing",
		Rule: "who says would-block has armed the wakeup that ends it, and nobody wakes " +
			"himself instead",
		Bugs:   "Kotuku 1270, curl 17596, helio 271",
		Mutant: "half-a-record-is-input",
	},
}

// Decisions lists them, by their numbers: 35 of them.
func Decisions() (list []Decision) {
	for n := 1; n < len(decisions); n++ {
		list = append(list, decisionOf(n))
	}
	return list
}

// decisionOf finds a decision by its number.
func decisionOf(n int) Decision {
	d := decisions[n]
	d.Number = n
	return d
}

// String names the decision with its number.
func (d Decision) String() string { return fmt.Sprintf("decision %d, %s", d.Number, d.Name) }

// Shown is the mutant that shows the decision; nil if there is none.
func (d Decision) Shown() *pumps.Mutant {
	mutants := pumps.Mutants()
	i := slices.IndexFunc(mutants, func(m pumps.Mutant) bool { return m.Name == d.Mutant })
	if i < 0 {
		return nil
	}
	return &mutants[i]
}

// Script is the script of the mutant that shows the decision, a name of
// corpus.Names; empty if there is none.
func (d Decision) Script() string {
	if m := d.Shown(); m != nil {
		return ScriptOf(m)
	}
	return ""
}

// ScriptOf is the script of a mutant in the project's corpus, a name of
// corpus.Names; empty if there is none.
func ScriptOf(m *pumps.Mutant) string {
	name := path.Join(m.Breaks.String(), corpus.Slug(m.Name, m.Scenario)+corpus.Ext)
	if slices.Contains(corpus.Names(), name) {
		return name
	}
	return ""
}

// Asked are the points in the code of the correct pumps at which this is decided:
// each with the right answer.
func (d Decision) Asked() (points []pumps.Decision) {
	for _, at := range pumps.Decisions() {
		if slices.Contains(strings.Split(at.Points(), ", "), strconv.Itoa(d.Number)) {
			points = append(points, at)
		}
	}
	return points
}
