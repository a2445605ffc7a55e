// Package run runs one schedule, from its number to its verdict.
//
// A [Catalog] knows pumps, engines and properties by their names, and what goes together. A
// [Runner] draws a schedule's world and plan from its number and runs it. [Replay] runs a script
// again, and [Confirm] does so on another library.
package run
