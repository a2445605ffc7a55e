package script

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A line is a line of a script's header. Reading and writing lie side by side,
// so that they can't disagree.
type line struct {
	key string
	// optional: the line may be missing, and is when get says "".
	optional bool
	get      func(s *Script) string
	set      func(s *Script, value string) error
}

// The keys of the two lines that hold several dimensions, of the two of which a header has one, and of
// one that only a program's has.
const (
	traits  = "traits"
	sizes   = "sizes"
	pump    = "pump"
	program = "program"
	repeats = "repeats"
)

// header is every line of the header, in canonical order: what the world is, and
// what came of the run.
var header = append(worldLines(),
	line{key: "property", optional: true, get: getProperty, set: setProperty},
	line{key: "hash", optional: true, get: getHash, set: setHash},
	line{key: "found", optional: true, get: getFound, set: setFound})

// worldLines are the lines of the table of dimensions.
func worldLines() (lines []line) {
	for i := range rows {
		switch d := &rows[i]; {
		case len(lines) > 0 && lines[len(lines)-1].key == d.Line: // it is there already
		case d.own != nil:
			lines = append(lines, *d.own)
		case d.Line == traits:
			lines = append(lines, line{key: traits, optional: true, get: getTraits, set: setTraits})
		case d.Line == sizes:
			lines = append(lines, line{key: sizes, get: getSizes, set: setSizes})
		default:
			lines = append(lines, ownLine(d))
		}
	}
	return lines
}

// rowsOf are the dimensions of a line.
func rowsOf(key string) (list []*Dimension) {
	for i := range rows {
		if rows[i].Line == key {
			list = append(list, &rows[i])
		}
	}
	return list
}

func keysOf(dimensions []*Dimension) []string {
	keys := make([]string, len(dimensions))
	for i, d := range dimensions {
		keys[i] = d.Key
	}
	return keys
}

// lineNamed is the index of a header line, or an error that lists them.
func lineNamed(key string) (int, error) {
	keys := make([]string, len(header))
	for i := range header {
		keys[i] = header[i].key
	}
	return pick("header line", key, keys)
}

// ownLine is the line of a dimension that has one for itself.
func ownLine(d *Dimension) line {
	return line{key: d.Key, optional: d.Optional,
		get: func(s *Script) string {
			if d.missing(&s.Config) {
				return ""
			}
			return d.text(d.get(&s.Config))
		},
		set: func(s *Script, word string) error {
			value, ok := d.parse(word)
			if !ok {
				return unexpected(d.Key, word, d.want())
			}
			d.set(&s.Config, value)
			return nil
		}}
}

// nameLine is the line of a name.
func nameLine(key string, at func(*Config) *string) line {
	return line{key: key,
		get: func(s *Script) string { return *at(&s.Config) },
		set: func(s *Script, value string) error {
			*at(&s.Config) = value
			return CheckName(key, value)
		}}
}

// CheckName accepts what needs no quoting in a shell, a file name or a message. The error is an
// *InputError that begins with the key.
func CheckName(key, name string) error {
	const most = 80
	ok := name != "" && len(name) <= most
	for _, c := range []byte(name) {
		ok = ok && ('a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._/", c) >= 0)
	}
	if !ok {
		return unexpected(key, name, fmt.Sprintf("1 to %d of a-z, 0-9, -, ., _ and /", most))
	}
	return nil
}

// pumpLine is left out when a program is under test.
var pumpLine = nameLine(pump, func(c *Config) *string { return &c.Pump })

// programLine is "program: nginx 1.22.1". It stands in the place of the pump's line.
// Story 181: a program of the user's own has no version that anybody knows, and the parser wanted one:
// no script that was saved of it could be read.
var programLine = line{key: program, optional: true,
	get: func(s *Script) string {
		return strings.TrimSpace(s.Config.Program + " " + s.Config.ProgramVersion)
	},
	set: func(s *Script, value string) error {
		words := strings.Fields(value)
		if len(words) != 1 && len(words) != 2 {
			return unexpected(program, value, `"NAME" or "NAME VERSION"`)
		}
		s.Config.Program, s.Config.ProgramVersion = words[0], ""
		if err := CheckName(program, words[0]); err != nil || len(words) == 1 {
			return err
		}
		s.Config.ProgramVersion = words[1]
		return checkVersion(words[1])
	}}

// leastRepeats is the fewest of which anything can be said: what some runs leave behind may be a buffer
// that is kept for the next. mostRepeats bounds what a script of a stranger's costs.
const leastRepeats, mostRepeats = 64, 4096

// repeatsLine is left out of scripts that run once.
var repeatsLine = line{key: repeats, optional: true,
	get: func(s *Script) string {
		if s.Config.Repeats == 0 {
			return ""
		}
		return strconv.Itoa(s.Config.Repeats)
	},
	set: func(s *Script, value string) error {
		n, err := readNumber(repeats, value, leastRepeats, mostRepeats)
		s.Config.Repeats = int(n)
		return err
	}}

// checkVersion accepts what packages and programs have as versions.
func checkVersion(word string) error {
	const most = 80
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune("-.+~:_", r))
	}
	if len(word) > most || strings.ContainsFunc(word, odd) {
		return unexpected("version", word, fmt.Sprintf("1 to %d letters, digits and -.+~:_", most))
	}
	return nil
}

// peerEngineLine is left out when both ends have the same engine.
var peerEngineLine = func() line {
	l := nameLine("peer-engine", func(c *Config) *string { return &c.PeerEngine })
	l.optional = true
	l.get = func(s *Script) string {
		if s.Config.PeerEngine == s.Config.Engine {
			return ""
		}
		return s.Config.PeerEngine
	}
	return l
}()

