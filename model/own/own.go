// Package own is what the author of a pump adds to the workbench: properties that must hold,
// scenarios to hunt in, and the dialogue that the apps speak. They are fields of model.Spec, and
// whatever runs the pump knows them: go test, hunt, check, replay, shrink and show.
//
// What is given here is code of the author's, and runs depend on it. So it is deterministic: it
// reads no clock, draws no random numbers, and keeps no state but what it is said to keep.
package own

// A Property is an invariant of the author's. A run that breaks it is reported, shrunk, saved and
// told like one that breaks a property of the workbench. It is judged at each end that has the
// pump.
type Property struct {
	// Name is the word of --property and of scripts, and names the folder of its scripts: a-z,
	// 0-9 and -. Why says in a clause what users see when it does not hold.
	Name, Why string
	// Liveness: something good must happen in the end. It is judged once, when nothing can
	// happen any more. Without it the property is a safety property, which must hold after each
	// step as well.
	Liveness bool
	// Broken says in a clause what is wrong, or "" if the property holds. Clauses that differ
	// in nothing but numbers name the same cause. It must change nothing.
	Broken func(v *View) string
}

// A View is the world as a property sees it, from one end. It tells a state and no history, for
// an exhaustive check joins states that are equal. It is valid during the call.
type View struct {
	// Pump is this end's pump as its New made it, and Peer the other end's. Their types are
	// those of New's result.
	Pump, Peer any
	// Here is this end, There the other one.
	Here, There Side
	// Quiescent: nothing can happen any more. No fault is left, all is delivered, nobody pauses
	// and no timer runs.
	Quiescent bool
	// Faulty: a fault has destroyed something on the link, so data need not arrive.
	Faulty bool
}

// A Side is what can be seen of one end from outside. Counts are bytes.
type Side struct {
	// Backlog is plaintext that the app has to write and the pump has not taken. Queue is what
	// the pump has taken and not given to the engine. Transit is what the pump has taken and the
	// other end's app has not been given, wherever it is: Queue is a part of it. Output is
	// ciphertext in the engine. PipeOut is ciphertext that the pump has drained and not sent.
	Backlog, Queue, Transit, Output, PipeOut int
	// InFlight is ciphertext on its way to this end. Arrived is what lies in its socket. PipeIn
	// is what the pump has received and not fed to the engine. Held is decrypted and not given
	// to the app.
	InFlight, Arrived, PipeIn, Held int
	// Backpressure: the pump took less than it was offered and has not asked for more since.
	Backpressure bool
	// Paused, HalfClosing and Closing: the app has asked for it.
	Paused, HalfClosing, Closing bool
	// Told: the app was told of the end of the stream. Clean: of one with close_notify.
	Told, Clean bool
	// Gone: the pump has closed its socket.
	Gone bool
	// Readable and Writable are the interest mask. Woken: the pump has woken itself. Timer: its
	// timer runs.
	Readable, Writable, Woken, Timer bool
	// Owed is what the app still waits for, in a clause of its Speaker; "" if nothing.
	Owed string
}

// A Dialogue is the protocol that the apps at both ends of a link speak. Without one they speak
// memcached's binary protocol. A pump with a dialogue has a property more, <name>-owed, a liveness
// property: what an app waits for comes.
type Dialogue struct {
	// Name is the word of the line "dialogue" in scripts: a-z, 0-9 and -. About is one sentence.
	Name, About string
	// Finishes: to a real program the protocol says that who says no more is still answered, and
	// that the program then closes in good order, as echo's does (RFC 862). Without it a program may
	// take a half-close for a close.
	Finishes bool
	// New makes the speaker of one end, for one link.
	New func(at Place) Speaker
}

// A Place is where a speaker stands.
type Place struct {
	// Server: at the server's end. Stream is the world's setting of this name.
	Server, Stream bool
	// Link is the number of the link, from 0. What the server keeps beyond a link, such as keys,
	// can be named by it, so that links don't meet.
	Link int
}

