package script

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	scriptVersion = 1
	scriptPrefix  = "wantwrite script "

	// maxLine is the longest line of a script in bytes, its end not counted.
	maxLine = 4096
	// maxStory is the most lines of a story.
	maxStory = 1000
	// maxActions and maxScript, in bytes, bound what a reader keeps and reads:
	// a log or a disk image given by mistake is refused, not swallowed.
	maxActions = 1_000_000
	maxScript  = 64 << 20
)

// A Script is a run as text: what a world is built from and the actions of
// its storm, in order. It means the same on every engine, and it outlives the
// generator that found it.
type Script struct {
	Config Config
	// Property is the recorded verdict: the name of the violated property, or
	// "none" for a run that was clean. Empty: nobody has judged it yet.
	Property string
	// Hash is the end of the recorded run's hash chain; 0 means unknown.
	Hash uint64
	// Found is how it was found, for whoever wants to know how often.
	Found Discovery
	// Story tells people what happens, one line of text each.
	Story   []string
	Actions []Action
	// Lines are the source lines of the actions, counted from 1. It is as long
	// as Actions in a script that was read, and nil in one that was made.
	Lines []int
}

// Format is the script's canonical text: ParseScript makes an equal script of
// it, except for Lines, and formatting that gives the same text again. Control
// characters of the story become spaces, and its long lines are broken.
func (s *Script) Format() []byte {
	dst := make([]byte, 0, 1024+24*len(s.Actions))
	dst = append(dst, versionLine()...)
	dst = append(dst, '\n')
	for _, line := range storyLines(s.Story) {
		dst = append(dst, strings.TrimRight("# "+line, " ")...)
		dst = append(dst, '\n')
	}
	for i := range header {
		if value := header[i].get(s); value != "" {
			dst = append(dst, header[i].key+": "+value+"\n"...)
		}
	}
	dst = append(dst, '\n')
	for _, a := range s.Actions {
		dst = append(a.appendText(dst), '\n')
	}
	return dst
}

// Line is the source line of action i, or 0 if the script was made.
func (s *Script) Line(i int) int {
	if i < len(s.Lines) {
		return s.Lines[i]
	}
	return 0
}

func versionLine() string { return scriptPrefix + strconv.Itoa(scriptVersion) }

// storyLines breaks a story into lines that a reader takes back unchanged.
//
// Story 1: a detail quoted from a panic brought a line break with it. What
// came after the break stood in the script without its #, and was an unknown
// header line on replay.
func storyLines(story []string) []string {
	var lines []string
	for _, text := range story {
		for part := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
			lines = appendWrapped(lines, printable(part), maxLine-len("# "))
		}
	}
	return lines[:min(len(lines), maxStory)]
}

// appendWrapped appends text in pieces of at most width bytes, cut between
// characters.
func appendWrapped(lines []string, text string, width int) []string {
	for len(text) > width {
		cut := width
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		lines = append(lines, trimRight(text[:cut]))
		text = text[cut:]
	}
	return append(lines, text)
}

// printable makes text fit for one line of a script.
func printable(text string) string {
	return trimRight(strings.Map(func(r rune) rune {
		if unprintable(r) {
			return ' '
		}
		return r
	}, text))
}

func unprintable(r rune) bool { return r != '\t' && unicode.IsControl(r) }

func trimRight(text string) string { return strings.TrimRightFunc(text, unicode.IsSpace) }

// An InputError says what is wrong with what a user gave, in one line: where,
// what was found and what was expected. It is the user's to mend, so a command
// ends with the exit code for usage, not with that for an internal error.
type InputError struct {
	// File names the input; empty if there was none.
	File string
	// Line counts from 1; 0 means that no line is to blame.
	Line int
	// Msg is "got ...; want ...".
	Msg string

	cause error
}

// Error is "file:line: message", in the form that editors jump to.
func (e *InputError) Error() string {
	switch {
	case e.File == "" && e.Line == 0:
		return "sim: " + e.Msg
	case e.File == "":
		return fmt.Sprintf("sim: line %d: %s", e.Line, e.Msg)
	case e.Line == 0:
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// Unwrap is the error of the reader, if it was the reader that failed.
func (e *InputError) Unwrap() error { return e.cause }

// unexpected is the error for a word that is not what it should be.
func unexpected(what, got, want string) error {
	return &InputError{Msg: "got " + what + " " + quote(got) + "; want " + want}
}

// quote quotes input for a message: its beginning, with nothing in it that a
// terminal would obey.
func quote(text string) string {
	const most = 40
	if len(text) > most {
		return strconv.QuoteToASCII(text[:most]) + "..."
	}
	return strconv.QuoteToASCII(text)
}

func oneOf(words []string) string { return "one of " + strings.Join(words, ", ") }

// number reads a decimal number from lo to hi, both included.
func number(what, word string, lo, hi uint32) (uint32, error) {
	n, err := strconv.ParseUint(word, 10, 32)
	if err != nil || uint32(n) < lo || uint32(n) > hi {
		return 0, unexpected(what, word, numbers(lo, hi))
	}
	return uint32(n), nil
}

func numbers(lo, hi uint32) string { return fmt.Sprintf("a number from %d to %d", lo, hi) }
