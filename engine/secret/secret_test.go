package secret

import (
	"encoding/hex"
	"testing"
)

// TestSecretsStay: what follows from a key never changes, because the hashes of
// scripts depend on it.
func TestSecretsStay(t *testing.T) {
	s := LinkOf(7)
	for what, c := range map[string]struct {
		got  []byte
		want string
	}{
		"psk":      {s.PSK[:8], "e7abff12b561bf64"},
		"id":       {s.ID[:8], "44da302fa8493025"},
		"master":   {s.Master[:8], "7593201dfe342298"},
		"identity": {s.Identity[:8], "09f666e2fe5f8985"},
		"ticket":   {s.Ticket[:8], "4c6fc05377531c13"},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s begins with %s; want %s", what, got, c.want)
		}
	}
	if LinkOf(8).Master == s.Master {
		t.Error("two links have one secret")
	}
}

// TestStreams: equal words give equal bytes, and their order matters.
func TestStreams(t *testing.T) {
	fill := func(words ...uint64) (p [20]byte) {
		s := StreamOf(words...)
		s.Fill(p[:])
		return p
	}
	one, again, other := fill(1, 2), fill(1, 2), fill(2, 1)
	if one != again || one == other || fill(1) == fill(1, 0) {
		t.Error("want streams that follow from their words, and from their order")
	}
}
