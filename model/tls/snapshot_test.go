package tls

import (
	"os"
	"reflect"
	"regexp"
	"testing"
)

// notState are the fields that snapshots leave out, and why.
var notState = map[string]string{
	"TLS.errors":  "the thread's: the world keeps it",
	"TLS.own":     "not used in a world",
	"TLS.askBack": "is set and used in one call",
	"TLS.scratch": "holds nothing between calls",
}

// Every field of an engine or a pump is in its snapshot, or left out for a
// reason: a field that was forgotten would make two states one, and check would
// pass over the second.
func TestSnapshotsAreWhole(t *testing.T) {
	text := ""
	for _, name := range []string{"snapshot.go"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text += string(source)
	}
	for _, kind := range []reflect.Type{reflect.TypeFor[TLS](), reflect.TypeFor[sealer](), reflect.TypeFor[earlyBuffer]()} {
		for i := range kind.NumField() {
			field := kind.Field(i)
			listed := regexp.MustCompile(`\b\w+\.` + field.Name + `\b`).MatchString(text)
			if why := notState[kind.Name()+"."+field.Name]; listed == (why != "") {
				t.Errorf("%s.%s: in a snapshot: %t; left out because %q", kind.Name(), field.Name,
					listed, why)
			}
		}
	}
}
