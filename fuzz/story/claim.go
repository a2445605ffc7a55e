package story

// A claim is a clause about the state of a run, and whether it is true of it. Whatever a verdict
// says of a state is a claim, so that it can't contradict the table that stands above it.
// truth_test.go checks what was said once more, by what anybody can see.
type claim struct {
	holds bool
	words string
}

// said is the first claim that holds; empty if none does.
func said(claims ...claim) string {
	for _, c := range claims {
		if c.holds {
			return c.words
		}
	}
	return ""
}
