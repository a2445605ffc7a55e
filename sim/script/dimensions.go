package script

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model"
)

// A Dimension is one setting of a world: a row of the table below, which is the
// only place that knows it. The header of a script, its limits, the shrinker and
// check read the row.
//
// The value of a dimension is a number: 0 or 1 for a flag, the constant's value
// for a choice, bytes, ticks or a count for a size.
type Dimension struct {
	// Key is its word in a script, such as "hello-retry" or "bio".
	Key string
	// Line is the key of the header line that holds it: "traits" for flags,
	// "sizes" for most sizes, or the Key itself.
	Line string
	// Default is the value that a shrink prefers. In a world of defaults one link
	// has room for everything.
	Default int
	// Least and Most bound the value, both included. Zero: 0 is legal as well, and
	// means that there is none.
	Least, Most int
	Zero        bool
	// Optional: the word or line may be missing, which means the Default. Format
	// leaves it out then. A size that is added must be optional, for old scripts
	// lack it.
	Optional bool
	// Size: it has values between, which a shrink tries on the way to the default.
	// The others are tried at their default only.
	Size bool
	// Words are the values in words, from Least on; nil for a number.
	Words []string
	// Order is the place in which a shrink makes the dimension default: low ones
	// first. It also breaks ties between scripts. Leave gaps of 10. A row with
	// Order 0 is never changed.
	Order int
	// Applies says in which worlds it makes a difference; "" is in all.
	Applies string
	// Adapt, if not nil, makes the actions of a script fit the world in which the
	// dimension has become default.
	Adapt func([]Action) []Action

	get func(*Config) int
	set func(*Config, int)
	own *line // for a line with a form of its own: names and the seed
}

const (
	// maxBuffer bounds what a script can make a world allocate, for a script may
	// come from a stranger.
	maxBuffer = 1 << 20
	// MaxOnLink bounds each of a link's two buffers, in bytes: the storage of a
	// stream has to hold both, and the bytes that mutations add.
	MaxOnLink = 1 << 16
	// maxPlain is the longest plaintext of a record (RFC 8446, section 5.1).
	maxPlain = 1 << 14
	// minChain and maxChain bound a certificate chain (model.EngineConfig).
	minChain, maxChain = 300, 20000
	// maxTickets is plenty: OpenSSL sends two (SSL_CTX_set_num_tickets(3)).
	maxTickets = 255
	// maxEarly keeps early data that is sealed byte by byte within what a server
	// throws away unopened.
	maxEarly = 600
	// defaultPeer is the pump of the other end in a world of defaults.
	defaultPeer = "reference"
)

