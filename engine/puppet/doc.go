// Package puppet is a TLS peer that holds the keys and sends what no honest library would, as a
// [model.Library]: TLS 1.2 and 1.3 with a pre-shared key, written on Go's crypto packages.
//
// An engine is honest until it is told to attack: see [attack.Attacker]. It shakes hands with
// OpenSSL by the link's PSK, or by a session that both know beforehand. crypto/tls has no external
// PSK, so with it only such a session works: in TLS 1.3 a ticket whose key both know, in TLS 1.2 an
// abbreviated handshake by a ticket whose master secret both know. See package secret.
//
//	        suites                                       groups
//	TLS 1.2 PSK, or ECDHE-ECDSA for a ticket or a        P-256
//	        certificate, with AES-128-GCM and SHA-256
//	TLS 1.3 AES-128-GCM with SHA-256, psk_dhe_ke          X25519, P-256
//
// With a foreign end, which shares nothing with it, a client offers ECDHE-RSA in TLS 1.2 too, takes
// any certificate, and shows none; a server shows one: see foreign.go. Its key shares are always the
// same then.
//
// A puppet is lenient, because it is not there to test its peer: it accepts an alert in the clear
// after the keys have changed, data in the middle of a handshake, and records of any length. It
// answers KeyUpdates at the read. Only a server has a certificate, and only a client
// that resumes a session of TLS 1.3 offers early data. No early data and no tickets are
// sent, and there is no authentication after the handshake. A puppet says such messages only for
// Library.Meddle, which may change whatever a puppet is about to say, or say more: see [Turn]. The
// messages are structs of package message, and what follows is valid for what was sent so far.
//
// Runs repeat, down to the bytes on the wire: hello randoms and key shares follow from the run's
// seed, the link's key and the role.
//
// Start at engine.go, the calls. handshake.go and its two versions say what may come next;
// attack.go lets the repertoire of package attack play on an engine; turn.go sends, and lets Meddle in.
package puppet
