package model

import (
	"reflect"
	"testing"
)

// TestAnyLooksAtEachRestriction: a field that Any forgets would let a scenario ask a
// pump for what it can't do.
func TestAnyLooksAtEachRestriction(t *testing.T) {
	one := func(field int) (r Restrictions) {
		reflect.ValueOf(&r).Elem().Field(field).SetBool(true)
		return r
	}
	n := reflect.TypeFor[Restrictions]().NumField()
	for i := range n {
		for j := range n {
			if got := one(i).Any(one(j)); got != (i == j) {
				t.Errorf("%+v has any of %+v: %t; want %t", one(i), one(j), got, i == j)
			}
		}
	}
}
