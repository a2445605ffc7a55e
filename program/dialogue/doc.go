// Package dialogue is what our end of a link says to an unmodified program, and how it judges what
// it hears.
//
// A dialogue is an [own.Dialogue]: the speaker at the client's end asks, the one at the server's
// end answers. Where the program is a server, our client speaks to it; where it is a client, our
// server does; and a pump in Go can have one at both ends. Every speaker here is an [own.Judge]
// and a model.Snapshotter.
//
// What a client says follows from the number of the request, from the two sizes that the workbench
// asks for, and from the number of the link: see odds. So a script says the same each time it is
// replayed. Bodies are made of a pattern, and each body starts at another place of it: a byte that
// is lost, doubled or from another answer shows.
//
// No speaker reads a clock, draws a number, or remembers anything beyond its link.
package dialogue
