package dialogue

import (
	"bytes"
	"fmt"
)

// longestLine is the most that a line of a protocol has, in bytes.
const longestLine = 1 << 16

// A lineReader collects a line that comes in pieces.
type lineReader struct{ line []byte }

// take takes the next line without its CRLF, if it is whole. A line that is malformed has a why.
// The line is valid until the next call, and as long as p.
func (l *lineReader) take(p []byte) (line, rest []byte, whole bool, why string) {
	at := bytes.IndexByte(p, '\n')
	end := at + 1
	if at < 0 {
		end = len(p)
	}
	if len(l.line)+end > longestLine {
		return nil, nil, false, fmt.Sprintf("a line longer than %d bytes", longestLine)
	}
	if line = p[:end]; at < 0 || len(l.line) > 0 {
		l.line = append(l.line, line...)
		line = l.line
	}
	if at < 0 {
		return nil, nil, false, ""
	}
	l.line = l.line[:0]
	line, found := bytes.CutSuffix(line, []byte("\r\n"))
	if !found {
		return nil, nil, false, "a line that does not end in CRLF: " + clause(line)
	}
	return line, p[end:], true, ""
}
