package puppet

import (
	"bytes"
	"slices"

	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// answer13 is a server's flight, or a HelloRetryRequest.
func (e *engine) answer13(m []byte, h *hello) *failure {
	group, key := h.group, e.knows(h)
	switch {
	case !h.offers(suite13) || key < 0 && !e.certified:
		return errNoCommon
	case e.retries && !e.hand.retried:
		group = groupP256
	case h.share == nil:
		group = groupX25519
	}
	if !e.hand.retried && (h.share == nil || h.group != group) {
		e.retry(m, group)
		return nil
	}
	if key >= 0 {
		said := append(bytes.Clone(e.hand.said), m[:h.bindersAt]...)
		e.hand.key = &e.psks[e.psk13(h.offer.Identities[key].Identity)]
		if wrong := same(h.offer.Binders[key], e.hand.key.binder(said)); wrong != nil {
			return wrong
		}
	}
	e.hand.said = append(e.hand.said, m...)
	e.hand.group, e.hand.private = group, e.newKey(group)
	return e.flight13(h, key)
}

// psk13 is the index of our PSK with that name; -1: none.
func (e *engine) psk13(identity []byte) int {
	for i := range e.psks {
		if bytes.Equal(e.psks[i].identity, identity) {
			return i
		}
	}
	return -1
}

// knows is the index of the hello's first identity that we know; -1: none.
func (e *engine) knows(h *hello) int {
	for i, known := range h.offer.Identities {
		if e.psk13(known.Identity) >= 0 && i < len(h.offer.Binders) {
			return i
		}
	}
	return -1
}

// retry asks for another key share. From then on a hash of the first ClientHello stands for it
// in the transcript (RFC 8446, section 4.4.1).
func (e *engine) retry(m []byte, group message.Group) {
	e.hand.retried = true
	e.hand.said = bytesOf(bare(messageHash, sum(m)))
	e.say(e.serverHello([]byte(wire.RetryRandom), suite13,
		message.Ext("supported_versions", new(version13)),
		message.Ext("key_share", &group)))
}

// flight13 sends a server's messages from ServerHello to Finished. Without a key that both know it
// shows a certificate.
func (e *engine) flight13(h *hello, key int) *failure {
	extensions := []message.Extension{message.Ext("supported_versions", new(version13)),
		message.Ext("key_share", &message.Share{Group: e.hand.group,
			Key: e.hand.private.PublicKey().Bytes()})}
	if key >= 0 {
		extensions = append(extensions, message.Ext("pre_shared_key", new(uint16(key))))
	}
	e.say(e.serverHello(e.hand.randoms[model.Server], suite13, extensions...))
	if wrong := e.share(h.share); wrong != nil {
		return wrong
	}
	e.say(&message.EncryptedExtensions{})
	if e.asking {
		e.say(e.authentication(certificateRequest))
	}
	if key < 0 {
		e.say(e.authentication(certificateMessage))
		e.say(e.authentication(certificateVerify))
	}
	e.prove13()
	e.application()
	e.flush()
	e.rekey(newSealer13(e.hand.next[model.Server]))
	e.hand.at = waitFinished
	return nil
}

// greeted13 takes in a ServerHello, or a HelloRetryRequest.
func (e *engine) greeted13(m []byte, h *hello) *failure {
	if string(h.random) == wire.RetryRandom {
		return e.again(m, h)
	}
	if e.foreign != (h.chosen < 0) || h.chosen >= len(e.psks) || h.group != e.hand.group {
		return errNoCommon
	}
	e.hand.said = append(e.hand.said, m...)
	if !e.foreign {
		e.hand.key = &e.psks[h.chosen]
	}
	e.hand.at = waitEncryptedExtensions
	return e.share(h.share)
}

// beginEarly takes the keys of early data, which follow from the first PSK and the ClientHello (RFC
// 8446, sections 4.2.10 and 7.1). A puppet sends early data only if it is told to.
func (e *engine) beginEarly() {
	secret := derive(extract(nil, e.psks[0].key), "c e traffic", e.hand.said)
	e.logKey("CLIENT_EARLY_TRAFFIC_SECRET", secret)
	e.flush()
	e.rekey(newSealer13(secret))
	e.hand.early = true
}

// hear13 takes in the EncryptedExtensions.
func (e *engine) hear13(m []byte) {
	e.hand.said = append(e.hand.said, m...)
	e.hand.at = waitFinished
	if x, ok := message.Parse(m, true).(*message.EncryptedExtensions); ok {
		e.hand.taken = slices.ContainsFunc(x.Extensions, func(x message.Extension) bool {
			return x.Name() == "early_data"
		})
	}
}

// endEarly says EndOfEarlyData, if the server has taken early data, and takes the keys of the
// handshake.
func (e *engine) endEarly() {
	if !e.hand.early {
		return
	}
	if e.hand.taken {
		e.say(bare(endOfEarlyData, nil))
	}
	e.flush()
	e.rekey(newSealer13(e.hand.traffic[model.Client]))
	e.hand.early = false
}

// again sends the second ClientHello. A foreign server may want it for its cookie alone.
func (e *engine) again(m []byte, h *hello) *failure {
	kept := e.foreign && h.group == 0 && h.cookie != nil
	if e.hand.retried || !kept && curveOf(h.group) == nil {
		return errNoCommon
	}
	e.hand.retried, e.hand.cookie = true, h.cookie
	e.hand.said = append(bytesOf(bare(messageHash, sum(e.hand.said))), m...)
	if !kept {
		e.hand.group, e.hand.private = h.group, e.newKey(h.group)
	}
	if e.hand.early { // it is over
		e.rekey(sealer{})
		e.hand.early = false
	}
	e.say(e.clientHello())
	return nil
}

// share makes the keys of the handshake from both key shares and the PSK (RFC 8446, section 7.1).
func (e *engine) share(theirs []byte) *failure {
	common, wrong := e.diffieHellman(theirs)
	if wrong != nil {
		return wrong
	}
	early := extract(nil, make([]byte, len(sum(nil))))
	if e.hand.key != nil {
		early = extract(nil, e.hand.key.key)
	}
	e.hand.master = extract(derive(early, "derived", nil), common)
	e.hand.traffic[model.Client] = derive(e.hand.master, "c hs traffic", e.hand.said)
	e.hand.traffic[model.Server] = derive(e.hand.master, "s hs traffic", e.hand.said)
	e.logKey("CLIENT_HANDSHAKE_TRAFFIC_SECRET", e.hand.traffic[model.Client])
	e.logKey("SERVER_HANDSHAKE_TRAFFIC_SECRET", e.hand.traffic[model.Server])
	e.flush()
	if !e.hand.early {
		e.rekey(newSealer13(e.hand.traffic[e.role]))
	}
	e.read = newSealer13(e.hand.traffic[e.role.Peer()])
	return nil
}

// diffieHellman makes what our private key and their public key of the same group have in common.
func (e *engine) diffieHellman(theirs []byte) ([]byte, *failure) {
	public, err := curveOf(e.hand.group).NewPublicKey(theirs)
	if err != nil {
		return nil, errDecode
	}
	common, err := e.hand.private.ECDH(public)
	if err != nil {
		return nil, errDecode
	}
	return common, nil
}

// application makes the secrets of application data. The transcript must end with the server's
// Finished.
func (e *engine) application() {
	empty := make([]byte, len(e.hand.master))
	e.hand.master = extract(derive(e.hand.master, "derived", nil), empty)
	e.hand.next[model.Client] = derive(e.hand.master, "c ap traffic", e.hand.said)
	e.hand.next[model.Server] = derive(e.hand.master, "s ap traffic", e.hand.said)
	e.logKey("CLIENT_TRAFFIC_SECRET_0", e.hand.next[model.Client])
	e.logKey("SERVER_TRAFFIC_SECRET_0", e.hand.next[model.Server])
}

// prove13 sends a Finished.
func (e *engine) prove13() {
	e.say(&message.Finished{Verify: finished(e.hand.traffic[e.role], sum(e.hand.said))})
}

// finish13 checks the peer's Finished. A client then sends its own.
func (e *engine) finish13(m []byte) *failure {
	peer := e.role.Peer()
	if wrong := same(m[4:], finished(e.hand.traffic[peer], sum(e.hand.said))); wrong != nil {
		return wrong
	}
	e.hand.said = append(e.hand.said, m...)
	if e.role == model.Client {
		e.application()
		e.endEarly()
		e.declines()
		e.prove13()
		e.flush()
		e.rekey(newSealer13(e.hand.next[model.Client]))
	}
	e.read = newSealer13(e.hand.next[peer])
	e.hand.at = settled
	return nil
}
