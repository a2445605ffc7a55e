package gotls

import (
	"errors"

	"github.com/wantwrite/wantwrite/model"
)

// A routine is the goroutine of an engine. It is a coroutine: its caller waits while it runs, and
// it waits while its caller runs.
//
// iter.Pull would be twice as fast. But it must be resumed with the same number of LockOSThread
// calls as when it was made, or the process dies; engine/openssl locks the thread in its runs.
type routine struct {
	work    func() // one task: a handshake, or a read
	resume  chan struct{}
	yield   chan struct{}
	started bool
	ended   bool
	inside  bool         // the goroutine runs and its caller waits
	stopped bool         // the goroutine has to end
	parked  model.Status // what the task waits for; OK: no task runs
	fault   any          // the panic that ended it
}

func newRoutine(work func()) routine {
	return routine{work: work, resume: make(chan struct{}), yield: make(chan struct{})}
}

// run lets the goroutine begin or continue its task, until it parks or the task is done. A panic in
// the goroutine becomes a panic of the caller.
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

// stop ends the goroutine. Whatever its task waits for must fail by then.
func (r *routine) stop() {
	r.stopped = true
	if r.started && !r.ended {
		r.run()
	}
}

// park stops the goroutine until its caller runs it again. Only the goroutine calls it.
func (r *routine) park(wants model.Status) {
	r.parked = wants
	r.yield <- struct{}{}
	<-r.resume
}

// errEnded is the fault of a goroutine that ended by itself, for example by runtime.Goexit.
var errEnded = errors.New("gotls: the engine's goroutine was ended by somebody else")

// loop does one task after another.
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

// leave gives control to the caller for the last time.
func (r *routine) leave() {
	if r.fault = recover(); r.fault == nil && !r.stopped {
		r.fault = errEnded
	}
	r.ended, r.parked = true, model.OK
	r.yield <- struct{}{}
}