// rows is the table of dimensions, in the order of a script's header. To add a
// setting add its field to Config or Sizes, and a row here.
var rows = []Dimension{
	{Key: pump, Line: pump, own: &pumpLine},
	{Key: program, Line: program, own: &programLine},
	{Key: repeats, Line: repeats, own: &repeatsLine},
	peer(Dimension{Key: "peer", Order: 250}),
	name("engine", func(c *Config) *string { return &c.Engine }),
	{Key: "peer-engine", Line: "peer-engine", own: &peerEngineLine},
	name("scenario", func(c *Config) *string { return &c.Scenario }),
	{Key: "dialogue", Line: "dialogue", own: &dialogueLine},

	choice(Dimension{Key: "under", Default: int(model.Server), Order: 390, Adapt: mirrored},
		func(c *Config) *model.Role { return &c.Under }, model.Client, model.Server),
	choice(Dimension{Key: "tls", Default: int(model.TLS13), Order: 380},
		func(c *Config) *model.Version { return &c.Version }, model.TLS12, model.TLS13),
	choice(Dimension{Key: "transport", Default: int(model.Pair), Order: 240},
		func(c *Config) *model.Transport { return &c.Transport }, model.Pair, model.Attached),
	choice(Dimension{Key: "trigger", Default: int(model.Level), Order: 230},
		func(c *Config) *model.Trigger { return &c.Trigger },
		model.Level, model.Edge, model.OneShot),
	number(Dimension{Key: "links", Line: "links", Default: 1, Least: 1, Most: MaxLinks, Order: 10,
		Adapt: onFirstLink}, func(c *Config) *int { return &c.Links }),
	{Key: "seed", Line: "seed", own: &seedLine},

	flag(Dimension{Key: "auth", Order: 70, Applies: "links with certificates: chain is not 0"},
		func(c *Config) *bool { return &c.Auth }),
	flag(Dimension{Key: "answer-at-read", Order: 200, Applies: "TLS 1.3"},
		func(c *Config) *bool { return &c.AnswerAtRead }),
	flag(Dimension{Key: "refuse-reneg", Order: 110, Applies: "TLS 1.2"},
		func(c *Config) *bool { return &c.RefuseReneg }),
	flag(Dimension{Key: "ignore-reneg", Order: 120, Applies: "TLS 1.2"},
		func(c *Config) *bool { return &c.IgnoreReneg }),
	flag(Dimension{Key: "soft-refusal", Order: 100, Applies: "TLS 1.2, with refuse-reneg"},
		func(c *Config) *bool { return &c.SoftRefusal }),
	flag(Dimension{Key: "whole-writes", Order: 210},
		func(c *Config) *bool { return &c.WholeWrites }),
	flag(Dimension{Key: "fixed-buffer", Order: 220},
		func(c *Config) *bool { return &c.FixedBuffer }),
	flag(Dimension{Key: "reentrant", Order: 80}, func(c *Config) *bool { return &c.Reentrant }),
	flag(Dimension{Key: "stream", Order: 90}, func(c *Config) *bool { return &c.Stream }),
	flag(Dimension{Key: "await-update", Order: 130, Applies: "TLS 1.3"},
		func(c *Config) *bool { return &c.AwaitUpdate }),
	flag(Dimension{Key: "hello-retry", Order: 50, Applies: "TLS 1.3"},
		func(c *Config) *bool { return &c.Retry }),
	flag(Dimension{Key: "resume", Order: 40}, func(c *Config) *bool { return &c.Resume }),
	flag(Dimension{Key: "reject-early", Order: 30, Applies: "TLS 1.3, with early"},
		func(c *Config) *bool { return &c.RejectEarly }),
	flag(Dimension{Key: "post-auth", Order: 60, Applies: "TLS 1.3"},
		func(c *Config) *bool { return &c.PostAuth }),
	flag(Dimension{Key: "hasty", Order: 140}, func(c *Config) *bool { return &c.Hasty }),
	flag(Dimension{Key: "keeps-open", Order: 150}, func(c *Config) *bool { return &c.KeepsOpen }),
	flag(Dimension{Key: "lasting-pause", Order: 160},
		func(c *Config) *bool { return &c.LastingPause }),
	flag(Dimension{Key: "strict-reneg", Order: 170, Applies: "TLS 1.2, on the model"},
		func(c *Config) *bool { return &c.StrictReneg }),
	flag(Dimension{Key: "eager-peer", Order: 180}, func(c *Config) *bool { return &c.EagerPeer }),
	flag(Dimension{Key: "hostile", Order: 190, Applies: "peer engines that can attack"},
		func(c *Config) *bool { return &c.Hostile }),

	size(Dimension{Key: "bio", Default: 8192, Least: 1, Most: maxBuffer, Order: 370,
		Applies: "transport pair"}, func(z *Sizes) *int { return &z.Bio }),
	size(Dimension{Key: "pipe", Default: 8192, Least: 1, Most: maxBuffer, Order: 360},
		func(z *Sizes) *int { return &z.Pipe }),
	size(Dimension{Key: "queue", Default: 8192, Least: 1, Most: maxBuffer, Order: 300},
		func(z *Sizes) *int { return &z.Queue }),
	size(Dimension{Key: "chunk", Default: 8192, Least: 1, Most: maxBuffer, Order: 310},
		func(z *Sizes) *int { return &z.Chunk }),
	size(Dimension{Key: "flight", Default: 16384, Least: 1, Most: MaxOnLink, Order: 350},
		func(z *Sizes) *int { return &z.Flight }),
	size(Dimension{Key: "window", Default: 16384, Least: 1, Most: MaxOnLink, Order: 340},
		func(z *Sizes) *int { return &z.Window }),
	size(Dimension{Key: "record", Default: maxPlain, Least: 1, Most: maxPlain, Order: 320},
		func(z *Sizes) *int { return &z.Record }),
	size(Dimension{Key: "hello", Default: maxPlain, Least: 1, Most: maxPlain, Zero: true, Order: 330},
		func(z *Sizes) *int { return &z.Hello }),
	size(Dimension{Key: "chain", Least: minChain, Most: maxChain, Zero: true, Order: 270},
		func(z *Sizes) *int { return &z.Chain }),
	size(Dimension{Key: "client-chain", Least: minChain, Most: maxChain, Zero: true, Order: 260,
		Applies: "auth or post-auth"}, func(z *Sizes) *int { return &z.ClientChain }),
	size(Dimension{Key: "tickets", Most: maxTickets, Order: 280, Applies: "TLS 1.3"},
		func(z *Sizes) *int { return &z.Tickets }),
	size(Dimension{Key: "linger", Default: 16, Most: maxTicks, Order: 290},
		func(z *Sizes) *int { return &z.Linger }),

	number(Dimension{Key: "early", Line: "early", Least: 1, Most: maxEarly, Zero: true,
		Optional: true, Size: true, Order: 20, Applies: "TLS 1.3, with resume"},
		func(c *Config) *int { return &c.Early }),
}

