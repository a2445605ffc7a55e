package tls

import (
	"github.com/wantwrite/wantwrite/model"
)

// The flights. Handshake messages that depend on certificates carry their
// condition, so that one list serves all suites.
var (
	clientHello   = []part{{send: ClientHello}}
	clientHello13 = []part{
		{send: ClientHello},
		{send: ChangeCipherSpec, when: ifOffers},
		{when: ifOffers, then: earlyKeys},
	}

	serverHello12 = []part{
		{send: ServerHello},
		{send: Certificate, when: ifCerts},
		{send: ServerKeyExchange, when: ifCerts},
		{send: CertificateRequest, when: ifAuth},
		{send: ServerHelloDone},
	}
	clientFinish12 = []part{
		{send: Certificate, when: ifAuth},
		{send: ClientKeyExchange},
		{send: CertificateVerify, when: ifSigned},
		{send: ChangeCipherSpec, then: trafficKeys},
		{send: Finished},
	}
	serverResume12 = []part{
		{send: ServerHello}, {send: ChangeCipherSpec, then: trafficKeys}, {send: Finished},
	}
	clientResume12 = []part{{send: ChangeCipherSpec, then: trafficKeys}, {send: Finished}}
	serverFinish12 = []part{{send: ChangeCipherSpec, then: trafficKeys}, {send: Finished}}
	helloRequest   = []part{{send: HelloRequest}}

	// Each end sends one ChangeCipherSpec: a server behind its first message,
	// a client in front of its second flight (RFC 8446, appendix D.4). OpenSSL's
	// client sends another if nothing but Reads came between its early data and
	// the HelloRetryRequest: see ifCompat and endEarly.
	helloRetry  = []part{{send: HelloRetryRequest}, {send: ChangeCipherSpec}}
	secondHello = []part{
		{when: ifOffers, then: noKeys},
		{send: ChangeCipherSpec, when: ifCompat},
		{send: ClientHello},
	}

	serverHello13 = []part{
		{send: ServerHello},
		{send: ChangeCipherSpec, when: ifNoRetry},
		{then: handshakeKeys},
		{send: EncryptedExtensions},
		{send: CertificateRequest, when: ifAuth},
		{send: Certificate, when: ifCerts},
		{send: CertificateVerify, when: ifCerts},
		{send: Finished, then: trafficKeys},
	}
	clientFinish13 = []part{
		{send: ChangeCipherSpec, when: ifNoRetry | ifNoOffer},
		{send: EndOfEarlyData, when: ifTaken},
		{then: handshakeKeys},
		{send: Certificate, when: ifAuth},
		{send: CertificateVerify, when: ifAuth | ifSigned},
		{send: Finished, then: trafficKeys},
	}
	postFinish13 = []part{
		{send: Certificate},
		{send: CertificateVerify, when: ifSigns},
		{send: Finished},
	}
	postRequest13 = []part{{send: CertificateRequest}}
	// tickets13: the message is sent as often as EngineConfig.Tickets says.
	tickets13 = []part{{send: NewSessionTicket}}
	keyUpdate = []part{{send: KeyUpdate, then: nextKeys}}
)

