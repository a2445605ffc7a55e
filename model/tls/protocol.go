package tls

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// This file and transitions.go are the protocol: all that the engine knows about
// the order of messages, for both roles and both versions. Their rules:
//
//   - A row says what happens to an end in state at that gets event on. A pair
//     without a row is illegal, and the end answers unexpected_message.
//   - Of rows with the same pair the first whose conditions all hold counts.
//   - What an end sends by itself is a row too: the events Begin, Rekey, Demand
//     and Conclude.
//   - No other file compares states, but for NotStarted, Established and Dead, and
//     tls_early.go.

// A State is what an engine waits for, so that a stuck trace explains itself.
type state uint8

const (
	// noState is zero so that an absent row reads as one.
	noState state = iota
	// NotStarted: a client before its first call.
	notStarted
	// WaitClientHello: a server before the first handshake.
	waitClientHello
	// WaitSecondClientHello: a server has sent a HelloRetryRequest.
	waitSecondClientHello
	// WaitServerHello: a client has sent its ClientHello. In a renegotiation
	// application data may still come (RFC 5246, section 7.4.1.1).
	waitServerHello
	// WaitSecondServerHello: a client has answered a HelloRetryRequest. There is
	// only one of them in a handshake (RFC 8446, section 4.1.4).
	waitSecondServerHello
	// WaitEncryptedExtensions: TLS 1.3; reads use handshake keys.
	waitEncryptedExtensions
	// WaitCertificateRequest: a client that will be asked for a certificate.
	waitCertificateRequest
	// WaitCertificate: the peer's chain.
	waitCertificate
	// WaitServerKeyExchange: TLS 1.2, with certificates.
	waitServerKeyExchange
	// WaitServerHelloDone: TLS 1.2.
	waitServerHelloDone
	// WaitClientKeyExchange: TLS 1.2.
	waitClientKeyExchange
	// WaitCertificateVerify: the peer's signature.
	waitCertificateVerify
	// WaitChangeCipherSpec: TLS 1.2; the next record has new keys.
	waitChangeCipherSpec
	// WaitFinished: the peer's Finished.
	waitFinished
	// WaitPostCertificateVerify: a server that has asked for a certificate after
	// the handshake has got one, and wants the signature.
	waitPostCertificateVerify
	// WaitPostFinished: and it wants the Finished, which changes no keys.
	waitPostFinished
	// WaitEndOfEarlyData: a server reads early data that it has accepted.
	waitEndOfEarlyData
	// PendingEarlyEnd: a client that has sent early data has all that it wanted of
	// the server, and waits for its own next Handshake or Write.
	pendingEarlyEnd
	// Established: application data flows.
	connected
	// Dead: the engine has failed and only its alert leaves.
	dead

	numStates
)

var stateText = [numStates]string{
	noState:                   "no-state",
	notStarted:                "not-started",
	waitClientHello:           "wait-client-hello",
	waitSecondClientHello:     "wait-second-client-hello",
	waitServerHello:           "wait-server-hello",
	waitSecondServerHello:     "wait-second-server-hello",
	waitEncryptedExtensions:   "wait-encrypted-extensions",
	waitCertificateRequest:    "wait-certificate-request",
	waitCertificate:           "wait-certificate",
	waitServerKeyExchange:     "wait-server-key-exchange",
	waitServerHelloDone:       "wait-server-hello-done",
	waitClientKeyExchange:     "wait-client-key-exchange",
	waitCertificateVerify:     "wait-certificate-verify",
	waitChangeCipherSpec:      "wait-change-cipher-spec",
	waitFinished:              "wait-finished",
	waitPostCertificateVerify: "wait-post-certificate-verify",
	waitPostFinished:          "wait-post-finished",
	waitEndOfEarlyData:        "wait-end-of-early-data",
	pendingEarlyEnd:           "pending-early-end",
	connected:                 "established",
	dead:                      "dead",
}

