package puppet

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// verifyLen is the length of a Finished in TLS 1.2.
const verifyLen = 12

// answer12 is a server's flight: the full one with a PSK, or the short one of a session that is
// resumed. The session is known by its id or its ticket.
func (e *engine) answer12(h *hello, again bool) *failure {
	suite, known := suitePSK, e.resume && !again
	e.hand.extended = h.extended
	switch {
	case known && bytes.Equal(h.session, e.known.ID[:]) && h.offers(suitePSK):
		e.hand.resumed = true
	case known && bytes.Equal(h.ticket, e.known.Ticket[:]) && h.offers(suiteECDSA):
		e.hand.resumed, suite = true, suiteECDSA
	case e.certified && h.offers(suiteECDSA):
		e.hand.session, suite = nil, suiteECDSA
	case !h.offers(suitePSK):
		return errNoCommon
	default:
		e.hand.session = nil
	}
	proofs := slices.Concat(e.verify[model.Client], e.verify[model.Server])
	extensions := []message.Extension{message.Ext("renegotiation_info", &proofs)}
	if h.extended {
		extensions = append(extensions, message.Ext("extended_master_secret", nil))
	}
	e.say(e.serverHello(e.hand.randoms[model.Server], suite, extensions...))
	if e.hand.resumed {
		e.hand.master = e.known.Master[:]
		e.conclude12()
		e.hand.at = waitFinished
		return nil
	}
	if suite == suiteECDSA {
		e.show12()
	}
	if e.asking {
		e.say(e.authentication(certificateRequest))
	}
	e.say(bare(serverHelloDone, nil))
	e.hand.at = waitClientKeyExchange
	return nil
}

// show12 says a server's certificate, and its key for ECDHE signed by it (RFC 8422, section 5.4).
func (e *engine) show12() {
	e.say(e.authentication(certificateMessage))
	e.hand.group, e.hand.private = groupP256, e.newKey(groupP256)
	m := new(message.ServerKeyExchange)
	m.Sign(message.Share{Group: groupP256, Key: e.hand.private.PublicKey().Bytes()}, schemeECDSA,
		func(key []byte) []byte {
			randoms := slices.Concat(e.hand.randoms[model.Client], e.hand.randoms[model.Server])
			return e.sign(append(randoms, key...))
		})
	e.say(m)
}

// greeted12 takes in a ServerHello. The session is resumed if its id comes back.
func (e *engine) greeted12(h *hello) *failure {
	e.hand.randoms[model.Server], e.hand.extended = h.random, h.extended
	e.hand.resumed = len(e.hand.session) > 0 && bytes.Equal(h.session, e.hand.session)
	switch {
	case e.hand.resumed:
		e.hand.master = e.known.Master[:]
		e.hand.at = waitFinished
	case e.foreign && (h.suites[0] == suiteECDSA || h.suites[0] == suiteRSA):
		e.hand.at = waitServerHelloDone
	case e.foreign, h.suites[0] != suitePSK:
		return errNoCommon
	default:
		e.hand.at = waitServerHelloDone
	}
	return nil
}

// exchange is a client's second flight: the name of the PSK or our key of ECDHE, and the proof.
func (e *engine) exchange() *failure {
	switch {
	case !e.foreign:
		e.say(&message.ClientKeyExchange{Identity: []byte(e.known.PSKName())})
		e.agree(premaster(e.known.PSK[:]))
	case e.hand.private == nil:
		return errUnexpected
	default:
		e.declines()
		e.say(&message.ClientKeyExchange{Point: e.hand.private.PublicKey().Bytes()})
		e.agree(e.hand.common)
	}
	e.conclude12()
	return nil
}

// exchanged is a server's step at the ClientKeyExchange.
func (e *engine) exchanged(m []byte) *failure {
	e.hand.said = append(e.hand.said, m...)
	if e.hand.private == nil {
		e.agree(premaster(e.known.PSK[:]))
		return nil
	}
	if len(m) < 6 || len(m) != 5+int(m[4]) {
		return errDecode
	}
	common, wrong := e.diffieHellman(m[5:])
	if wrong == nil {
		e.agree(common)
	}
	return wrong
}

// settle ends a handshake of TLS 1.2.
func (e *engine) settle() { e.hand.at, e.manner.Stream = settled, 0 }

// agree makes the master secret of the premaster secret (RFC 5246, section 8.1; RFC 7627, section 4).
func (e *engine) agree(pms []byte) {
	h := &e.hand
	h.at = waitFinished
	if h.extended {
		h.master = prf(pms, "extended master secret", sum(h.said), 48)
		return
	}
	seed := append(bytes.Clone(h.randoms[model.Client]), h.randoms[model.Server]...)
	h.master = prf(pms, "master secret", seed, 48)
}

// premaster makes a premaster secret of a PSK: as many zeros, and the PSK (RFC 4279, section 2).
func premaster(psk []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(len(psk)))
	b = append(b, make([]byte, len(psk))...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(psk)))
	return append(b, psk...)
}

// sealers12 makes the keys that the handshake has agreed, by role (RFC 5246, section 6.3).
func (e *engine) sealers12() (keys [2]sealer) {
	h := &e.hand
	seed := append(bytes.Clone(h.randoms[model.Server]), h.randoms[model.Client]...)
	block := prf(h.master, "key expansion", seed, 2*(keyLen+saltLen))
	for role := range keys {
		key, salt := block[role*keyLen:], block[2*keyLen+role*saltLen:]
		keys[role] = newSealer(key[:keyLen], salt[:saltLen])
	}
	return keys
}

// conclude12 sends ChangeCipherSpec and Finished.
func (e *engine) conclude12() {
	e.emit(&message.Opaque{Record: wire.TypeChangeCipherSpec, Body: []byte{1}})
	e.rekey(e.sealers12()[e.role])
	e.logKey("CLIENT_RANDOM", e.hand.master)
	e.verify[e.role] = e.proof(e.role)
	e.say(&message.Finished{Verify: bytes.Clone(e.verify[e.role])})
}

var proofText = [2]string{model.Client: "client finished", model.Server: "server finished"}

// proof is what an end's Finished says.
func (e *engine) proof(of model.Role) []byte {
	return prf(e.hand.master, proofText[of], sum(e.hand.said), verifyLen)
}

// cipherSpec takes in a ChangeCipherSpec. In TLS 1.3 it means nothing.
func (e *engine) cipherSpec() *failure {
	switch {
	case e.tls13:
		return nil
	case e.hand.at != waitFinished || e.hand.switched:
		return errUnexpected
	}
	e.hand.switched = true
	e.read = e.sealers12()[e.role.Peer()]
	return nil
}

// finish12 checks the peer's Finished. An end that has not sent its own does so now.
func (e *engine) finish12(m []byte) *failure {
	peer := e.role.Peer()
	want := e.proof(peer)
	if wrong := same(m[4:], want); wrong != nil {
		return wrong
	}
	e.verify[peer] = want
	e.hand.said = append(e.hand.said, m...)
	if (e.role == model.Client) == e.hand.resumed {
		e.conclude12()
	}
	e.settle()
	return nil
}
