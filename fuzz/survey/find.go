package survey

import (
	"strings"

	"github.com/wantwrite/wantwrite/fuzz/hunt"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A Find is a failure of a program: one for each cause.
type Find struct {
	// Number is its place among the program's, from 1.
	Number int
	// Script is shrunk, with its story. Property, Scenario and TLS stand in it, too.
	Script *script.Script `json:"-"`
	// Text is the script's.
	Text string
	// Original is how many actions it had before.
	Original int
	// Repeated is how many of ten new processes failed by it.
	Repeated int
	// What is the finding in a clause.
	What string
	// Judged is what is known of it; "" if nothing is.
	Judged string
	// Path is where the script was saved.
	Path string
}

func newFind(f *hunt.Failure) *Find {
	return &Find{Script: f.Script, Text: string(f.Script.Format()), Original: f.Original, Repeated: f.Repeated,
		What: what(&f.Result.Violation.Finding)}
}

// what is a finding in a clause or two.
func what(f *oracle.Finding) string {
	if f.Obligation == oracle.NoObligation {
		return f.Detail
	}
	return strings.TrimSuffix(f.Obligation.What()+": "+f.Detail, ": ")
}
