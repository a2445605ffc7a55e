package script

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
)

// A Verb is a kind of action: the first word of a script's line. An end can do at most 16
// of them: a reader needs no manual, and the verbs of four ends fit the 64 bits of
// sim.Enabled. Those of a program's end are others than those of a pump's: see Fits.
type Verb uint8

const (
	// Deliver moves bytes in flight toward an end into its receive buffer. Arg is
	// how many: OneByte, Part, Record, All, or Bytes plus a count.
	Deliver Verb = iota
	// Poll lets the loop call the end's pump with what is ready. At a program's end a wait
	// returns. Arg 1 is Alone: it reports this end's events and no others that are ready.
	Poll
	// Write lets the app write a message: Arg bytes of body, answered by a
	// message of Arg2 bytes of body (0: not answered).
	Write
	// Pause stops the app's reading.
	Pause
	// Resume starts it again.
	Resume
	// Renegotiate lets the app begin a new handshake. In TLS 1.3, which has no
	// renegotiation, a server's app asks for the client's certificate instead.
	Renegotiate
	// KeyUpdate lets the app send a KeyUpdate; Arg 1 is with update_requested. From 2 on Arg2 is how
	// many of them, one behind the other.
	KeyUpdate
	// Shut lets the app half-close: it has nothing more to write.
	Shut
	// Close lets the app close.
	Close
	// Spurious calls the pump with readiness that is not there. Arg is the set of
	// model.Events.
	Spurious
	// Window closes the receive window of an end for Arg ticks.
	Window
	// Reset breaks the link, as seen by the end when it is delivered.
	Reset
	// Fin ends the stream toward the end, as a host or proxy that dies does.
	Fin
	// Mutate changes the next record in flight toward the end: Arg is the
	// Mutation, Arg2 its parameter.
	Mutate
	// Tick advances virtual time by Arg ticks.
	Tick
	// Attack lets the end's engine do what no honest library does: Arg is the
	// attack.Attack, Arg2 its argument. Only the peer of a hostile world can.
	Attack

	// The verbs from here on are done at a program's end only, where its kernel is ours.

	// Squeeze makes the end's send buffer small: it has room for Arg bytes in all.
	Squeeze
	// Ease gives it its size back.
	Ease
	// Split lets the next write of a vector take no more than Arg of its pieces.
	Split
	// Thread lets the program's thread Arg go first from now on, counted from 0 in the order
	// of their creation, round and round.
	Thread

	// NumVerbs is how many verbs there are.
	NumVerbs
)

var verbText = [NumVerbs]string{
	"deliver", "poll", "write", "pause", "resume", "renegotiate", "keyupdate",
	"shut", "close", "spurious", "window", "reset", "fin", "mutate", "tick",
	"attack", "squeeze", "ease", "split", "thread",
}

// verbAbout says in a clause what each verb does.
var verbAbout = [NumVerbs]string{
	Deliver:     "bytes in flight toward the end arrive: so many, or up to half a record, a record, or all",
	Poll:        "the loop calls the end's pump with what is ready; a program's wait returns, alone: for this end only",
	Write:       "the app writes a message with that body, and wants an answer with that body; 0: none",
	Pause:       "the app stops reading",
	Resume:      "the app reads again",
	Renegotiate: "the app begins a new handshake; in TLS 1.3 a server asks for the client's certificate",
	KeyUpdate:   "the app sends a KeyUpdate, which asks for one or not",
	Shut:        "the app half-closes: it has nothing more to write",
	Close:       "the app closes",
	Spurious:    "the pump is called with readiness that is not there",
	Window:      "the end's receive window is closed for that long",
	Reset:       "the link breaks, as the end sees when it is delivered",
	Fin:         "the stream toward the end ends, as when a host or proxy dies",
	Mutate:      "the next record in flight toward the end is changed",
	Tick:        "time passes",
	Attack:      "the end's engine does what no honest library does",
	Squeeze:     "the send buffer of a program's end has room for so many bytes in all",
	Ease:        "the send buffer of a program's end has its size again",
	Split:       "the next write of a vector at a program's end takes so many of its pieces",
	Thread:      "this thread of a program goes first from now on",
}

