package sim

import (
	"encoding/binary"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
)

// The messages have memcached's 24-byte binary header: byte 0 is the magic, 1 the opcode, 8
// to 11 the body length, 12 to 15 the opaque, 16 to 23 the cas. Our apps put the length of the
// answer that they want into the low half of the cas.
const (
	headerLen     = 24
	magicRequest  = 0x80
	magicResponse = 0x81
	opGet         = 0x00
	opOpenStream  = 0x50
	opMutation    = 0x57
	opAck         = 0x5d
	ackEvery      = 4
	maxAnswer     = 1 << 20 // the longest body of an answer, in bytes
)

// pattern is what bodies are made of. It does not repeat within a body.
var pattern = func() (p [1 << 16]byte) {
	r := Rand(1)
	for i := 0; i < len(p); i += 8 {
		binary.LittleEndian.PutUint64(p[i:], r.Uint64())
	}
	return p
}()

// memcached is the speaker of worlds that name no dialogue. A client asks, and a server
// answers. A server that speaks unasked sends mutations, and its client acknowledges every
// fourth; in a world with a stream it waits until its client has opened it.
type memcached struct {
	at        own.Place
	opaque    uint32
	header    [headerLen]byte
	have      int    // bytes of header that have come
	body      uint32 // bytes of the body still to come
	mutations int    // received since the last acknowledgement
	opened    bool   // the stream is open
}

// Begins implements own.Speaker.
func (m *memcached) Begins() bool { return !m.at.Server || !m.at.Stream || m.opened }

// Begin implements own.Speaker.
func (m *memcached) Begin(dst []byte, body, answer int) []byte {
	op := byte(opGet)
	switch {
	case m.at.Server:
		op, answer = opMutation, 0
	case m.at.Stream && !m.opened:
		op, answer = opOpenStream, 0
		m.opened = true
	}
	return m.message(dst, op, body, uint32(answer))
}

// message appends a message whose body has that many bytes. answer is the body length that is
// wanted back, 0 for no answer.
func (m *memcached) message(dst []byte, op byte, body int, answer uint32) []byte {
	dst = append(dst, pattern[m.opaque%1009:][:headerLen]...) // no run of zeros: a repeated byte shows
	head := dst[len(dst)-headerLen:]
	head[0], head[1] = magicRequest, op
	if op == opGet && m.at.Server {
		head[0] = magicResponse
	}
	binary.BigEndian.PutUint32(head[8:], uint32(body))
	binary.BigEndian.PutUint32(head[12:], m.opaque)
	binary.BigEndian.PutUint32(head[20:], answer)
	for from := int(m.opaque * 61 % 251); body > 0; from = 0 {
		n := min(body, len(pattern)-from)
		dst = append(dst, pattern[from:from+n]...)
		body -= n
	}
	m.opaque++
	return dst
}

// Hear implements own.Speaker.
func (m *memcached) Hear(dst, p []byte) []byte {
	for len(p) > 0 || m.have == headerLen && m.body == 0 {
		if m.have < headerLen {
			n := copy(m.header[m.have:], p)
			m.have, p = m.have+n, p[n:]
			if m.have == headerLen {
				m.body = binary.BigEndian.Uint32(m.header[8:])
			}
			continue
		}
		n := min(uint32(len(p)), m.body)
		m.body, p = m.body-n, p[n:]
		if m.body == 0 {
			m.have = 0
			dst = m.react(dst)
		}
	}
	return dst
}

// react appends what is said to a whole message.
func (m *memcached) react(dst []byte) []byte {
	answer := binary.BigEndian.Uint32(m.header[20:])
	switch {
	case m.header[1] == opOpenStream:
		m.opened = true
	case m.header[1] == opMutation:
		if m.mutations++; m.mutations%ackEvery == 0 {
			return m.message(dst, opAck, 0, 0)
		}
	case answer > 0:
		return m.message(dst, opGet, int(min(answer, maxAnswer)), 0)
	}
	return dst
}

// Over implements own.Speaker: either side may always say more.
func (m *memcached) Over() bool { return false }

// Owed implements own.Speaker. The bytes of an answer are owed by the world's own accounts.
func (m *memcached) Owed() string { return "" }

// Snapshot implements model.Snapshotter.
func (m *memcached) Snapshot(s *model.Snapshot) {
	opaque, body, acks := int(m.opaque), int(m.body), m.mutations%ackEvery
	s.Int(&opaque)
	s.Int(&body)
	s.Int(&acks)
	s.Flags(&m.opened)
	header := s.Held(m.header[:m.have])
	if s.Reading() {
		m.opaque, m.body, m.mutations = uint32(opaque), uint32(body), acks
		m.have = copy(m.header[:], header)
	}
}
