// Package fuzz is what the tests of a pump import.
//
// [Check] replays what was found before, and hunts for a while; [Exhaust] goes
// through all that can happen within bounds; [Fuzz] lets Go's fuzzer choose. What
// they find first is shrunk, saved in testdata/wantwrite/<pump>, and told in the
// test's failure.
//
//	func TestPump(t *testing.T) { fuzz.Check(t, mypump.Spec()) }
//	func FuzzPump(f *testing.F) { fuzz.Fuzz(f, mypump.Spec()) }
//
// The work is done in the packages below: run runs one schedule, hunt goes through
// many, check through all, shrink makes what fails short, and story tells it.
package fuzz
