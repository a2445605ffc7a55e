// Package dialogue is what our end of a link says to an unmodified program, and how it judges what
// it hears.
//
// A dialogue is an [own.Dialogue]: the speaker at the client's end asks, the one at the server's
// end answers. Where the program is a server, our client speaks to it; where it is a client, our
// server does; and a pump in Go can have one at both ends. Every speaker here is a [Judge], and
// the ones that keep little are model.Snapshotters.
//
// What a client says follows from the number of the request, from the two sizes that the workbench
// asks for, and from the number of the link: see odds. So a script says the same each time it is
// replayed. Bodies are made of a pattern, and each body starts at another place of it: a byte that
// is lost, doubled or from another answer shows.
//
// No speaker reads a clock, draws a number, or remembers anything beyond its link.
package dialogue

import "github.com/wantwrite/wantwrite/model/own"

// A Judge is a speaker that judges what it hears. Answers are what a client hears; to a server they
// are the requests. Nothing of what a Judge says depends on how the bytes were cut.
//
// What we put there or can compute is compared byte for byte: files, echoes, what was set on this
// link. What is the program's own is not: dates, versions, the texts of refusals.
type Judge interface {
	own.Speaker
	// Wrong says in a clause what is the first thing wrong with what was heard, or "". Nothing
	// after it is heard any more.
	Wrong() string
	// Answers is how many answers are whole, and whether another has begun. An answer that only
	// the end of the link ends, and of unknown length, is whole when its header is.
	Answers() (whole int, partial bool)
	// Ends says that the program is to close the link after the answers so far: one of them said
	// so, or answered to a client that asked for it. The client waits for that close. It is no
	// part of Owed, for a program may take its time.
	Ends() bool
	// Heard is a hash of the whole answers so far, and of what is wrong with them, without what is
	// the program's own. Two runs that heard the same say the same.
	Heard() uint64
}

// A HalfCloser is a speaker that may say its last before it has heard all. Those that Parse makes
// are.
type HalfCloser interface {
	// HalfOver says that this side says no more, and goes on to listen: its app half-closes.
	HalfOver() bool
}