// transitions is the table.
var transitions = []transition{
	// TLS 1.2, client (RFC 5246, section 7.3).
	{model.Client, model.TLS12, NotStarted, Begin, 0, WaitServerHello, 0, 0, clientHello},
	{model.Client, model.TLS12, WaitServerHello, ServerHello, ifFull | ifPSK, WaitServerHelloDone, 0, 0, nil},
	{model.Client, model.TLS12, WaitServerHello, ServerHello, ifFull | ifCerts, WaitCertificate, 0, 0, nil},
	{model.Client, model.TLS12, WaitCertificate, Certificate, 0, WaitServerKeyExchange, 0, 0, nil},
	{model.Client, model.TLS12, WaitServerKeyExchange, ServerKeyExchange, ifAuth,
		WaitCertificateRequest, 0, 0, nil},
	{model.Client, model.TLS12, WaitServerKeyExchange, ServerKeyExchange, ifNoAuth,
		WaitServerHelloDone, 0, 0, nil},
	{model.Client, model.TLS12, WaitCertificateRequest, CertificateRequest, 0,
		WaitServerHelloDone, 0, 0, nil},
	{model.Client, model.TLS12, WaitServerHelloDone, ServerHelloDone, 0,
		WaitChangeCipherSpec, 0, 0, clientFinish12},
	{model.Client, model.TLS12, WaitChangeCipherSpec, ChangeCipherSpec, 0, WaitFinished, trafficKeys, 0, nil},
	{model.Client, model.TLS12, WaitFinished, Finished, ifFull, Established, 0, 0, nil},
	{model.Client, model.TLS12, Established, ApplicationData, 0, Established, 0, deliver, nil},

	// TLS 1.2, client: a session is resumed, and the server finishes first (RFC
	// 5246, section 7.3).
	{model.Client, model.TLS12, WaitServerHello, ServerHello, ifResume, WaitChangeCipherSpec, 0, 0, nil},
	{model.Client, model.TLS12, WaitFinished, Finished, ifResume, Established, 0, 0, clientResume12},

	// TLS 1.2, client: renegotiation. A HelloRequest that crosses a
	// ClientHello is void (RFC 5246, section 7.4.1.1), and so is a second one.
	{model.Client, model.TLS12, Established, Begin, 0, WaitServerHello, 0, 0, clientHello},
	{model.Client, model.TLS12, Established, HelloRequest, ifAllow, Established, 0, ask, nil},
	{model.Client, model.TLS12, Established, HelloRequest, ifRefuse, Established, 0, refuse, nil},
	{model.Client, model.TLS12, Established, HelloRequest, ifIgnore, Established, 0, 0, nil},
	{model.Client, model.TLS12, Established, NoRenegotiation, ifSoft, Established, 0, 0, nil},
	{model.Client, model.TLS12, WaitServerHello, NoRenegotiation, ifSoft | ifAgain, Established, 0, 0, nil},
	{model.Client, model.TLS12, WaitServerHello, ApplicationData, ifIndulgent | ifAgain,
		WaitServerHello, 0, deliver, nil},
	{model.Client, model.TLS12, WaitServerHello, HelloRequest, 0, WaitServerHello, 0, 0, nil},
	{model.Client, model.TLS12, WaitCertificate, HelloRequest, 0, WaitCertificate, 0, 0, nil},
	{model.Client, model.TLS12, WaitServerKeyExchange, HelloRequest, 0, WaitServerKeyExchange, 0, 0, nil},
	{model.Client, model.TLS12, WaitCertificateRequest, HelloRequest, 0, WaitCertificateRequest, 0, 0, nil},
	{model.Client, model.TLS12, WaitServerHelloDone, HelloRequest, 0, WaitServerHelloDone, 0, 0, nil},
	{model.Client, model.TLS12, WaitChangeCipherSpec, HelloRequest, 0, WaitChangeCipherSpec, 0, 0, nil},
	{model.Client, model.TLS12, WaitFinished, HelloRequest, 0, WaitFinished, 0, 0, nil},

	// TLS 1.2, server.
	{model.Server, model.TLS12, WaitClientHello, ClientHello, ifFull | ifAuth,
		WaitCertificate, 0, 0, serverHello12},
	{model.Server, model.TLS12, WaitClientHello, ClientHello, ifFull | ifNoAuth,
		WaitClientKeyExchange, 0, 0, serverHello12},
	{model.Server, model.TLS12, WaitCertificate, Certificate, 0, WaitClientKeyExchange, 0, 0, nil},
	{model.Server, model.TLS12, WaitClientKeyExchange, ClientKeyExchange, ifSigned,
		WaitCertificateVerify, 0, 0, nil},
	{model.Server, model.TLS12, WaitClientKeyExchange, ClientKeyExchange, ifUnsigned,
		WaitChangeCipherSpec, 0, 0, nil},
	{model.Server, model.TLS12, WaitCertificateVerify, CertificateVerify, 0,
		WaitChangeCipherSpec, 0, 0, nil},
	{model.Server, model.TLS12, WaitChangeCipherSpec, ChangeCipherSpec, 0, WaitFinished, trafficKeys, 0, nil},
	{model.Server, model.TLS12, WaitFinished, Finished, ifFull, Established, 0, 0, serverFinish12},
	{model.Server, model.TLS12, WaitClientHello, ClientHello, ifResume,
		WaitChangeCipherSpec, 0, 0, serverResume12},
	{model.Server, model.TLS12, WaitFinished, Finished, ifResume, Established, 0, 0, nil},
	{model.Server, model.TLS12, Established, ApplicationData, 0, Established, 0, deliver, nil},

	// TLS 1.2, server: renegotiation.
	{model.Server, model.TLS12, Established, Begin, 0, Established, 0, 0, helloRequest},
	{model.Server, model.TLS12, Established, ClientHello, ifAllow | ifAuth,
		WaitCertificate, 0, 0, serverHello12},
	{model.Server, model.TLS12, Established, ClientHello, ifAllow | ifNoAuth,
		WaitClientKeyExchange, 0, 0, serverHello12},
	{model.Server, model.TLS12, Established, ClientHello, ifRefuse, Established, 0, refuse, nil},
	{model.Server, model.TLS12, Established, ClientHello, ifIgnore, Established, 0, 0, nil},
	{model.Server, model.TLS12, Established, NoRenegotiation, ifSoft, Established, 0, 0, nil},

	// TLS 1.3, client (RFC 8446, appendix A.1).
	{model.Client, model.TLS13, NotStarted, Begin, 0, WaitServerHello, 0, 0, clientHello13},
	{model.Client, model.TLS13, WaitServerHello, ServerHello, 0,
		WaitEncryptedExtensions, handshakeKeys, 0, nil},
	{model.Client, model.TLS13, WaitServerHello, HelloRetryRequest, 0,
		WaitSecondServerHello, 0, 0, secondHello},
	{model.Client, model.TLS13, WaitSecondServerHello, ServerHello, 0,
		WaitEncryptedExtensions, handshakeKeys, 0, nil},
	{model.Client, model.TLS13, WaitEncryptedExtensions, EncryptedExtensions, ifPSK, WaitFinished, 0, 0, nil},
	{model.Client, model.TLS13, WaitEncryptedExtensions, EncryptedExtensions, ifAuth,
		WaitCertificateRequest, 0, 0, nil},
	{model.Client, model.TLS13, WaitEncryptedExtensions, EncryptedExtensions, ifCerts | ifNoAuth,
		WaitCertificate, 0, 0, nil},
	{model.Client, model.TLS13, WaitCertificateRequest, CertificateRequest, 0, WaitCertificate, 0, 0, nil},
	{model.Client, model.TLS13, WaitCertificate, Certificate, 0, WaitCertificateVerify, 0, 0, nil},
	{model.Client, model.TLS13, WaitCertificateVerify, CertificateVerify, 0, WaitFinished, 0, 0, nil},
	{model.Client, model.TLS13, WaitFinished, Finished, ifNoOffer,
		Established, trafficKeys, 0, clientFinish13},
	{model.Client, model.TLS13, WaitFinished, Finished, ifOffers, PendingEarlyEnd, trafficKeys, 0, nil},
	{model.Client, model.TLS13, PendingEarlyEnd, ApplicationData, 0, PendingEarlyEnd, 0, deliver, nil},
	{model.Client, model.TLS13, PendingEarlyEnd, Conclude, 0, Established, 0, 0, clientFinish13},
	{model.Client, model.TLS13, Established, ApplicationData, 0, Established, 0, deliver, nil},
	{model.Client, model.TLS13, Established, NewSessionTicket, 0, Established, 0, 0, nil},
	{model.Client, model.TLS13, Established, KeyUpdate, 0, Established, nextKeys, rekeyed, nil},
	{model.Client, model.TLS13, Established, Rekey, 0, Established, 0, 0, keyUpdate},
	{model.Client, model.TLS13, Established, CertificateRequest, ifPost,
		Established, 0, demand, postFinish13},
	{model.Client, model.TLS13, WaitServerHello, HelloRequest, 0, WaitServerHello, 0, 0, nil},
	{model.Client, model.TLS13, WaitSecondServerHello, HelloRequest, 0, WaitSecondServerHello, 0, 0, nil},
	{model.Client, model.TLS13, WaitEncryptedExtensions, HelloRequest, 0,
		WaitEncryptedExtensions, 0, 0, nil},
	{model.Client, model.TLS13, WaitCertificateRequest, HelloRequest, 0, WaitCertificateRequest, 0, 0, nil},
	{model.Client, model.TLS13, WaitCertificate, HelloRequest, 0, WaitCertificate, 0, 0, nil},
	{model.Client, model.TLS13, WaitCertificateVerify, HelloRequest, 0, WaitCertificateVerify, 0, 0, nil},
	{model.Client, model.TLS13, WaitFinished, HelloRequest, 0, WaitFinished, 0, 0, nil},
	{model.Client, model.TLS13, WaitServerHello, ChangeCipherSpec, 0, WaitServerHello, 0, 0, nil},
	{model.Client, model.TLS13, WaitSecondServerHello, ChangeCipherSpec, 0, WaitSecondServerHello, 0, 0, nil},
	{model.Client, model.TLS13, WaitEncryptedExtensions, ChangeCipherSpec, 0,
		WaitEncryptedExtensions, 0, 0, nil},
	{model.Client, model.TLS13, WaitCertificateRequest, ChangeCipherSpec, 0,
		WaitCertificateRequest, 0, 0, nil},
	{model.Client, model.TLS13, WaitCertificate, ChangeCipherSpec, 0, WaitCertificate, 0, 0, nil},
	{model.Client, model.TLS13, WaitCertificateVerify, ChangeCipherSpec, 0, WaitCertificateVerify, 0, 0, nil},
	{model.Client, model.TLS13, WaitFinished, ChangeCipherSpec, 0, WaitFinished, 0, 0, nil},

	// TLS 1.3, server (RFC 8446, appendix A.2).
	{model.Server, model.TLS13, WaitClientHello, ClientHello, ifRetry,
		WaitSecondClientHello, 0, 0, helloRetry},
	{model.Server, model.TLS13, WaitClientHello, ClientHello, ifNoRetry | ifAuth,
		WaitCertificate, handshakeKeys, 0, serverHello13},
	{model.Server, model.TLS13, WaitClientHello, ClientHello, ifNoRetry | ifNoAuth | ifNotTaken,
		WaitFinished, handshakeKeys, 0, serverHello13},
	{model.Server, model.TLS13, WaitClientHello, ClientHello, ifNoRetry | ifNoAuth | ifTaken,
		WaitEndOfEarlyData, earlyKeys, 0, serverHello13},
	{model.Server, model.TLS13, WaitEndOfEarlyData, ApplicationData, 0, WaitEndOfEarlyData, 0, deliver, nil},
	{model.Server, model.TLS13, WaitEndOfEarlyData, EndOfEarlyData, 0, WaitFinished, handshakeKeys, 0, nil},
	{model.Server, model.TLS13, WaitSecondClientHello, ClientHello, ifAuth,
		WaitCertificate, handshakeKeys, 0, serverHello13},
	{model.Server, model.TLS13, WaitSecondClientHello, ClientHello, ifNoAuth,
		WaitFinished, handshakeKeys, 0, serverHello13},
	{model.Server, model.TLS13, WaitCertificate, Certificate, ifSigned, WaitCertificateVerify, 0, 0, nil},
	{model.Server, model.TLS13, WaitCertificate, Certificate, ifUnsigned, WaitFinished, 0, 0, nil},
	{model.Server, model.TLS13, WaitCertificateVerify, CertificateVerify, 0, WaitFinished, 0, 0, nil},
	{model.Server, model.TLS13, WaitFinished, Finished, 0, Established, trafficKeys, 0, tickets13},
	{model.Server, model.TLS13, Established, ApplicationData, 0, Established, 0, deliver, nil},
	{model.Server, model.TLS13, Established, KeyUpdate, 0, Established, nextKeys, rekeyed, nil},
	{model.Server, model.TLS13, Established, Rekey, 0, Established, 0, 0, keyUpdate},
	{model.Server, model.TLS13, Established, Demand, ifPost, Established, 0, demand, postRequest13},
	{model.Server, model.TLS13, Established, Certificate, ifAsked | ifSigned,
		WaitPostCertificateVerify, 0, 0, nil},
	{model.Server, model.TLS13, Established, Certificate, ifAsked | ifUnsigned,
		WaitPostFinished, 0, 0, nil},
	{model.Server, model.TLS13, WaitPostCertificateVerify, CertificateVerify, 0, WaitPostFinished, 0, 0, nil},
	{model.Server, model.TLS13, WaitPostFinished, Finished, 0, Established, 0, 0, tickets13},
	{model.Server, model.TLS13, WaitSecondClientHello, ChangeCipherSpec, 0, WaitSecondClientHello, 0, 0, nil},
	{model.Server, model.TLS13, WaitEndOfEarlyData, ChangeCipherSpec, 0, WaitEndOfEarlyData, 0, 0, nil},
	{model.Server, model.TLS13, WaitCertificate, ChangeCipherSpec, 0, WaitCertificate, 0, 0, nil},
	{model.Server, model.TLS13, WaitCertificateVerify, ChangeCipherSpec, 0, WaitCertificateVerify, 0, 0, nil},
	{model.Server, model.TLS13, WaitFinished, ChangeCipherSpec, 0, WaitFinished, 0, 0, nil},
}
