package canary

import (
	"regexp"
	"strings"
)

// A Planted is a mistake in a program, as the comment beside it tells it.
type Planted struct {
	Program, Mistake string
	// Property is what it breaks, by the oracle's name, or "leak". Also are others that may be
	// seen broken first: who has lost bytes may end without close_notify, too.
	Property string
	Also     []string
	// Like are public bugs of this kind.
	Like string
	// About says what the mistake is, and Shows when it shows: "when ..." or "in ...".
	About, Shows string
}

var (
	// comment is the form of the comments in the sources.
	comment = regexp.MustCompile(`MISTAKE ([a-z-]+) \(([a-z, -]+); ([^:]+)\): ([^*]+)\. Shows ([^*]+)\. \*/`)
	// margin is what a comment's next line begins with.
	margin = regexp.MustCompile(`\n\s*\* `)
)

// All are the mistakes of all programs, in the order of the sources.
func All() (all []Planted) {
	for _, p := range programs {
		text, _ := sources.ReadFile("c/" + p.Name + ".c")
		flat := margin.ReplaceAllString(string(text), " ")
		for _, m := range comment.FindAllStringSubmatch(flat, -1) {
			breaks := strings.Split(m[2], ", ")
			all = append(all, Planted{Program: p.Name, Mistake: m[1], Property: breaks[0], Also: breaks[1:],
				Like: m[3], About: m[4], Shows: m[5]})
		}
	}
	return all
}
