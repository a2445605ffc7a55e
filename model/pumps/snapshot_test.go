package pumps

import (
	"os"
	"reflect"
	"regexp"
	"testing"
)

// notPumpState are the fields that snapshots leave out, and why.
var notPumpState = map[string]string{
	"chassis.env":          "the world's",
	"chassis.flaws":        "the kind of pump",
	"chassis.slip":         "a mutant's: see snapshotSlip",
	"chassis.scratch":      "holds nothing between calls",
	"body.shape":           "the pump that it is a part of",
	"body.busy":            "is false between turns",
	"body.most":            "the kind of pump",
	"body.chassis":         "embedded: its Snapshot is the body's",
	"writeRequest.inWrite": "is false between turns",
	"nested.onLoan":        "is 0 between turns",
	"nested.inside":        "is false between turns",
	"kvPump.loop":          "the world's",
	"kvPump.app":           "the world's",
	"kvPump.chunk":         "a limit, which a search does not change",
	"kvPump.turn":          "is false between turns",
	"kvPump.commands":      "counts within a turn",
	"kvWire.engine":        "the world's",
	"kvWire.socket":        "the world's",
	"kvWire.chunk":         "a limit, which a search does not change",
	"kvWire.policy":        "the kind of pump",
	"kvWire.moved":         "is taken down before it is looked at",
}

// Every field of an engine or a pump is in its snapshot, or left out for a
// reason: a field that was forgotten would make two states one, and check would
// pass over the second.
func TestPumpSnapshotsAreWhole(t *testing.T) {
	text, err := os.ReadFile("snapshot.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []reflect.Type{
		reflect.TypeFor[chassis](), reflect.TypeFor[body](), reflect.TypeFor[Reference](),
		reflect.TypeFor[early](), reflect.TypeFor[piped](), reflect.TypeFor[filter](),
		reflect.TypeFor[readyFlags](), reflect.TypeFor[writeRequest](), reflect.TypeFor[completion](),
		reflect.TypeFor[operation](), reflect.TypeFor[oneLock](), reflect.TypeFor[nested](),
		reflect.TypeFor[kvPump](), reflect.TypeFor[kvWire](),
	} {
		for i := range kind.NumField() {
			field := kind.Field(i)
			listed := regexp.MustCompile(`\b\w+\.` + field.Name + `\b`).Match(text)
			if why := notPumpState[kind.Name()+"."+field.Name]; listed == (why != "") {
				t.Errorf("%s.%s: in a snapshot: %t; left out because %q", kind.Name(), field.Name,
					listed, why)
			}
		}
	}
}
