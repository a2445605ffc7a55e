package model

// A Flaw is a planted mistake of the reference pump; 0 is none.
type Flaw uint8

const (
	// NoFlaw is the correct pump.
	NoFlaw Flaw = iota
	// FlawNoFlush: what a read produced waits for the app's next write.
	FlawNoFlush
	// FlawNoReadBlocked: while output is pending nothing is read.
	FlawNoReadBlocked
	// FlawKeepArmed: write interest is never given up.
	FlawKeepArmed
	// FlawEOFFirst: the socket's end counts before what came in front of it.
	FlawEOFFirst
	// FlawOffByOne: after a partial write the last byte is sent twice.
	FlawOffByOne
	// FlawNoCloseNotify: a close sends FIN alone.
	FlawNoCloseNotify
	// FlawWantWriteFatal: a handshake that wants to write has failed.
	FlawWantWriteFatal
	// FlawUnbounded: the queue takes whatever the app writes.
	FlawUnbounded
	// FlawUseAfterClose: a closed socket is read from once more.
	FlawUseAfterClose
)

// A Mutant is a pump with one planted mistake, from real public bugs.
type Mutant struct {
	Spec
	// Bugs are the ids of the real bugs, as in the project's bug list.
	Bugs string
	// Breaks is the property that the mistake must break, and no other.
	Breaks PropertyID
}

// Mutants lists them: at least one for each property.
func Mutants() []Mutant {
	return []Mutant{
		mutant("no-flush-after-read", FlawNoFlush, Stall, "A1, A2, A7",
			"leaves what a read produced in the engine until the app writes"),
		mutant("no-read-while-blocked", FlawNoReadBlocked, Deadlock, "G2, G3, G5",
			"stops reading while it can't send"),
		mutant("write-armed-for-ever", FlawKeepArmed, BusyLoop, "C1, C3, C15",
			"never gives write interest up"),
		mutant("eof-before-data", FlawEOFFirst, DataLoss, "F1, F3, F19",
			"takes the socket's end for the link's end, whatever came in front of it"),
		mutant("off-by-one-retry", FlawOffByOne, Corruption, "E20, E22",
			"goes on one byte too early after a partial write"),
		mutant("no-close-notify", FlawNoCloseNotify, Truncation, "F6, F28",
			"closes with FIN alone"),
		mutant("want-write-fatal", FlawWantWriteFatal, SpuriousFailure, "B10, C17, C27",
			"takes a handshake that wants to write for a failed one"),
		mutant("queue-without-limit", FlawUnbounded, UnboundedBuffer, "I4, I5",
			"takes whatever the app writes"),
		mutant("recv-after-close", FlawUseAfterClose, Crash, "F20, J5",
			"reads from the socket after it has given it back"),
	}
}

func mutant(name string, flaw Flaw, breaks PropertyID, bugs, about string) Mutant {
	return Mutant{Bugs: bugs, Breaks: breaks, Spec: Spec{Name: name, About: about,
		New: func(env Env) Pump {
			p := &Reference{flaw: flaw}
			p.Restart(env)
			return p
		}}}
}
