package message

import (
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/wantwrite/wantwrite/model/wire"
)

// A Draft is a message that is not sent yet. Its zero value has none.
type Draft struct {
	Message Message

	kind    *Kind  // what the header says, if not the message's own kind
	wrong   []Edit // of lengths and ends of vectors
	binders int
}

// A Level is one place in a message: a field, an element, or the vector around elements.
type Level struct {
	// Path is the level's name: "extensions.key_share.body.0.group". An element goes by its
	// number from 0, an extension by its name if no other of that name is in front of it.
	Path string
	// Field points to the value; nil if it is of no use to change it.
	Field any
	// Vector says that a length is in front of it, List that it has elements, and Element that it
	// is one of a list.
	Vector, List, Element bool

	tag   string
	whole bool // Value has the length in front of it
}

// An Edit changes one level of a message. Value is a content in hexadecimal, or how many bytes.
//
//	set     the level becomes Value, which is its content as on the wire
//	drop    the element goes
//	double  the element comes twice
//	last    the element comes behind the others
//	insert  Value, which is elements, comes in front of the vector's
//	longer  the vector's length says that many bytes more, or less
//	cut     the vector ends that many bytes early; its length is right
//	pad     that many zeros follow inside the vector; its length is right
type Edit struct{ Op, Path, Value string }

// String is the edit as text: "longer session -1".
func (e Edit) String() string { return strings.TrimSpace(e.Op + " " + e.Path + " " + e.Value) }

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

// Levels lists the levels of the message. The first is the message as a vector.
func (d *Draft) Levels() []Level {
	levels := []Level{{Path: headerPath, Vector: true}}
	if record, kind := d.Message.head(); record == wire.TypeHandshake {
		levels = append(levels, Level{Path: kindPath, Field: &kind})
	}
	v := reflect.ValueOf(d.Message).Elem()
	if o, ok := d.Message.(*Opaque); ok {
		return append(levels, Level{Path: "body", Field: &o.Body, Vector: true, tag: "rest"})
	}
	walk(v, "", "", func(l Level) { levels = append(levels, l) })
	return levels
}

