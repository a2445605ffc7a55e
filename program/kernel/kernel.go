//go:build linux && amd64

package kernel

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/foreign"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/program/observer"
	"github.com/wantwrite/wantwrite/program/seccomp"
	"golang.org/x/sys/unix"
)

// Options say what the kernel has to know of a program.
type Options struct {
	// Port is the TCP port whose listener gets the world's links, on any address.
	Port int
	// Services are the servers in the clear that we play for the program, by their ports.
	Services map[int]*own.Dialogue
	// Dir is the working directory, whose sockets are the program's own.
	Dir string
	// Network lets it reach what is not of the world: see outside.go.
	Network bool
	// Threads is the most threads and processes that the program may have; 0 is 256.
	Threads int
	// Patience is how long it may run without a call that is caught; 0 is three seconds. It is real
	// time, but no run depends on it but one that ends with it.
	Patience time.Duration
	// Watch, if not nil, is told of each call that was caught, and how it was answered: "= 3",
	// "= -EAGAIN", "goes on to the system".
	Watch func(thread int, call, answer string)
	// Observer, if not nil, is put into the program when it has come up. Blind is why there is none
	// though somebody wants one.
	Observer *observer.Observer
	Blind    string
}

// A Kernel is the kernel of one program. It implements foreign.Program, but for Start and Stop,
// which take a process: see Begin.
type Kernel struct {
	opts  Options
	prog  *seccomp.Program
	seam  foreign.Seam
	links []link

	procs     []*process
	threads   []*thread    // in the order of their creation
	preferred int          // goes first
	sets      []*epoll     // all epoll sets
	template  *state       // what copies begin with
	insight   insight      // what the observer has to tell
	forks     []fork       // that were made, and whose processes have not called yet
	unborn    int          // threads that were made, and have not called yet
	born      int          // threads that have called
	leaving   []int        // threads and processes that are about to end
	asked     map[int]bool // processes that the program itself has sent a signal, by their own numbers

	arrivals uint64        // connections that have come to its port
	base     time.Duration // the virtual time at tick 0 of this run
	now      time.Duration // the virtual time since the start of the program
	random   uint64
	progress uint64 // grows when bytes move, or a descriptor comes or goes
	seen     uint64 // progress, news and registrations after the last turn
	calls    int    // in this turn
	fault    *foreign.Fault
	broken   error // a mistake of ours, or of the system
	buf      []byte
}

// A link is one of the world's links, as the program has it.
type link struct {
	wire    foreign.Wire
	socket  *socket // nil until it is accepted
	arrived int     // its place among those that have arrived; 0: it has not
}

const (
	// maxCalls is how many calls a turn may make. A turn that needs more does not end itself.
	maxCalls = 1 << 17
	// maxVain is how many calls in a row of one turn may move no byte and change no registration.
	// While a program starts there is no such limit.
	//
	// Story 190: Apache asks for random bytes four thousand times before it listens, and was taken
	// for one that spins. So was whatever makes many calls when all were shown, as Python does.
	maxVain = 1 << 12
	// epoch is the real time when a program starts, since 1970: 15 January 2027, 08:00 UTC.
	epoch = 1_800_000_000 * time.Second
	// uptime is how long the machine has been running then. Go's runtime does not take 0.
	uptime = 1000 * time.Second
)

// New makes the kernel of a program that stands in front of its first call.
func New(p *seccomp.Program, o Options) (*Kernel, error) {
	if o.Threads == 0 {
		o.Threads = 256
	}
	if o.Patience == 0 {
		o.Patience = 3 * time.Second
	}
	k := &Kernel{opts: o, prog: p, preferred: -1, asked: map[int]bool{}, buf: make([]byte, 1<<17)}
	if err := p.SetClock(epoch, uptime); err != nil {
		return nil, err
	}
	s, err := statusOf(p.Main())
	if err != nil {
		return nil, err
	}
	k.procs = []*process{{pid: p.Main(), inner: s.inner, first: true}}
	k.addThread(p.Main(), k.procs[0])
	return k, nil
}

// Boot lets the program run, before there is a world, until it listens and its first thread waits
// for something to come. While it only sleeps time passes. seed is that of its randomness.
func (k *Kernel) Boot(seed uint64) error {
	k.random = seed
	for range maxNaps {
		k.calls = 0
		k.settle()
		if err := k.Settled(); err != nil {
			return err
		}
		next := k.nextTimer()
		if k.Err() != nil || slices.Contains(k.Ports(), k.opts.Port) && k.up() || next == never {
			break
		}
		k.now = max(k.now, next)
		k.setClock()
		for _, t := range k.threads {
			if t.wait != nil && k.expired(t) {
				k.wake(t, wakeup{link: -1, expired: true})
			}
		}
	}
	k.observe()
	return k.Err()
}

// maxNaps is how often a program may sleep while it starts.
const maxNaps = 10_000

