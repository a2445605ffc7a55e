// Package tls is the model engine: a TLS library reduced to what a pump can notice.
//
// It speaks TLS 1.2 and 1.3 in real records, with the true types and lengths, and its
// calls behave as those of OpenSSL 3.0 do. What other libraries do differently are
// model.Traits. There is no cryptography: a record is sealed with a keyed checksum, so a
// flipped bit is a bad_record_mac and runs are fast and deterministic. After warm-up no
// call allocates.
//
// Start at protocol.go, the states, the messages and the one table of transitions. Then
// follow a call: read.go, write.go, handshake.go, early.go or close.go. The others serve
// these: messages.go and records.go make and judge bytes, faults.go says why a call
// failed, attacks.go lets an engine attack its peer, library.go makes engines.
package tls
