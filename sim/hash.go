package sim

import "encoding/binary"

const (
	hashSeed = 0x9e3779b97f4a7c15
	hashMul  = 0xd6e8feb86659fd93
)

// fold mixes one word into a hash chain. For a given word it is one to one, so
// two chains that differ stay different until their words do.
func fold(h, x uint64) uint64 {
	h = (h ^ x) * hashMul
	return h ^ h>>32
}

// foldText mixes a text into a hash chain.
func foldText(h uint64, text string) uint64 {
	h = fold(h, uint64(len(text)))
	for i := range len(text) {
		h = fold(h, uint64(text[i]))
	}
	return h
}

// foldBytes mixes bytes into a hash chain, eight at a time.
func foldBytes(h uint64, p []byte) uint64 {
	h = fold(h, uint64(len(p)))
	for len(p) >= 8 {
		h = fold(h, binary.LittleEndian.Uint64(p))
		p = p[8:]
	}
	var tail uint64
	for i, b := range p {
		tail |= uint64(b) << (8 * i)
	}
	return fold(h, tail)
}