// up says whether the first thread waits for more than time. One that waits in the system, as for a
// child to die, leaves that to the others.
//
// Story 192: the first process of hitch waits for its workers alone. So hitch never was up, and what
// was not up was given time: three hours of it, a second at a time.
func (k *Kernel) up() bool {
	for _, t := range k.threads {
		if t.wait != nil || t.pending {
			return t.watches()
		}
	}
	return false
}

// watches says whether a thread waits for more than time.
func (t *thread) watches() bool {
	switch t.wait.(type) {
	case *epollWait, *pollWait, *blocked:
		return true
	}
	return false
}

// Err is why the kernel can't go on, or what the program has done; nil if all is well.
func (k *Kernel) Err() error {
	if k.broken != nil {
		return k.broken
	}
	if k.fault != nil {
		return fmt.Errorf("kernel: the program %s: %s", k.fault.Kind, k.fault.Text)
	}
	return nil
}

// Begin starts a run of a program that waits.
func (k *Kernel) Begin(s foreign.Seam) error {
	if err := k.Err(); err != nil {
		return err
	}
	// Story 171: nobody looked at what the guardian told of the copies of earlier runs. When its socket
	// was full it reaped no more.
	k.prog.Pending()
	k.seam, k.base, k.seen, k.preferred = s, k.now, k.progress+k.registrations(), -1
	k.random = s.Seed()
	k.links = k.links[:0]
	for i := range s.Links() {
		k.links = append(k.links, link{wire: s.Wire(i)})
	}
	k.beginInsight()
	return nil
}

// Ready implements foreign.Program.
func (k *Kernel) Ready(l int) (ev model.Events) {
	k.arrive(l)
	for _, t := range k.threads {
		if t.wait == nil {
			continue
		}
		ready, _ := k.watched(t, l)
		ev |= events(ready)
		if l == 0 && k.expired(t) {
			ev |= model.Expired
		}
	}
	return ev
}

// Interest implements foreign.Program.
func (k *Kernel) Interest(l int) (ev model.Events) {
	for _, t := range k.threads {
		if t.wait != nil {
			_, interest := k.watched(t, l)
			ev |= events(interest)
		}
	}
	return ev
}

// watched is what a thread's wait would report about a link, now and if it came, as poll masks.
// Before the link arrives the listener waits for it, which may have others.
func (k *Kernel) watched(t *thread, l int) (ready, interest uint32) {
	ready, interest = t.wait.watch(k, l)
	if l < len(k.links) && k.links[l].arrived == 0 {
		ready = 0
	}
	return ready, interest
}

// events are the events of a poll mask.
func events(mask uint32) (ev model.Events) {
	if mask&(pollIn|pollErr|pollHup|pollRdHup) != 0 {
		ev |= model.Readable
	}
	if mask&pollOut != 0 {
		ev |= model.Writable
	}
	return ev
}

// Turn implements foreign.Program.
func (k *Kernel) Turn(l int, w foreign.Wakeup) (moved bool) {
	if k.Err() != nil {
		return false
	}
	k.calls = 0
	t := k.waiter(l, w.Spurious != 0)
	if t == nil {
		return false
	}
	expired := k.expired(t)
	k.wake(t, wakeup{link: l, alone: w.Alone, spurious: mask(w.Spurious), expired: expired})
	k.settle()
	// Story 143: nginx had to write, and each byte that arrived meanwhile woke it for nothing. It was
	// blamed for sixteen wakeups that it had not asked for.
	before := k.seen
	k.seen = k.progress + k.news() + k.registrations()
	return k.seen != before
}

// news counts what has come to the program's links, bytes and room, so far. A wakeup for something
// new is not idle, though the program may have no use for it yet.
func (k *Kernel) news() (n uint64) {
	for i := range k.links {
		if s := k.links[i].socket; s != nil && s.wire != nil {
			s.poll(k)
			n += s.news.ins + s.news.outs + s.news.changes
		}
	}
	return n
}

// mask is the poll mask of events.
func mask(ev model.Events) (m uint32) {
	if ev&model.Readable != 0 {
		m |= pollIn
	}
	if ev&model.Writable != 0 {
		m |= pollOut
	}
	return m
}

// waiter is the thread that a turn wakes: the preferred one of those that watch the link, or whose
// time has come.
func (k *Kernel) waiter(l int, spurious bool) (first *thread) {
	for _, t := range k.threads {
		if t.wait == nil {
			continue
		}
		ready, interest := k.watched(t, l)
		if spurious {
			ready = interest
		}
		if ready == 0 && !(l == 0 && k.expired(t)) {
			continue
		}
		if first == nil || t.n == k.preferred {
			first = t
		}
	}
	return first
}

