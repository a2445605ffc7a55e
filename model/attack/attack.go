package attack

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
)

// An Attack is something that a peer sends, or does, which no honest library
// would, though it holds the keys: an item of the repertoire of a hostile
// engine. Each has one argument, a number; attackText says what of.
//
// An item that lasts changes the engine from then on. Any other is done at
// once, with the keys of that moment and in whatever state: before the first
// handshake in the clear, in TLS 1.3 a HelloRequest too.
type Attack uint8

const (
	// AttackSplit: each handshake message that follows leaves in records of N
	// bytes of content. It lasts; 0 ends it.
	AttackSplit Attack = iota
	// AttackPack: handshake messages that follow in one go share records, and
	// as far as the keys are the same leave in one (RFC 8446, section 5.1). It
	// lasts; an engine that splits no longer does.
	AttackPack
	// AttackInterleave: N bytes of application data come between the two halves
	// of the next handshake message. RFC 8446, section 5.1, forbids it.
	AttackInterleave
	// AttackKeyUpdates: N KeyUpdates that ask for one (bugzoo I1, I2).
	AttackKeyUpdates
	// AttackHelloRequests: N HelloRequests (RFC 5246, section 7.4.1.1).
	AttackHelloRequests
	// AttackRenegotiation: a new handshake begins in the middle of records of N
	// bytes of application data, if N is not 0: in front of and behind a client's
	// ClientHello, or a server's HelloRequest, and in front of its ServerHello.
	// Where none can begin it is a ClientHello that nobody wants.
	AttackRenegotiation
	// AttackWarnings: N warning alerts, user_canceled (CVE-2016-8610).
	AttackWarnings
	// AttackAlertPieces: the alert with description N in two records of one byte
	// each. RFC 8446, section 5.1, forbids it.
	AttackAlertPieces
	// AttackEmpties: N records of application data without content.
	AttackEmpties
	// AttackContent: a record of application data with N bytes of content. More
	// than 2^14 are too many (RFC 8446, section 5.1).
	AttackContent
	// AttackSealed: the same with N bytes behind the record's header, sealed:
	// more than 2^14+256 are too many in TLS 1.3, in TLS 1.2 more than 2^14+2048.
	AttackSealed
	// AttackClose: close_notify, whatever the state.
	AttackClose
	// AttackEnd: the engine fails without a word, so that its pump gives the
	// socket up: FIN without close_notify.
	AttackEnd
	// AttackDataAfterClose: close_notify, if it has not left, and N bytes of
	// application data behind it.
	AttackDataAfterClose
	// AttackDeaf: the engine takes no more input. It lasts.
	AttackDeaf
	// AttackSip: the engine takes its input one byte a call. It lasts.
	AttackSip

	// NumAttacks is how many there are.
	NumAttacks
)

// MaxAttack is the largest argument of an attack: enough for every limit that a
// library is known to have, and for a record that is twice too long.
const MaxAttack = 1 << 15

// attackText has the word of each attack, what its argument is ("" if it has
// none), and what it does.
var attackText = [NumAttacks]struct{ word, argument, about string }{
	AttackSplit: {"split", "bytes a record",
		"handshake messages leave in records of N bytes"},
	AttackPack: {"pack", "",
		"handshake messages leave in as few records as the keys allow"},
	AttackInterleave: {"interleave", "bytes of data",
		"application data comes in the middle of the next handshake message"},
	AttackKeyUpdates: {"key-updates", "how many",
		"a flood of KeyUpdates, each of which asks for one"},
	AttackHelloRequests: {"hello-requests", "how many",
		"a flood of HelloRequests"},
	AttackRenegotiation: {"renegotiation", "bytes a record",
		"a new handshake begins in the middle of a stream of records"},
	AttackWarnings: {"warnings", "how many",
		"a flood of warning alerts"},
	AttackAlertPieces: {"alert-pieces", "description",
		"an alert comes in two records of one byte"},
	AttackEmpties: {"empties", "how many",
		"a flood of records without content"},
	AttackContent: {"content", "bytes",
		"a record with so much content, up to and over the limit"},
	AttackSealed: {"sealed", "bytes",
		"a record of such a length when sealed, up to and over the limit"},
	AttackClose: {"close", "",
		"close_notify comes early"},
	AttackEnd: {"end", "",
		"the socket ends without a word"},
	AttackDataAfterClose: {"data-after-close", "bytes",
		"application data comes after close_notify"},
	AttackDeaf: {"deaf", "",
		"nothing is read any more"},
	AttackSip: {"sip", "",
		"one byte is read a call"},
}

// String is the attack's word in scripts.
func (a Attack) String() string {
	if a < NumAttacks {
		return attackText[a].word
	}
	return fmt.Sprintf("Attack(%d)", uint8(a))
}

// About says in a clause what the attack does.
func (a Attack) About() string { return attackText[a%NumAttacks].about }

// Forges says whether the attack brings application data that no app has written:
// what the peer's app is given from then on means nothing.
func (a Attack) Forges() bool {
	switch a {
	case AttackInterleave, AttackRenegotiation, AttackContent, AttackSealed, AttackDataAfterClose:
		return true
	}
	return false
}

// Argument says what the attack's argument is; it is empty if there is none.
func (a Attack) Argument() string { return attackText[a%NumAttacks].argument }

// AttackNamed finds an attack by its word.
func AttackNamed(word string) (Attack, bool) {
	for a := range NumAttacks {
		if attackText[a].word == word {
			return a, true
		}
	}
	return 0, false
}

// An Attacker is an engine that can be told to attack its peer. What the attack
// sends is output like any other: it waits for Drain, or with the attached
// transport for the next call.
type Attacker interface {
	model.Engine
	// Attack does it, with n from 0 to MaxAttack. It never fails; on an engine
	// that has failed, or an item that makes no sense, it does nothing.
	Attack(a Attack, n int)
}
