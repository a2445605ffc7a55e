package tls

import (
	"github.com/wantwrite/wantwrite/model"
)

// The flights. Handshake messages that depend on certificates carry their
// condition, so that one list serves all suites.
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

// transitions is the table.
var transitions = []transition{
	// TLS 1.2, client (RFC 5246, section 7.3).
	{model.Client, model.TLS12, notStarted, wishHandshake, 0, waitServerHello, 0, 0, sendClientHello12},
	{model.Client, model.TLS12, waitServerHello, serverHello, ifFull | ifPSK, waitServerHelloDone, 0, 0, nil},
	{model.Client, model.TLS12, waitServerHello, serverHello, ifFull | ifCerts, waitCertificate, 0, 0, nil},
	{model.Client, model.TLS12, waitCertificate, certificate, 0, waitServerKeyExchange, 0, 0, nil},
	{model.Client, model.TLS12, waitServerKeyExchange, serverKeyExchange, ifAuth,
		waitCertificateRequest, 0, 0, nil},
	{model.Client, model.TLS12, waitServerKeyExchange, serverKeyExchange, ifNoAuth,
		waitServerHelloDone, 0, 0, nil},
	{model.Client, model.TLS12, waitCertificateRequest, certificateRequest, 0,
		waitServerHelloDone, 0, 0, nil},
	{model.Client, model.TLS12, waitServerHelloDone, serverHelloDone, 0,
		waitChangeCipherSpec, 0, 0, clientFinish12},
	{model.Client, model.TLS12, waitChangeCipherSpec, changeCipherSpec, 0, waitFinished, trafficKeys, 0, nil},
	{model.Client, model.TLS12, waitFinished, finished, ifFull, connected, 0, 0, nil},
	{model.Client, model.TLS12, connected, applicationData, 0, connected, 0, deliver, nil},

	// TLS 1.2, client: a session is resumed, and the server finishes first (RFC
	// 5246, section 7.3).
	{model.Client, model.TLS12, waitServerHello, serverHello, ifResume, waitChangeCipherSpec, 0, 0, nil},
	{model.Client, model.TLS12, waitFinished, finished, ifResume, connected, 0, 0, clientResume12},

	// TLS 1.2, client: renegotiation. A HelloRequest that crosses a
	// ClientHello is void (RFC 5246, section 7.4.1.1), and so is a second one.
	{model.Client, model.TLS12, connected, wishHandshake, 0, waitServerHello, 0, 0, sendClientHello12},
	{model.Client, model.TLS12, connected, helloRequest, ifAllow, connected, 0, ask, nil},
	{model.Client, model.TLS12, connected, helloRequest, ifRefuse, connected, 0, refuse, nil},
	{model.Client, model.TLS12, connected, helloRequest, ifIgnore, connected, 0, 0, nil},
	{model.Client, model.TLS12, connected, noRenegotiation, ifSoft, connected, 0, 0, nil},
	{model.Client, model.TLS12, waitServerHello, noRenegotiation, ifSoft | ifAgain, connected, 0, 0, nil},
	{model.Client, model.TLS12, waitServerHello, applicationData, ifIndulgent | ifAgain,
		waitServerHello, 0, deliver, nil},
	{model.Client, model.TLS12, waitServerHello, helloRequest, 0, waitServerHello, 0, 0, nil},
	{model.Client, model.TLS12, waitCertificate, helloRequest, 0, waitCertificate, 0, 0, nil},
	{model.Client, model.TLS12, waitServerKeyExchange, helloRequest, 0, waitServerKeyExchange, 0, 0, nil},
	{model.Client, model.TLS12, waitCertificateRequest, helloRequest, 0, waitCertificateRequest, 0, 0, nil},
	{model.Client, model.TLS12, waitServerHelloDone, helloRequest, 0, waitServerHelloDone, 0, 0, nil},
	{model.Client, model.TLS12, waitChangeCipherSpec, helloRequest, 0, waitChangeCipherSpec, 0, 0, nil},
	{model.Client, model.TLS12, waitFinished, helloRequest, 0, waitFinished, 0, 0, nil},

	// TLS 1.2, server.
	{model.Server, model.TLS12, waitClientHello, clientHello, ifFull | ifAuth,
		waitCertificate, 0, 0, serverFlight12},
	{model.Server, model.TLS12, waitClientHello, clientHello, ifFull | ifNoAuth,
		waitClientKeyExchange, 0, 0, serverFlight12},
	{model.Server, model.TLS12, waitCertificate, certificate, 0, waitClientKeyExchange, 0, 0, nil},
	{model.Server, model.TLS12, waitClientKeyExchange, clientKeyExchange, ifSigned,
		waitCertificateVerify, 0, 0, nil},
	{model.Server, model.TLS12, waitClientKeyExchange, clientKeyExchange, ifUnsigned,
		waitChangeCipherSpec, 0, 0, nil},
	{model.Server, model.TLS12, waitCertificateVerify, certificateVerify, 0,
		waitChangeCipherSpec, 0, 0, nil},
	{model.Server, model.TLS12, waitChangeCipherSpec, changeCipherSpec, 0, waitFinished, trafficKeys, 0, nil},
	{model.Server, model.TLS12, waitFinished, finished, ifFull, connected, 0, 0, serverFinish12},
	{model.Server, model.TLS12, waitClientHello, clientHello, ifResume,
		waitChangeCipherSpec, 0, 0, serverResume12},
	{model.Server, model.TLS12, waitFinished, finished, ifResume, connected, 0, 0, nil},
	{model.Server, model.TLS12, connected, applicationData, 0, connected, 0, deliver, nil},

	// TLS 1.2, server: renegotiation.
	{model.Server, model.TLS12, connected, wishHandshake, 0, connected, 0, 0, sendHelloRequest},
	{model.Server, model.TLS12, connected, clientHello, ifAllow | ifAuth,
		waitCertificate, 0, 0, serverFlight12},
	{model.Server, model.TLS12, connected, clientHello, ifAllow | ifNoAuth,
		waitClientKeyExchange, 0, 0, serverFlight12},
	{model.Server, model.TLS12, connected, clientHello, ifRefuse, connected, 0, refuse, nil},
	{model.Server, model.TLS12, connected, clientHello, ifIgnore, connected, 0, 0, nil},
	{model.Server, model.TLS12, connected, noRenegotiation, ifSoft, connected, 0, 0, nil},

	// TLS 1.3, client (RFC 8446, appendix A.1).
	{model.Client, model.TLS13, notStarted, wishHandshake, 0, waitServerHello, 0, 0, sendClientHello13},
	{model.Client, model.TLS13, waitServerHello, serverHello, 0,
		waitEncryptedExtensions, handshakeKeys, 0, nil},
	{model.Client, model.TLS13, waitServerHello, helloRetryRequest, 0,
		waitSecondServerHello, 0, 0, sendSecondHello},
	{model.Client, model.TLS13, waitSecondServerHello, serverHello, 0,
		waitEncryptedExtensions, handshakeKeys, 0, nil},
	{model.Client, model.TLS13, waitEncryptedExtensions, encryptedExtensions, ifPSK, waitFinished, 0, 0, nil},
	{model.Client, model.TLS13, waitEncryptedExtensions, encryptedExtensions, ifAuth,
		waitCertificateRequest, 0, 0, nil},
	{model.Client, model.TLS13, waitEncryptedExtensions, encryptedExtensions, ifCerts | ifNoAuth,
		waitCertificate, 0, 0, nil},
	{model.Client, model.TLS13, waitCertificateRequest, certificateRequest, 0, waitCertificate, 0, 0, nil},
	{model.Client, model.TLS13, waitCertificate, certificate, 0, waitCertificateVerify, 0, 0, nil},
	{model.Client, model.TLS13, waitCertificateVerify, certificateVerify, 0, waitFinished, 0, 0, nil},
	{model.Client, model.TLS13, waitFinished, finished, ifNoOffer,
		connected, trafficKeys, 0, clientFinish13},
	{model.Client, model.TLS13, waitFinished, finished, ifOffers, pendingEarlyEnd, trafficKeys, 0, nil},
	{model.Client, model.TLS13, pendingEarlyEnd, applicationData, 0, pendingEarlyEnd, 0, deliver, nil},
	{model.Client, model.TLS13, pendingEarlyEnd, wishEarlyEnd, 0, connected, 0, 0, clientFinish13},
	{model.Client, model.TLS13, connected, applicationData, 0, connected, 0, deliver, nil},
	{model.Client, model.TLS13, connected, newSessionTicket, 0, connected, 0, 0, nil},
	{model.Client, model.TLS13, connected, keyUpdate, 0, connected, nextKeys, rekeyed, nil},
	{model.Client, model.TLS13, connected, wishKeyUpdate, 0, connected, 0, 0, sendKeyUpdate},
	{model.Client, model.TLS13, connected, certificateRequest, ifPost,
		connected, 0, demandCertificate, postFinish13},
	{model.Client, model.TLS13, waitServerHello, helloRequest, 0, waitServerHello, 0, 0, nil},
	{model.Client, model.TLS13, waitSecondServerHello, helloRequest, 0, waitSecondServerHello, 0, 0, nil},
	{model.Client, model.TLS13, waitEncryptedExtensions, helloRequest, 0,
		waitEncryptedExtensions, 0, 0, nil},
	{model.Client, model.TLS13, waitCertificateRequest, helloRequest, 0, waitCertificateRequest, 0, 0, nil},
	{model.Client, model.TLS13, waitCertificate, helloRequest, 0, waitCertificate, 0, 0, nil},
	{model.Client, model.TLS13, waitCertificateVerify, helloRequest, 0, waitCertificateVerify, 0, 0, nil},
	{model.Client, model.TLS13, waitFinished, helloRequest, 0, waitFinished, 0, 0, nil},
	{model.Client, model.TLS13, waitServerHello, changeCipherSpec, 0, waitServerHello, 0, 0, nil},
	{model.Client, model.TLS13, waitSecondServerHello, changeCipherSpec, 0, waitSecondServerHello, 0, 0, nil},
	{model.Client, model.TLS13, waitEncryptedExtensions, changeCipherSpec, 0,
		waitEncryptedExtensions, 0, 0, nil},
	{model.Client, model.TLS13, waitCertificateRequest, changeCipherSpec, 0,
		waitCertificateRequest, 0, 0, nil},
	{model.Client, model.TLS13, waitCertificate, changeCipherSpec, 0, waitCertificate, 0, 0, nil},
	{model.Client, model.TLS13, waitCertificateVerify, changeCipherSpec, 0, waitCertificateVerify, 0, 0, nil},
	{model.Client, model.TLS13, waitFinished, changeCipherSpec, 0, waitFinished, 0, 0, nil},

	// TLS 1.3, server (RFC 8446, appendix A.2).
	{model.Server, model.TLS13, waitClientHello, clientHello, ifRetry,
		waitSecondClientHello, 0, 0, sendHelloRetry},
	{model.Server, model.TLS13, waitClientHello, clientHello, ifNoRetry | ifAuth,
		waitCertificate, handshakeKeys, 0, serverFlight13},
	{model.Server, model.TLS13, waitClientHello, clientHello, ifNoRetry | ifNoAuth | ifNotTaken,
		waitFinished, handshakeKeys, 0, serverFlight13},
	{model.Server, model.TLS13, waitClientHello, clientHello, ifNoRetry | ifNoAuth | ifTaken,
		waitEndOfEarlyData, earlyKeys, 0, serverFlight13},
	{model.Server, model.TLS13, waitEndOfEarlyData, applicationData, 0, waitEndOfEarlyData, 0, deliver, nil},
	{model.Server, model.TLS13, waitEndOfEarlyData, endOfEarlyData, 0, waitFinished, handshakeKeys, 0, nil},
	{model.Server, model.TLS13, waitSecondClientHello, clientHello, ifAuth,
		waitCertificate, handshakeKeys, 0, serverFlight13},
	{model.Server, model.TLS13, waitSecondClientHello, clientHello, ifNoAuth,
		waitFinished, handshakeKeys, 0, serverFlight13},
	{model.Server, model.TLS13, waitCertificate, certificate, ifSigned, waitCertificateVerify, 0, 0, nil},
	{model.Server, model.TLS13, waitCertificate, certificate, ifUnsigned, waitFinished, 0, 0, nil},
	{model.Server, model.TLS13, waitCertificateVerify, certificateVerify, 0, waitFinished, 0, 0, nil},
	{model.Server, model.TLS13, waitFinished, finished, 0, connected, trafficKeys, 0, tickets13},
	{model.Server, model.TLS13, connected, applicationData, 0, connected, 0, deliver, nil},
	{model.Server, model.TLS13, connected, keyUpdate, 0, connected, nextKeys, rekeyed, nil},
	{model.Server, model.TLS13, connected, wishKeyUpdate, 0, connected, 0, 0, sendKeyUpdate},
	{model.Server, model.TLS13, connected, wishCertificate, ifPost, connected, 0, demandCertificate, postRequest13},
	{model.Server, model.TLS13, connected, certificate, ifAsked | ifSigned,
		waitPostCertificateVerify, 0, 0, nil},
	{model.Server, model.TLS13, connected, certificate, ifAsked | ifUnsigned,
		waitPostFinished, 0, 0, nil},
	{model.Server, model.TLS13, waitPostCertificateVerify, certificateVerify, 0, waitPostFinished, 0, 0, nil},
	{model.Server, model.TLS13, waitPostFinished, finished, 0, connected, 0, 0, tickets13},
	{model.Server, model.TLS13, waitSecondClientHello, changeCipherSpec, 0, waitSecondClientHello, 0, 0, nil},
	{model.Server, model.TLS13, waitEndOfEarlyData, changeCipherSpec, 0, waitEndOfEarlyData, 0, 0, nil},
	{model.Server, model.TLS13, waitCertificate, changeCipherSpec, 0, waitCertificate, 0, 0, nil},
	{model.Server, model.TLS13, waitCertificateVerify, changeCipherSpec, 0, waitCertificateVerify, 0, 0, nil},
	{model.Server, model.TLS13, waitFinished, changeCipherSpec, 0, waitFinished, 0, 0, nil},
}
