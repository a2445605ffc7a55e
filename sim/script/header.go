package script

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
)

// A field is a line of a script's header. Reading and writing lie side by
// side, so that they can't disagree.
type field struct {
	key string
	// optional: the line may be missing, and is when get says "".
	optional bool
	get      func(s *Script) string
	set      func(s *Script, value string) error
}

// header is every line of the header, in canonical order.
var header = []field{
	nameField("pump", func(c *Config) *string { return &c.Pump }),
	nameField("peer", func(c *Config) *string { return &c.Peer }),
	nameField("engine", func(c *Config) *string { return &c.Engine }),
	peerEngineField(),
	nameField("scenario", func(c *Config) *string { return &c.Scenario }),
	choiceField("under", func(c *Config) *model.Role { return &c.Under },
		model.Client, model.Server),
	choiceField("tls", func(c *Config) *model.Version { return &c.Version },
		model.TLS12, model.TLS13),
	choiceField("transport", func(c *Config) *model.Transport { return &c.Transport },
		model.Pair, model.Attached),
	choiceField("trigger", func(c *Config) *model.Trigger { return &c.Trigger },
		model.Level, model.Edge, model.OneShot),
	{key: "links", get: getLinks, set: setLinks},
	{key: "seed", get: getSeed, set: setSeed},
	{key: "traits", optional: true, get: getTraits, set: setTraits},
	{key: "sizes", get: getSizes, set: setSizes},
	{key: "early", optional: true, get: getEarly, set: setEarly},
	{key: "property", optional: true, get: getProperty, set: setProperty},
	{key: "hash", optional: true, get: getHash, set: setHash},
	{key: "found", optional: true, get: getFound, set: setFound},
}

// fieldNamed is the index of a field, or an error that lists them.
func fieldNamed(key string) (int, error) {
	keys := make([]string, len(header))
	for i := range header {
		keys[i] = header[i].key
	}
	return pick("header line", key, keys)
}

func nameField(key string, at func(*Config) *string) field {
	return field{
		key: key,
		get: func(s *Script) string { return *at(&s.Config) },
		set: func(s *Script, value string) error {
			*at(&s.Config) = value
			return checkName(key, value)
		},
	}
}

// peerEngineField is left out when both ends have the same engine.
func peerEngineField() field {
	f := nameField("peer-engine", func(c *Config) *string { return &c.PeerEngine })
	f.optional = true
	f.get = func(s *Script) string {
		if s.Config.PeerEngine == s.Config.Engine {
			return ""
		}
		return s.Config.PeerEngine
	}
	return f
}

// checkName accepts what needs no quoting in a shell, a file name or a message.
func checkName(key, name string) error {
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

// choiceField is a field with a few values, written as their String says.
func choiceField[T fmt.Stringer](key string, at func(*Config) *T, all ...T) field {
	words := make([]string, len(all))
	for i, v := range all {
		words[i] = v.String()
	}
	return field{
		key: key,
		get: func(s *Script) string { return (*at(&s.Config)).String() },
		set: func(s *Script, value string) error {
			i, err := pick(key, value, words)
			*at(&s.Config) = all[i]
			return err
		},
	}
}

func getLinks(s *Script) string { return strconv.Itoa(s.Config.Links) }

func setLinks(s *Script, value string) error {
	n, err := number("links", value, 1, MaxLinks)
	s.Config.Links = int(n)
	return err
}

// maxEarly keeps early data that is sealed byte by byte within what a server
// throws away unopened.
const maxEarly = 600

// getEarly and setEarly: how much early data there may be, 0 for none.
func getEarly(s *Script) string {
	if s.Config.Early == 0 {
		return ""
	}
	return strconv.Itoa(s.Config.Early)
}

func setEarly(s *Script, value string) error {
	n, err := number("early", value, 1, maxEarly)
	s.Config.Early = int(n)
	return err
}

func getSeed(s *Script) string { return fmt.Sprintf("%#x", s.Config.Seed) }

func setSeed(s *Script, value string) (err error) {
	digits, base := value, 10
	if hex, ok := strings.CutPrefix(value, "0x"); ok {
		digits, base = hex, 16
	}
	if s.Config.Seed, err = strconv.ParseUint(digits, base, 64); err != nil {
		return unexpected("seed", value, "a number of 64 bits, like 0x1234 or 4660")
	}
	return nil
}

// getProperty and setProperty: the verdict, "none" for a clean run.
func getProperty(s *Script) string { return s.Property }

func setProperty(s *Script, value string) error {
	words := []string{oracle.NoProperty.String()}
	for _, p := range oracle.Properties() {
		words = append(words, p.Name)
	}
	s.Property = value
	_, err := pick("property", value, words)
	return err
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

// A trait is a flag of a Config: a word of the line "traits".
type trait struct {
	word string
	at   func(*Config) *bool
}

var traits = []trait{
	{"auth", func(c *Config) *bool { return &c.Auth }},
	{"answer-at-read", func(c *Config) *bool { return &c.AnswerAtRead }},
	{"refuse-reneg", func(c *Config) *bool { return &c.RefuseReneg }},
	{"ignore-reneg", func(c *Config) *bool { return &c.IgnoreReneg }},
	{"soft-refusal", func(c *Config) *bool { return &c.SoftRefusal }},
	{"whole-writes", func(c *Config) *bool { return &c.WholeWrites }},
	{"fixed-buffer", func(c *Config) *bool { return &c.FixedBuffer }},
	{"reentrant", func(c *Config) *bool { return &c.Reentrant }},
	{"stream", func(c *Config) *bool { return &c.Stream }},
	{"await-update", func(c *Config) *bool { return &c.AwaitUpdate }},
	{"hello-retry", func(c *Config) *bool { return &c.Retry }},
	{"resume", func(c *Config) *bool { return &c.Resume }},
	{"reject-early", func(c *Config) *bool { return &c.RejectEarly }},
	{"post-auth", func(c *Config) *bool { return &c.PostAuth }},
	{"hasty", func(c *Config) *bool { return &c.Hasty }},
	{"keeps-open", func(c *Config) *bool { return &c.KeepsOpen }},
	{"lasting-pause", func(c *Config) *bool { return &c.LastingPause }},
	{"strict-reneg", func(c *Config) *bool { return &c.StrictReneg }},
	{"eager-peer", func(c *Config) *bool { return &c.EagerPeer }},
	{"hostile", func(c *Config) *bool { return &c.Hostile }},
}

func getTraits(s *Script) string {
	var words []string
	for _, t := range traits {
		if *t.at(&s.Config) {
			words = append(words, t.word)
		}
	}
	return strings.Join(words, " ")
}

func setTraits(s *Script, value string) error {
	known := make([]string, len(traits))
	for i, t := range traits {
		known[i] = t.word
	}
	words := strings.Fields(value)
	if len(words) == 0 {
		return unexpected("traits", value, oneOf(known)+", or no such line")
	}
	for _, word := range words {
		i, err := pick("trait", word, known)
		if err != nil {
			return err
		}
		flag := traits[i].at(&s.Config)
		if *flag {
			return unexpected("trait", word, "each trait once")
		}
		*flag = true
	}
	return nil
}
