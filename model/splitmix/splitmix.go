// Package splitmix is the pseudo-random generator of the simulation and of the engines'
// secrets: splitmix64, whose whole state is one word (Steele, Lea, Flood: Fast splittable
// pseudorandom number generators, 2014).
package splitmix

// Next draws a word and changes the state.
func Next(state *uint64) uint64 {
	*state += 0x9e3779b97f4a7c15
	z := *state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
