package dialogue

import (
	"strconv"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/own"
)

// largestItem is the longest value that a memcached with its default item limit of 1 MiB stores, with
// headroom for its own header.
const largestItem = 1<<20 - 1024

// Kinds of lines that are owed, with a key's last character behind them. An answer to get is
// several.
const (
	memcachedVersion  = iota // VERSION and a text of its own
	memcachedStored          // STORED
	memcachedDeleted         // DELETED
	memcachedNotFound        // NOT_FOUND
	memcachedEnd             // END
	memcachedValue           // VALUE, and the body with that number and size
	memcachedGets            // the same, and a number of its own
	numMemcachedKinds

	memcachedKey = 2 * more // times the key's last character
)

// memcachedWords are the first words of the lines.
var memcachedWords = [numMemcachedKinds]string{"VERSION", "STORED", "DELETED", "NOT_FOUND", "END",
	"VALUE", "VALUE"}

// memcachedClient speaks memcached's text protocol. Each value that it sets is one of a few of the
// link's own keys.
type memcachedClient struct {
	keyed
	lineReader
	data bool // bytes of now come
	now  body
	tail int    // bytes of the CRLF behind it still to come
	want []byte // what a line is compared with
}

// Begin implements own.Speaker. A body is set, with noreply if the odds leave 1 by 4. A wanted
// answer is got, by gets if they leave 2: a value of about that size, which is set first if there
// is none. With neither it is version, delete, or a get of several keys or of nothing. If the odds
// are 11, quit follows.
func (c *memcachedClient) Begin(dst []byte, size, answer int) []byte {
	if !c.Begins() {
		return dst
	}
	o := odds(c.number, size, answer)
	size, answer = min(size, largestItem), min(answer, largestItem)
	if size > 0 {
		dst = c.set(dst, c.number%keys, c.value(0, size), o&3 == 1)
	}
	if answer > 0 {
		at := nearest(&c.values, answer)
		if at < 0 {
			at = (c.number + keys/2) % keys
			dst = c.set(dst, at, c.value(1, answer), false)
		}
		command, kind := "get ", memcachedValue
		if o&3 == 2 {
			command, kind = "gets ", memcachedGets
		}
		c.askValue(kind, at)
		c.owed.add(memcachedEnd, 0, 0)
		dst = append(appendKey(append(dst, command...), c.link, '0'+byte(at)), "\r\n"...)
	}
	if size == 0 && answer == 0 {
		dst = c.small(dst, o)
	}
	if o == 11 {
		c.quit, c.ends = true, c.owed.len() == 0
		dst = append(dst, "quit\r\n"...)
	}
	c.number++
	return dst
}

// small says what has no body.
func (c *memcachedClient) small(dst []byte, o int) []byte {
	switch o & 3 {
	case 1: // what the link has not set may be there from a link before
		at, kind, key := c.number%keys, memcachedNotFound, byte('-')
		if c.values[at].set {
			kind, key = memcachedDeleted, '0'+byte(at)
		}
		c.values[at].set = false
		c.owed.add(kind, 0, 0)
		dst = appendKey(append(dst, "delete "...), c.link, key)
	case 2:
		dst = appendKey(append(dst, "get "...), c.link, '-')
		for i, v := range c.values {
			if v.set {
				c.askValue(memcachedValue, i)
				dst = appendKey(append(dst, ' '), c.link, '0'+byte(i))
			}
		}
		c.owed.add(memcachedEnd, 0, 0)
	case 3:
		c.owed.add(memcachedEnd, 0, 0)
		dst = appendKey(append(dst, "get "...), c.link, '-')
	default:
		c.owed.add(memcachedVersion, 0, 0)
		dst = append(dst, "version"...)
	}
	return append(dst, "\r\n"...)
}

// set sets a key to a new value.
func (c *memcachedClient) set(dst []byte, at int, v kept, noreply bool) []byte {
	c.values[at] = v
	b := v.body()
	dst = appendKey(append(dst, "set "...), c.link, '0'+byte(at))
	dst = strconv.AppendInt(append(dst, ' '), int64(flagsOf(v.number)), 10)
	dst = strconv.AppendInt(append(dst, " 0 "...), int64(v.size), 10)
	if noreply {
		dst = append(dst, " noreply"...)
	} else {
		c.owed.add(memcachedStored, 0, 0)
	}
	return append(b.appendTo(append(dst, "\r\n"...), v.size), "\r\n"...)
}