// Foreign says whether only a program's end can do the verb.
func (v Verb) Foreign() bool { return v >= Squeeze }

// ofApps are the verbs of our apps and engines, which a program's end can't do.
const ofApps = 1<<Write | 1<<Pause | 1<<Resume | 1<<Renegotiate | 1<<KeyUpdate | 1<<Shut | 1<<Close | 1<<Attack

// Fits says whether the action can be done at an end of this kind: one where a program
// stands, or one with a pump.
func (a Action) Fits(program bool) bool {
	if program {
		return a.Verb.Foreign() || ofApps>>a.Verb&1 == 0
	}
	return !a.Verb.Foreign() && (a.Verb != Poll || a.Arg == 0)
}

// About says in a clause what the verb does.
func (v Verb) About() string { return verbAbout[v] }

// Usage is how a line with the verb looks: "write END BODY [ANSWER]".
func (v Verb) Usage() string { return v.String() + [2]string{"", " END"}[ends(v)] + grammar[v].args }

// String is the verb's word.
func (v Verb) String() string {
	if v < NumVerbs {
		return verbText[v]
	}
	return fmt.Sprintf("Verb(%d)", uint8(v))
}

// How much Deliver moves, in words that mean the same on every engine. Values from
// Bytes on are counts: Bytes+n is n bytes.
const (
	// OneByte is a single byte.
	OneByte = iota
	// Part is up to the middle of what is left of the record that is arriving.
	Part
	// Record is up to the end of the record that is arriving.
	Record
	// All is all there is.
	All
	// Bytes is where counts begin.
	Bytes
)

// MaxLinks is how many links a world can have.
const MaxLinks = 2

// An End is an endpoint of a world: the client's end of link i is 2i, the
// server's 2i+1.
type End uint8

// String is the end's word: client, server, client2, server2.
func (e End) String() string {
	word := [2]string{"client", "server"}[e&1]
	if e > 1 {
		return fmt.Sprintf("%s%d", word, e/2+1)
	}
	return word
}

// Peer is the other end of the same link.
func (e End) Peer() End { return e ^ 1 }

// An Action is one thing that happens: a line of a script.
type Action struct {
	Verb Verb
	On   End
	Arg  uint32
	Arg2 uint32
}

const (
	// maxAmount is the most bytes that one action moves or writes.
	maxAmount = 1 << 20
	// maxTicks is the longest wait of one action.
	maxTicks = 1_000_000
	// maxPieces is the most pieces that a vector can have: IOV_MAX of Linux.
	maxPieces = 1024
	// maxThread is the highest number of a thread in a script.
	maxThread = 4095
)

// A syntax says what follows a verb and its end. Reading and writing lie side by
// side, so that they can't disagree.
type syntax struct {
	args        string // for people
	least, most int    // how many words
	show        func(dst []byte, a Action) []byte
	read        func(a *Action, words []string) error
}

var (
	pollSyntax = syntax{args: " [alone]", most: 1,
		show: showPoll, read: readPoll}
	sizeSyntax = syntax{args: " BYTES", least: 1, most: 1,
		show: showTicks, read: readSize}
	piecesSyntax = syntax{args: " PIECES", least: 1, most: 1,
		show: showTicks, read: readPieces}
	threadSyntax = syntax{args: " N", least: 1, most: 1,
		show: showTicks, read: readThread}
	amountSyntax = syntax{args: " byte|part|record|all|N", least: 1, most: 1,
		show: showAmount, read: readAmount}
	messageSyntax = syntax{args: " BODY ANSWER", least: 2, most: 2,
		show: showMessage, read: readMessage}
	updateSyntax = syntax{args: " requested|quiet [N]", least: 1, most: 2,
		show: showUpdate, read: readUpdate}
	eventsSyntax = syntax{args: " read|write|read+write", least: 1, most: 1,
		show: showEvents, read: readEvents}
	ticksSyntax = syntax{args: " TICKS", least: 1, most: 1,
		show: showTicks, read: readTicks}
	attackSyntax = syntax{args: " ITEM [N]", least: 1, most: 2,
		show: showAttack, read: readAttack}
	mutationSyntax = syntax{args: " KIND [N]", least: 1, most: 2,
		show: showMutation, read: readMutation}
)