// dialogueLine is left out when the apps speak memcached's protocol.
var dialogueLine = func() line {
	l := nameLine("dialogue", func(c *Config) *string { return &c.Dialogue })
	l.optional = true
	return l
}()

// seedLine is written in hexadecimal and read in that or in decimal.
var seedLine = line{key: "seed",
	get: func(s *Script) string { return fmt.Sprintf("%#x", s.Config.Seed) },
	set: func(s *Script, value string) (err error) {
		digits, base := value, 10
		if hex, ok := strings.CutPrefix(value, "0x"); ok {
			digits, base = hex, 16
		}
		if s.Config.Seed, err = strconv.ParseUint(digits, base, 64); err != nil {
			return unexpected("seed", value, "a number of 64 bits, like 0x1234 or 4660")
		}
		return nil
	}}

// getTraits is the line "traits": the flags that are on.
func getTraits(s *Script) string {
	var words []string
	for _, d := range rowsOf(traits) {
		if d.get(&s.Config) != 0 {
			words = append(words, d.Key)
		}
	}
	return strings.Join(words, " ")
}

func setTraits(s *Script, value string) error {
	flags := rowsOf(traits)
	known := keysOf(flags)
	words := strings.Fields(value)
	if len(words) == 0 {
		return unexpected(traits, value, oneOf(known)+", or no such line")
	}
	for _, word := range words {
		i, err := pick("trait", word, known)
		if err != nil {
			return err
		}
		if flags[i].get(&s.Config) != 0 {
			return unexpected("trait", word, "each trait once")
		}
		flags[i].set(&s.Config, 1)
	}
	return nil
}

// getSizes is the line "sizes": key=value for each.
func getSizes(s *Script) string {
	var words []string
	for _, d := range rowsOf(sizes) {
		if !d.missing(&s.Config) {
			words = append(words, d.Key+"="+d.text(d.get(&s.Config)))
		}
	}
	return strings.Join(words, " ")
}

func setSizes(s *Script, value string) error {
	all := rowsOf(sizes)
	seen := map[string]bool{}
	for _, word := range strings.Fields(value) {
		d, err := setSize(&s.Config, all, word)
		if err != nil {
			return err
		}
		if seen[d.Key] {
			return unexpected("size", d.Key, "each size once")
		}
		seen[d.Key] = true
	}
	var required []string
	for _, d := range all {
		if !d.Optional {
			required = append(required, d.Key)
		}
	}
	return complete(sizes, required, func(key string) bool { return seen[key] })
}

// setSize reads one word and says which size it was.
func setSize(c *Config, all []*Dimension, word string) (*Dimension, error) {
	key, text, ok := strings.Cut(word, "=")
	if !ok {
		return nil, unexpected("size", word, `"key=value"`)
	}
	i, err := pick("size", key, keysOf(all))
	if err != nil {
		return nil, err
	}
	d := all[i]
	value, ok := d.parse(text)
	if !ok {
		return nil, unexpected("size", word, d.want())
	}
	d.set(c, value)
	return d, nil
}

// complete is an error that names the required keys that were not seen, or nil.
func complete(where string, required []string, seen func(key string) bool) error {
	var gone []string
	for _, key := range required {
		if !seen(key) {
			gone = append(gone, key)
		}
	}
	if gone == nil {
		return nil
	}
	return &InputError{Msg: "got " + where + " without " + strings.Join(gone, ", ") +
		"; want all of " + strings.Join(required, ", ")}
}

// getProperty and setProperty: the verdict, "none" for a clean run. It may be a property of
// the pump's author, so who runs the script says whether there is one of that name.
func getProperty(s *Script) string { return s.Property }

func setProperty(s *Script, value string) error {
	s.Property = value
	return CheckName("property", value)
}

func getHash(s *Script) string {
	if s.Hash == 0 {
		return ""
	}
	return fmt.Sprintf("%016x", s.Hash)
}

func setHash(s *Script, value string) (err error) {
	if s.Hash, err = strconv.ParseUint(value, 16, 64); err != nil || len(value) != 16 {
		return unexpected("hash", value, "16 hexadecimal digits")
	}
	return nil
}

// anyScenario is the word for the scenario of a hunt that drew from all.
const anyScenario = "any"

// getFound is the line "found": schedules=53 strategy=portfolio scenario=any.
func getFound(s *Script) string {
	f := &s.Found
	if f.Schedules == 0 {
		return ""
	}
	scenario := f.Scenario
	if scenario == "" {
		scenario = anyScenario
	}
	return fmt.Sprintf("schedules=%d strategy=%s scenario=%s", f.Schedules, f.Strategy, scenario)
}

func setFound(s *Script, value string) error {
	words := strings.Fields(value)
	keys := [...]string{"schedules=", "strategy=", "scenario="}
	if len(words) != len(keys) {
		return unexpected("found", value, `"schedules=N strategy=NAME scenario=NAME"`)
	}
	for i, key := range keys {
		text, ok := strings.CutPrefix(words[i], key)
		if !ok {
			return unexpected("found", words[i], `"`+key+`..."`)
		}
		words[i] = text
	}
	n, err := readNumber("schedules", words[0], 1, math.MaxUint32)
	s.Found = Discovery{Schedules: uint64(n), Strategy: words[1]}
	if words[2] != anyScenario {
		s.Found.Scenario = words[2]
	}
	if err == nil {
		err = CheckName("strategy", strings.ReplaceAll(words[1], ":", "-"))
	}
	if err == nil {
		err = CheckName("scenario", words[2])
	}
	return err
}
