//go:build linux && amd64

package observer

import (
	"bytes"
	"encoding/binary"

	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/wire"
	"github.com/wantwrite/wantwrite/program/seccomp"
)

// A note is struct note of observer.c.
type note struct {
	SSL                                             uint64
	What, Result, Moved, Want, Shut, Pending, Waits int32
	BIO, Shakes, Update, FD, _                      int32
}

// The ring: see observer.c.
const (
	ringNotes = 4096
	noteSize  = 56
)

// A Sight is what was seen of a connection.
type Sight struct {
	// SSL is the address of its SSL, and FD its descriptor; -1 if its BIO is no socket. Freed: the
	// address means nothing any more.
	SSL   uint64
	FD    int
	Freed bool
	foreign.Insight
}

// Read takes what was seen in a process since it was last asked, in order. lost is how much more was
// seen, and came before that. c is a call of the process.
func (o *Observer) Read(p *seccomp.Program, c *seccomp.Call) (list []Sight, lost uint64) {
	var raw [16]byte
	if p.Read(c, o.symbols["counts"], raw[:]) != 0 { // it has become another program
		return nil, 0
	}
	made, read := binary.LittleEndian.Uint64(raw[:]), binary.LittleEndian.Uint64(raw[8:])
	if made == read {
		return nil, 0
	}
	if made-read > ringNotes {
		lost = made - read - ringNotes
		read += lost
	}
	text := make([]byte, noteSize*ringNotes)
	if p.Read(c, o.symbols["ring"], text) != 0 || p.Write(c, o.symbols["counts"]+8, raw[:8]) != 0 {
		return nil, lost
	}
	for ; read < made; read++ {
		var n note
		_ = binary.Read(bytes.NewReader(text[read%ringNotes*noteSize:]), binary.LittleEndian, &n)
		list = append(list, o.sight(&n))
	}
	return list, lost
}

// The numbers of OpenSSL: ssl.h and bio.h.
const (
	wantsWrite, wantsRead = 2, 3
	receivedShutdown      = 2
	updatesNot            = -1 // SSL_KEY_UPDATE_NONE
)

// outputs are the BIOs that an SSL may write to, by their types.
var outputs = map[int32]string{1 | 0x400: "memory BIO", 19 | 0x400: "BIO pair", 9 | 0x200: "buffering BIO", 5 | 0x400 | 0x100: "socket BIO",
	-1: "no BIO"}

// sight says what a note means.
func (o *Observer) sight(n *note) Sight {
	s := Sight{SSL: n.SSL, FD: int(n.FD)}
	if int(n.What) >= len(o.hooks) {
		s.FD, s.Message = -1, model.Note{Sent: n.Moved == 1, Bytes: int(n.Result), Message: message.Kind(n.Shut).String()}
		if n.Want == int32(wire.TypeAlert) {
			s.Message.Message = wire.Alert(n.Shut).Word()
		}
		return s
	}
	s.Call, s.Freed = o.hooks[n.What], o.hooks[n.What] == "SSL_free"
	s.Result, s.Moved, s.Pending, s.Waits = int(n.Result), int(n.Moved), int(n.Pending), int(n.Waits)
	s.Shakes, s.Deferred = n.Shakes != 0, n.Update != updatesNot
	if s.Output = outputs[n.BIO]; s.Output == "" {
		s.Output = "BIO of its own"
	}
	switch {
	case n.Result > 0 || n.Result == 0 && s.Call == "SSL_shutdown":
		s.Status = model.OK
	case n.Want == wantsRead:
		s.Status = model.WantRead
	case n.Want == wantsWrite:
		s.Status = model.WantWrite
	case n.Shut&receivedShutdown != 0:
		s.Status = model.Closed
	default:
		s.Status = model.Failed
	}
	return s
}
