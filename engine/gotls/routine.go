package gotls

import (
	"errors"

	"github.com/wantwrite/wantwrite/model"
)

// A routine is the goroutine of an engine, as a coroutine: its caller waits
// while it runs, and it waits while its caller runs.
//
// iter.Pull would be twice as fast, but a coroutine of that kind must always be
// resumed with as many LockOSThread calls as there were when it was made, or
// the process dies; and engine/openssl takes the thread for its runs.
type routine struct {
	work    func() // one task: a handshake, or a read
	resume  chan struct{}
	yield   chan struct{}
	started bool
	ended   bool
	inside  bool         // the goroutine runs, its caller waits
	stopped bool         // it is to end
	parked  model.Status // what a task waits for; OK: no task is under way
	fault   any          // the panic that ended it
}

func newRoutine(work func()) routine {
	return routine{work: work, resume: make(chan struct{}), yield: make(chan struct{})}
}

// run lets the goroutine go on with its task, or begin one, until it parks or
// the task is done. A panic in there is the caller's.
func (r *routine) run() {
	r.inside = true
	if !r.started {
		r.started = true
		go r.loop()
	} else {
		r.resume <- struct{}{}
	}
	<-r.yield
	r.inside = false
	if fault := r.fault; fault != nil {
		r.fault = nil
		panic(fault)
	}
}

// stop ends the goroutine. What its task waits for must fail by now.
func (r *routine) stop() {
	r.stopped = true
	if r.started && !r.ended {
		r.run()
	}
}

// park stops the goroutine, which calls it, until its caller runs it again.
func (r *routine) park(wants model.Status) {
	r.parked = wants
	r.yield <- struct{}{}
	<-r.resume
}

// errEnded is the fault of a goroutine that somebody ended from inside, as
// runtime.Goexit does.
var errEnded = errors.New("gotls: the engine's goroutine was ended by somebody else")

// loop does task after task.
func (r *routine) loop() {
	defer r.leave()
	for {
		r.work()
		if r.stopped {
			return
		}
		r.park(model.OK)
		if r.stopped {
			return
		}
	}
}

// leave hands control over for the last time.
func (r *routine) leave() {
	if r.fault = recover(); r.fault == nil && !r.stopped {
		r.fault = errEnded
	}
	r.ended, r.parked = true, model.OK
	r.yield <- struct{}{}
}
