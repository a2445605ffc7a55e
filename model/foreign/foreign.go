// Package foreign is the contract between a world and a real program that stands behind the
// sockets of one side of it. The program is not ours: it has no engine and no app to look into.
// What it does is caught at its system calls, and the world answers them.
//
// Package sim implements [Seam] and [Wire], the world's side. Whoever catches the calls of a
// process implements [Program]. Both are interfaces, so that each can be tested without the other.
//
// The same actions must give the same calls, in the same order. A program that can't promise this
// can be searched, and its finds may not repeat.
package foreign

import (
	"errors"
	"fmt"

	"github.com/wantwrite/wantwrite/model"
)

// A Program is a real program behind all sockets of one side of a world. It belongs to the
// goroutine of its world.
//
// A link is a number from 0. A server program has the server's end of each, and accepts link n
// when [Wire.Arrived] says that it is there.
type Program interface {
	// Start makes it new for a run, or says why it can't. Afterwards all its threads wait. The
	// seam is valid until Stop.
	Start(s Seam) error
	// Stop ends the run. It may be called twice, and without Start.
	Stop()

	// Ready is what the program's waits would report about a link if they returned now, or 0 if
	// no thread would go on: Readable for bytes, an end, or a connection to accept; Writable;
	// Expired, on link 0, when a timer or a time-out of the program has run out. A thread that is
	// blocked in a read of the link counts as one that waits for it.
	Ready(link int) model.Events
	// Interest is what the waits would report about the link if it came: Readable and Writable.
	Interest(link int) model.Events
	// Turn lets a wait that watches the link return, and the program go on until all its threads
	// wait again. It was not for nothing if a byte has moved anywhere in the program, a
	// registration has changed, something new had come since the last turn, or its time.
	Turn(link int, w Wakeup) (moved bool)

	// Prefer makes thread n, from 0 in the order of their creation, go first from now on, where
	// several could go on. Threads is how many there are.
	Prefer(n int)
	Threads() int

	// Timer is the tick at which the next timer or time-out of the program runs out; 0 is never.
	Timer() uint64
	// Tick says that time has passed: see Seam.Now.
	Tick()

	// Fault is what the program has done that ends the run; nil is nothing.
	Fault() *Fault
	// Settled is an error if, on a closer look, some thread does not wait. It is asked before a
	// verdict of liveness. It is ErrOutside if what the program waits for may come from outside of
	// the world: then there is no verdict.
	Settled() error
}

// ErrOutside is wrapped by the error of [Program.Settled] of a program that is let out of the world.
var ErrOutside = errors.New("it may wait for something outside of the world")

// A Mode says how a program is made new for a run.
type Mode uint8

const (
	// Copies: each run has a copy (fork) of a process that has just begun to wait, so all runs
	// begin with the same state. A program with threads is started anew for each.
	Copies Mode = iota
	// Living: a process lives through many runs, as servers do. It is the fastest, and a run
	// depends a little on those before it: on memory, and on what the library has drawn.
	Living
	// Fresh: each run has a new process, or the first copy of one: a copy draws other random
	// numbers than its template, so that runs of Copies and Fresh are the same.
	Fresh
)

// A Session is a program that runs. It is used for many runs, one after the other.
type Session interface {
	Program
	// Renew ends the program's process. The next run has a new one.
	Renew()
	// Close ends the program.
	Close()
	// Forks says whether runs have copies of a process. Otherwise each has a new one, which takes
	// a hundred times as long. It is known once the program has run.
	Forks() bool
	// Memory is how much memory the program has to itself, in bytes, and how many runs its process has
	// had. It is asked when a run has been stopped. Without exact the number is to be had at once, and
	// may be off by some pages.
	Memory(exact bool) (bytes uint64, runs int)
}

// A Wakeup says how a wait returns.
type Wakeup struct {
	// Alone: it reports this link's events alone, though others are ready.
	Alone bool
	// Spurious, if not 0, is reported although it is not there.
	Spurious model.Events
}

// A FaultKind is a kind of [Fault].
type FaultKind uint8

const (
	// Crashed: a signal, an abort, an exit, a sanitizer's report.
	Crashed FaultKind = iota
	// Spins: for seconds of its processor's time it made no call that is caught, or it made calls
	// without end.
	Spins
	// Leaks: memory, descriptors or processes grow without end.
	Leaks
	// Unsupported: a call that is not understood. It is nobody's failure: the run ends with an
	// error that names it, and without a verdict.
	Unsupported

	numFaultKinds
)

