// Package sim is the world in which pumps of non-blocking TLS are tested: links, event
// loops, a clock, and two ends a link, all in one goroutine. A run is a list of actions.
// The same actions in the same world give the same run, byte for byte, so that a failure
// can be replayed and shrunk.
//
// A run has two phases. In the workload a scheduler picks one enabled action after the
// other, faults included. Then the world quiesces: everything arrives and everybody
// reads, until nothing can happen any more. Package oracle judges both.
//
//	world.go      the World: Reset, one step, and the Result
//	run.go        a whole run: the workload, and how the world quiesces
//	enabled.go    what can happen next
//	perform.go    what an action does
//	scheduler.go  who decides what happens next, with a list of all schedulers
//	plan.go       what a random workload may do
//
//	stream.go     one direction of a link
//	damage.go     damaged records
//	wire.go       one end of a link: its socket and its registration with the loop
//	inside.go     what stands behind the socket, as the world knows it
//	pump.go       one kind of inside: a pump, with the engine and app that follow
//	tap.go        the engine, with each call entered into the account
//	app.go        the app: what it writes, is given, and when it closes
//	memcached.go  the dialogue of apps that are given none of their own
//	own.go        properties of the pump's author
//
//	stranger.go   the other kind of inside: a socket of a real program
//	seam.go       what the program gets of the world
//	judge.go      what our app makes of its answers
//	suspect.go    what looks wrong in such a world
//	quiet.go      what the program does when nothing interferes, to compare with
//
//	plaintext.go  what an app has written, and the check of what arrives
//
//	call.go       the calls of a pump, and the hash chain that they make
//	trace.go      a run as a list of events, for stories
//	view.go       an end as it was after a step
//	coverage*.go  what runs have reached: situations, pairs and states
//	snapshot.go   the world's state as bytes, and explore.go single steps from it
package sim
