// Package seccomp runs an unmodified program and catches its system calls, by seccomp's user
// notification (seccomp_unotify(2)). It knows how a call is caught, read and answered, and nothing
// of what the calls mean: see package kernel.
//
//	filter.go    which calls are caught: a table of rules, as BPF
//	start.go     starts a program: guardian, launcher, listener
//	guard.go     starts a guardian, and gives it orders
//	guardian.go  the guardian itself, which is this binary once more
//	launcher.go  what becomes the program: some machine code that we write
//	notify.go    receives a call and answers it
//	watch.go     ends a wait for a call that does not come
//	memory.go    reads and writes the program's memory
//	exec.go      what is done to a process at its execve: CPU, vDSO
//	clock.go     the virtual clock, written over the vDSO's code
//	fork.go      makes a copy of a process that waits in a call
//
// Everything that belongs to one program runs on one thread of the operating system, which is
// pinned to the program's CPU: a switch between two CPUs costs ten times as much as one on the same.
package seccomp