// flagsOf are the flags of the body with that number.
func flagsOf(number int) int { return number & 0xffff }

// askValue notes that the value of a key is owed.
func (c *memcachedClient) askValue(kind, at int) {
	c.owed.add(kind|more|int('0'+at)*memcachedKey, c.values[at].number, c.values[at].size)
}

// Hear implements own.Speaker.
func (c *memcachedClient) Hear(dst, p []byte) []byte {
	for c.wrong == "" {
		switch {
		case c.data:
			if p = c.body(p); c.data {
				return dst
			}
			continue
		case len(p) > 0 && c.owed.len() == 0:
			c.fault("an answer to nothing: it begins with %s", clause(p[:1]))
			return dst
		}
		line, rest, whole, why := c.take(p)
		p = rest
		switch {
		case why != "":
			c.fault("an answer with %s", why)
		case !whole:
			c.begun = c.begun || len(c.line) > 0
			return dst
		default:
			c.read(line)
		}
	}
	return dst
}

// body judges bytes of a value, and the CRLF behind it.
func (c *memcachedClient) body(p []byte) (rest []byte) {
	same := c.now.match(p)
	if p = p[same:]; c.now.left > 0 {
		if len(p) > 0 {
			size := c.owed.at(2)
			c.fault("byte %d of the %d of a value is wrong: %s", size-c.now.left+1, size, clause(p[:1]))
			c.data = false
		}
		return nil
	}
	for ; c.tail > 0 && len(p) > 0; c.tail-- {
		if p[0] != "\n\r"[c.tail-1] {
			c.fault("%s behind the %d bytes of a value; want CRLF", clause(p[:1]), c.owed.at(2))
			break
		}
		p = p[1:]
	}
	if c.data = c.tail > 0 && c.wrong == ""; !c.data && c.wrong == "" {
		c.settle()
	}
	return p
}

// read judges a line.
func (c *memcachedClient) read(line []byte) {
	kind, number, size := c.owed.oldest()
	want := append(c.want[:0], memcachedWords[kind%more]...)
	switch kind % more {
	case memcachedVersion:
		want = append(want, ' ')
		if len(line) > len(want) { // the text behind it is the program's own
			line = line[:len(want)]
		}
	case memcachedValue, memcachedGets:
		want = appendKey(append(want, ' '), c.link, byte(kind/memcachedKey))
		want = strconv.AppendInt(append(want, ' '), int64(flagsOf(number)), 10)
		want = strconv.AppendInt(append(want, ' '), int64(size), 10)
		if kind%more == memcachedGets {
			line = c.unstamped(line, len(want))
		}
	}
	c.want = want
	if string(line) != string(want) {
		c.fault("the line %s; want %s", clause(line), clause(want))
		return
	}
	if kind%more < memcachedValue {
		c.settle()
		return
	}
	c.begun = true
	c.data, c.now, c.tail = true, bodyOf(number, size), 2
}

// unstamped is a VALUE line without the number of the program's own at its end, if there is one.
func (c *memcachedClient) unstamped(line []byte, from int) []byte {
	if len(line) < from+2 || line[from] != ' ' {
		return line
	}
	if _, err := strconv.ParseUint(string(line[from+1:]), 10, 64); err != nil {
		return line
	}
	return line[:from]
}

// settle counts a line, and the answer if it was its last.
func (c *memcachedClient) settle() {
	kind, _, size := c.owed.oldest()
	if !c.owed.remove() {
		c.part = fold(c.part, uint64(kind))
		return
	}
	c.answered(uint64(kind), uint64(size))
	c.ends = c.quit && c.owed.len() == 0
}

// Owed implements own.Speaker.
func (c *memcachedClient) Owed() string {
	return c.owes(memcachedWords[:])
}

// Snapshot implements model.Snapshotter.
func (c *memcachedClient) Snapshot(s *model.Snapshot) {
	c.keyed.snapshot(s)
	s.Flags(&c.data)
	s.Bytes(&c.line)
	c.now.snapshot(s)
	s.Int(&c.tail)
}

var memcached = own.Dialogue{
	Name:  "memcached",
	About: "memcached's text protocol: set, get, gets, delete and version with values of up to 1 MiB, pipelined",
	New: func(at own.Place) own.Speaker {
		if at.Server {
			return &memcachedServer{}
		}
		return &memcachedClient{keyed: newKeyed(at.Link)}
	},
}
