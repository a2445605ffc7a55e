// Package attack is the repertoire of a hostile peer: what an end that holds the keys
// can send or do, and what no honest TLS library would.
//
// The repertoire is one table, in attack.go: a row is an attack's word in scripts, its
// argument, and the function that plays it. Those functions know an engine only as a
// [Forger]. The model (model/tls) and the puppet (engine/puppet) are Forgers, so one
// repertoire serves both. A [Manner] is what an attack changes for good, such as the
// length of the records that handshake messages leave in.
package attack
