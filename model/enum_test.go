package model

import "testing"

// TestNothingIsUnnamed: every value of every enumeration has its own word, and
// one that is none says so instead of panicking.
func TestNothingIsUnnamed(t *testing.T) {
	for name, enum := range map[string]struct {
		n    int
		text func(i int) string
	}{
		"Status":      {int(numStatuses), func(i int) string { return Status(i).String() }},
		"RenegPolicy": {int(numRenegPolicies), func(i int) string { return RenegPolicy(i).String() }},
		"IOStatus":    {int(numIOStatuses), func(i int) string { return IOStatus(i).String() }},
		"Trigger":     {int(numTriggers), func(i int) string { return Trigger(i).String() }},
		"Cause":       {int(numCauses), func(i int) string { return Cause(i).String() }},
		"Events":      {16, func(i int) string { return Events(i).String() }},
		"Role":        {2, func(i int) string { return Role(i).String() }},
		"Version":     {2, func(i int) string { return Version(i).String() }},
		"Transport":   {2, func(i int) string { return Transport(i).String() }},
	} {
		seen := map[string]int{}
		for i := range enum.n {
			text := enum.text(i)
			if before, twice := seen[text]; text == "" || twice {
				t.Errorf("%s %d is %q, as %d is; want a word of its own", name, i, text, before)
			}
			seen[text] = i
		}
		if enum.text(250) == "" {
			t.Errorf("%s 250 has no text", name)
		}
	}
}
