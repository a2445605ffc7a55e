package script

import (
	"fmt"
	"strconv"
	"strings"
)

// An InputError says what is wrong with a user's input, in one line: where, what
// was found and what was expected. The user can mend it, so a command ends with
// the exit code for usage, not with the one for internal errors.
type InputError struct {
	// File names the input; empty if there was none.
	File string
	// Line counts from 1; 0 means that the error belongs to no line.
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

// unexpected is the error for a word that is not allowed.
func unexpected(what, got, want string) error {
	return &InputError{Msg: "got " + what + " " + quote(got) + "; want " + want}
}

// quote quotes the beginning of an input for a message, without characters that a
// terminal would obey.
func quote(text string) string {
	const most = 40
	if len(text) > most {
		return strconv.QuoteToASCII(text[:most]) + "..."
	}
	return strconv.QuoteToASCII(text)
}

func oneOf(words []string) string { return "one of " + strings.Join(words, ", ") }

// pick finds a word among those that are allowed.
func pick(what, got string, words []string) (int, error) {
	for i, w := range words {
		if w == got {
			return i, nil
		}
	}
	return 0, unexpected(what, got, oneOf(words)+Suggest(got, words))
}

// readNumber reads a decimal number from lo to hi, both included.
func readNumber(what, word string, lo, hi uint32) (uint32, error) {
	n, err := strconv.ParseUint(word, 10, 32)
	if err != nil || uint32(n) < lo || uint32(n) > hi {
		return 0, unexpected(what, word, numbers(lo, hi))
	}
	return uint32(n), nil
}

func numbers[T int | uint32](lo, hi T) string {
	return fmt.Sprintf("a number from %d to %d", lo, hi)
}
