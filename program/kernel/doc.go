// Package kernel is the part of Linux that a program under the scheduler sees: descriptors,
// sockets, epoll, poll, select, timers, the clock, randomness. It answers the calls that package
// seccomp has caught, and implements [foreign.Program]: a world decides what arrives, and when a
// wait returns.
//
//	kernel.go     a run: turns, and what ends it
//	settle.go     when all threads wait
//	table.go      the system calls: what each takes and answers, and from which man page
//	thread.go     threads and processes
//	wait.go       why a thread does not go on
//	file.go       descriptors and what they stand for; close and dup
//	socket.go     sockets and listeners
//	service.go    servers in the clear that we play
//	outside.go    what is not of the world: the network, other programs' sockets
//	transfer.go   read and write, in all their forms
//	epoll.go      epoll(7): level, edge, one-shot, exclusive
//	poll.go       poll and select
//	timer.go      timerfd, sleeps and clocks
//	futex.go      waits for memory, with a time-out
//	process.go    fork, threads, execve
//	death.go      how threads and processes end
//	copy.go       copies of a program that waits, and the end of a run of one that lives on
//	random.go     getrandom and /dev/urandom
//
// What is not understood ends the run and is named: never a silent wrong answer.
package kernel
