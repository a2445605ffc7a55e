package dialogue

import (
	"bytes"
	"strconv"

	"github.com/wantwrite/wantwrite/model"
)

// memcachedServer keeps values for its link, and speaks memcached's text protocol.
type memcachedServer struct {
	server
	shelf
	lineReader
	text   []byte   // of the command whose value comes
	words  [][]byte // of text
	value  []byte   // of a set, with its CRLF
	left   int      // bytes of value still to come
	stores bool     // a value comes
}

// Hear implements own.Speaker.
func (m *memcachedServer) Hear(dst, p []byte) []byte {
	for !m.over {
		if m.stores {
			n := min(len(p), m.left)
			m.value, m.left, p = append(m.value, p[:n]...), m.left-n, p[n:]
			if m.left > 0 {
				break
			}
			dst = m.store(dst)
			continue
		}
		line, rest, whole, why := m.take(p)
		p = rest
		switch {
		case why != "":
			dst = m.refuse(dst, why)
		case whole:
			dst = m.command(dst, line)
		default:
			m.begun = len(m.line) > 0
			return dst
		}
	}
	return dst
}

// refuse answers what is malformed, and says its last.
func (m *memcachedServer) refuse(dst []byte, why string) []byte {
	m.server.refuse("a command", why)
	return append(append(append(dst, "CLIENT_ERROR "...), why...), "\r\n"...)
}

// command reads a command's line, and answers it unless a value follows.
func (m *memcachedServer) command(dst, line []byte) []byte {
	m.split(line)
	m.foldBytes(line)
	n, verb := len(m.words), ""
	if n > 0 {
		verb = string(m.words[0])
	}
	if n > 4 && verb == "set" {
		return m.await(dst)
	}
	m.answered(0, uint64(len(line)))
	switch {
	case n > 1 && (verb == "get" || verb == "gets"):
		return m.get(dst, verb == "gets")
	case n == 2 && verb == "delete" && m.remove(m.words[1]):
		return append(dst, "DELETED\r\n"...)
	case n == 2 && verb == "delete":
		return append(dst, "NOT_FOUND\r\n"...)
	case n == 1 && verb == "version":
		return append(dst, "VERSION 1.0\r\n"...)
	case n == 1 && verb == "quit":
		m.leave()
		return dst
	}
	return append(dst, "ERROR\r\n"...)
}

// split keeps the words of a line.
func (m *memcachedServer) split(line []byte) {
	m.text, m.words = append(m.text[:0], line...), m.words[:0]
	for word := range bytes.FieldsSeq(m.text) {
		m.words = append(m.words, word)
	}
}

// await reads the line of a set, whose value follows.
func (m *memcachedServer) await(dst []byte) []byte {
	size, err := strconv.Atoi(string(m.words[4]))
	_, flags := strconv.ParseUint(string(m.words[2]), 10, 32)
	if err != nil || flags != nil || size < 0 || size > mostKept || len(m.words) > 6 {
		return m.refuse(dst, "bad data chunk")
	}
	m.begun, m.stores, m.value, m.left = true, true, m.value[:0], size+len("\r\n")
	return dst
}

// store keeps a whole value and answers.
func (m *memcachedServer) store(dst []byte) []byte {
	m.stores = false
	value, found := bytes.CutSuffix(m.value, []byte("\r\n"))
	if !found {
		return m.refuse(dst, "bad data chunk")
	}
	m.foldBytes(value)
	m.answered(1, uint64(len(value)))
	flags, _ := strconv.Atoi(string(m.words[2]))
	kept := m.put(m.words[1], value, flags)
	switch {
	case len(m.words) == 6: // noreply
		return dst
	case !kept:
		return append(dst, "SERVER_ERROR out of memory storing object\r\n"...)
	}
	return append(dst, "STORED\r\n"...)
}

// get answers with the values of all keys that are there.
func (m *memcachedServer) get(dst []byte, stamps bool) []byte {
	for _, key := range m.words[1:] {
		it := m.find(key)
		if it == nil {
			continue
		}
		dst = append(append(append(dst, "VALUE "...), key...), ' ')
		dst = append(strconv.AppendInt(dst, int64(it.flags), 10), ' ')
		dst = strconv.AppendInt(dst, int64(len(it.value)), 10)
		if stamps {
			dst = strconv.AppendInt(append(dst, ' '), int64(it.stamp), 10)
		}
		dst = append(append(append(dst, "\r\n"...), it.value...), "\r\n"...)
	}
	return append(dst, "END\r\n"...)
}

// Snapshot implements model.Snapshotter.
func (m *memcachedServer) Snapshot(s *model.Snapshot) {
	m.server.snapshot(s)
	m.shelf.snapshot(s)
	s.Bytes(&m.line)
	s.Bytes(&m.value)
	s.Int(&m.left)
	s.Flags(&m.stores)
	text := m.text
	if !m.stores {
		text = nil
	}
	if text = s.Held(text); s.Reading() {
		m.split(text)
	}
}
