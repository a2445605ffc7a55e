package sim

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
)

// The calls that cross a seam of a pump. Their numbers go into the hash chain:
// they must not change.
const (
	opRecv = iota + 1
	opSend
	opFin
	opClose
	opInterest
	opWake
	opTimer
	opSpin
	opHandshake
	opRead
	opWrite
	opShutdown
	opRenegotiate
	opKeyUpdate
	opFeed
	opDrain
	opTake
	opData
	opTold
	opAuthenticate
	opWriteEarly
	opReadEarly
	opProgram
	opInside // not in the hash chain

	numOps
)

// An answer is what a call's result consists of: which of Event.N and
// Event.Status mean something, and what.
type answer uint8

const (
	noAnswer     answer = iota
	countAnswer         // N, in bytes or ticks
	maskAnswer          // N is a model.Events
	ioAnswer            // N bytes, and a model.IOStatus
	statusAnswer        // a model.Status: an engine call
	readAnswer          // N bytes, and a model.Status: an engine call
	causeAnswer         // a model.Cause
)

// ops gives each call its word, as Event.Call has it, and its kind of answer.
var ops = [numOps]struct {
	word   string
	answer answer
}{
	opRecv:         {"recv", ioAnswer},
	opSend:         {"send", ioAnswer},
	opFin:          {"shutdown(write)", noAnswer},
	opClose:        {"close", noAnswer},
	opInterest:     {"interest", maskAnswer},
	opWake:         {"wake", noAnswer},
	opTimer:        {"timer", countAnswer},
	opSpin:         {"spin", noAnswer},
	opHandshake:    {"handshake", statusAnswer},
	opRead:         {"read", readAnswer},
	opWrite:        {"write", readAnswer},
	opShutdown:     {"shutdown", statusAnswer},
	opRenegotiate:  {"renegotiate", statusAnswer},
	opKeyUpdate:    {"keyupdate", statusAnswer},
	opFeed:         {"feed", countAnswer},
	opDrain:        {"drain", countAnswer},
	opTake:         {"app: pump took", countAnswer},
	opData:         {"app: data", countAnswer},
	opTold:         {"app: told", causeAnswer},
	opAuthenticate: {"authenticate", statusAnswer},
	opWriteEarly:   {"write early", readAnswer},
	opReadEarly:    {"read early", readAnswer},
	opProgram:      {"call", countAnswer},
	opInside:       {"inside", countAnswer},
}

// engineCalls are the calls that an engine answers with a model.Status.
var engineCalls = func() (set uint32) {
	for op, o := range ops {
		if o.answer == statusAnswer || o.answer == readAnswer {
			set |= 1 << op
		}
	}
	return set
}()

// answerText says in words what a call answered.
func answerText(op, n int, status uint8) string {
	switch ops[op].answer {
	case noAnswer:
		return ops[op].word
	case maskAnswer:
		return fmt.Sprintf("%s: %s", ops[op].word, model.Events(n))
	case ioAnswer:
		return fmt.Sprintf("%s: %d, %s", ops[op].word, n, model.IOStatus(status))
	case statusAnswer:
		return fmt.Sprintf("%s: %s", ops[op].word, model.Status(status))
	case readAnswer:
		return fmt.Sprintf("%s: %d, %s", ops[op].word, n, model.Status(status))
	case causeAnswer:
		return fmt.Sprintf("%s: %s", ops[op].word, model.Cause(status))
	}
	return fmt.Sprintf("%s: %d", ops[op].word, n)
}

// observe folds a call and its answer into the hash chain, and shows it to the
// trace and the cover, if the world has them.
func (e *endpoint) observe(op, n int, status uint8) {
	x := uint64(op) | uint64(status)<<8 | uint64(n)<<24
	e.w.chain = fold(e.w.chain, x)
	if e.w.spied {
		e.show(x)
	}
}

// observeCall folds a call of a program that moved no bytes into the hash chain, and shows it to
// the trace.
func (e *endpoint) observeCall(name, text string, n int64) {
	w := e.w
	w.chain = fold(foldText(foldText(fold(w.chain, opProgram), name), text), uint64(n))
	if w.trace != nil {
		w.trace.add(Event{Step: w.steps, End: e.id, Now: w.now, Call: name, Text: text, N: int(n), op: opProgram})
	}
}

// show gives the trace and the cover a call as observe has packed it.
func (e *endpoint) show(x uint64) {
	if e.w.trace != nil {
		e.traceCall(x)
	}
	if e.w.cover != nil {
		e.w.cover.call(e, int(x&255), int(x>>24), uint8(x>>8))
	}
}
