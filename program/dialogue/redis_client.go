package dialogue

import (
	"strconv"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
)

// Kinds of values that are owed. An answer to MGET is several.
const (
	redisPing = iota // +PONG
	redisSet         // +OK
	redisQuit        // +OK
	redisIncr        // :number
	redisMget        // *number
	redisEcho        // the body with that number and size
	redisGet         // the body with that number and size
	redisNone        // nil
	numRedisKinds
)

// redisNames are the commands.
var redisNames = [numRedisKinds]string{"PING", "SET", "QUIT", "INCR", "MGET", "ECHO", "GET", "GET"}

// redisClient speaks RESP2. Each value that it sets is one of a few of the link's own keys.
type redisClient struct {
	keyed
	in  respParser
	now body // of the bulk that comes
}

// Begin implements own.Speaker. A body is set, or echoed if the odds leave 1 by 4. A wanted answer
// is got: a value of about that size, which is set first if there is none. With neither it is
// PING, INCR, MGET or a GET of nothing. If the odds are 11, QUIT follows.
func (c *redisClient) Begin(dst []byte, size, answer int) []byte {
	if !c.Begins() {
		return dst
	}
	size, answer = min(size, most), min(answer, most)
	o := odds(c.number, size, answer)
	switch {
	case size > 0 && o&3 == 1:
		v := c.value(0, size)
		b := v.body()
		c.owed.add(redisEcho, v.number, size)
		dst = appendBulk(append(dst, "*2\r\n$4\r\nECHO\r\n"...), size)
		dst = append(b.appendTo(dst, size), "\r\n"...)
	case size > 0:
		dst = c.set(dst, c.number%keys, c.value(0, size))
	}
	if answer > 0 {
		at := nearest(&c.values, answer)
		if at < 0 {
			at = (c.number + keys/2) % keys
			dst = c.set(dst, at, c.value(1, answer))
		}
		c.owed.add(redisGet, c.values[at].number, c.values[at].size)
		dst = c.command(dst, "*2\r\n$3\r\nGET\r\n", '0'+byte(at))
	}
	if size == 0 && answer == 0 {
		dst = c.small(dst, o)
	}
	if o == 11 {
		c.quit = true
		c.owed.add(redisQuit, 0, 0)
		dst = append(dst, "*1\r\n$4\r\nQUIT\r\n"...)
	}
	c.number++
	return dst
}

// small says what has no body.
func (c *redisClient) small(dst []byte, o int) []byte {
	switch o & 3 {
	case 1: // INCR of a number that was set before
		c.owed.add(redisSet, 0, 0)
		c.owed.add(redisIncr, c.number+1, 0)
		dst = c.command(dst, "*3\r\n$3\r\nSET\r\n", 'n')
		digits := strconv.Itoa(c.number)
		dst = append(append(appendBulk(dst, len(digits)), digits...), "\r\n"...)
		return c.command(dst, "*2\r\n$4\r\nINCR\r\n", 'n')
	case 2:
		return c.several(dst)
	case 3:
		c.owed.add(redisNone, 0, 0)
		return c.command(dst, "*2\r\n$3\r\nGET\r\n", '-')
	}
	c.owed.add(redisPing, 0, 0)
	if o == 8 { // an inline command, as a person types it
		return append(dst, "PING\r\n"...)
	}
	return append(dst, "*1\r\n$4\r\nPING\r\n"...)
}

// several gets all values of the link, and one that nobody sets.
//
// Story 109: a client that asked for keys before it had set them wanted nil. A program that lives
// longer than a link has their values from a link before.
func (c *redisClient) several(dst []byte) []byte {
	number := 1
	for _, v := range c.values {
		if v.set {
			number++
		}
	}
	c.owed.add(redisMget|more, number, 0)
	dst = append(strconv.AppendInt(append(dst, '*'), int64(number)+1, 10), "\r\n$4\r\nMGET\r\n"...)
	for i, v := range c.values {
		if v.set {
			c.owed.add(redisGet|more, v.number, v.size)
			dst = c.command(dst, "", '0'+byte(i))
		}
	}
	c.owed.add(redisNone, 0, 0)
	return c.command(dst, "", '-')
}

