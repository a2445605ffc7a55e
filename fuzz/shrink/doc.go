// Package shrink makes a failing script simpler for as long as it fails for the same
// cause: its actions, its records and its world.
//
//	shrink.go   Shrink, its budget, and how a candidate is run and judged
//	order.go    which of two scripts is simpler
//	actions.go  single steps on the actions
//	world.go    single steps on the settings, and the worlds that are simpler
//	search.go   the search for the least script from scratch, and in the corpus
package shrink
