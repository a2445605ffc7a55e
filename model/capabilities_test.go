package model

import (
	"reflect"
	"testing"
)

// TestBothLooksAtEachCapability: two libraries can do together what each of them can. A field
// that Both forgets would never be asked for.
func TestBothLooksAtEachCapability(t *testing.T) {
	one := func(field int) (c Capabilities) {
		reflect.ValueOf(&c).Elem().Field(field).SetBool(true)
		return c
	}
	n := reflect.TypeFor[Capabilities]().NumField()
	for i := range n {
		for j := range n {
			want := Capabilities{}
			if i == j {
				want = one(i)
			}
			if got := one(i).Both(one(j)); got != want {
				t.Errorf("%+v and %+v are both %+v; want %+v", one(i), one(j), got, want)
			}
		}
	}
}