// grammar is the syntax of each verb. The zero syntax is for verbs with no
// argument but the end.
var grammar = [NumVerbs]syntax{
	Deliver:   amountSyntax,
	Poll:      pollSyntax,
	Write:     messageSyntax,
	KeyUpdate: updateSyntax,
	Spurious:  eventsSyntax,
	Window:    ticksSyntax,
	Mutate:    mutationSyntax,
	Tick:      ticksSyntax,
	Attack:    attackSyntax,
	Squeeze:   sizeSyntax,
	Split:     piecesSyntax,
	Thread:    threadSyntax,
}

// String is the action as a line of a script: "deliver server all".
func (a Action) String() string { return string(a.appendText(nil)) }

func (a Action) appendText(dst []byte) []byte {
	dst = append(dst, a.Verb.String()...)
	if ends(a.Verb) == 1 {
		dst = append(append(dst, ' '), a.On.String()...)
	}
	if a.Verb < NumVerbs && grammar[a.Verb].show != nil && (a.Verb != Poll || a.Arg != 0) {
		dst = grammar[a.Verb].show(append(dst, ' '), a)
	}
	return dst
}

// ParseAction reads an action from a line of a script; a # begins a comment. The
// error is an *InputError without file and line. A tick belongs to no end: its On
// is 0.
func ParseAction(line string) (Action, error) {
	if err := checkText(line); err != nil {
		return Action{}, err
	}
	return parseAction(line, MaxLinks)
}

// parseAction reads an action of a world with that many links.
func parseAction(line string, links int) (a Action, err error) {
	line, _, _ = strings.Cut(line, "#")
	words := strings.Fields(line)
	if len(words) == 0 {
		return a, unexpected("line", line, "an action: "+oneOf(verbText[:]))
	}
	verb, err := pick("verb", words[0], verbText[:])
	if err != nil {
		return a, err
	}
	a.Verb = Verb(verb)
	syn, args := &grammar[verb], words[1:]
	if n := len(args) - ends(a.Verb); n < syn.least || n > syn.most {
		return a, unexpected("line", strings.Join(words, " "), strconv.Quote(a.Verb.Usage()))
	}
	if ends(a.Verb) == 1 {
		on, err := pick("end", args[0], endWords[:2*links])
		if err != nil {
			return a, err
		}
		a.On, args = End(on), args[1:]
	}
	if syn.read != nil {
		err = syn.read(&a, args)
	}
	return a, err
}

// ends is how many ends a verb names: none for a tick, for time passes for all.
func ends(v Verb) int {
	if v == Tick {
		return 0
	}
	return 1
}

// endWords are the ends' words. Those of the first n links are the first 2n.
var endWords = func() (words [2 * MaxLinks]string) {
	for i := range words {
		words[i] = End(i).String()
	}
	return words
}()

// amountText are the words for amounts, by value.
var amountText = [Bytes]string{"byte", "part", "record", "all"}

func showAmount(dst []byte, a Action) []byte {
	if a.Arg < Bytes {
		return append(dst, amountText[a.Arg]...)
	}
	return appendNumber(dst, a.Arg-Bytes)
}

func readAmount(a *Action, words []string) error {
	if n, err := readNumber("amount", words[0], 1, maxAmount); err == nil {
		a.Arg = Bytes + n
		return nil
	}
	i, err := pick("amount", words[0], amountText[:])
	if err != nil {
		return unexpected("amount", words[0],
			oneOf(amountText[:])+", or "+numbers(1, maxAmount))
	}
	a.Arg = uint32(i)
	return nil
}

func showMessage(dst []byte, a Action) []byte {
	return appendNumber(append(appendNumber(dst, a.Arg), ' '), a.Arg2)
}

func readMessage(a *Action, words []string) (err error) {
	if a.Arg, err = readNumber("body", words[0], 0, maxAmount); err != nil {
		return err
	}
	a.Arg2, err = readNumber("answer", words[1], 0, maxAmount)
	return err
}

