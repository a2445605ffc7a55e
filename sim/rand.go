package sim

import (
	"math/bits"

	"github.com/wantwrite/wantwrite/model/splitmix"
)

// A Rand is a random source (splitmix64, Steele 2014). Its whole state is one number, so
// a seed names all choices of a run.
type Rand uint64

// Uint64 draws 64 bits.
func (r *Rand) Uint64() uint64 { return splitmix.Next((*uint64)(r)) }

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
