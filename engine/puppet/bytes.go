package puppet

import "encoding/binary"

// A builder makes messages: numbers, and vectors with a length in front
// (RFC 8446, section 3.4).
type builder []byte

func (b *builder) u8(n int)          { *b = append(*b, byte(n)) }
func (b *builder) bytes(p []byte)    { *b = append(*b, p...) }
func (b *builder) vec8(fill func())  { b.vec(1, fill) }
func (b *builder) vec16(fill func()) { b.vec(2, fill) }
func (b *builder) opaque8(p []byte)  { b.vec8(func() { b.bytes(p) }) }
func (b *builder) opaque16(p []byte) { b.vec16(func() { b.bytes(p) }) }

func (b *builder) u16(n int) { *b = binary.BigEndian.AppendUint16(*b, uint16(n)) }

func (b *builder) extension(typ int, fill func()) {
	b.u16(typ)
	b.vec16(fill)
}

// vec puts what fill appends behind its length, of n bytes.
func (b *builder) vec(n int, fill func()) {
	at := len(*b)
	*b = append(*b, make([]byte, n)...)
	fill()
	length := len(*b) - at - n
	for i := at + n - 1; i >= at; i-- {
		(*b)[i] = byte(length)
		length >>= 8
	}
}

// message is a handshake message: type, length of three bytes, body.
func message(typ byte, body []byte) []byte {
	m := builder{typ}
	m.vec(3, func() { m.bytes(body) })
	return m
}

// A reader takes messages apart. What is not there reads as nothing, and bad
// says so.
type reader struct {
	p   []byte
	bad bool
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.p) {
		r.p, r.bad = nil, true
		return nil
	}
	p := r.p[:n:n]
	r.p = r.p[n:]
	return p
}

// number reads one of n bytes.
func (r *reader) number(n int) (x int) {
	for _, b := range r.bytes(n) {
		x = x<<8 | int(b)
	}
	return x
}

func (r *reader) u8() int       { return r.number(1) }
func (r *reader) u16() int      { return r.number(2) }
func (r *reader) vec8() []byte  { return r.bytes(r.number(1)) }
func (r *reader) vec16() []byte { return r.bytes(r.number(2)) }
func (r *reader) sub16() reader { return reader{p: r.vec16()} }
func (r *reader) more() bool    { return len(r.p) > 0 && !r.bad }
