// Package model is everything that can happen on a TLS link, without the I/O.
//
// It declares what the rest of the workbench plugs together (Engine, Socket,
// Loop, App, Pump), and has the abstract TLS engine, the pumps and the
// properties. Nothing in it reads a clock, a socket or a random source, starts
// a goroutine or keeps global state; purity_test.go sees to that. The same
// calls give the same bytes, which is what lets package sim replay a failure.
//
// The engine is [TLS]. Its protocol is one table, in
// transitions.go, whose words are in protocol.go: start there.
// Its records are real ones on the outside (header, types, lengths) and a cheap
// checksum on the inside, so that every flipped bit is noticed and nothing is
// secret. Its calls answer as OpenSSL 3.0 answers, warts included.
//
// A pump has three duties, and most bugs of bugzoo are one of them left out:
//
//  1. After every call, a read too, look for output and send it.
//  2. Offer the same bytes again after WantRead or WantWrite: a record is
//     sealed once.
//  3. Before it sleeps, look at what is already inside the engine: the socket
//     will not report it again.
package model
