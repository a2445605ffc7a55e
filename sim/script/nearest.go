package script

import "strings"

// Suggest is a clause for the end of an error about a word that means nothing: the known
// word that it was meant to be, if one is near. It is empty if none is. Case does not count.
func Suggest(got string, known []string) string {
	const longest = 80 // nobody's typo is longer
	if len(got) < 2 || len(got) > longest {
		return ""
	}
	got = strings.ToLower(got)
	nearest, least := "", min(max(1, len(got)/3), 3)+1
	for _, word := range known {
		if d := distance(got, strings.ToLower(word)); d < least {
			nearest, least = word, d
		}
	}
	if nearest == "" {
		nearest = begun(got, known)
	}
	if nearest == "" {
		return ""
	}
	return "; did you mean " + nearest + "?"
}

// begun is the only known word that begins with what was written, of three letters or more.
func begun(got string, known []string) (only string) {
	for _, word := range known {
		if len(got) < 3 || !strings.HasPrefix(strings.ToLower(word), got) {
			continue
		}
		if only != "" {
			return ""
		}
		only = word
	}
	return only
}

// distance is how many typos lead from one word to another: a letter too many, one too few,
// a wrong one, or two that changed places (the optimal string alignment distance).
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	before, last, now := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			swap := 1
			if a[i-1] == b[j-1] {
				swap = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+swap)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}
