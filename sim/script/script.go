package script

import (
	"slices"
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
	// maxActions bounds what a reader keeps, and maxScript how many bytes it reads.
	// A log or a disk image that is given by mistake is refused early.
	maxActions = 1_000_000
	maxScript  = 64 << 20
)

// A Script is a run as text: what the world is built from and the actions of the
// workload, in order. It means the same on every engine, and does not depend on the
// generator that found it.
type Script struct {
	Config Config
	// Property is the recorded verdict: the name of the violated property, or
	// "none" for a clean run. Empty: the script was not judged yet.
	Property string
	// Hash is the end of the recorded run's hash chain; 0 means unknown.
	Hash uint64
	// Found is how it was found.
	Found Discovery
	// Story tells people what happens, one line of text each.
	Story   []string
	Actions []Action
	// Lines are the source lines of the actions, counted from 1. It is as long as
	// Actions if the script was read, and nil if it was made.
	Lines []int
}

// A Discovery is how a script was found.
type Discovery struct {
	// Schedules is how many the hunt took, the failing one included. 0 means that
	// it is not known.
	Schedules uint64
	// Strategy is that of the hunt. Scenario is the one that the hunt was bound
	// to; empty means that it drew from all.
	Strategy, Scenario string
}

// Format is the script's canonical text. Parse makes an equal script of it, except
// for Lines, and Format gives the same text for that. Control characters of the
// story become spaces, and its long lines are broken.
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

// Line is the source line of action i, or 0 if the script was made, not read.
func (s *Script) Line(i int) int {
	if i < len(s.Lines) {
		return s.Lines[i]
	}
	return 0
}

func versionLine() string { return scriptPrefix + strconv.Itoa(scriptVersion) }

// storyLines breaks a story into lines that Parse reads back unchanged.
//
// Story 92: a story quoted a panic that had a line break in it. The part after the
// break got no # in the script, and was an unknown header line on replay.
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

// printable replaces what can't stand in a line of a script.
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

// Clone is a copy that shares nothing with s.
func (s *Script) Clone() *Script {
	c := *s
	c.Story, c.Actions, c.Lines = slices.Clone(s.Story), slices.Clone(s.Actions), slices.Clone(s.Lines)
	return &c
}