// walk visits the levels of v, fields first to last.
func walk(v reflect.Value, tag, path string, visit func(Level)) {
	switch {
	case v.Kind() == reflect.Slice:
		how := vectorOf(tag)
		visit(Level{Path: path, Field: v.Addr().Interface(), Vector: true, List: !isBytes(v), tag: tag})
		if isBytes(v) {
			return
		}
		for i := range v.Len() {
			at := join(path, elementName(v, i))
			visit(Level{Path: at, Field: v.Index(i).Addr().Interface(), Element: true,
				Vector: isExtension(v.Index(i)), tag: how.elements})
			if k := v.Index(i).Kind(); k == reflect.Struct || k == reflect.Slice {
				walk(v.Index(i), how.elements, at, visit)
			}
		}
	case v.Kind() != reflect.Struct:
		visit(Level{Path: path, Field: v.Addr().Interface(), tag: tag})
	case isExtension(v):
		x := v.Addr().Interface().(*Extension)
		visit(Level{Path: join(path, "type"), Field: &x.Type})
		if x.Body != nil {
			walk(reflect.ValueOf(x.Body).Elem(), x.tag(), join(path, "body"), visit)
		}
	default:
		for i, f := range fieldsOf(v.Type()) {
			walk(v.Field(i), f.tag, join(path, f.name), visit)
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// elementName names an element of a list.
func elementName(list reflect.Value, i int) string {
	if !isExtension(list.Index(i)) {
		return strconv.Itoa(i)
	}
	nameAt := func(i int) string { return list.Index(i).Addr().Interface().(*Extension).Name() }
	for j := range i {
		if nameAt(j) == nameAt(i) {
			return strconv.Itoa(i)
		}
	}
	return nameAt(i)
}

// Value is the level's content as on the wire, in hexadecimal, as a set wants it: of a vector
// without its length. Of a Fresh element it is what an insert wants.
func (l *Level) Value() string {
	e := encoder{}
	v, tag := reflect.ValueOf(l.Field).Elem(), l.tag
	if v.Kind() == reflect.Slice && !l.whole {
		e.vector(v, vector{elements: vectorOf(tag).elements}, "")
	} else {
		e.value(v, tag, "")
	}
	return hex.EncodeToString(e.out)
}

// Apply makes the edit. It fails if the message has no such level, or the level can't be changed
// so.
func (d *Draft) Apply(e Edit) error {
	wrong := func(why string) error {
		return fmt.Errorf("message: got edit %q of %s; %s", e, d.Name(), why)
	}
	levels := d.Levels()
	at := slices.IndexFunc(levels, func(l Level) bool { return l.Path == e.Path && l.may(e.Op) })
	if at < 0 {
		return wrong("want a level that it has")
	}
	l := &levels[at]
	switch e.Op {
	case "longer", "cut", "pad":
		n, err := strconv.Atoi(e.Value)
		if err != nil || n < 0 && e.Op != "longer" {
			return wrong("want a number of bytes")
		}
		d.wrong = append(d.wrong, e)
		return nil
	case "set", "insert":
		p, err := hex.DecodeString(e.Value)
		if err != nil {
			return wrong("want bytes in hexadecimal")
		}
		if !d.set(l, p, e.Op == "insert") {
			return wrong("want a content that can be read")
		}
		return nil
	}
	d.arrange(e)
	return nil
}

// may says whether an edit of that kind is for the level.
func (l *Level) may(op string) bool {
	switch op {
	case "set":
		return l.Field != nil
	case "drop", "double", "last":
		return l.Element
	case "longer", "cut", "pad":
		return l.Vector
	case "insert":
		return l.List
	}
	return false
}

// Fresh is the level with a value of its own, to be filled: that of an element if the level is a
// List and one is wanted.
func (l *Level) Fresh(element bool) Level {
	fresh, t := *l, reflect.TypeOf(l.Field).Elem()
	if element {
		t = t.Elem()
		fresh.tag, fresh.whole = vectorOf(l.tag).elements, true
	}
	fresh.Field = reflect.New(t).Interface()
	return fresh
}

// set gives a level another content, or puts it in front of the content.
func (d *Draft) set(l *Level, p []byte, insert bool) bool {
	if l.Path == kindPath {
		d.kind = new(Kind(0))
		l.Field = d.kind
	}
	in := decoder{in: form(d.Message)}
	fresh := reflect.New(reflect.TypeOf(l.Field).Elem()).Elem()
	if fresh.Kind() == reflect.Slice {
		if !in.content(p, fresh, vector{elements: vectorOf(l.tag).elements}) {
			return false
		}
	} else if rest, ok := in.value(p, fresh, l.tag); !ok || len(rest) > 0 {
		return false
	}
	was := reflect.ValueOf(l.Field).Elem()
	if insert {
		fresh = reflect.AppendSlice(fresh, was)
	}
	was.Set(fresh)
	return true
}

// arrange drops, doubles or moves an element.
func (d *Draft) arrange(e Edit) {
	list, i := reflect.Value{}, 0
	at := e.Path[:strings.LastIndexByte(e.Path, '.')]
	for _, l := range d.Levels() {
		if l.Path == at && reflect.ValueOf(l.Field).Elem().Kind() == reflect.Slice {
			list = reflect.ValueOf(l.Field).Elem()
		}
	}
	for i = 0; join(at, elementName(list, i)) != e.Path; i++ {
	}
	item := list.Index(i)
	fresh := reflect.MakeSlice(list.Type(), 0, list.Len()+1)
	for j := range list.Len() {
		if j != i || e.Op == "double" {
			fresh = reflect.Append(fresh, list.Index(j))
		}
	}
	if e.Op != "drop" {
		fresh = reflect.Append(fresh, item)
	}
	list.Set(fresh)
}

// misshape makes a vector wrong that begins at begin in the encoder's bytes and ends with them. It
// gives what its length says more than there is.
func (e Edit) misshape(to *encoder, begin int) (more int) {
	n, _ := strconv.Atoi(e.Value)
	switch e.Op {
	case "longer":
		return n
	case "cut":
		to.out = to.out[:max(begin, len(to.out)-n)]
	case "pad":
		to.out = append(to.out, make([]byte, n)...)
	}
	return 0
}
