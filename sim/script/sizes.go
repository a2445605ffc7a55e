package script

import (
	"strconv"
	"strings"
)

// A size is a word of the line "sizes": key=value.
type size struct {
	key    string
	lo, hi uint32
	// zero: 0 is allowed too, and means that there is none.
	zero bool
	at   func(*Sizes) *int
}

// MaxOnLink bounds each of a link's two buffers, in bytes: the storage of a
// stream has to hold both, and the bytes that mutations add.
const MaxOnLink = 1 << 16

const (
	// maxBuffer bounds what a script can make a world allocate: a script may
	// come from a stranger.
	maxBuffer = 1 << 20
	// maxPlain is the longest plaintext of a record (RFC 8446, section 5.1).
	maxPlain = 1 << 14
	// minChain and maxChain bound a certificate chain, as model.EngineConfig
	// says.
	minChain, maxChain = 300, 20000
	// maxTickets is plenty: OpenSSL sends two (SSL_CTX_set_num_tickets(3)).
	maxTickets = 255
)

// sizes is every word of the line, in canonical order.
var sizes = []size{
	{"bio", 1, maxBuffer, false, func(z *Sizes) *int { return &z.Bio }},
	{"pipe", 1, maxBuffer, false, func(z *Sizes) *int { return &z.Pipe }},
	{"queue", 1, maxBuffer, false, func(z *Sizes) *int { return &z.Queue }},
	{"chunk", 1, maxBuffer, false, func(z *Sizes) *int { return &z.Chunk }},
	{"flight", 1, MaxOnLink, false, func(z *Sizes) *int { return &z.Flight }},
	{"window", 1, MaxOnLink, false, func(z *Sizes) *int { return &z.Window }},
	{"record", 1, maxPlain, false, func(z *Sizes) *int { return &z.Record }},
	{"hello", 1, maxPlain, true, func(z *Sizes) *int { return &z.Hello }},
	{"chain", minChain, maxChain, true, func(z *Sizes) *int { return &z.Chain }},
	{"client-chain", minChain, maxChain, true, func(z *Sizes) *int { return &z.ClientChain }},
	{"tickets", 0, maxTickets, false, func(z *Sizes) *int { return &z.Tickets }},
	{"linger", 0, maxTicks, false, func(z *Sizes) *int { return &z.Linger }},
}

func getSizes(s *Script) string {
	words := make([]string, len(sizes))
	for i, z := range sizes {
		words[i] = z.key + "=" + strconv.Itoa(*z.at(&s.Config.Sizes))
	}
	return strings.Join(words, " ")
}

func setSizes(s *Script, value string) error {
	seen := uint(0)
	for _, word := range strings.Fields(value) {
		i, err := setSize(&s.Config.Sizes, word)
		if err != nil {
			return err
		}
		if seen>>i&1 != 0 {
			return unexpected("size", sizes[i].key, "each size once")
		}
		seen |= 1 << i
	}
	return missing("sizes", sizeKeys(), func(i int) bool { return seen>>i&1 == 0 })
}

// setSize reads one word and says which size it was.
func setSize(to *Sizes, word string) (int, error) {
	key, value, ok := strings.Cut(word, "=")
	if !ok {
		return 0, unexpected("size", word, `"key=value"`)
	}
	i, err := pick("size", key, sizeKeys())
	if err != nil {
		return 0, err
	}
	n, err := sizes[i].read(value)
	*sizes[i].at(to) = int(n)
	return i, err
}

// read reads the size's value.
func (z *size) read(value string) (uint32, error) {
	if z.zero && value == "0" {
		return 0, nil
	}
	n, err := number("", value, z.lo, z.hi)
	if err == nil {
		return n, nil
	}
	want := numbers(z.lo, z.hi)
	if z.zero {
		want = "0, or " + want
	}
	return 0, unexpected("size", z.key+"="+value, want)
}

func sizeKeys() []string {
	keys := make([]string, len(sizes))
	for i := range sizes {
		keys[i] = sizes[i].key
	}
	return keys
}

// missing is an error that names the keys that lack, or nil.
func missing(where string, keys []string, lacks func(i int) bool) error {
	var gone []string
	for i, key := range keys {
		if lacks(i) {
			gone = append(gone, key)
		}
	}
	if gone == nil {
		return nil
	}
	return &InputError{Msg: "got " + where + " without " + strings.Join(gone, ", ") +
		"; want all of " + strings.Join(keys, ", ")}
}