var faultText = [numFaultKinds]string{"crashed", "spins", "leaks", "unsupported"}

// String is the kind's word.
func (k FaultKind) String() string {
	if k < numFaultKinds {
		return faultText[k]
	}
	return fmt.Sprintf("FaultKind(%d)", uint8(k))
}

// A Fault is what a program has done that ends its run.
type Fault struct {
	Kind FaultKind
	// Text says what, in a clause. It has no addresses or other numbers that differ from run to
	// run.
	Text string
}

// A Seam is what a world gives a program: a wire for each link, the time, and a place for what it
// does.
type Seam interface {
	// Links is how many links there are, and Wire the program's end of one.
	Links() int
	Wire(link int) Wire
	// Seed is that of the run: all randomness that the program gets follows from it.
	Seed() uint64
	// Now is the virtual time in ticks of a millisecond.
	Now() uint64
	// Call enters a call that moved no bytes into the run's hash, trace and story: its name, its
	// arguments in words, and a count or an answer, such as Call("epoll_ctl", "add server
	// read+write, edge", 0). No address, process number or descriptor of the kernel may be in it.
	Call(name, text string, n int64)
	// Inside tells what was seen inside the program, on a link. It enters the run's trace and story
	// alone, and not its hash: a run is the same whether somebody looks inside or not.
	Inside(link int, i Insight)
}

// An Insight is what an observer in a program's process has seen of its TLS library: a call that has
// returned, or a message that was absorbed or sealed in the call that returns next.
type Insight struct {
	// Call is its name, such as "SSL_read"; "" is a message.
	Call string
	// Message is that.
	Message model.Note
	// Result is what the call has returned, and Status what that means: SSL_get_error(3).
	Result int
	Status model.Status
	// Moved is how many bytes of plaintext it has moved, and Pending how many more wait to be
	// read (SSL_pending).
	Moved, Pending int
	// Output is the kind of the connection's write BIO, such as "BIO pair", and Waits how many bytes wait
	// in it; -1 is not known.
	Output string
	Waits  int
	// Shakes: a handshake is under way. Deferred: the answer to a KeyUpdate waits for the next write.
	Shakes, Deferred bool
	// Unseen, if not "", says why nothing is seen, or not all.
	Unseen string
}

// String says what was seen, as a line of a trace.
func (i *Insight) String() string {
	if i.Call == "" {
		return i.Message.Message
	}
	text := fmt.Sprintf("%s: %d", i.Call, i.Result)
	if i.Result <= 0 {
		text += ", " + i.Status.String()
	}
	if i.Waits > 0 {
		text += fmt.Sprintf("; %d bytes wait in its %s", i.Waits, i.Output)
	}
	if i.Pending > 0 {
		text += fmt.Sprintf("; %d bytes wait to be read", i.Pending)
	}
	if i.Deferred {
		text += "; a KeyUpdate waits for the next write"
	}
	return text
}

// A Wire is the world's side of one socket of a program. Its calls are entered into the run's
// hash, trace and story.
type Wire interface {
	// Arrived: the connection is made, as TCP sees it, and accept may return it. A client's
	// always is.
	Arrived() bool

	// Recv moves at most len(p) received bytes into p.
	Recv(p []byte) (int, model.IOStatus)
	// Peek is Recv that takes nothing (MSG_PEEK). It answers how many bytes it has copied.
	Peek(p []byte) int
	// Unread is how many bytes Recv would give (FIONREAD).
	Unread() int
	// Ended says whether the end of the stream, or a reset, has come. Recv tells of it behind the
	// last byte.
	Ended() (fin, reset bool)

	// Send takes at most len(p) bytes of p.
	Send(p []byte) (int, model.IOStatus)
	// Offer says how many bytes the program's next send has, where they are more than Send is
	// given. Only the trace shows it. The number is forgotten then.
	Offer(n int)
	// Room is how many bytes Send would take.
	Room() int
	// Split is how many pieces of its vector the next writev or sendmsg may take. 0 is all. The
	// number is forgotten then.
	Split() int

	// CloseWrite sends FIN after what was sent (shutdown(2) with SHUT_WR).
	CloseWrite()
	// Close closes the socket. With data unread the peer gets a reset, as in TCP (RFC 2525,
	// section 2.17).
	Close()
	// Abort closes it with a reset (SO_LINGER with a time of 0).
	Abort()
}
