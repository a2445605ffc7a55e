package example_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/fuzz/example"
)

// TestPump replays testdata/wantwrite, hunts, and lets rapid draw.
func TestPump(t *testing.T) { fuzz.Check(t, example.Spec()) }

// TestPumpWithinBounds explores small scenarios to the end.
func TestPumpWithinBounds(t *testing.T) { fuzz.Exhaust(t, example.Spec()) }

// FuzzPump is for go test -fuzz FuzzPump.
func FuzzPump(f *testing.F) { fuzz.Fuzz(f, example.Spec()) }
