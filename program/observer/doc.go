// Package observer looks into the process of a real program: at the calls of its libssl, and at the
// messages that they absorb and seal. A story needs it to tell where bytes wait. Hunts do without it.
//
// Nothing of it is in the run: the same calls, addresses and bytes, so the same hash. That is why it is
// no preloaded library. The loader would put everything else to other addresses, and OpenSSL mixes
// addresses into its randomness. It is a small image at an address of its own, c/observer.c, compiled once
// by the machine's compiler. When the program has come up the image is put into its process, and the slots
// through which the program calls libssl are changed to lead through it.
package observer
