package story

import (
	"github.com/wantwrite/wantwrite/model/oracle"
)

// A Meaning says what a property means, for people who meet it for the first
// time.
type Meaning struct {
	// Means is what it asks of a pump, Judged when it is looked at.
	Means, Judged string
	// Not is what is not taken for a violation.
	Not string
}

// MeaningOf is what a property means.
func MeaningOf(id oracle.PropertyID) Meaning { return meanings[id] }

const atRest = "once, at the end of a run, when no fault is left, all is delivered, everybody reads, " +
	"and nothing can happen any more"

var meanings = map[oracle.PropertyID]Meaning{
	oracle.Stall: {
		Means: "Whatever waits somewhere, output in the engine, a queue in the pump, bytes in the " +
			"socket, a handshake, a close, has a wakeup that will move it: write or read interest, a " +
			"wake by hand, a timer. Here something waits and nothing is armed. Users see a connection " +
			"that hangs for ever, on an idle machine, with nothing in the log.",
		Judged: atRest,
		Not: "what waits for the peer, with the interest that tells when it has come; a KeyUpdate " +
			"that may be answered at the next write; what a fault has destroyed",
	},
	oracle.Deadlock: {
		Means: "Both ends have something to send, both directions are full, and neither end reads. " +
			"Each waits for the other for ever. A pump that can't write goes on reading, or it needs a " +
			"peer that does.",
		Judged: atRest,
		Not:    "two engines that are each in the middle of a flight that does not fit: no pump can help",
	},
	oracle.BusyLoop: {
		Means: "The loop calls the pump, the pump does nothing that changes anything, and is ready " +
			"again at once: interest that is never given up, a wake by hand without work, a loop of its " +
			"own that goes round. Users see a core at 100 % and a service that gets slower.",
		Judged: "after each turn: a few in a row that moved nothing and left the pump ready",
		Not:    "a turn that was called for nothing once, as spurious readiness does",
	},
	oracle.DataLoss: {
		Means: "Bytes that a pump has accepted from its app, or that had come before the end of the " +
			"stream, reach the app at the other end. Here a part of them is nowhere any more, or the " +
			"end was told in front of them.",
		Judged: "when an app is given data, when it is told of the end, and at the end of a run",
		Not: "what is on its way when an app closes at once, a link that a fault has destroyed, and " +
			"what a failure that was told has cut off",
	},
	oracle.Corruption: {
		Means: "What an app is given is what its peer's app wrote, in order and each byte once. A " +
			"retried write that offers other bytes, or a buffer that is handed over twice, breaks it.",
		Judged: "whenever an app is given data",
		Not:    "a gap, which is data-loss",
	},
	oracle.Truncation: {
		Means: "A close that an app asks for leaves as close_notify and then FIN, and a stream that " +
			"ends without close_notify is told as cut off. Otherwise nobody can tell the end of the " +
			"data from an attacker who cuts the cable (RFC 8446, section 6.1).",
		Judged: "when a pump sends FIN, and when an app is told of the end",
		Not:    "an end that a fault has made, or after a failure that was told",
	},
	oracle.SpuriousFailure: {
		Means: "An app is told of a failure only if something has failed. A WANT that is taken for an " +
			"error, a good close that is logged as a reset, or an error that another link has left in " +
			"the thread's queue breaks it.",
		Judged: "when an app is told of the end",
		Not:    "a failure on a link with a fault, or after the peer has failed",
	},
	oracle.UnboundedBuffer: {
		Means: "A pump holds no more than it was allowed, and gives its app no data while that has " +
			"paused. Without a bound a peer that sends, or does not read, decides how much memory a " +
			"server needs.",
		Judged: "after each step, and when an app is given data",
		Not:    "what comes behind a close and is thrown away",
	},
	oracle.Crash: {
		Means: "A pump does not panic, and uses nothing that it has given back: no call of the socket " +
			"or of the engine after Close. With a real library it is also the process that dies.",
		Judged: "after each step",
		Not:    "a panic of the workbench, which ends the hunt",
	},
}
