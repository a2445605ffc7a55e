package story

import "encoding/binary"

// The flags of a TCP segment (RFC 9293, section 3.1).
const (
	tcpFin = 1 << iota
	tcpSyn
	tcpReset
	tcpPush
	tcpAck
)

const (
	ipHeaderLen  = 20
	tcpHeaderLen = 20
	// maxSegment is the most payload that fits an IPv4 packet with them.
	maxSegment = 1<<16 - 1 - ipHeaderLen - tcpHeaderLen
	// windowShift is both ends' window scale (RFC 7323, section 2), because a world's
	// windows do not all fit 16 bits.
	windowShift = 4
)

// A segment is a TCP segment in an IPv4 packet. The addresses are those for
// documentation (RFC 5737).
type segment struct {
	from, to         [4]byte
	sport, dport     uint16
	seq, ack         uint32
	flags            byte
	window           int // bytes
	id               uint16
	payload, options []byte
}

// bytes is the packet, with its checksums.
func (s *segment) bytes() []byte {
	tcp := s.tcp()
	p := make([]byte, ipHeaderLen, ipHeaderLen+len(tcp))
	p[0], p[8], p[9] = 0x45, 64, 6 // IPv4 with five words; hops; TCP
	binary.BigEndian.PutUint16(p[2:], uint16(ipHeaderLen+len(tcp)))
	binary.BigEndian.PutUint16(p[4:], s.id)
	p[6] = 0x40 // don't fragment
	copy(p[12:], s.from[:])
	copy(p[16:], s.to[:])
	binary.BigEndian.PutUint16(p[10:], checksum(0, p))
	return append(p, tcp...)
}

// tcp is the segment.
func (s *segment) tcp() []byte {
	head := tcpHeaderLen + len(s.options)
	p := make([]byte, head, head+len(s.payload))
	binary.BigEndian.PutUint16(p, s.sport)
	binary.BigEndian.PutUint16(p[2:], s.dport)
	binary.BigEndian.PutUint32(p[4:], s.seq)
	binary.BigEndian.PutUint32(p[8:], s.ack)
	p[12], p[13] = byte(head/4)<<4, s.flags
	binary.BigEndian.PutUint16(p[14:], s.scaled())
	copy(p[tcpHeaderLen:], s.options)
	p = append(p, s.payload...)
	pseudo := append(append([]byte{}, s.from[:]...), s.to[:]...)
	pseudo = append(pseudo, 0, 6, byte(len(p)>>8), byte(len(p)))
	binary.BigEndian.PutUint16(p[16:], checksum(^checksum(0, pseudo), p))
	return p
}

// scaled is the window field. An open window never becomes 0. In a SYN the field is not
// scaled (RFC 7323, section 2.2).
func (s *segment) scaled() uint16 {
	if s.flags&tcpSyn != 0 {
		return uint16(min(s.window, 1<<16-1))
	}
	return uint16(min((s.window+1<<windowShift-1)>>windowShift, 1<<16-1))
}

// checksum is the internet checksum (RFC 1071) of p, continued from sum.
func checksum(sum uint16, p []byte) uint16 {
	all := uint32(sum)
	for ; len(p) > 1; p = p[2:] {
		all += uint32(p[0])<<8 | uint32(p[1])
	}
	if len(p) > 0 {
		all += uint32(p[0]) << 8
	}
	for all > 0xffff {
		all = all>>16 + all&0xffff
	}
	return ^uint16(all)
}
