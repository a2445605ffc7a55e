package sim

import (
	"encoding/binary"
	"math/bits"
)

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

// A Rand is a random source (splitmix64, Steele 2014): its whole state is its
// seed, so that a run's choices can be named by a number.
type Rand uint64

// Uint64 draws 64 bits.
func (r *Rand) Uint64() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Below draws from 0 to n-1; n must be positive.
func (r *Rand) Below(n uint64) uint64 {
	hi, _ := bits.Mul64(r.Uint64(), n)
	return hi
}

// Between draws from lo to hi, both included.
func (r *Rand) Between(lo, hi int) int {
	return lo + int(r.Below(uint64(hi-lo+1)))
}

// OneIn is true once in n draws.
func (r *Rand) OneIn(n uint64) bool { return r.Below(n) == 0 }