// waiterOn is the thread that would be told of a link.
func (k *Kernel) waiterOn(l int) *thread {
	for _, t := range k.threads {
		if t.wait != nil {
			if ready, _ := k.watched(t, l); ready != 0 {
				return t
			}
		}
	}
	return nil
}

// settle lets the program go on until all its threads wait.
func (k *Kernel) settle() {
	vain, before := 0, k.progress
	for k.Err() == nil {
		k.receive()
		t := k.next()
		if t == nil {
			if k.wakeInner() {
				continue
			}
			k.watchDeath()
			return
		}
		if vain++; k.progress != before {
			vain, before = 0, k.progress
		}
		switch k.calls++; {
		case k.calls > maxCalls:
			k.blame(foreign.Spins, fmt.Sprintf("a turn made %d calls and did not end", maxCalls))
		case vain > maxVain && k.seam != nil:
			k.blame(foreign.Spins, fmt.Sprintf("in a turn %d calls in a row moved no byte and changed no registration", maxVain))
		default:
			k.handle(t)
		}
	}
}

// next is the thread whose call is answered next: the preferred one, or else the oldest.
func (k *Kernel) next() (first *thread) {
	for _, t := range k.threads {
		if t.pending && (first == nil || t.n == k.preferred) {
			first = t
		}
	}
	return first
}

// wakeInner wakes a thread whose wait ends by something inside the program: a pipe of its own, a
// futex, a service that we play.
func (k *Kernel) wakeInner() bool {
	for _, t := range k.threads {
		if t.wait != nil && t.wait.inner(k, t) {
			k.wake(t, wakeup{link: -1, inner: true})
			return true
		}
	}
	return false
}

// blame notes what the program has done. The first counts.
func (k *Kernel) blame(kind foreign.FaultKind, text string) {
	if k.fault == nil {
		k.fault = &foreign.Fault{Kind: kind, Text: text}
	}
}

// fail notes a mistake of ours or of the system. The first counts.
func (k *Kernel) fail(err error) {
	if err != nil {
		k.broken = errors.Join(k.broken, err)
	}
}

// Fault implements foreign.Program.
func (k *Kernel) Fault() *foreign.Fault {
	if k.broken != nil && k.fault == nil {
		return &foreign.Fault{Kind: foreign.Unsupported, Text: k.broken.Error()}
	}
	return k.fault
}

// Prefer implements foreign.Program.
func (k *Kernel) Prefer(n int) { k.preferred = n }

// Threads implements foreign.Program.
func (k *Kernel) Threads() int { return len(k.threads) }

// Timer implements foreign.Program.
func (k *Kernel) Timer() uint64 {
	next := k.nextTimer()
	if next == never {
		return 0
	}
	left := max(0, next-k.base)
	return uint64((left + time.Millisecond - 1) / time.Millisecond)
}

// nextTimer is when the next thread is woken by the clock; never.
func (k *Kernel) nextTimer() time.Duration {
	next := never
	for _, t := range k.threads {
		if t.wait != nil {
			next = sooner(next, t.due())
		}
	}
	return next
}

// Tick implements foreign.Program.
func (k *Kernel) Tick() {
	k.now = k.base + time.Duration(k.seam.Now())*time.Millisecond
	for _, p := range k.procs {
		if p.copied { // its clock still is that of the template
			p.copied = false
			k.fail(k.prog.Attach(p.pid))
		}
	}
	k.setClock()
}

// reply answers a thread's call.
func (k *Kernel) reply(t *thread, value int64) {
	t.pending = false
	if k.opts.Watch != nil {
		k.opts.Watch(t.n, k.callText(t), fmt.Sprintf("= %d", value))
	}
	k.fail(k.prog.Reply(&t.call, value, 0))
}

// refuse answers a thread's call with an error.
func (k *Kernel) refuse(t *thread, errno syscall.Errno) {
	t.pending = false
	if k.opts.Watch != nil {
		k.opts.Watch(t.n, k.callText(t), "= -"+unix.ErrnoName(errno))
	}
	k.fail(k.prog.Reply(&t.call, 0, errno))
}

// through lets the system carry a call out.
func (k *Kernel) through(t *thread) {
	t.pending = false
	if k.opts.Watch != nil {
		k.opts.Watch(t.n, k.callText(t), "goes on to the system")
	}
	k.fail(k.prog.Continue(&t.call))
}

// give answers a thread's call with a new descriptor.
func (k *Kernel) give(t *thread, real, number int, closeOnExec bool) {
	t.pending = false
	if k.opts.Watch != nil {
		k.opts.Watch(t.n, k.callText(t), fmt.Sprintf("= %d", number))
	}
	k.fail(k.prog.Install(&t.call, real, number, closeOnExec))
	k.fail(k.prog.Reply(&t.call, int64(number), 0))
}

// note enters a call that moved no bytes into the run.
func (k *Kernel) note(name, text string, n int64) {
	if k.seam != nil {
		k.seam.Call(name, text, n)
	}
}
