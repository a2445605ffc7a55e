// Package program puts unmodified programs under the scheduler: nginx, redis, memcached, or the
// user's own. A [Description] says how a program is started and what it speaks. A [Program] is one
// that runs, and stands behind the sockets of a world (foreign.Program).
//
//	description.go  what is known of a program, from programs/*.yaml
//	session.go      a program that runs: long-lived, by copies, or anew for each run
//	dir.go          its working directory
//
// The calls are caught by package seccomp and answered by package kernel.
package program
