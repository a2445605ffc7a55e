package attack

import "testing"

// Each attack has a word of its own, by which it is found again, and says what
// it does.
func TestAttacksAreNamed(t *testing.T) {
	for a := range Count {
		found, ok := Named(a.String())
		if !ok || found != a {
			t.Errorf("attack %d is called %q, and that word finds %d, %t", a, a, found, ok)
		}
		if a.About() == "" {
			t.Errorf("attack %s says nothing about itself", a)
		}
	}
	if a, ok := Named("mercy"); ok {
		t.Errorf("got attack %s for a word that means none", a)
	}
	if got, want := Count.String(), "Attack(16)"; got != want {
		t.Errorf("got %q for a number that is no attack; want %q", got, want)
	}
}
