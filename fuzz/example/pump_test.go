package example_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/fuzz/example"
)

// TestPump replays the scripts of testdata/wantwrite/example, hunts for new failures, and lets
// pgregory.net/rapid draw schedules.
func TestPump(t *testing.T) { fuzz.Check(t, example.Spec()) }

// TestPumpWithinBounds explores every schedule of some small scenarios.
func TestPumpWithinBounds(t *testing.T) { fuzz.Exhaust(t, example.Spec()) }

// FuzzPump is for go test -fuzz FuzzPump.
func FuzzPump(f *testing.F) { fuzz.Fuzz(f, example.Spec()) }
