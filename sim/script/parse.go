package script

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parse reads a script from a stream; name stands for the stream in messages.
// Whatever the stream holds, only one line and the script itself are kept in
// memory, and no more than 64 MiB are read. Every error is an *InputError.
func Parse(r io.Reader, name string) (*Script, error) {
	p := &parser{in: bufio.NewReaderSize(r, maxLine+len("\r\n")), s: &Script{}}
	for i := range rows {
		if d := &rows[i]; d.Optional {
			d.set(&p.s.Config, d.Default)
		}
	}
	for _, part := range [...]func() error{p.version, p.story, p.header, p.actions} {
		if err := part(); err != nil {
			return nil, p.locate(err, name)
		}
	}
	return p.s, nil
}

// A parser reads line by line.
type parser struct {
	in   *bufio.Reader
	text string // the line at hand, without spaces around it
	line int    // its number
	size int    // bytes read
	end  bool   // there are no more lines
	seen uint   // lines of the header that were read, a bit each
	s    *Script
}

// locate adds the place to an error.
func (p *parser) locate(err error, name string) error {
	var in *InputError
	if !errors.As(err, &in) {
		in = &InputError{Msg: "cannot be read: " + err.Error(), cause: err}
	}
	in.File, in.Line = name, p.line
	return in
}

// next goes on to the next line.
func (p *parser) next() error {
	raw, err := p.in.ReadSlice('\n')
	p.text, p.end = "", len(raw) == 0 && err == io.EOF
	if !p.end {
		p.line++
	}
	p.size += len(raw)
	raw = trimEOL(raw)
	switch {
	case err == bufio.ErrBufferFull || len(raw) > maxLine:
		return &InputError{Msg: fmt.Sprintf(
			"got a line of more than %d bytes; want shorter ones", maxLine)}
	case err != nil && err != io.EOF:
		return err
	case p.size > maxScript:
		return &InputError{Msg: fmt.Sprintf(
			"got more than %d MiB; want a script of at most that", maxScript>>20)}
	}
	p.text = strings.TrimSpace(string(raw))
	return checkText(p.text)
}

func trimEOL(raw []byte) []byte {
	if n := len(raw); n > 0 && raw[n-1] == '\n' {
		raw = raw[:n-1]
	}
	if n := len(raw); n > 0 && raw[n-1] == '\r' {
		raw = raw[:n-1]
	}
	return raw
}

// checkText refuses characters that a terminal would obey or an editor would hide.
func checkText(text string) error {
	for i, r := range text {
		broken := r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd")
		if broken || unprintable(r) {
			return &InputError{Msg: fmt.Sprintf(
				"got byte %#02x in column %d; want UTF-8 text", text[i], i+1)}
		}
	}
	return nil
}

// version reads the first line. The file can be anything, so the line is compared
// before it is treated as text.
func (p *parser) version() error {
	raw, err := p.in.ReadSlice('\n')
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return err
	}
	p.line, p.size = 1, len(raw)
	got := strings.TrimRight(string(trimEOL(raw)), " \t")
	switch {
	case got == versionLine():
		return nil
	case strings.HasPrefix(got, scriptPrefix) && isNumber(got[len(scriptPrefix):]):
		return &InputError{Msg: fmt.Sprintf(
			"got %s; this build reads version %d", quote(got), scriptVersion)}
	case len(raw) == 0:
		return &InputError{Msg: fmt.Sprintf(
			"not a script: got an empty file; want %q", versionLine())}
	}
	return &InputError{Msg: fmt.Sprintf(
		"not a script: got %s; want %q", quote(got), versionLine())}
}

func isNumber(word string) bool {
	_, err := strconv.ParseUint(word, 10, 64)
	return err == nil
}

// story reads the comment that begins in the second line. It leaves the first line
// after the comment at hand.
func (p *parser) story() error {
	for {
		if err := p.next(); err != nil {
			return err
		}
		line, ok := strings.CutPrefix(p.text, "#")
		if !ok {
			return nil
		}
		if len(p.s.Story) == maxStory {
			return &InputError{Msg: fmt.Sprintf(
				"got a story of more than %d lines; want a shorter one", maxStory)}
		}
		p.s.Story = append(p.s.Story, strings.TrimPrefix(line, " "))
	}
}

// header reads "key: value" lines up to the first empty one.
func (p *parser) header() error {
	for !p.end {
		if p.text == "" && p.seen != 0 {
			break
		}
		if p.text != "" && p.text[0] != '#' {
			if err := p.headerLine(); err != nil {
				return err
			}
		}
		if err := p.next(); err != nil {
			return err
		}
	}
	return p.complete()
}

func (p *parser) headerLine() error {
	key, value, ok := strings.Cut(p.text, ":")
	if !ok {
		return unexpected("line", p.text, `"key: value", or an empty line before the actions`)
	}
	i, err := lineNamed(strings.TrimSpace(key))
	if err != nil {
		return err
	}
	if p.seen>>i&1 != 0 {
		return unexpected("header line", header[i].key, "each of them once")
	}
	p.seen |= 1 << i
	return header[i].set(p.s, strings.TrimSpace(value))
}

// complete checks the header as a whole.
func (p *parser) complete() error {
	var required []string
	seen := map[string]bool{}
	for i := range header {
		if !header[i].optional {
			required = append(required, header[i].key)
		}
		seen[header[i].key] = p.seen>>i&1 != 0
	}
	if p.s.Config.PeerEngine == "" {
		p.s.Config.PeerEngine = p.s.Config.Engine
	}
	if seen[pump] && seen[program] {
		return unexpected("header line", pump, "no pump beside a program, or no program")
	}
	if seen[repeats] && !seen[program] {
		return unexpected("header line", repeats, "it beside a program, whose memory is weighed")
	}
	seen[pump] = seen[pump] || seen[program]
	return complete("a header", required, func(key string) bool { return seen[key] })
}

// actions reads the rest of the script.
func (p *parser) actions() error {
	for !p.end {
		if p.text != "" && p.text[0] != '#' {
			if err := p.action(); err != nil {
				return err
			}
		}
		if err := p.next(); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) action() error {
	if len(p.s.Actions) == maxActions {
		return &InputError{Msg: fmt.Sprintf(
			"got more than %d actions; want at most that", maxActions)}
	}
	a, err := parseAction(p.text, p.s.Config.Links)
	if err != nil {
		return err
	}
	if program := p.s.Config.Foreign(a.On); !a.Fits(program) {
		return misplaced(a, program)
	}
	p.s.Actions = append(p.s.Actions, a)
	p.s.Lines = append(p.s.Lines, p.line)
	return nil
}

// misplaced is the error of an action that can't be done at an end of its kind.
func misplaced(a Action, program bool) error {
	here, there := "a pump", "a program"
	if program {
		here, there = there, here
	}
	return unexpected("action", a.String(), fmt.Sprintf("it at an end with %s: at the %s stands %s",
		there, a.On, here))
}
