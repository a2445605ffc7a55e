package message

import (
	"reflect"
	"strings"
	"sync"
)

// How fields are written. Numbers have the size of their Go type, arrays their bytes, structs
// their fields. A slice is a vector (RFC 8446, section 3.4), and its tag has the bits of its
// length: `wire:"16"`. With "rest" there is no length; with "16 optional" a nil slice is nothing
// at all, and so is a nil pointer. Behind a comma is the tag of the elements: `wire:"16,8"`.

// A field is one of a struct.
type field struct {
	name string // in paths
	tag  string
}

var known sync.Map // []field by struct type

// fieldsOf gives the fields of a struct. Each is exported.
func fieldsOf(t reflect.Type) []field {
	if f, ok := known.Load(t); ok {
		return f.([]field)
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		fields = append(fields, field{strings.ToLower(f.Name), f.Tag.Get("wire")})
	}
	known.Store(t, fields)
	return fields
}

// A vector is what a slice's tag says.
type vector struct {
	width    int // bytes of its length; 0: it is what is left
	optional bool
	elements string // their tag
}

func vectorOf(tag string) (v vector) {
	tag, v.elements, _ = strings.Cut(tag, ",")
	tag, v.optional = strings.CutSuffix(tag, " optional")
	v.width = map[string]int{"8": 1, "16": 2, "24": 3}[tag]
	return v
}

// isExtension says whether a value is an Extension, which is written in its own way.
func isExtension(v reflect.Value) bool { return v.Type() == typeOf[Extension]() }

// isBytes says whether a slice or an array is one of bytes.
func isBytes(v reflect.Value) bool { return v.Type().Elem().Kind() == reflect.Uint8 }

// An encoder writes a message, wrong where the edits say.
type encoder struct {
	out     []byte
	wrong   []Edit
	binders int // where a list of binders begins; 0: nowhere
}

// value writes a value that is at that path.
func (e *encoder) value(v reflect.Value, tag, path string) {
	switch v.Kind() {
	case reflect.Slice:
		e.vector(v, vectorOf(tag), path)
	case reflect.Pointer:
		if !v.IsNil() {
			e.value(v.Elem(), tag, path)
		}
	case reflect.Array:
		e.out = append(e.out, v.Slice(0, v.Len()).Bytes()...)
	case reflect.Struct:
		if isExtension(v) {
			e.extension(v.Addr().Interface().(*Extension), path)
			return
		}
		for i, f := range fieldsOf(v.Type()) {
			if f.name == "binders" {
				e.binders = len(e.out)
			}
			e.value(v.Field(i), f.tag, e.join(path, f.name))
		}
	default:
		e.number(v.Uint(), v.Type().Size())
	}
}

func (e *encoder) number(n uint64, size uintptr) {
	for ; size > 0; size-- {
		e.out = append(e.out, byte(n>>(8*(size-1))))
	}
}

// vector writes a slice.
func (e *encoder) vector(v reflect.Value, how vector, path string) {
	if how.optional && v.IsNil() {
		return
	}
	e.sized(how.width, path, func() {
		if isBytes(v) {
			e.out = append(e.out, v.Bytes()...)
			return
		}
		for i := range v.Len() {
			e.value(v.Index(i), how.elements, e.element(path, v, i))
		}
	})
}

// extension writes an extension.
func (e *encoder) extension(x *Extension, path string) {
	e.number(uint64(x.Type), 2)
	e.sized(2, path, func() {
		if x.Body != nil {
			e.value(reflect.ValueOf(x.Body).Elem(), x.tag(), e.join(path, "body"))
		}
	})
}

// sized writes a length of that many bytes, and behind it what fill writes.
func (e *encoder) sized(width int, path string, fill func()) {
	at := len(e.out)
	e.out = append(e.out, make([]byte, width)...)
	fill()
	begin, more := at+width, 0
	for _, w := range e.wrong {
		if w.Path == path {
			more += w.misshape(e, begin)
		}
	}
	length := len(e.out) - begin + more
	for i := begin - 1; i >= at; i-- {
		e.out[i] = byte(length)
		length >>= 8
	}
}

// join and element make paths, which only an encoder of something wrong needs.

func (e *encoder) join(path, name string) string {
	if e.wrong == nil {
		return ""
	}
	return join(path, name)
}

func (e *encoder) element(path string, list reflect.Value, i int) string {
	if e.wrong == nil {
		return ""
	}
	return join(path, elementName(list, i))
}
