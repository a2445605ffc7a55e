package message

import (
	"fmt"
	"reflect"

	"github.com/wantwrite/wantwrite/model/wire"
)

// A Draft is a message that is not sent yet. Its zero value has none.
type Draft struct {
	Message Message

	kind    *Kind  // what the header says, if not the message's own kind
	wrong   []Edit // of lengths and ends of vectors
	binders int
}

// The paths of a handshake message's header: its kind, and the message as a vector.
const (
	headerPath = "handshake"
	kindPath   = "handshake.kind"
)

// Record is the content type of the message's records.
func (d *Draft) Record() byte {
	record, _ := d.Message.head()
	return record
}

// Name is the RFCs' name of the message: "ClientHello", "alert close_notify".
func (d *Draft) Name() string {
	switch m := d.Message.(type) {
	case *Alert:
		return m.Description.Word()
	case *Opaque:
		if m.Record == wire.TypeChangeCipherSpec {
			return "ChangeCipherSpec"
		} else if m.Record != wire.TypeHandshake {
			return fmt.Sprintf("content %d", m.Record)
		}
	}
	return form(d.Message).String()
}

// Bytes writes the message: a handshake message with its header.
func (d *Draft) Bytes() []byte {
	e := encoder{wrong: d.wrong}
	record, kind := d.Message.head()
	v := reflect.ValueOf(d.Message).Elem()
	write := func() { e.value(v, "", "") }
	if o, ok := d.Message.(*Opaque); ok {
		write = func() { e.value(reflect.ValueOf(o.Body), "rest", "body") }
	}
	if record == wire.TypeHandshake {
		if d.kind != nil {
			kind = *d.kind
		}
		e.out = append(e.out, byte(kind))
		e.sized(3, headerPath, write)
	} else {
		e.sized(0, headerPath, write)
	}
	d.binders = min(e.binders, len(e.out))
	return e.out
}

// Binders is where in the last Bytes the list of binders began; 0 if there was none.
func (d *Draft) Binders() int { return d.binders }
