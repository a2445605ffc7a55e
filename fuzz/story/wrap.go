package story

import (
	"strings"
	"unicode/utf8"
)

// Wrap breaks text into lines of at most width columns. They are indented by blanks, and
// all but the first by two more. A word that is longer than a line is not cut, because it may be
// a path.
func Wrap(text string, blanks, width int) string {
	lines := fold(strings.Fields(text), width-blanks, width-blanks-2)
	indent := strings.Repeat(" ", blanks)
	return indent + strings.Join(lines, "\n  "+indent)
}

// fold puts words into lines: the first of at most first columns, the others of at most rest. A
// longer word has a line of its own.
func fold(words []string, first, rest int) (lines []string) {
	line, width := "", first
	for _, word := range words {
		switch {
		case line == "":
			line = word
		case runes(line)+1+runes(word) <= width:
			line += " " + word
		default:
			lines, line, width = append(lines, line), word, rest
		}
	}
	return append(lines, line)
}

// pieces are the words of a text. A word of more than n columns is cut into pieces of n.
func pieces(text string, n int) (words []string) {
	for _, word := range strings.Fields(text) {
		for ; runes(word) > n; word = string([]rune(word)[n:]) {
			words = append(words, string([]rune(word)[:n]))
		}
		words = append(words, word)
	}
	return words
}

func runes(s string) int { return utf8.RuneCountInString(s) }

// longest is the width of the longest of words.
func longest(words []string) (n int) {
	for _, word := range words {
		n = max(n, runes(word))
	}
	return n
}
