package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/wantwrite/wantwrite/fuzz"
)

// A terminal is where a command prints: results on out, the rest on err.
type terminal struct {
	out, err io.Writer
	broken   error     // why out takes nothing any more
	drawn    bool      // a progress line stands on err
	last     time.Time // of the last progress line
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

// complain prints an error, as one line, whatever is in it.
func (t *terminal) complain(err error) {
	t.clear()
	fmt.Fprintf(t.err, "wantwrite: %s\n", strings.Join(strings.Fields(err.Error()), " "))
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

// progress draws how far a hunt has come.
func (t *terminal) progress(s fuzz.Stats) {
	line := fmt.Sprintf("%d schedules, %.0f/s, %d found", s.Schedules,
		float64(s.Schedules)/max(s.Elapsed.Seconds(), 1e-9), s.Finds)
	if s.Shrinking != nil {
		line += "; " + shrinking(*s.Shrinking)
	}
	t.draw(line)
}

// shrinking says how far a shrink has come.
func shrinking(s fuzz.Shrunk) string {
	return fmt.Sprintf("shrinking: %d -> %d actions, %s runs", s.Before, s.After, thousands(s.Runs))
}

// thousands writes a number in groups of three digits.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// draw redraws the progress line, at most ten times a second; when err is no
// terminal it is a plain line every ten seconds.
func (t *terminal) draw(line string) {
	every := 100 * time.Millisecond
	live := isTerminal(t.err)
	if !live {
		every = 10 * time.Second
	}
	if t.last.IsZero() {
		t.last = time.Now()
	}
	if time.Since(t.last) < every {
		return
	}
	t.last = time.Now()
	if !live {
		fmt.Fprintln(t.err, line)
		return
	}
	t.drawn = true
	fmt.Fprintf(t.err, "\r\x1b[K%s", line)
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
