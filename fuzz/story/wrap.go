package story

import "strings"

// Wrap breaks text into lines of at most width columns. They are indented by blanks, and
// all but the first by two more.
func Wrap(text string, blanks, width int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
			b.WriteString(strings.Repeat(" ", blanks))
			column = blanks
		case column+1+len(word) > width:
			b.WriteString("\n" + strings.Repeat(" ", blanks+2))
			column = blanks + 2
		default:
			b.WriteString(" ")
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
