package openssl

import "testing"

// The version number is compared before anything else of a library is called: a strange one may
// give our constants another meaning.
func TestKnownVersions(t *testing.T) {
	for number, want := range map[uint64]bool{
		0x1000208f: false, // 1.0.2h
		0x101000cf: false, // 1.1.0l
		0x10101000: true,  // 1.1.1, a development version
		0x1010117f: true,  // 1.1.1w
		0x10102000: false,
		0x20000000: false, // every LibreSSL
		0x30000000: true,
		0x30000130: true, // 3.0.19
		0x30500040: true, // 3.5.4
		0x40000000: true,
		0:          false,
	} {
		if got := known(number); got != want {
			t.Errorf("version %#x: known is %v, want %v", number, got, want)
		}
	}
}
