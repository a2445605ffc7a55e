package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wantwrite/wantwrite/fuzz/story"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A terminal is where a command prints: results on out, and errors and progress on err.
type terminal struct {
	name     string // the program's, in front of errors
	out, err io.Writer
	broken   error            // the first error of out
	drawn    bool             // err shows a progress line
	last     time.Time        // when the last progress line was drawn
	clock    func() time.Time // nil means time.Now
}

// Write prints a result. After an error of out it prints no more, and the command ends with
// that error.
//
// Story 93: "wantwrite hunt | head" hunted for an hour after head had gone, and then exited
// with 0.
func (t *terminal) Write(p []byte) (n int, err error) {
	if t.broken != nil {
		return 0, t.broken
	}
	if n, err = t.out.Write(p); err != nil {
		t.broken = fmt.Errorf("cannot print: %w", err)
	}
	return n, t.broken
}

// printf prints a result.
func (t *terminal) printf(format string, args ...any) { fmt.Fprintf(t, format, args...) }

// complain prints an error as one line. Errors of other packages suggest commands as those of
// wantwrite; the line has the program's name instead. What is wrong in a line of a script is told in
// help scripts.
func (t *terminal) complain(err error) {
	t.clear()
	line := strings.Join(strings.Fields(err.Error()), " ")
	var input *script.InputError
	if errors.As(err, &input) && input.Line > 0 {
		line += "; see: wantwrite help scripts"
	}
	fmt.Fprintf(t.err, "%s: %s\n", t.name, strings.ReplaceAll(line, ": wantwrite ", ": "+t.name+" "))
}

// isTerminal says whether w is a terminal, and not a file or a pipe.
func isTerminal(w io.Writer) bool {
	_, ok := columns(w)
	return ok
}

// obeys says whether w is a terminal that obeys escape sequences.
func obeys(w io.Writer) bool { return isTerminal(w) && os.Getenv("TERM") != "dumb" }

// colors says whether results may have colours: out is a terminal that knows them, and NO_COLOR is
// not set (https://no-color.org).
func (t *terminal) colors() bool { return obeys(t.out) && os.Getenv("NO_COLOR") == "" }

// widest is how many columns lines have where nothing says how wide they may be.
const widest = 100

// width is how many columns a line may have: the number in $COLUMNS, or else that of the terminal, or
// else widest.
func (t *terminal) width() int {
	n, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if err != nil || n <= 0 {
		n, _ = columns(t.out)
	}
	if n <= 0 {
		n = widest
	}
	return n
}

// wrapped is a text in lines, with blanks in front of each, which fit the terminal.
func (t *terminal) wrapped(text string, blanks int) string {
	return story.Wrap(text, blanks, max(40, min(t.width(), widest-4)))
}

// bold makes text bold on a terminal.
func (t *terminal) bold(s string) string {
	if !t.colors() {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// draw draws the progress line again, at most ten times a second. If err is no terminal it
// prints a new line every ten seconds.
//
// Story 63: a line was wider than the terminal and continued in the next row. \r goes back to
// the start of that row only, so each redraw left a row behind. Now the terminal cuts the line:
// its wrap mode (DECAWM) is off while the line is drawn.
func (t *terminal) draw(line string) {
	every := 100 * time.Millisecond
	live := obeys(t.err)
	if !live {
		every = 10 * time.Second
	}
	now := time.Now()
	if t.clock != nil {
		now = t.clock()
	}
	if t.last.IsZero() {
		t.last = now
	}
	if now.Sub(t.last) < every {
		return
	}
	t.last = now
	if !live {
		fmt.Fprintln(t.err, line)
		return
	}
	t.drawn = true
	fmt.Fprintf(t.err, "\r\x1b[K\x1b[?7l%s\x1b[?7h", line)
}

// clear removes the progress line.
func (t *terminal) clear() {
	if t.drawn {
		fmt.Fprint(t.err, "\r\x1b[K")
		t.drawn = false
	}
}

// object prints v, a struct, as one line of JSON. The line says first by which version of the
// command's schema it is to be read.
func (t *terminal) object(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t, "{\"schema\":%d,%s\n", schemaVersion, text[1:])
	return err
}

// indent joins lines, with two blanks in front of each.
func indent(lines []string) string {
	return "  " + strings.Join(lines, "\n  ")
}