// updateText are KeyUpdate's words by value: request_update of RFC 8446,
// section 4.6.3.
var updateText = [...]string{"quiet", "requested"}

func showUpdate(dst []byte, a Action) []byte {
	dst = append(dst, updateText[a.Arg&1]...)
	if a.Arg2 < 2 {
		return dst
	}
	return appendNumber(append(dst, ' '), a.Arg2)
}

func readUpdate(a *Action, words []string) error {
	i, err := pick("key update", words[0], updateText[:])
	if a.Arg = uint32(i); err == nil && len(words) > 1 {
		a.Arg2, err = readNumber("key updates", words[1], 2, mostUpdates)
	}
	return err
}

// mostUpdates is how many KeyUpdates one action sends at most.
const mostUpdates = 1 << 10

// eventWords are the words of the event sets, from value 1.
var eventWords = [...]string{
	model.Readable.String(), model.Writable.String(),
	(model.Readable | model.Writable).String(),
}

func showEvents(dst []byte, a Action) []byte {
	return append(dst, (model.Events(a.Arg) & (model.Readable | model.Writable)).String()...)
}

func readEvents(a *Action, words []string) error {
	i, err := pick("events", words[0], eventWords[:])
	a.Arg = uint32(i) + 1
	return err
}

// alone is the word of a wait that reports one end's events only.
const alone = "alone"

func showPoll(dst []byte, a Action) []byte { return append(dst, alone...) }

func readPoll(a *Action, words []string) (err error) {
	if len(words) == 1 {
		a.Arg = 1
		_, err = pick("word", words[0], []string{alone})
	}
	return err
}

func readSize(a *Action, words []string) (err error) {
	a.Arg, err = readNumber("size", words[0], 1, MaxOnLink)
	return err
}

func readPieces(a *Action, words []string) (err error) {
	a.Arg, err = readNumber("pieces", words[0], 1, maxPieces)
	return err
}

func readThread(a *Action, words []string) (err error) {
	a.Arg, err = readNumber("thread", words[0], 0, maxThread)
	return err
}

func showTicks(dst []byte, a Action) []byte { return appendNumber(dst, a.Arg) }

// readTicks takes 0 too, which is where halving ends.
func readTicks(a *Action, words []string) (err error) {
	a.Arg, err = readNumber("ticks", words[0], 0, maxTicks)
	return err
}

// showMutation leaves out a parameter of 0, for half the mutations have none.
func showMutation(dst []byte, a Action) []byte {
	dst = append(dst, Mutation(min(a.Arg, math.MaxUint8)).String()...)
	if a.Arg2 == 0 {
		return dst
	}
	return appendNumber(append(dst, ' '), a.Arg2)
}

func readMutation(a *Action, words []string) error {
	i, err := pick("mutation", words[0], mutationText[:])
	if err != nil {
		return err
	}
	a.Arg = uint32(i)
	if len(words) == 2 {
		a.Arg2, err = readNumber("parameter", words[1], 0, math.MaxUint32)
	}
	return err
}

// attackText are the attacks' words by value.
var attackText = func() (words []string) {
	for a := range attack.Count {
		words = append(words, a.String())
	}
	return words
}()

// showAttack leaves out an argument of 0, for half the attacks have none.
func showAttack(dst []byte, a Action) []byte {
	dst = append(dst, attack.Attack(min(a.Arg, math.MaxUint8)).String()...)
	if a.Arg2 == 0 {
		return dst
	}
	return appendNumber(append(dst, ' '), a.Arg2)
}

func readAttack(a *Action, words []string) error {
	i, err := pick("attack", words[0], attackText)
	if err != nil {
		return err
	}
	a.Arg = uint32(i)
	switch argument := attack.Attack(i).Argument(); {
	case len(words) < 2:
		return nil
	case argument == "":
		return unexpected("argument", words[1], "none: "+words[0]+" has none")
	default:
		a.Arg2, err = readNumber(argument, words[1], 0, attack.Max)
		return err
	}
}

func appendNumber(dst []byte, n uint32) []byte { return strconv.AppendUint(dst, uint64(n), 10) }
