package tls

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// This file is the protocol: all that the engine knows about the order of messages, for
// both roles and both versions. First come states and messages, then what a row of the
// table says, then the flights, and the table at the end. The rules:
//
//   - A row says what an end in state at does when message on happens to it. A pair
//     without a row is illegal: the end answers unexpected_message.
//   - Several rows may have the same pair. The first counts whose conditions all hold.
//   - What an end does of its own accord is a row too: its messages are the wishes.
//   - No other file compares states, except with notStarted, connected and dead, and
//     early.go, which knows the states of early data.

// A state is what an engine waits for, so that a stuck trace explains itself.
type state uint8

const (
	// noState is zero, so an absent row reads as this.
	noState state = iota
	// notStarted: a client before its first call.
	notStarted
	// waitClientHello: a server before the first handshake.
	waitClientHello
	// waitSecondClientHello: a server has sent a HelloRetryRequest.
	waitSecondClientHello
	// waitServerHello: a client has sent its ClientHello. In a renegotiation
	// application data may still come (RFC 5246, section 7.4.1.1).
	waitServerHello
	// waitSecondServerHello: a client has answered a HelloRetryRequest. There is
	// only one of them in a handshake (RFC 8446, section 4.1.4).
	waitSecondServerHello
	// waitEncryptedExtensions: TLS 1.3; reads use handshake keys.
	waitEncryptedExtensions
	// waitCertificateRequest: a client that will be asked for a certificate.
	waitCertificateRequest
	// waitCertificate: the peer's chain.
	waitCertificate
	// waitServerKeyExchange: TLS 1.2, with certificates.
	waitServerKeyExchange
	// waitServerHelloDone: TLS 1.2.
	waitServerHelloDone
	// waitClientKeyExchange: TLS 1.2.
	waitClientKeyExchange
	// waitCertificateVerify: the peer's signature.
	waitCertificateVerify
	// waitChangeCipherSpec: TLS 1.2; the next record has new keys.
	waitChangeCipherSpec
	// waitFinished: the peer's Finished.
	waitFinished
	// waitPostCertificateVerify: a server that has asked for a certificate after
	// the handshake has got one, and wants the signature.
	waitPostCertificateVerify
	// waitPostFinished: and it wants the Finished, which changes no keys.
	waitPostFinished
	// waitEndOfEarlyData: a server reads early data that it has accepted.
	waitEndOfEarlyData
	// pendingEarlyEnd: a client that has sent early data has got the server's flight, and
	// waits for its own next Handshake or Write.
	pendingEarlyEnd
	// connected: application data flows.
	connected
	// dead: the engine has failed and only its alert leaves.
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

// String is the state's word in traces.
func (s state) String() string {
	if s < numStates {
		return stateText[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// A message is what can happen to a state: a message that is received or sent, or a wish
// of this end.
type message uint8

const (
	// noMessage is a handshake type that nobody knows.
	noMessage message = iota
	// helloRequest: the server would like a renegotiation.
	helloRequest
	// clientHello begins a handshake.
	clientHello
	// serverHello answers it.
	serverHello
	// newSessionTicket comes after a TLS 1.3 handshake.
	newSessionTicket
	// encryptedExtensions is the first message under TLS 1.3 handshake keys.
	encryptedExtensions
	// certificate is either end's chain.
	certificate
	// serverKeyExchange has the server's key share, in TLS 1.2.
	serverKeyExchange
	// certificateRequest asks for the client's chain.
	certificateRequest
	// serverHelloDone ends the server's flight, in TLS 1.2.
	serverHelloDone
	// certificateVerify is either end's signature.
	certificateVerify
	// clientKeyExchange has the client's key share, in TLS 1.2.
	clientKeyExchange
	// finished ends an end's part of the handshake.
	finished
	// keyUpdate changes the sender's key, in TLS 1.3.
	keyUpdate
	// helloRetryRequest asks for another ClientHello: a ServerHello in form, whose
	// random is a constant (RFC 8446, section 4.1.4).
	helloRetryRequest
	// endOfEarlyData is the last message under a client's early keys.
	endOfEarlyData
	// changeCipherSpec is a record type of its own. In TLS 1.3 it means
	// nothing (RFC 8446, appendix D.4).
	changeCipherSpec
	// applicationData is a record of it.
	applicationData
	// noRenegotiation is the warning that refuses a renegotiation.
	noRenegotiation
	// wishHandshake: this end wants a handshake.
	wishHandshake
	// wishKeyUpdate: this end wants, or owes, a KeyUpdate.
	wishKeyUpdate
	// wishCertificate: this server wants the client's certificate, in TLS 1.3.
	wishCertificate
	// wishEarlyEnd: this client has no more early data.
	wishEarlyEnd

	numMessages
)

// A messageInfo is what the engine knows of a message.
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

// messageOf finds the message of a handshake type. ServerHello and HelloRetryRequest
// share one, and it gives ServerHello: see arrived.
var messageOf = func() (all [256]message) {
	for e := changeCipherSpec - 1; e >= helloRequest; e-- {
		all[messages[e].wire] = e
	}
	return all
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

// A deed is what an end does beyond changing state and sending a flight.
type deed uint8

const (
	nothing           deed = iota
	deliver                // give the data to Read
	ask                    // begin a renegotiation, as soon as no write is pending
	refuse                 // send a no_renegotiation warning
	rekeyed                // the peer's KeyUpdate, which may ask for ours
	demandCertificate      // the client owes its certificate, after the handshake
)

// A part of a flight is sent if its conditions hold; then the keys of the sending
// direction change. A part without a message only changes keys.
type part struct {
	send message
	when cond
	then keys
}

// A transition is one row of the table.
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

// A protocol is the rows of one role and version, by state and message.
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

// find gives the row for message on in state at, given the facts; nil if the message is
// illegal there.
func (p *protocol) find(at state, on message, facts cond) *transition {
	for _, r := range p[at][on] {
		if r.when&^facts == 0 {
			return r
		}
	}
	return nil
}

// wants lists the messages that are legal in a state, for error texts. It is computed
// from the table.
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

// factsOf gives the facts of a configuration, before the first handshake.
func factsOf(c *model.EngineConfig) cond {
	psk := c.ServerChain == 0 || c.Resume && c.Version == model.TLS13 // the session is one
	f := pick(psk, ifPSK, ifCerts) | pick(c.Resume, ifResume, ifFull)
	auth, post := c.ClientAuth && !psk, c.PostAuth && c.Version == model.TLS13
	signed := (auth || post) && c.ServerChain > 0 && c.ClientChain > 0
	f |= pick(auth, ifAuth, ifNoAuth) | pick(signed, ifSigned, ifUnsigned)
	f |= pick(post, ifPost, 0) | pick(signed, ifSigns, 0) | ifNoOffer | ifNotTaken | ifCompat
	f |= pick(c.Resume && c.Version == model.TLS13 && c.EarlyData > 0, ifEarly, 0)
	policies := [...]cond{model.RenegAllow: ifAllow, model.RenegRefuse: ifRefuse,
		model.RenegIgnore: ifIgnore}
	f |= policies[c.Traits.Renegotiation]
	f |= pick(c.Traits.RefusalIsWarning, ifSoft, 0)
	f |= pick(c.Retry && c.Version == model.TLS13, ifRetry, ifNoRetry)
	return f | pick(c.Traits.NoDataInReneg, 0, ifIndulgent)
}

// unmet says whether an end in that state has not received the peer's first hello.
func (t *TLS) unmet(at state) bool {
	return at == waitClientHello || at == waitServerHello && t.facts&ifAgain == 0
}

// The flights. Handshake messages that depend on certificates carry their condition, so
// that one list serves all suites.
var (
	sendClientHello12 = []part{{send: clientHello}}
	sendClientHello13 = []part{
		{send: clientHello},
		{send: changeCipherSpec, when: ifOffers},
		{when: ifOffers, then: earlyKeys},
	}

	serverFlight12 = []part{
		{send: serverHello},
		{send: certificate, when: ifCerts},
		{send: serverKeyExchange, when: ifCerts},
		{send: certificateRequest, when: ifAuth},
		{send: serverHelloDone},
	}
	clientFinish12 = []part{
		{send: certificate, when: ifAuth},
		{send: clientKeyExchange},
		{send: certificateVerify, when: ifSigned},
		{send: changeCipherSpec, then: trafficKeys},
		{send: finished},
	}
	serverResume12 = []part{
		{send: serverHello}, {send: changeCipherSpec, then: trafficKeys}, {send: finished},
	}
	clientResume12   = []part{{send: changeCipherSpec, then: trafficKeys}, {send: finished}}
	serverFinish12   = []part{{send: changeCipherSpec, then: trafficKeys}, {send: finished}}
	sendHelloRequest = []part{{send: helloRequest}}

	// Each end sends one ChangeCipherSpec: a server behind its first message,
	// a client in front of its second flight (RFC 8446, appendix D.4). OpenSSL's
	// client sends another if nothing but Reads came between its early data and
	// the HelloRetryRequest: see ifCompat and endEarly.
	sendHelloRetry  = []part{{send: helloRetryRequest}, {send: changeCipherSpec}}
	sendSecondHello = []part{
		{when: ifOffers, then: noKeys},
		{send: changeCipherSpec, when: ifCompat},
		{send: clientHello},
	}

	serverFlight13 = []part{
		{send: serverHello},
		{send: changeCipherSpec, when: ifNoRetry},
		{then: handshakeKeys},
		{send: encryptedExtensions},
		{send: certificateRequest, when: ifAuth},
		{send: certificate, when: ifCerts},
		{send: certificateVerify, when: ifCerts},
		{send: finished, then: trafficKeys},
	}
	clientFinish13 = []part{
		{send: changeCipherSpec, when: ifNoRetry | ifNoOffer},
		{send: endOfEarlyData, when: ifTaken},
		{then: handshakeKeys},
		{send: certificate, when: ifAuth},
		{send: certificateVerify, when: ifAuth | ifSigned},
		{send: finished, then: trafficKeys},
	}
	postFinish13 = []part{
		{send: certificate},
		{send: certificateVerify, when: ifSigns},
		{send: finished},
	}
	postRequest13 = []part{{send: certificateRequest}}
	// tickets13: the message is sent as often as EngineConfig.Tickets says.
	tickets13     = []part{{send: newSessionTicket}}
	sendKeyUpdate = []part{{send: keyUpdate, then: nextKeys}}
)

// Short names for the rows.
const (
	client, server = model.Client, model.Server
	v12, v13       = model.TLS12, model.TLS13
)

// transitions is the table. A row's columns are those of transition.
var transitions = []transition{
	// TLS 1.2, client (RFC 5246, section 7.3).
	{client, v12, notStarted, wishHandshake, 0, waitServerHello, 0, 0, sendClientHello12},
	{client, v12, waitServerHello, serverHello, ifFull | ifPSK, waitServerHelloDone, 0, 0, nil},
	{client, v12, waitServerHello, serverHello, ifFull | ifCerts, waitCertificate, 0, 0, nil},
	{client, v12, waitCertificate, certificate, 0, waitServerKeyExchange, 0, 0, nil},
	{client, v12, waitServerKeyExchange, serverKeyExchange, ifAuth,
		waitCertificateRequest, 0, 0, nil},
	{client, v12, waitServerKeyExchange, serverKeyExchange, ifNoAuth,
		waitServerHelloDone, 0, 0, nil},
	{client, v12, waitCertificateRequest, certificateRequest, 0, waitServerHelloDone, 0, 0, nil},
	{client, v12, waitServerHelloDone, serverHelloDone, 0,
		waitChangeCipherSpec, 0, 0, clientFinish12},
	{client, v12, waitChangeCipherSpec, changeCipherSpec, 0, waitFinished, trafficKeys, 0, nil},
	{client, v12, waitFinished, finished, ifFull, connected, 0, 0, nil},
	{client, v12, connected, applicationData, 0, connected, 0, deliver, nil},

	// TLS 1.2, client: a session is resumed, and the server finishes first (RFC
	// 5246, section 7.3).
	{client, v12, waitServerHello, serverHello, ifResume, waitChangeCipherSpec, 0, 0, nil},
	{client, v12, waitFinished, finished, ifResume, connected, 0, 0, clientResume12},

	// TLS 1.2, client: renegotiation. A HelloRequest that crosses a
	// ClientHello is void (RFC 5246, section 7.4.1.1), and so is a second one.
	{client, v12, connected, wishHandshake, 0, waitServerHello, 0, 0, sendClientHello12},
	{client, v12, connected, helloRequest, ifAllow, connected, 0, ask, nil},
	{client, v12, connected, helloRequest, ifRefuse, connected, 0, refuse, nil},
	{client, v12, connected, helloRequest, ifIgnore, connected, 0, 0, nil},
	{client, v12, connected, noRenegotiation, ifSoft, connected, 0, 0, nil},
	{client, v12, waitServerHello, noRenegotiation, ifSoft | ifAgain, connected, 0, 0, nil},
	{client, v12, waitServerHello, applicationData, ifIndulgent | ifAgain,
		waitServerHello, 0, deliver, nil},
	{client, v12, waitServerHello, helloRequest, 0, waitServerHello, 0, 0, nil},
	{client, v12, waitCertificate, helloRequest, 0, waitCertificate, 0, 0, nil},
	{client, v12, waitServerKeyExchange, helloRequest, 0, waitServerKeyExchange, 0, 0, nil},
	{client, v12, waitCertificateRequest, helloRequest, 0, waitCertificateRequest, 0, 0, nil},
	{client, v12, waitServerHelloDone, helloRequest, 0, waitServerHelloDone, 0, 0, nil},
	{client, v12, waitChangeCipherSpec, helloRequest, 0, waitChangeCipherSpec, 0, 0, nil},
	{client, v12, waitFinished, helloRequest, 0, waitFinished, 0, 0, nil},

	// TLS 1.2, server.
	{server, v12, waitClientHello, clientHello, ifFull | ifAuth,
		waitCertificate, 0, 0, serverFlight12},
	{server, v12, waitClientHello, clientHello, ifFull | ifNoAuth,
		waitClientKeyExchange, 0, 0, serverFlight12},
	{server, v12, waitCertificate, certificate, 0, waitClientKeyExchange, 0, 0, nil},
	{server, v12, waitClientKeyExchange, clientKeyExchange, ifSigned,
		waitCertificateVerify, 0, 0, nil},
	{server, v12, waitClientKeyExchange, clientKeyExchange, ifUnsigned,
		waitChangeCipherSpec, 0, 0, nil},
	{server, v12, waitCertificateVerify, certificateVerify, 0, waitChangeCipherSpec, 0, 0, nil},
	{server, v12, waitChangeCipherSpec, changeCipherSpec, 0, waitFinished, trafficKeys, 0, nil},
	{server, v12, waitFinished, finished, ifFull, connected, 0, 0, serverFinish12},
	{server, v12, waitClientHello, clientHello, ifResume,
		waitChangeCipherSpec, 0, 0, serverResume12},
	{server, v12, waitFinished, finished, ifResume, connected, 0, 0, nil},
	{server, v12, connected, applicationData, 0, connected, 0, deliver, nil},

	// TLS 1.2, server: renegotiation.
	{server, v12, connected, wishHandshake, 0, connected, 0, 0, sendHelloRequest},
	{server, v12, connected, clientHello, ifAllow | ifAuth, waitCertificate, 0, 0, serverFlight12},
	{server, v12, connected, clientHello, ifAllow | ifNoAuth,
		waitClientKeyExchange, 0, 0, serverFlight12},
	{server, v12, connected, clientHello, ifRefuse, connected, 0, refuse, nil},
	{server, v12, connected, clientHello, ifIgnore, connected, 0, 0, nil},
	{server, v12, connected, noRenegotiation, ifSoft, connected, 0, 0, nil},

	// TLS 1.3, client (RFC 8446, appendix A.1).
	{client, v13, notStarted, wishHandshake, 0, waitServerHello, 0, 0, sendClientHello13},
	{client, v13, waitServerHello, serverHello, 0, waitEncryptedExtensions, handshakeKeys, 0, nil},
	{client, v13, waitServerHello, helloRetryRequest, 0,
		waitSecondServerHello, 0, 0, sendSecondHello},
	{client, v13, waitSecondServerHello, serverHello, 0,
		waitEncryptedExtensions, handshakeKeys, 0, nil},
	{client, v13, waitEncryptedExtensions, encryptedExtensions, ifPSK, waitFinished, 0, 0, nil},
	{client, v13, waitEncryptedExtensions, encryptedExtensions, ifAuth,
		waitCertificateRequest, 0, 0, nil},
	{client, v13, waitEncryptedExtensions, encryptedExtensions, ifCerts | ifNoAuth,
		waitCertificate, 0, 0, nil},
	{client, v13, waitCertificateRequest, certificateRequest, 0, waitCertificate, 0, 0, nil},
	{client, v13, waitCertificate, certificate, 0, waitCertificateVerify, 0, 0, nil},
	{client, v13, waitCertificateVerify, certificateVerify, 0, waitFinished, 0, 0, nil},
	{client, v13, waitFinished, finished, ifNoOffer, connected, trafficKeys, 0, clientFinish13},
	{client, v13, waitFinished, finished, ifOffers, pendingEarlyEnd, trafficKeys, 0, nil},
	{client, v13, pendingEarlyEnd, applicationData, 0, pendingEarlyEnd, 0, deliver, nil},
	{client, v13, pendingEarlyEnd, wishEarlyEnd, 0, connected, 0, 0, clientFinish13},
	{client, v13, connected, applicationData, 0, connected, 0, deliver, nil},
	{client, v13, connected, newSessionTicket, 0, connected, 0, 0, nil},
	{client, v13, connected, keyUpdate, 0, connected, nextKeys, rekeyed, nil},
	{client, v13, connected, wishKeyUpdate, 0, connected, 0, 0, sendKeyUpdate},
	{client, v13, connected, certificateRequest, ifPost,
		connected, 0, demandCertificate, postFinish13},
	{client, v13, waitServerHello, helloRequest, 0, waitServerHello, 0, 0, nil},
	{client, v13, waitSecondServerHello, helloRequest, 0, waitSecondServerHello, 0, 0, nil},
	{client, v13, waitEncryptedExtensions, helloRequest, 0, waitEncryptedExtensions, 0, 0, nil},
	{client, v13, waitCertificateRequest, helloRequest, 0, waitCertificateRequest, 0, 0, nil},
	{client, v13, waitCertificate, helloRequest, 0, waitCertificate, 0, 0, nil},
	{client, v13, waitCertificateVerify, helloRequest, 0, waitCertificateVerify, 0, 0, nil},
	{client, v13, waitFinished, helloRequest, 0, waitFinished, 0, 0, nil},
	{client, v13, waitServerHello, changeCipherSpec, 0, waitServerHello, 0, 0, nil},
	{client, v13, waitSecondServerHello, changeCipherSpec, 0, waitSecondServerHello, 0, 0, nil},
	{client, v13, waitEncryptedExtensions, changeCipherSpec, 0, waitEncryptedExtensions, 0, 0, nil},
	{client, v13, waitCertificateRequest, changeCipherSpec, 0, waitCertificateRequest, 0, 0, nil},
	{client, v13, waitCertificate, changeCipherSpec, 0, waitCertificate, 0, 0, nil},
	{client, v13, waitCertificateVerify, changeCipherSpec, 0, waitCertificateVerify, 0, 0, nil},
	{client, v13, waitFinished, changeCipherSpec, 0, waitFinished, 0, 0, nil},

	// TLS 1.3, server (RFC 8446, appendix A.2).
	{server, v13, waitClientHello, clientHello, ifRetry,
		waitSecondClientHello, 0, 0, sendHelloRetry},
	{server, v13, waitClientHello, clientHello, ifNoRetry | ifAuth,
		waitCertificate, handshakeKeys, 0, serverFlight13},
	{server, v13, waitClientHello, clientHello, ifNoRetry | ifNoAuth | ifNotTaken,
		waitFinished, handshakeKeys, 0, serverFlight13},
	{server, v13, waitClientHello, clientHello, ifNoRetry | ifNoAuth | ifTaken,
		waitEndOfEarlyData, earlyKeys, 0, serverFlight13},
	{server, v13, waitEndOfEarlyData, applicationData, 0, waitEndOfEarlyData, 0, deliver, nil},
	{server, v13, waitEndOfEarlyData, endOfEarlyData, 0, waitFinished, handshakeKeys, 0, nil},
	{server, v13, waitSecondClientHello, clientHello, ifAuth,
		waitCertificate, handshakeKeys, 0, serverFlight13},
	{server, v13, waitSecondClientHello, clientHello, ifNoAuth,
		waitFinished, handshakeKeys, 0, serverFlight13},
	{server, v13, waitCertificate, certificate, ifSigned, waitCertificateVerify, 0, 0, nil},
	{server, v13, waitCertificate, certificate, ifUnsigned, waitFinished, 0, 0, nil},
	{server, v13, waitCertificateVerify, certificateVerify, 0, waitFinished, 0, 0, nil},
	{server, v13, waitFinished, finished, 0, connected, trafficKeys, 0, tickets13},
	{server, v13, connected, applicationData, 0, connected, 0, deliver, nil},
	{server, v13, connected, keyUpdate, 0, connected, nextKeys, rekeyed, nil},
	{server, v13, connected, wishKeyUpdate, 0, connected, 0, 0, sendKeyUpdate},
	{server, v13, connected, wishCertificate, ifPost,
		connected, 0, demandCertificate, postRequest13},
	{server, v13, connected, certificate, ifAsked | ifSigned, waitPostCertificateVerify, 0, 0, nil},
	{server, v13, connected, certificate, ifAsked | ifUnsigned, waitPostFinished, 0, 0, nil},
	{server, v13, waitPostCertificateVerify, certificateVerify, 0, waitPostFinished, 0, 0, nil},
	{server, v13, waitPostFinished, finished, 0, connected, 0, 0, tickets13},
	{server, v13, waitSecondClientHello, changeCipherSpec, 0, waitSecondClientHello, 0, 0, nil},
	{server, v13, waitEndOfEarlyData, changeCipherSpec, 0, waitEndOfEarlyData, 0, 0, nil},
	{server, v13, waitCertificate, changeCipherSpec, 0, waitCertificate, 0, 0, nil},
	{server, v13, waitCertificateVerify, changeCipherSpec, 0, waitCertificateVerify, 0, 0, nil},
	{server, v13, waitFinished, changeCipherSpec, 0, waitFinished, 0, 0, nil},
}
