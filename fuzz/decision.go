package fuzz

import "fmt"

// A Decision is one of those that every pump makes, knowingly or not. Bugs are
// the wrong values, or the wrong pairs.
type Decision struct {
	// Number is its place in the project's list of decisions.
	Number int
	// Name is what is decided, Choices are what pumps do.
	Name, Choices string
	// Rule is what a pump that gets it right does, as a clause.
	Rule string
	// Bugs are public bugs in which it was decided wrongly.
	Bugs string
}

// The decisions that verdicts name.
const (
	flushAfterRead      = 1
	flushAfterHandshake = 2
	shortWrite          = 3
	armWrite            = 5
	disarmWrite         = 6
	readWhileBlocked    = 7
	writeWantsRead      = 8
	readWantsWrite      = 9
	retryIdentity       = 11
	readBound           = 13
	moreToRead          = 14
	edgeTrigger         = 15
	feeding             = 16
	readPause           = 18
	endBeforeDecrypted  = 19
	endBeforeCiphertext = 20
	kindsOfEnd          = 22
	localClose          = 23
	errorQueue          = 26
	callbacks           = 27
	postHandshake       = 29
	fairness            = 33
)

var decisions = map[int]Decision{
	flushAfterRead: {Name: "flush after read", Choices: "never; only on WANT_READ; only on " +
		"WANT_WRITE; whenever output is pending; always",
		Rule: "what a read leaves in the engine's output is drained, or write interest is armed",
		Bugs: "MB-53428, h2o 597, uSockets 127"},
	flushAfterHandshake: {Name: "flush after a handshake step", Choices: "before \"finished\" is " +
		"reported; after; not on success",
		Rule: "a handshake step, the last one too, is followed by a drain",
		Bugs: "NanoNNG 1619, wolfSSL 7237, envoy 2624"},
	shortWrite: {Name: "the rest of a short write", Choices: "keep it and ask again; drop it; " +
		"retry at once",
		Rule: "what was not taken stays with the app, which is asked for it once there is room",
		Bugs: "MB-35717, libevent fc568ff0, tinymux 949"},
	armWrite: {Name: "arming write interest", Choices: "because the app has data; because TLS " +
		"wants to write; because output bytes are pending",
		Rule: "a turn that leaves output bytes behind arms write interest, whoever made them",
		Bugs: "uSockets 127, libwebsockets 0c94138fd, Redis 15080"},
	disarmWrite: {Name: "disarming write interest", Choices: "when the queue is empty; when the " +
		"handler is removed; never",
		Rule: "write interest is given up as soon as nothing waits to be written",
		Bugs: "Redis 15080, Valkey 3510, libwebsockets 8b5eaa053"},
	readWhileBlocked: {Name: "arming read interest while writes are blocked",
		Choices: "read on; stop; stop above a limit",
		Rule:    "a pump that can't write goes on reading: the peer may wait for that",
		Bugs:    "rustls 2556, Odyssey 1459, libpq 22c9c8a7e422"},
	writeWantsRead: {Name: "WANT_READ from a write", Choices: "retry it when readable; read " +
		"first; spin; take it for back-pressure; take it for a failure",
		Rule: "WANT_READ from a write is no failure: the write is made again after a read",
		Bugs: "CAF 1060, dbmail 530, CVE-2016-4970"},
	readWantsWrite: {Name: "WANT_WRITE from a read or a handshake", Choices: "retry it when " +
		"writable; only flush; ignore it; take it for a failure",
		Rule: "WANT_WRITE is no failure: the call is made again once there is room",
		Bugs: "MB-42607, curl 18682, SIPp 293"},
	retryIdentity: {Name: "what a retried write offers", Choices: "the same pointer and length; " +
		"the same bytes, moved; shorter; longer; lost plaintext",
		Rule: "a retry offers the bytes that were not taken, in order and each of them once",
		Bugs: "Redis 10909, haproxy cad8234b0, mongoose 3074"},
	readBound: {Name: "the bound of the read loop", Choices: "one record; until n bytes; until " +
		"WANT_READ; while data is pending; for ever",
		Rule: "a turn takes in no more than there is room for, and comes to an end",
		Bugs: "MB-51498, libevent 2aa036fa, gopher-mcp 242"},
	moreToRead: {Name: "what counts as more to read", Choices: "the kernel's readiness; " +
		"SSL_pending; SSL_has_pending; ciphertext of one's own",
		Rule: "bytes above the socket need a wake by hand: the socket has nothing to report",
		Bugs: "memcached 96e05b75f, MB-11203, curl 17596"},
	edgeTrigger: {Name: "edge or level trigger", Choices: "read until would-block; wake by hand " +
		"when bytes remain; neither",
		Rule: "with an edge trigger a turn ends at would-block, or wakes itself",
		Bugs: "sproxy 1, nginx 067c1d2a4"},
	feeding: {Name: "feeding ciphertext", Choices: "all before it is processed; until the engine " +
		"is full; keep what is left over",
		Rule: "received bytes that did not fit the engine are fed as soon as it has room",
		Bugs: "IoT.js 1715, h2o 316, icey 194"},
	readPause: {Name: "pausing reads", Choices: "look again at resume, or not; deliver what is " +
		"decrypted already, or not",
		Rule: "a pause is kept, and its end looks for what has come meanwhile",
		Bugs: "libevent 690, libevent 4e62cd16, Deno 33524"},
	endBeforeDecrypted: {Name: "the end, with decrypted data pending",
		Choices: "deliver the data first; drop it; deliver both at once",
		Rule:    "what is decrypted is delivered before the end is told",
		Bugs:    "MB-53428 (its second part), re 16, helio 519"},
	endBeforeCiphertext: {Name: "the end, with undecrypted bytes pending",
		Choices: "read, then look at the error; look at the error first",
		Rule:    "what came in front of the end is decrypted before the end counts",
		Bugs:    "kv_engine dec107512, ocaml-tls 387"},
	kindsOfEnd: {Name: "close_notify, bare FIN and reset", Choices: "three results; one",
		Rule: "close_notify, a bare FIN and a reset are told to the app as what they are",
		Bugs: "helio 519, haproxy 4ac77a98c, userver 52"},
	localClose: {Name: "the local close", Choices: "send close_notify or not; wait for the flush, " +
		"for the answer, for how long; order of shutdown and close",
		Rule: "close_notify leaves before FIN, and the socket is not touched once it is closed",
		Bugs: "hitch 42fdc55, nginx e01cdfbd8, sofia-sip 131"},
	errorQueue: {Name: "the error queue", Choices: "clear it before a call; after a failure; " +
		"after success too; never",
		Rule: "the thread's error queue is empty before each call",
		Bugs: "h2o 1448, OpenSSL 11889, httpd 60223"},
	callbacks: {Name: "where callbacks are made", Choices: "inside the TLS call; between " +
		"iterations; after unwinding; looking again afterwards or not",
		Rule: "after a callback the pump looks again at what it still has",
		Bugs: "Bun 29757, Bun 31155, Tarsnap 724"},
	postHandshake: {Name: "messages after the handshake", Choices: "renegotiation: allow, ignore, " +
		"refuse; KeyUpdate: answer now, or at the next write",
		Rule: "what the peer asks for after the handshake is carried on to its end",
		Bugs: "rustls 938, OpenSSL 8773, Bun 37094"},
	fairness: {Name: "fairness", Choices: "bytes or rounds a turn; how to yield",
		Rule: "a turn that has to wait for the peer goes back to the loop, and is called when " +
			"there is something",
		Bugs: "MB-51498, libevent 2aa036fa, dbmail 530"},
}

// decisionOf finds a decision by its number.
func decisionOf(n int) Decision {
	d := decisions[n]
	d.Number = n
	return d
}

// String names the decision with its number.
func (d Decision) String() string { return fmt.Sprintf("decision %d, %s", d.Number, d.Name) }
