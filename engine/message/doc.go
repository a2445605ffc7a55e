// Package message has the messages of TLS 1.2 and 1.3 as structs: handshake messages, alerts, and
// the extensions of hellos.
//
// A field's tag says how it is written: see encode.go. So one encoder, one decoder and one walk
// over the fields serve all messages. The puppet (engine/puppet) says what it says with them.
//
// A [Draft] is a message that is not sent yet. It lists the levels at which it may be made wrong,
// and an [Edit] makes it wrong at one of them. All others stay valid: a vector whose length is off
// by one lies in vectors whose lengths are right.
//
// To add a message: write its struct in messages.go, with its row in kinds. To add an extension:
// write its row in extensions.go. Nothing else knows them.
package message
