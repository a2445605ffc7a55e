package attack

import "testing"

// TestAttacksAreNamed: each attack has a word of its own and says what it does.
func TestAttacksAreNamed(t *testing.T) {
	words := map[string]Attack{}
	for a := range Count {
		if before, taken := words[a.String()]; taken || a.String() == "" {
			t.Errorf("attack %d is called %q, as %d is; want a word of its own", a, a, before)
		}
		words[a.String()] = a
		if a.About() == "" {
			t.Errorf("attack %s says nothing about itself", a)
		}
	}
	if got, want := Count.String(), "Attack(16)"; got != want {
		t.Errorf("got %q for a number that is no attack; want %q", got, want)
	}
}
