package fuzz_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/fuzz"
	"github.com/wantwrite/wantwrite/model/pumps"
)

// FuzzSchedule lets the fuzzer make every choice of a run of the reference
// pump: scenario, sizes, interleaving.
func FuzzSchedule(f *testing.F) { fuzz.Fuzz(f, pumps.ReferenceSpec()) }

// FuzzRecord does so in the scenario in which records are damaged: whatever
// comes over the wire, the reference pump tells its app of the end, tidily.
func FuzzRecord(f *testing.F) {
	fuzz.FuzzScenario(f, pumps.ReferenceSpec(), "record-faults")
}
