// Package fuzz turns seeds into schedules, schedules into runs, and runs that
// fail into short scripts.
//
// A [Scenario] is a workload and the faults that are allowed. A schedule is a
// seed: it draws the scenario's sizes and weights, and then every action of
// the storm. [Hunt] goes through schedules; [Shrink] makes what it finds
// short; [Explain] tells its story in a few lines and [Tell] all of it, as a
// sequence diagram and a verdict; [Replay] runs a saved script again.
//
// Who writes a pump calls [Check] in a test and [Fuzz] in a fuzz target, and
// has all of it.
package fuzz