// String names the state as traces do.
func (s state) String() string {
	if s < numStates {
		return stateText[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// An Event is what can happen to a state: a message that is received, or an
// intention of this end.
type message uint8

const (
	// noEvent is a handshake type that nobody knows.
	noMessage message = iota
	// HelloRequest: the server would like a renegotiation.
	helloRequest
	// ClientHello begins a handshake.
	clientHello
	// ServerHello answers it.
	serverHello
	// NewSessionTicket comes after a TLS 1.3 handshake.
	newSessionTicket
	// EncryptedExtensions is the first message under TLS 1.3 handshake keys.
	encryptedExtensions
	// Certificate is either end's chain.
	certificate
	// ServerKeyExchange has the server's key share, in TLS 1.2.
	serverKeyExchange
	// CertificateRequest asks for the client's chain.
	certificateRequest
	// ServerHelloDone ends the server's flight, in TLS 1.2.
	serverHelloDone
	// CertificateVerify is either end's signature.
	certificateVerify
	// ClientKeyExchange has the client's key share, in TLS 1.2.
	clientKeyExchange
	// Finished ends an end's part of the handshake.
	finished
	// KeyUpdate changes the sender's key, in TLS 1.3.
	keyUpdate
	// HelloRetryRequest asks for another ClientHello: a ServerHello in form, whose
	// random is a constant (RFC 8446, section 4.1.4).
	helloRetryRequest
	// EndOfEarlyData is the last message under a client's early keys.
	endOfEarlyData
	// ChangeCipherSpec is a record type of its own. In TLS 1.3 it means
	// nothing (RFC 8446, appendix D.4).
	changeCipherSpec
	// ApplicationData is a record of it.
	applicationData
	// NoRenegotiation is the warning that refuses a renegotiation.
	noRenegotiation
	// Begin: this end wants a handshake.
	wishHandshake
	// Rekey: this end wants, or owes, a KeyUpdate.
	wishKeyUpdate
	// Demand: this server wants the client's certificate, in TLS 1.3.
	wishCertificate
	// Conclude: this client has no more early data.
	wishEarlyEnd

	numMessages
)

// A message is what the engine knows of an event that travels.
type messageInfo struct {
	word string // the RFC's
	wire byte   // handshake type (RFC 8446, section 4; RFC 5246, 7.4)
	max  int    // longest body that OpenSSL reads, in bytes
}

var messages = [numMessages]messageInfo{
	noMessage:           {word: "unknown message"},
	helloRequest:        {word: "HelloRequest", wire: 0},
	clientHello:         {word: "ClientHello", wire: 1, max: 131396},
	serverHello:         {word: "ServerHello", wire: 2, max: 65607},
	newSessionTicket:    {word: "NewSessionTicket", wire: 4, max: 65541},
	encryptedExtensions: {word: "EncryptedExtensions", wire: 8, max: 20000},
	certificate:         {word: "Certificate", wire: 11, max: 102400},
	serverKeyExchange:   {word: "ServerKeyExchange", wire: 12, max: 102400},
	certificateRequest:  {word: "CertificateRequest", wire: 13, max: 102400},
	serverHelloDone:     {word: "ServerHelloDone", wire: 14},
	certificateVerify:   {word: "CertificateVerify", wire: 15, max: wire.MaxRecordLen},
	clientKeyExchange:   {word: "ClientKeyExchange", wire: 16, max: 2048},
	finished:            {word: "Finished", wire: 20, max: 64},
	keyUpdate:           {word: "KeyUpdate", wire: 24, max: 1},
	helloRetryRequest:   {word: "HelloRetryRequest", wire: 2, max: 65607},
	endOfEarlyData:      {word: "EndOfEarlyData", wire: 5},
	changeCipherSpec:    {word: "ChangeCipherSpec"},
	applicationData:     {word: "application data"},
	noRenegotiation:     {word: "alert no_renegotiation"},
	wishHandshake:       {word: "the wish for a handshake"},
	wishKeyUpdate:       {word: "the wish for a KeyUpdate"},
	wishCertificate:     {word: "the wish for a certificate"},
	wishEarlyEnd:        {word: "the end of early data"},
}

// String is the RFC's word for the message.
func (e message) String() string {
	if e < numMessages {
		return messages[e].word
	}
	return fmt.Sprintf("message(%d)", uint8(e))
}

// eventOf finds the event of a handshake type: of two the first one, which is
// ServerHello; that it is a HelloRetryRequest only the message's body says.
var messageOf = func() (events [256]message) {
	for e := changeCipherSpec - 1; e >= helloRequest; e-- {
		events[messages[e].wire] = e
	}
	return events
}()

// A cond is a set of facts about a link that decide between rows.
type cond uint32

const (
	ifPSK       cond = 1 << iota // no certificates at all
	ifCerts                      // the server has a certificate
	ifAuth                       // and asks for the client's
	ifNoAuth                     // or it does not
	ifSigned                     // the client has one too
	ifUnsigned                   // or sends an empty chain
	ifAgain                      // the first handshake is over
	ifAllow                      // renegotiation is allowed
	ifRefuse                     // or refused
	ifIgnore                     // or ignored
	ifSoft                       // a refusal leaves the link up
	ifIndulgent                  // data may come before the ServerHello
	ifRetry                      // the server does not take the first key share
	ifNoRetry                    // or it does
	ifPost                       // the client can be asked for a certificate later
	ifAsked                      // it has been, and has not answered
	ifSigns                      // and will then sign its answer
	ifResume                     // this handshake resumes a session
	ifFull                       // or it makes one
	ifEarly                      // whose client may send early data
	ifOffers                     // the ClientHello announces some
	ifNoOffer                    // or it does not
	ifTaken                      // the server accepts it
	ifNotTaken                   // or it has not
	ifCompat                     // a ChangeCipherSpec precedes a second ClientHello
)

// A keys says which keys a direction changes to.
type keys uint8

const (
	sameKeys      keys = iota
	handshakeKeys      // TLS 1.3, between the hellos and Finished
	trafficKeys        // of the handshake that is about to end
	nextKeys           // KeyUpdate: derived from the ones in use
	earlyKeys          // TLS 1.3: of a client's early data
	noKeys             // none any more, after a HelloRetryRequest

	numKeys
)

// A deed is what an end does beyond changing state and sending.
type deed uint8

const (
	nothing           deed = iota
	deliver                // give the data to Read
	ask                    // begin a renegotiation, as soon as no write is pending
	refuse                 // send a no_renegotiation warning
	rekeyed                // the peer's KeyUpdate, which may ask for ours
	demandCertificate      // the client owes its certificate, after the handshake
)

// A part of a flight is sent if its conditions hold; then the keys of the
// sending direction change. Without a message it is only a change of keys.
type part struct {
	send message
	when cond
	then keys
}

// A transition is one row.
type transition struct {
	role    model.Role
	version model.Version
	at      state
	on      message
	when    cond
	next    state
	read    keys // what the reading direction changes to, after the message
	do      deed
	flight  []part
}

// A protocol is the rows of one role and version by state and event.
type protocol [numStates][numMessages][]*transition

// protocols is the table, arranged for looking up.
var protocols = func() (all [2][2]protocol) {
	for i := range transitions {
		r := &transitions[i]
		cell := &all[r.role][r.version][r.at][r.on]
		*cell = append(*cell, r)
	}
	return all
}()

// find gives the row for event on in state at, given the facts; nil if the
// event is illegal there.
func (p *protocol) find(at state, on message, facts cond) *transition {
	for _, r := range p[at][on] {
		if r.when&^facts == 0 {
			return r
		}
	}
	return nil
}

// wants lists the messages that are legal in a state, for error messages. It
// is computed from the table, so it can't lie.
func (p *protocol) wants(at state, facts cond) (words string) {
	for on := helloRequest; on < wishHandshake; on++ {
		if p.find(at, on, facts) == nil || on == helloRequest && at != connected {
			continue
		}
		if words != "" {
			words += " or "
		}
		words += on.String()
	}
	if words == "" {
		return "nothing"
	}
	return words
}

// facts of a configuration, before the first handshake.
func factsOf(c *model.EngineConfig) cond {
	psk := c.ServerChain == 0 || c.Resume && c.Version == model.TLS13 // the session is one
	f := choose(psk, ifPSK, ifCerts) | choose(c.Resume, ifResume, ifFull)
	auth, post := c.ClientAuth && !psk, c.PostAuth && c.Version == model.TLS13
	signed := (auth || post) && c.ServerChain > 0 && c.ClientChain > 0
	f |= choose(auth, ifAuth, ifNoAuth) | choose(signed, ifSigned, ifUnsigned)
	f |= choose(post, ifPost, 0) | choose(signed, ifSigns, 0) | ifNoOffer | ifNotTaken | ifCompat
	f |= choose(c.Resume && c.Version == model.TLS13 && c.EarlyData > 0, ifEarly, 0)
	f |= [...]cond{model.RenegAllow: ifAllow, model.RenegRefuse: ifRefuse, model.RenegIgnore: ifIgnore}[c.Traits.Renegotiation]
	f |= choose(c.Traits.RefusalIsWarning, ifSoft, 0)
	f |= choose(c.Retry && c.Version == model.TLS13, ifRetry, ifNoRetry)
	return f | choose(c.Traits.NoDataInReneg, 0, ifIndulgent)
}

// unmet says whether an end in that state has not met the other's first hello.
func (t *TLS) unmet(at state) bool {
	return at == waitClientHello || at == waitServerHello && t.facts&ifAgain == 0
}

// choose is the conditional expression.
func choose(b bool, yes, no cond) cond {
	if b {
		return yes
	}
	return no
}