// set sets a key to a new value.
func (c *redisClient) set(dst []byte, at int, v kept) []byte {
	c.values[at] = v
	b := v.body()
	c.owed.add(redisSet, 0, 0)
	dst = appendBulk(c.command(dst, "*3\r\n$3\r\nSET\r\n", '0'+byte(at)), v.size)
	return append(b.appendTo(dst, v.size), "\r\n"...)
}

// command appends the begin of a command, and one of the link's keys.
func (c *redisClient) command(dst []byte, begin string, key byte) []byte {
	dst = append(dst, begin...)
	at := len(dst)
	dst = appendKey(dst, c.link, key)
	n := len(dst) - at
	dst = appendKey(appendBulk(dst[:at], n), c.link, key)
	return append(dst, "\r\n"...)
}

// appendBulk appends the line before a bulk.
func appendBulk(dst []byte, size int) []byte {
	return append(strconv.AppendInt(append(dst, '$'), int64(size), 10), "\r\n"...)
}

// Hear implements own.Speaker.
func (c *redisClient) Hear(dst, p []byte) []byte {
	for c.wrong == "" {
		if len(p) > 0 && c.owed.len() == 0 {
			c.fault("an answer to nothing: it begins with %s", clause(p[:1]))
			break
		}
		part, piece, rest := c.in.next(p)
		p = rest
		if part == respMore {
			c.begun = c.begun || c.in.begun()
			break
		}
		kind, number, size := c.owed.oldest()
		name := redisNames[kind&^more]
		switch part {
		case respBad:
			c.fault("the answer to %s has %s", name, c.in.why)
		case respError:
			c.fault("the error %s to %s", clause(c.in.text), name)
		case respBulk:
			c.bulk(kind, number, size)
		case respPiece:
			if same := c.now.match(piece); same < len(piece) {
				c.fault("byte %d of the %d in the answer to %s is wrong: %s", size-c.now.left+1, size, name,
					clause(piece[same:same+1]))
			}
		case respEnd:
			c.settle(kind, size)
		default:
			c.plain(part, kind, number)
		}
	}
	return dst
}

// plain judges a value that is no bulk.
func (c *redisClient) plain(part respPart, kind, number int) {
	want := "+OK"
	switch kind &^ more {
	case redisPing:
		want = "+PONG"
	case redisIncr:
		want = ":" + strconv.Itoa(number)
	case redisMget:
		want = "*" + strconv.Itoa(number)
	case redisEcho, redisGet, redisNone:
		want = "a bulk"
	}
	types := [...]string{respText: "+", respNumber: ":", respArray: "*"}
	if got := types[part] + string(c.in.text); got != want {
		c.fault("%s to %s; want %s", clause([]byte(got)), redisNames[kind&^more], want)
		return
	}
	c.settle(kind, number)
}

// bulk judges how long a bulk is.
func (c *redisClient) bulk(kind, number, size int) {
	want := size
	switch kind &^ more {
	case redisNone:
		want = -1
	case redisEcho, redisGet:
		c.now = bodyOf(number, size)
	default:
		want = -2
	}
	switch {
	case want == -2:
		c.fault("a bulk to %s; want none", redisNames[kind&^more])
	case want != c.in.number:
		c.fault("a bulk of %d bytes to %s; want %d", c.in.number, redisNames[kind&^more], want)
	case want < 0:
		c.settle(kind, 0)
	}
}

// settle counts a value, and the answer if it was its last.
func (c *redisClient) settle(kind, size int) {
	if !c.owed.remove() {
		c.begun = true
		c.part = fold(c.part, uint64(kind))
		return
	}
	c.answered(uint64(kind), uint64(size))
	c.ends = kind == redisQuit
}

// Owed implements own.Speaker.
func (c *redisClient) Owed() string {
	return c.owes(redisNames[:])
}

// Snapshot implements model.Snapshotter.
func (c *redisClient) Snapshot(s *model.Snapshot) {
	c.keyed.snapshot(s)
	c.in.snapshot(s)
	c.now.snapshot(s)
}

var redis = own.Dialogue{
	Name:  "redis",
	About: "RESP2: PING, ECHO, SET, GET, INCR and MGET with values of up to 1 MiB, pipelined",
	New: func(at own.Place) own.Speaker {
		if at.Server {
			return &redisServer{in: respParser{inline: true}}
		}
		return &redisClient{keyed: newKeyed(at.Link)}
	},
}
