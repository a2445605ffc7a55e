package message

import (
	"encoding/hex"
	"reflect"
	"strconv"

	"github.com/wantwrite/wantwrite/model/wire"
)

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
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), tag, path, visit)
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
