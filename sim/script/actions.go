package script

import (
	"math"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/attack"
)

const (
	// maxAmount is the most bytes that one action moves or writes.
	maxAmount = 1 << 20
	// maxTicks is the longest wait of one action.
	maxTicks = 1_000_000
)

// A syntax is what stands behind a verb and its end. Reading and writing lie
// side by side, so that a line means the same to both.
type syntax struct {
	args        string // for people
	least, most int    // how many words
	show        func(dst []byte, a Action) []byte
	read        func(a *Action, words []string) error
}

var (
	amountSyntax = syntax{args: " byte|part|record|all|N", least: 1, most: 1,
		show: showAmount, read: readAmount}
	messageSyntax = syntax{args: " BODY ANSWER", least: 2, most: 2,
		show: showMessage, read: readMessage}
	updateSyntax = syntax{args: " requested|quiet", least: 1, most: 1,
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

// grammar is the syntax of each verb; the zero syntax is that of a verb which
// only needs its end.
var grammar = [NumVerbs]syntax{
	Deliver:   amountSyntax,
	Write:     messageSyntax,
	KeyUpdate: updateSyntax,
	Spurious:  eventsSyntax,
	Window:    ticksSyntax,
	Mutate:    mutationSyntax,
	Tick:      ticksSyntax,
	Attack:    attackSyntax,
}

// String is the action as a line of a script: "deliver server all".
func (a Action) String() string { return string(a.appendText(nil)) }

func (a Action) appendText(dst []byte) []byte {
	dst = append(dst, a.Verb.String()...)
	if ends(a.Verb) == 1 {
		dst = append(append(dst, ' '), a.On.String()...)
	}
	if a.Verb < NumVerbs && grammar[a.Verb].show != nil {
		dst = grammar[a.Verb].show(append(dst, ' '), a)
	}
	return dst
}

// ParseAction reads an action from a line of a script; a # begins a comment.
// The error is an *InputError without file and line. A tick is no end's: its
// On is 0.
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
		return a, unexpected("line", strings.Join(words, " "), usage(a.Verb))
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

// ends is how many ends a verb names: time passes for all of them alike.
func ends(v Verb) int {
	if v == Tick {
		return 0
	}
	return 1
}

// usage is how a line with the verb has to look.
func usage(v Verb) string {
	return strconv.Quote(v.String() + [2]string{"", " END"}[ends(v)] + grammar[v].args)
}

// endWords are the ends in order; those of the first n links are the first 2n.
var endWords = func() (words [2 * MaxLinks]string) {
	for i := range words {
		words[i] = End(i).String()
	}
	return words
}()

// pick finds a word among those that are allowed.
func pick(what, got string, words []string) (int, error) {
	for i, w := range words {
		if w == got {
			return i, nil
		}
	}
	return 0, unexpected(what, got, oneOf(words))
}

// amountText are the words for amounts, by value.
var amountText = [Bytes]string{"byte", "part", "record", "all"}

func showAmount(dst []byte, a Action) []byte {
	if a.Arg < Bytes {
		return append(dst, amountText[a.Arg]...)
	}
	return appendNumber(dst, a.Arg-Bytes)
}

func readAmount(a *Action, words []string) error {
	if n, err := number("amount", words[0], 1, maxAmount); err == nil {
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
	if a.Arg, err = number("body", words[0], 0, maxAmount); err != nil {
		return err
	}
	a.Arg2, err = number("answer", words[1], 0, maxAmount)
	return err
}

// updateText are KeyUpdate's words by value: request_update of RFC 8446,
// section 4.6.3.
var updateText = [...]string{"quiet", "requested"}

func showUpdate(dst []byte, a Action) []byte {
	if a.Arg == 1 {
		return append(dst, updateText[1]...)
	}
	return append(dst, updateText[0]...)
}

func readUpdate(a *Action, words []string) error {
	i, err := pick("key update", words[0], updateText[:])
	a.Arg = uint32(i)
	return err
}

// eventWords are the event sets that a loop can be wrong about, from value 1.
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

func showTicks(dst []byte, a Action) []byte { return appendNumber(dst, a.Arg) }

// readTicks takes 0 too: it is where a shrinker that halves ends.
func readTicks(a *Action, words []string) (err error) {
	a.Arg, err = number("ticks", words[0], 0, maxTicks)
	return err
}

// showMutation leaves a parameter of 0 out: half the mutations have none.
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
		a.Arg2, err = number("parameter", words[1], 0, math.MaxUint32)
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

// showAttack leaves out what is 0: half the attacks have no argument.
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
		a.Arg2, err = number(argument, words[1], 0, attack.Max)
		return err
	}
}

func appendNumber(dst []byte, n uint32) []byte { return strconv.AppendUint(dst, uint64(n), 10) }
