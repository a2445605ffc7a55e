// Package fuzz is what the tests of a pump import.
//
// [Check] hunts for a while, and replays what was found before; [Exhaust] goes
// through all that can happen within bounds; [Fuzz] lets Go's fuzzer choose. What
// they find is shrunk, saved below testdata/wantwrite, and told in the test's
// failure.
//
//	func TestPump(t *testing.T) { fuzz.Check(t, mypump.Spec()) }
//	func FuzzPump(f *testing.F) { fuzz.Fuzz(f, mypump.Spec()) }
//
// The work is done in the packages below: run runs one schedule, hunt goes through
// many, check through all, shrink makes what fails short, and story tells it.
package fuzz

import (
	"github.com/wantwrite/wantwrite/fuzz/check"
	"github.com/wantwrite/wantwrite/fuzz/hunt"
)

type (
	// A Hunt is what Check does, for who wants to change it.
	Hunt = hunt.Hunt
	// Within are the bounds of Exhaust.
	Within = check.Within
)
