package differential

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model"
)

// An op is what a call does.
type op uint8

const (
	// These call the engine's methods of these names.
	opHandshake op = iota
	opShutdown
	opRenegotiate
	opClearErrors
	opAuthenticate
	// opAsk and opUpdate call KeyUpdate, with update_requested and without.
	opAsk
	opUpdate
	// opRead reads into n bytes.
	opRead
	// opWrite offers n bytes. If a write has to be repeated, it offers the same bytes from the same
	// place and n more.
	opWrite
	// opMoved repeats a write from another address.
	opMoved
	// opShorter repeats a write with n bytes less.
	opShorter
	// opWriteEarly offers n bytes of early data, or repeats the last offer. opReadEarly reads into
	// n bytes.
	opWriteEarly
	opReadEarly
	// opDrain moves n bytes from the end's output buffer onto the way to its peer.
	opDrain
	// opFeed gives the end n bytes of those on the way to it.
	opFeed
	// opFeedRecord gives it the rest of the record that is arriving.
	opFeedRecord
	// opDamage flips a bit in the last byte of the next sealed record on the way to the end. It
	// does so only if all of the record is there and no handshake runs.
	opDamage
	// opFin ends the stream to an attached end.
	opFin

	numOps
)

var opText = [numOps]string{"handshake", "shutdown", "renegotiate", "clear-errors",
	"authenticate", "keyupdate-requested", "keyupdate", "read", "write", "write-moved",
	"write-shorter", "write-early", "read-early", "drain", "feed", "feed-record", "damage", "fin"}

// String is the op's word.
func (o op) String() string {
	if o < numOps {
		return opText[o]
	}
	return fmt.Sprintf("op(%d)", uint8(o))
}

// counts reports whether a call of the op has a number of bytes.
func (o op) counts() bool {
	switch o {
	case opRead, opWrite, opMoved, opShorter, opWriteEarly, opReadEarly, opDrain, opFeed:
		return true
	}
	return false
}

// endsEarly reports whether no early data may be written after a call of the op.
func (o op) endsEarly() bool {
	switch o {
	case opHandshake, opRead, opWrite, opMoved, opShorter:
		return true
	}
	return false
}

// A call is one action on one end of a pair.
type call struct {
	op op
	on model.Role
	n  int // bytes
}

// all is the most bytes that a call moves.
const all = 1 << 15

// String is the call as a report shows it: "server read 16384".
func (c call) String() string {
	if c.op.counts() {
		return fmt.Sprintf("%s %s %d", c.on, c.op, c.n)
	}
	return fmt.Sprintf("%s %s", c.on, c.op)
}

// parseCalls reads calls as [call.String] writes them, with commas between them. A call without its
// number of bytes moves all. "shake" is a handshake with room for everything.
func parseCalls(text string) (calls []call, err error) {
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "shake" {
			calls = append(calls, shake()...)
			continue
		}
		c, err := parseCall(strings.Fields(part))
		if err != nil {
			return nil, fmt.Errorf("differential: got call %q; want end, verb and bytes: %w", part, err)
		}
		calls = append(calls, c)
	}
	return calls, nil
}

// parseCall reads the words of one call.
func parseCall(words []string) (c call, err error) {
	if len(words) < 2 || len(words) > 3 {
		return c, fmt.Errorf("got %d words; want 2 or 3", len(words))
	}
	switch words[0] {
	case "client":
	case "server":
		c.on = model.Server
	default:
		return c, fmt.Errorf("got end %q; want client or server", words[0])
	}
	verb := slices.Index(opText[:], words[1])
	if verb < 0 {
		return c, fmt.Errorf("got verb %q; want one of %v", words[1], opText)
	}
	if c.op = op(verb); c.op.counts() {
		c.n = all
	}
	if len(words) == 3 {
		c.n, err = strconv.Atoi(words[2])
	}
	return c, err
}

// shake is the calls of a handshake: the flights of client and server, three times.
func shake() (calls []call) {
	for range 3 {
		for _, role := range []model.Role{model.Client, model.Server} {
			calls = append(calls, call{opFeed, role, all}, call{op: opHandshake, on: role},
				call{opDrain, role, all})
		}
	}
	return calls
}
