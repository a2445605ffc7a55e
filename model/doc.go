// Package model is the contract between the parts of the workbench: [Pump], the code
// under test; [Engine], a TLS library; [Socket], [Loop] and [App], which the world
// provides. Whoever writes a pump or plugs in a library reads this package first.
//
// A pump has three duties. Most known bugs (model/pumps/bugs.txt) break one of them:
//
//  1. After every engine call, reads included, look for output and send it.
//  2. After WantRead or WantWrite, offer the same bytes again: a record is sealed
//     once.
//  3. Before sleeping, look at what the engine already holds: the socket will not
//     report those bytes again.
//
// The packages below use the contract: tls is the model of a TLS library, pumps has
// the pumps and their mutants, oracle judges runs, attack and wire are what a hostile
// peer and the network do to records.
//
// Nothing here or below reads a clock, a socket or a random source, starts a
// goroutine or keeps global state; purity_test.go checks that. The same calls give
// the same bytes, so package sim can replay a failure.
package model
