package story

import "encoding/binary"

// The blocks that are written of a capture file (draft-ietf-opsawg-pcapng, section 4), all
// little-endian.
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 6
	blockSecrets   = 10

	byteOrderMagic = 0x1a2b3c4d
	linkRaw        = 101 // LINKTYPE_RAW: packets begin with their IP header
	secretsTLS     = 0x544c534b

	optComment    = 1
	optUserAppl   = 4 // of a section
	optName       = 2 // of an interface
	optResolution = 9
)

// A pcapng is a capture file in the making.
type pcapng struct{ buf []byte }

func (f *pcapng) u16(n int)    { f.buf = binary.LittleEndian.AppendUint16(f.buf, uint16(n)) }
func (f *pcapng) u32(n uint32) { f.buf = binary.LittleEndian.AppendUint32(f.buf, n) }

// padded appends bytes and pads them to a multiple of four.
func (f *pcapng) padded(p []byte) {
	f.buf = append(f.buf, p...)
	for range -len(p) & 3 {
		f.buf = append(f.buf, 0)
	}
}

// maxOption is the longest value of an option, because the length field has 16 bits.
const maxOption = 1<<16 - 4

// option appends an option, unless it is empty.
func (f *pcapng) option(code int, value []byte) {
	if len(value) == 0 {
		return
	}
	value = value[:min(len(value), maxOption)]
	f.u16(code)
	f.u16(len(value))
	f.padded(value)
}

// block appends a block: body writes its content, options the options after it.
func (f *pcapng) block(kind uint32, body, options func()) {
	start := len(f.buf)
	f.u32(kind)
	f.u32(0)
	body()
	if options != nil {
		options()
		f.u32(0) // opt_endofopt
	}
	n := uint32(len(f.buf) - start + 4)
	f.u32(n)
	binary.LittleEndian.PutUint32(f.buf[start+4:], n)
}

// head writes the section, with a comment, and its one interface, whose times
// are in nanoseconds.
func (f *pcapng) head(comment string) {
	f.block(blockSection, func() {
		f.u32(byteOrderMagic)
		f.u16(1)
		f.u16(0)
		f.u32(^uint32(0)) // how long the section is, is not said
		f.u32(^uint32(0))
	}, func() {
		f.option(optComment, []byte(comment))
		f.option(optUserAppl, []byte("wantwrite"))
	})
	f.block(blockInterface, func() {
		f.u16(linkRaw)
		f.u16(0)
		f.u32(0) // packets are whole
	}, func() {
		f.option(optName, []byte("link"))
		f.option(optResolution, []byte{9})
	})
}

// secrets writes a Decryption Secrets Block with a key log.
func (f *pcapng) secrets(log []byte) {
	f.block(blockSecrets, func() {
		f.u32(secretsTLS)
		f.u32(uint32(len(log)))
		f.padded(log)
	}, nil)
}

// packet writes an Enhanced Packet Block; at is its time in nanoseconds.
func (f *pcapng) packet(at uint64, data []byte, comments []string) {
	f.block(blockPacket, func() {
		f.u32(0)
		f.u32(uint32(at >> 32))
		f.u32(uint32(at))
		f.u32(uint32(len(data)))
		f.u32(uint32(len(data)))
		f.padded(data)
	}, func() {
		for _, c := range comments {
			f.option(optComment, []byte(c))
		}
	})
}