// shrinkOrder are the rows that have a value, by their Order.
var shrinkOrder = func() (list []*Dimension) {
	for i := range rows {
		if rows[i].Order != 0 {
			list = append(list, &rows[i])
		}
	}
	slices.SortFunc(list, func(a, b *Dimension) int { return a.Order - b.Order })
	return list
}()

// Dimensions lists all settings of a world in the order in which a shrink makes
// them default. The names and the seed are none.
func Dimensions() []*Dimension { return shrinkOrder }

// DimensionNamed is the dimension with a key. It panics if there is none.
func DimensionNamed(key string) *Dimension {
	for _, d := range shrinkOrder {
		if d.Key == key {
			return d
		}
	}
	panic(fmt.Sprintf("sim: got dimension %q; want a key of the table in dimensions.go", key))
}

// Get is the dimension's value in a world.
func (d *Dimension) Get(c *Config) int { return d.get(c) }

// Set changes the value, without asking whether it is legal.
func (d *Dimension) Set(c *Config, value int) { d.set(c, value) }

// Legal says whether a script can have the value.
func (d *Dimension) Legal(value int) bool {
	return d.Least <= value && value <= d.Most || d.Zero && value == 0
}

// Check returns an *InputError if a dimension of the world has a value that no
// script can have.
func (c *Config) Check() error {
	for _, d := range shrinkOrder {
		if v := d.get(c); !d.Legal(v) {
			return unexpected(d.Key, strconv.Itoa(v), d.want())
		}
	}
	return nil
}

// String says for people which values there are, which is default, and where they
// make a difference: "1.2 or 1.3, default 1.3".
func (d *Dimension) String() string {
	values := fmt.Sprintf("%d to %d", d.Least, d.Most)
	switch {
	case d.Words != nil:
		values = strings.Join(d.Words, " or ")
	case d.Zero:
		values = "0, or " + values
	}
	text := values + ", default " + d.text(d.Default)
	if d.Applies != "" {
		text += "; applies to " + d.Applies
	}
	return text
}

