package message

import (
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

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
	at := e.Path[:strings.LastIndexByte(e.Path, '.')]
	levels := d.Levels()
	l := levels[slices.IndexFunc(levels, func(l Level) bool { return l.Path == at && l.List })]
	list, i := reflect.ValueOf(l.Field).Elem(), 0
	for join(at, elementName(list, i)) != e.Path {
		i++
	}
	fresh := reflect.MakeSlice(list.Type(), 0, list.Len()+1)
	for j := range list.Len() {
		if j != i || e.Op == "double" {
			fresh = reflect.Append(fresh, list.Index(j))
		}
	}
	if e.Op != "drop" {
		fresh = reflect.Append(fresh, d.copied(list.Index(i), vectorOf(l.tag).elements))
	}
	list.Set(fresh)
}

// copied copies a value with all that it points to.
func (d *Draft) copied(v reflect.Value, tag string) reflect.Value {
	e, c := encoder{}, reflect.New(v.Type()).Elem()
	e.value(v, tag, "")
	if _, ok := (&decoder{in: form(d.Message)}).value(e.out, c, tag); !ok {
		return v // it is too long for its vector, and can't be read
	}
	return c
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
