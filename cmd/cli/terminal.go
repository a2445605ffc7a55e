package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A terminal is where a command prints: results on out, the rest on err.
type terminal struct {
	name     string // of the program
	out, err io.Writer
	broken   error            // why out takes nothing any more
	drawn    bool             // a progress line stands on err
	last     time.Time        // of the last progress line
	clock    func() time.Time // nil is time.Now; a test's has no patience
}

// Write prints a result. Once out has failed nothing more is tried, and run
// turns the failure into the exit code.
//
// Story 1: "wantwrite hunt | head" went on for an hour for nobody, and then
// exited as if all had been read.
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

// complain prints an error, as one line, whatever is in it. Other packages suggest
// commands of wantwrite, which are the program's.
func (t *terminal) complain(err error) {
	t.clear()
	line := strings.Join(strings.Fields(err.Error()), " ")
	fmt.Fprintf(t.err, "%s: %s\n", t.name, strings.ReplaceAll(line, ": wantwrite ", ": "+t.name+" "))
}

// isTerminal says whether w is one that a person looks at.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// colors says whether results go to a terminal that may have them.
func (t *terminal) colors() bool { return isTerminal(t.out) && os.Getenv("NO_COLOR") == "" }

// bold marks text on a terminal.
func (t *terminal) bold(s string) string {
	if !t.colors() {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// draw redraws the progress line, at most ten times a second; when err is no
// terminal it is a plain line every ten seconds.
//
// Story 63: a line that was wider than the terminal went on in the next row, and
// \r leads back to the beginning of the last row only: each redraw left one more.
// Here what does not fit is left out: DECAWM is off as long as the line is drawn.
func (t *terminal) draw(line string) {
	every := 100 * time.Millisecond
	live := isTerminal(t.err)
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

// clear takes the progress line away.
func (t *terminal) clear() {
	if t.drawn {
		fmt.Fprint(t.err, "\r\x1b[K")
		t.drawn = false
	}
}

// object prints v as one line of JSON.
func (t *terminal) object(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t, "%s\n", text)
	return err
}