// want says which values are legal.
func (d *Dimension) want() string {
	switch {
	case d.Words != nil:
		return oneOf(d.Words)
	case d.Zero:
		return "0, or " + numbers(d.Least, d.Most)
	}
	return numbers(d.Least, d.Most)
}

// text is a value as a script has it.
func (d *Dimension) text(value int) string {
	if i := value - d.Least; 0 <= i && i < len(d.Words) {
		return d.Words[i]
	}
	return strconv.Itoa(value)
}

// parse reads a value; ok is false if it is not legal.
func (d *Dimension) parse(word string) (value int, ok bool) {
	if d.Words != nil {
		i := slices.Index(d.Words, word)
		return d.Least + i, i >= 0
	}
	n, err := strconv.ParseUint(word, 10, 31)
	return int(n), err == nil && d.Legal(int(n))
}

// missing says whether Format leaves the dimension out.
func (d *Dimension) missing(c *Config) bool { return d.Optional && d.get(c) == d.Default }

// name is a row for a word that a catalog knows. It has no value.
func name(key string, at func(*Config) *string) Dimension {
	l := nameLine(key, at)
	return Dimension{Key: key, Line: key, own: &l}
}

// peer is the row of the other end's pump: 0 for the default one, 1 for another,
// which only a script's text can name.
func peer(d Dimension) Dimension {
	l := nameLine(d.Key, func(c *Config) *string { return &c.Peer })
	d.Line, d.own, d.Most, d.Words = d.Key, &l, 1, []string{defaultPeer, "another pump"}
	d.get = func(c *Config) int {
		if c.Peer == defaultPeer {
			return 0
		}
		return 1
	}
	d.set = func(c *Config, value int) {
		if value == 0 {
			c.Peer = defaultPeer
		}
	}
	return d
}

// flag is the row of a trait. Its default is off.
func flag(d Dimension, at func(*Config) *bool) Dimension {
	d.Line, d.Most, d.Optional, d.Words = traits, 1, true, []string{"off", "on"}
	d.get = func(c *Config) int {
		if *at(c) {
			return 1
		}
		return 0
	}
	d.set = func(c *Config, value int) { *at(c) = value != 0 }
	return d
}

// choice is the row of one of a few constants, which follow each other.
func choice[T interface {
	~uint8
	fmt.Stringer
}](d Dimension, at func(*Config) *T, all ...T) Dimension {
	d.Line, d.Least, d.Most = d.Key, int(all[0]), int(all[len(all)-1])
	for _, value := range all {
		d.Words = append(d.Words, value.String())
	}
	d.get = func(c *Config) int { return int(*at(c)) }
	d.set = func(c *Config, value int) { *at(c) = T(value) }
	return d
}

// number is the row of a number.
func number(d Dimension, at func(*Config) *int) Dimension {
	d.get = func(c *Config) int { return *at(c) }
	d.set = func(c *Config, value int) { *at(c) = value }
	return d
}

// size is the row of a number of the line "sizes".
func size(d Dimension, at func(*Sizes) *int) Dimension {
	d.Line, d.Size = sizes, true
	return number(d, func(c *Config) *int { return at(&c.Sizes) })
}

// onFirstLink moves what happens on the second link to the first, and leaves
// the rest out, if it is on the second that most happens.
func onFirstLink(actions []Action) (out []Action) {
	second := 0
	for _, a := range actions {
		if a.On > 1 {
			second++
		}
	}
	if 2*second < len(actions) {
		return actions
	}
	for _, a := range actions {
		if a.On > 1 || a.Verb == Tick {
			a.On &= 1
			out = append(out, a)
		}
	}
	return out
}

// mirrored gives each end the other's actions.
func mirrored(actions []Action) (out []Action) {
	for _, a := range actions {
		if a.Verb != Tick {
			a.On = a.On.Peer()
		}
		out = append(out, a)
	}
	return out
}
