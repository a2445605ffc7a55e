package script

import "testing"

// TestSuggest: a typo is one letter too many, too few or wrong in three, or the beginning of
// one word only. What is no typo gets no suggestion.
func TestSuggest(t *testing.T) {
	known := []string{"stall", "deadlock", "busy-loop", "data-loss", "idle-renegotiation", "idle-close",
		"MB-53428"}
	for got, want := range map[string]string{
		"stal": "stall", "satll": "stall", "stalls": "stall", "Stall": "stall", "deadlok": "deadlock",
		"deedlokc": "deadlock", "bussy_loop": "busy-loop", "idle-reneg": "idle-renegotiation",
		"mb-53429": "MB-53428", "mb53428": "MB-53428",
		"": "", "s": "", "nope": "", "idle": "", "loss": "", "an-entirely-different-word": "",
	} {
		if want != "" {
			want = "; did you mean " + want + "?"
		}
		if clause := Suggest(got, known); clause != want {
			t.Errorf("%q: got %q; want %q", got, clause, want)
		}
	}
}

// TestDistance: the distance is symmetric, and 0 for the same word only.
func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abcd", "badc", 2},
		{"kitten", "sitting", 3}, {"ca", "abc", 3}} {
		if ab, ba := distance(c.a, c.b), distance(c.b, c.a); ab != c.want || ba != c.want {
			t.Errorf("%q, %q: got %d and %d; want %d", c.a, c.b, ab, ba, c.want)
		}
	}
}
