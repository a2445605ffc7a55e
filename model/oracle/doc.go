// Package oracle says whether a run is correct. It has two parts: a ledger, which
// records what passes each pump, and nine properties, which are judged on the ledger.
//
//	account.go     one end's page of the ledger
//	ledger.go      the pages of all ends, and what the properties know of the links
//	obligation.go  what an end can owe, in words
//	property.go    the nine properties: safety or liveness, and when they are judged
//	stall.go       the liveness properties: stall, deadlock and busy-loop
//	safety.go      the safety properties
//	foreign.go     all of them, on a link at one end of which a real program stands
//
// Pumps do not take part. The world counts the bytes that pass between app, pump,
// engine and socket, and what a pump holds is the difference of two counts.
package oracle
