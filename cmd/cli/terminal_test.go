package cli

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// wider is the number of columns of the widest line.
func wider(text string) (n int) {
	for line := range strings.Lines(text) {
		n = max(n, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
	}
	return n
}

// TestShowFitsTheTerminal: the picture is as wide as the terminal says, or $COLUMNS, and 100 columns
// where nobody says anything.
func TestShowFitsTheTerminal(t *testing.T) {
	script := "kv-original-idle-renegotiation"
	for set, columns := range map[string]int{"stty cols 80;": 80, "stty cols 60;": 60, "stty cols 200;": 100,
		"stty cols 0;": 100, "stty cols 80; COLUMNS=70": 70} {
		if text := unstyled(underScript(t, set, "show", script)); wider(text) > columns ||
			wider(text) < columns-5 || !strings.Contains(text, "the wakeup is lost here") {
			t.Errorf("%q: got %d columns; want %d\n%s", set, wider(text), columns, text)
		}
	}
	for columns, want := range map[string]int{"": 100, "80": 80, "junk": 100, "-3": 100, "9": 60} {
		t.Setenv("COLUMNS", columns)
		if n := wider(command("show", script).out); n > want || n < want-5 {
			t.Errorf("COLUMNS=%s: got %d columns; want %d", columns, n, want)
		}
	}
	t.Setenv("COLUMNS", "78")
	for _, args := range [][]string{{"explain", "stall"}, {"explain", "A1"}, {"list", "--decisions"}} {
		text := ""
		for line := range strings.Lines(want(t, exitClean, args...)) {
			if !strings.HasPrefix(line, "  wantwrite ") { // which is to be copied
				text += line
			}
		}
		if n := wider(text); n > 78 {
			t.Errorf("%v: got %d columns; want at most 78\n%s", args, n, text)
		}
	}
}

// unstyled is a text without colours.
func unstyled(text string) string {
	for _, code := range []string{"\x1b[1;31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"} {
		text = strings.ReplaceAll(text, code, "")
	}
	return text
}

// TestColours: a terminal has colours, unless it is dumb or NO_COLOR is set. A pipe and a file have
// none, and a dumb terminal has no line that is drawn anew.
func TestColours(t *testing.T) {
	for set, colours := range map[string]bool{"": true, "TERM=dumb": false, "NO_COLOR=1": false} {
		text := underScript(t, set, "show", "kv-original-idle-renegotiation")
		if strings.Contains(text, "\x1b") != colours {
			t.Errorf("%q: got colours: %v; want %v", set, !colours, colours)
		}
	}
	if text := underScript(t, "TERM=dumb", "hunt", "--pump", "reference", "--time", "500ms"); strings.
		ContainsAny(text, "\x1b\r") {
		t.Errorf("got %q; want nothing that a dumb terminal can't do", text)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if isTerminal(null) || isTerminal(&bytes.Buffer{}) {
		t.Error("a file or a buffer is taken for a terminal")
	}
}