// A Speaker is one end's side of a dialogue: a state machine. The workbench decides when it
// speaks, how its bytes are cut, and whether and when it reads. It checks by itself that each byte
// arrives, once and in order. What the peer said may have been cut off by a fault, but is never
// damaged.
//
// An exhaustive check saves and restores speakers: that takes a method Snapshot, as for pumps
// (model.Snapshotter).
type Speaker interface {
	// Begins says whether Begin may be called now.
	Begins() bool
	// Begin says something unasked, such as a request: it appends it to dst. body is about how
	// long, answer about how long an answer is wanted, in bytes; 0 is none.
	Begin(dst []byte, body, answer int) []byte
	// Hear takes the next bytes that the peer said, in pieces of any length, and appends what
	// it says to them.
	Hear(dst, p []byte) []byte
	// Over says whether this side has said its last: its app closes when the pump has taken
	// that.
	Over() bool
	// Owed says in a clause what this side still waits for, or "". Nothing may be owed at
	// quiescence on a link that no fault and nobody has ended, when all that was said has been
	// heard: see Dialogue.
	Owed() string
}

// A Judge is a speaker that judges what it hears by itself, for its peer is a real program, of which
// the workbench knows no word before it is said. Answers are what a client hears; to a server they
// are the requests. Nothing of what a Judge says depends on how the bytes were cut.
type Judge interface {
	Speaker
	// Wrong says in a clause what is the first thing wrong with what was heard, or "". What the
	// speaker put there or can compute, it compares; what is the program's own, such as a date, it
	// does not. Behind what is wrong nothing is heard any more.
	Wrong() string
	// Missing: what is wrong is that bytes did not come, and later ones did.
	Missing() bool
	// Answers is how many answers are whole, and whether another has begun. An answer of unknown
	// length that the end of the link ends is whole when its length can't be told any more.
	Answers() (whole int, partial bool)
	// Ends says that the program is to close the link after the answers so far: one of them said
	// so, or a client asked for it. That close is no part of Owed, for a program may take its time.
	Ends() bool
	// Heard is a hash of the whole answers so far and of what is wrong, without what is the
	// program's own. Two runs that heard the same say the same.
	Heard() uint64
}

// A HalfCloser is a speaker to a real program that may say its last before it has heard all.
type HalfCloser interface {
	// HalfOver says that this side says no more, and goes on to listen: its app half-closes when
	// the pump has taken what was said. It is asked only where the peer is a real program, and TLS
	// has such a close.
	HalfOver() bool
}

// A Scenario is a workload of the author's, and the worlds in which it happens.
type Scenario struct {
	// Name is the word of --scenario and of scripts: a-z, 0-9 and -. Why says in a clause what
	// happens in it.
	Name, Why string
	// Like are the names of scenarios from which it is composed: the workbench's, or the
	// author's that stand before it. They are drawn one after the other, the last word counts.
	Like []string
	// TLS, if not empty, binds it to a version: 1.2 or 1.3.
	TLS string
	// Settings are the dimensions of the world that it draws anew, and Actions the odds that it
	// sets anew.
	Settings []Setting
	Actions  []Action
	// Body and Answer, if not 0, are the largest bodies of messages and answers in bytes. Steps,
	// if not 0, is the most actions of a workload.
	Body, Answer, Steps int
}

// A Setting draws a dimension of the world.
type Setting struct {
	// Key is its word in scripts: a trait, a size, links or early. See wantwrite list.
	Key string
	// Least and Most bound the values, both included. A trait is 0 or 1.
	Least, Most int
}

// An Action sets the odds of a verb.
type Action struct {
	// At is who does it: client, server, under (the end under test), peer, or "" for both ends.
	At string
	// Verb is its word in scripts, such as write or keyupdate.
	Verb string
	// Weight is how likely it is, where deliver has 40 and poll 60; 0 forbids it.
	Weight int
	// Most is how often it may happen at each role's ends; 0 is without limit.
	Most int
}
