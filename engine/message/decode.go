package message

import (
	"reflect"

	"github.com/wantwrite/wantwrite/model/wire"
)

// Parse reads a whole handshake message of TLS 1.3, or of 1.2. What can't be read is Opaque. An
// extension that can't be read has its bytes for a body.
func Parse(p []byte, tls13 bool) Message {
	opaque := &Opaque{Record: wire.TypeHandshake, Kind: Kind(p[0]), Body: p[4:]}
	row := kinds[opaque.Kind]
	typ := row.tls12
	if tls13 {
		typ = row.tls13
	}
	if typ == nil {
		return opaque
	}
	m := reflect.New(typ)
	d := decoder{in: opaque.Kind}
	if hello, random := 2, 2+len(wire.RetryRandom); opaque.Kind == Kind(hello) &&
		len(p) >= 4+random && string(p[4+2:4+random]) == wire.RetryRandom {
		d.in = retry
	}
	if rest, ok := d.value(p[4:], m.Elem(), ""); !ok || len(rest) > 0 {
		return opaque
	}
	return m.Interface().(Message)
}

// A decoder reads messages, or parts of messages, of one kind.
type decoder struct{ in Kind }

// value reads a value that can be set, and gives what is behind it.
func (d *decoder) value(p []byte, v reflect.Value, tag string) (rest []byte, ok bool) {
	switch v.Kind() {
	case reflect.Slice:
		return d.vector(p, v, vectorOf(tag))
	case reflect.Pointer:
		return p, true // left nil
	case reflect.Array:
		if len(p) < v.Len() {
			return nil, false
		}
		reflect.Copy(v, reflect.ValueOf(p[:v.Len()]))
		return p[v.Len():], true
	case reflect.Struct:
		if isExtension(v) {
			return d.extension(p, v.Addr().Interface().(*Extension))
		}
		for i, f := range fieldsOf(v.Type()) {
			if p, ok = d.value(p, v.Field(i), f.tag); !ok {
				return nil, false
			}
		}
		return p, true
	}
	n, rest, ok := number(p, int(v.Type().Size()))
	v.SetUint(n)
	return rest, ok
}

// number reads a number of that many bytes.
func number(p []byte, size int) (n uint64, rest []byte, ok bool) {
	if len(p) < size {
		return 0, nil, false
	}
	for _, b := range p[:size] {
		n = n<<8 | uint64(b)
	}
	return n, p[size:], true
}

// sized reads a length of that many bytes, and what it is the length of. Without one that is all.
func sized(p []byte, width int) (content, rest []byte, ok bool) {
	if width == 0 {
		return p, nil, true
	}
	n, p, ok := number(p, width)
	if !ok || uint64(len(p)) < n {
		return nil, nil, false
	}
	return p[:n:n], p[n:], true
}

// vector reads a slice. It never is nil, unless it is optional and there is nothing.
func (d *decoder) vector(p []byte, v reflect.Value, how vector) (rest []byte, ok bool) {
	if how.optional && len(p) == 0 {
		v.SetZero()
		return p, true
	}
	content, rest, ok := sized(p, how.width)
	if !ok {
		return nil, false
	}
	return rest, d.content(content, v, how)
}

// content reads the inside of a vector.
func (d *decoder) content(p []byte, v reflect.Value, how vector) bool {
	if isBytes(v) {
		v.SetBytes(append([]byte{}, p...))
		return true
	}
	list := reflect.MakeSlice(v.Type(), 0, 4)
	for len(p) > 0 {
		item := reflect.New(v.Type().Elem()).Elem()
		var ok bool
		if p, ok = d.value(p, item, how.elements); !ok {
			return false
		}
		list = reflect.Append(list, item)
	}
	v.Set(list)
	return true
}

// extension reads an extension.
func (d *decoder) extension(p []byte, x *Extension) (rest []byte, ok bool) {
	typ, p, ok := number(p, 2)
	content, rest, whole := sized(p, 2)
	if !ok || !whole {
		return nil, false
	}
	x.Type, x.Body = uint16(typ), nil
	if b := x.bodyIn(d.in); b.typ != nil {
		v := reflect.New(b.typ)
		if more, ok := d.value(content, v.Elem(), b.tag); ok && len(more) == 0 {
			x.Body = v.Interface()
			return rest, true
		}
	}
	if len(content) > 0 {
		x.Body = new(append(raw{}, content...))
	}
	return rest, true
}
