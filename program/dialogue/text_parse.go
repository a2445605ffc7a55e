package dialogue

import (
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A textVerb is the first word of a line.
type textVerb uint8

const (
	textSend textVerb = iota
	textSendHex
	textSendBytes
	textExpect
	textExpectHex
	textExpectBytes
	textExpectUntil
	textExpectSent
	textSkipBytes
	textSkipUntil
	textExpectClose
	textClose
	textCloseWrite
	textPause
	textRepeat
	textEnd
	textClient
	textServer
	numTextVerbs
)

// A textArgument is what stands behind a verb.
type textArgument uint8

const (
	noArgument textArgument = iota
	textOf                  // text with escapes and variables
	hexOf                   // bytes in hex, spaces between them don't count
	countOf                 // a number of bytes, or a variable
	timesOf                 // a number of times, or nothing for without end
)

// textVerbs are the words, and what stands behind them.
var textVerbs = [numTextVerbs]struct {
	word     string
	argument textArgument
}{
	textSend: {"send", textOf}, textSendHex: {"send-hex", hexOf}, textSendBytes: {"send-bytes", countOf},
	textExpect: {"expect", textOf}, textExpectHex: {"expect-hex", hexOf},
	textExpectBytes: {"expect-bytes", countOf}, textExpectUntil: {"expect-until", textOf},
	textExpectSent: {"expect-sent", noArgument}, textSkipBytes: {"skip-bytes", countOf},
	textSkipUntil: {"skip-until", textOf}, textExpectClose: {"expect-close", noArgument},
	textClose: {"close", noArgument}, textCloseWrite: {"close-write", noArgument},
	textPause: {"pause", noArgument}, textRepeat: {"repeat", timesOf}, textEnd: {"end", noArgument},
	textClient: {"client", noArgument}, textServer: {"server", noArgument},
}

// sends and awaits say what a verb does; all else moves within the file.
func (v textVerb) sends() bool  { return v <= textSendBytes }
func (v textVerb) awaits() bool { return v >= textExpect && v <= textSkipUntil }

// The variables of a file.
const (
	varBody   = "BODY"   // the length that the workbench wants of this message
	varAnswer = "ANSWER" // the length that it wants of the answer
	varLink   = "LINK"   // the number of the link, from 0
	varTurn   = "TURN"   // how many times the workbench has let this side speak, from 1
)

// variables are all of them.
var variables = []string{varBody, varAnswer, varLink, varTurn}

// What a file may have at most: lines, repeats inside repeats, times of a repeat, and bytes that it
// says without waiting.
const (
	mostSteps = 10_000
	mostDepth = 8
	mostTimes = 1_000_000
	mostSaid  = 64 << 20
)

// A textPart is literal text, or the name of a variable.
type textPart struct{ text, variable string }

// A textStep is a line.
type textStep struct {
	verb  textVerb
	line  int
	parts []textPart // of text and hex; of a count, one part
	times int        // of a repeat, 0 for without end
	other int        // of a repeat its end's step, and the reverse
	depth int        // how many repeats are around it
}

// A textReader reads a file.
type textReader struct {
	file string
	line int
	ends [2][]textStep // of the client, of the server
	at   int           // whose lines come
	open []int         // the repeats that are not ended
	// Of the end whose lines come: the line that closes, the line that half-closes, and whether one
	// sent a body.
	closed, half int
	body         bool
}

// Parse reads a dialogue from the text of a file, of which the name is for errors and names the
// dialogue. Each line is a step. Client and server say which end the steps that follow belong to;
// without, it is the client. Empty lines, and those that begin with #, mean nothing.
//
//	send TEXT          says it. Escapes: \r \n \t \0 \s (a space) \\ \$ \xHH. No line end is added.
//	send-hex HEX       says these bytes.
//	send-bytes N       says N bytes of a pattern. N is a number, or $BODY or $ANSWER.
//	expect TEXT        the next bytes that are heard are these, no others.
//	expect-hex HEX     the same.
//	expect-bytes N     the next N bytes, whatever they are, but the same in each run.
//	expect-until TEXT  all bytes up to and with TEXT, whatever they are, but the same in each run.
//	expect-sent        the bytes of the last send-bytes come back.
//	skip-bytes N       the next N bytes are the program's own: a date, a version.
//	skip-until TEXT    so are all bytes up to and with TEXT.
//	pause              waits until the workbench lets this side speak.
//	repeat [N] ... end the lines between them N times, or without end.
//	close-write        says no more, and goes on to listen.
//	close              closes the link.
//	expect-close       the program closes the link here.
//
// A file that begins with send begins with a pause. Else nothing waits but pause and the lines that
// hear. In texts $BODY and $ANSWER are the lengths that the workbench wants, $LINK is the number of
// the link, and $TURN says how often this side was let speak.
func Parse(file, text string) (*own.Dialogue, error) {
	r := textReader{file: file}
	for line := range strings.Lines(text) {
		r.line++
		if err := r.read(strings.Trim(line, " \t\r\n")); err != nil {
			return nil, err
		}
	}
	if err := r.finish(); err != nil {
		return nil, err
	}
	if len(r.ends[0])+len(r.ends[1]) == 0 {
		return nil, r.errorf("got no lines; want some, such as send")
	}
	name := strings.ToLower(strings.TrimSuffix(path.Base(strings.ReplaceAll(file, `\`, "/")), path.Ext(file)))
	name = strings.Trim(strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, name), "-")
	if name == "" {
		name = "text"
	}
	return &own.Dialogue{Name: name, About: "the lines of " + path.Base(file), Finishes: r.half > 0, New: func(at own.Place) own.Speaker {
		end := 0
		if at.Server {
			end = 1
		}
		return newText(file, r.ends[end], at)
	}}, nil
}

// errorf is an error at the line that is read.
func (r *textReader) errorf(format string, args ...any) error {
	return fmt.Errorf("dialogue: %s:%d: %s", r.file, max(r.line, 1), fmt.Sprintf(format, args...))
}

// read reads a line.
func (r *textReader) read(line string) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	word, rest := line, ""
	if at := strings.IndexAny(line, " \t"); at >= 0 {
		word, rest = line[:at], line[at:]
	}
	verb := textVerb(slices.IndexFunc(textVerbs[:], func(v struct {
		word     string
		argument textArgument
	}) bool {
		return v.word == word
	}))
	if verb >= numTextVerbs {
		words := make([]string, numTextVerbs)
		for v := range numTextVerbs {
			words[v] = textVerbs[v].word
		}
		return r.errorf("got %q; want %s%s", word, oneOf(words), script.Suggest(word, words))
	}
	step := textStep{verb: verb, line: r.line, depth: len(r.open)}
	if err := r.argument(&step, strings.Trim(rest, " \t")); err != nil {
		return err
	}
	return r.add(step)
}

// argument reads what stands behind the verb.
func (r *textReader) argument(step *textStep, text string) (err error) {
	word := textVerbs[step.verb].word
	switch kind := textVerbs[step.verb].argument; {
	case kind == noArgument && text != "":
		return r.errorf("got %s with %q; want nothing behind it", word, text)
	case kind == timesOf:
		if text == "" {
			return nil
		}
		if step.times, err = strconv.Atoi(text); err != nil || step.times < 1 || step.times > mostTimes {
			return r.errorf("got %s %q; want a number from 1 to %d, or nothing", word, text, mostTimes)
		}
	case kind == countOf:
		if text == "$"+varBody || text == "$"+varAnswer {
			step.parts = []textPart{{variable: text[1:]}}
			return nil
		}
		if n, err := strconv.Atoi(text); err != nil || n < 0 || n > most {
			return r.errorf("got %s %q; want a number from 0 to %d, $BODY or $ANSWER", word, text, most)
		}
		step.parts = []textPart{{text: text}}
	case kind == hexOf:
		raw, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
		if err != nil || len(raw) == 0 {
			return r.errorf("got %s %q; want bytes in hex, such as 00 ff", word, text)
		}
		step.parts = []textPart{{text: string(raw)}}
	case kind == textOf:
		if text == "" {
			return r.errorf("got %s without a text; want one; a space is \\s", word)
		}
		step.parts, err = r.parts(text)
	}
	return err
}

// escapes are what a character behind a backslash means.
var escapes = map[byte]string{'r': "\r", 'n': "\n", 't': "\t", '0': "\x00", 's': " ", '\\': `\`, '$': "$"}

// parts reads a text with escapes and variables.
func (r *textReader) parts(text string) (parts []textPart, err error) {
	literal := ""
	for text != "" {
		at := strings.IndexAny(text, `\$`)
		if at < 0 {
			literal, text = literal+text, ""
			break
		}
		literal, text = literal+text[:at], text[at:]
		if text[0] == '$' {
			n := 1
			for n < len(text) && text[n] >= 'A' && text[n] <= 'Z' {
				n++
			}
			if name := text[1:n]; !slices.Contains(variables, name) {
				return nil, r.errorf("got $%s; want $%s; a dollar is \\$%s", name,
					strings.Join(variables, ", $"), script.Suggest(name, variables))
			}
			parts = append(parts, textPart{text: literal}, textPart{variable: text[1:n]})
			literal, text = "", text[n:]
			continue
		}
		meant, n := "", 2
		if len(text) > 1 {
			meant = escapes[text[1]]
		}
		if len(text) > 3 && text[1] == 'x' {
			raw, _ := hex.DecodeString(text[2:4])
			meant, n = string(raw), 4
		}
		if meant == "" {
			return nil, r.errorf("got %q; want \\r \\n \\t \\0 \\s \\\\ \\$ or \\x and two digits", text[:min(4, len(text))])
		}
		literal, text = literal+meant, text[n:]
	}
	return append(parts, textPart{text: literal}), nil
}

// add adds a step to its end's.
func (r *textReader) add(step textStep) error {
	steps := &r.ends[r.at]
	at := len(*steps)
	switch step.verb {
	case textClient, textServer:
		if err := r.finish(); err != nil {
			return err
		}
		r.at = int(step.verb - textClient)
		if len(r.ends[r.at]) > 0 {
			return r.errorf("got %s twice; want its lines together", textVerbs[step.verb].word)
		}
		r.closed, r.half, r.body = 0, 0, false
		return nil
	case textRepeat:
		if len(r.open) == mostDepth {
			return r.errorf("got %d repeats inside each other; want %d at most", mostDepth+1, mostDepth)
		}
		r.open = append(r.open, at)
	case textEnd:
		if len(r.open) == 0 {
			return r.errorf("got end; want a repeat before it")
		}
		step.other = r.open[len(r.open)-1]
		r.open = r.open[:len(r.open)-1]
		step.depth = len(r.open)
		(*steps)[step.other].other = at
	}
	if at == mostSteps {
		return r.errorf("got more than %d lines; want fewer", mostSteps)
	}
	*steps = append(*steps, step)
	return r.sensible(*steps)
}
