package dialogue

import (
	"fmt"
	"strconv"

	"github.com/wantwrite/wantwrite/model"
)

// keys is how many keys a link has. Values of more requests take the places of older ones, so a
// program that is driven for days holds no more than these.
const keys = 8

// kept is a value that the client has set: the number of its body, and its size.
type kept struct {
	set          bool
	number, size int
}

// body is the value's body.
func (k kept) body() body { return bodyOf(k.number, k.size) }

// snapshot lists the fields.
func (k *kept) snapshot(s *model.Snapshot) {
	s.Flags(&k.set)
	s.Int(&k.number)
	s.Int(&k.size)
}

// nearest is the key whose value has a size within a factor of two of the wanted one, and is the
// nearest; -1 if none has.
func nearest(values *[keys]kept, size int) int {
	best, least := -1, 0
	for i, v := range values {
		off := max(v.size-size, size-v.size)
		if v.set && v.size <= 2*size && size <= 2*v.size && (best < 0 || off < least) {
			best, least = i, off
		}
	}
	return best
}

// A keyed is what clients share that set values of keys.
type keyed struct {
	ear
	link   int
	bodies int // the number of the link's first body
	number int // Begins so far
	quit   bool
	values [keys]kept
	owed   owed
}

// newKeyed makes one.
func newKeyed(link int) keyed { return keyed{link: link, bodies: bodiesOf(link)} }

// Begins implements own.Speaker.
func (k *keyed) Begins() bool { return !k.quit && k.wrong == "" }

// Over implements own.Speaker: the program closes, after it was asked to.
func (k *keyed) Over() bool { return false }

// value is a new value, the first or the second of this Begin.
func (k *keyed) value(nth, size int) kept {
	return kept{set: true, number: k.bodies + 2*k.number + nth, size: size}
}

// owes says in a clause what is owed, of which the first has that name.
func (k *keyed) owes(names []string) string {
	n := k.owed.answers()
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d answers, first %s", n, names[k.owed.first()%more])
}

// snapshot lists the fields.
func (k *keyed) snapshot(s *model.Snapshot) {
	k.ear.snapshot(s)
	s.Int(&k.number)
	s.Flags(&k.quit)
	for i := range k.values {
		k.values[i].snapshot(s)
	}
	k.owed.snapshot(s)
}

// appendKey appends one of the link's keys.
func appendKey(dst []byte, link int, key byte) []byte {
	dst = strconv.AppendInt(append(dst, "ww:"...), int64(link), 10)
	return append(dst, ':', key)
}
