package gotls

import (
	"errors"

	"github.com/wantwrite/wantwrite/model"
)

// A routine is the goroutine of an engine. It is a coroutine: its caller waits while it runs, and
// it waits while its caller runs.
//
// iter.Pull would be twice as fast. But its coroutine must be resumed with as many LockOSThread
// calls as when it was made, or the process dies, and engine/openssl locks the thread in its runs.
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

// run makes the goroutine go on with its task, or begin one, until it parks or the task is done. A
// panic of the goroutine becomes the caller's.
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

// stop ends the goroutine. What its task waits for must already fail.
func (r *routine) stop() {
	r.stopped = true
	if r.started && !r.ended {
		r.run()
	}
}

// park is called by the goroutine, and returns when its caller runs it again.
func (r *routine) park(wants model.Status) {
	r.parked = wants
	r.yield <- struct{}{}
	<-r.resume
}

// errEnded is the fault of a goroutine that was ended from inside, as by runtime.Goexit.
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

// leave gives control back for the last time.
func (r *routine) leave() {
	if r.fault = recover(); r.fault == nil && !r.stopped {
		r.fault = errEnded
	}
	r.ended, r.parked = true, model.OK
	r.yield <- struct{}{}
}
