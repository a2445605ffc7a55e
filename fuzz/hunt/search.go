package hunt

import (
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/sim"
)

// A search decides which schedules a hunt runs, and learns from what they
// reach. It decides for a generation of schedules at a time, by what the
// generations before have taught, and learns from them in their order: so it
// does not matter how many workers run them, nor which is done first.
type search struct {
	seed     uint64
	strategy *run.Strategy
	learns   bool
	atlas    *sim.Atlas
	family   []*run.Ancestor
	oldest   int // in family, once it is full
	methods  []gain
}

// A gain is what a method has brought.
type gain struct {
	share uint64 // of the schedules, in parts of their sum
	news  uint64 // new features of this generation, by their worth
	steps uint64 // what they cost
	score uint64 // news per step of the last generations, the recent ones first
}

const (
	// generation is how many schedules are decided at a time. The first ones are
	// smaller, from firstGeneration on: much is learned there, and found.
	generation, firstGeneration uint64 = 256, 16
	// maxFamily is how many ancestors are kept.
	maxFamily = 1024
	// leastShare is a method's share when it finds nothing new, and spareShare
	// what is given by scores: of the portfolio's six, half of all. What is new
	// is a hint where bugs are, and not more.
	leastShare, spareShare = 16, 96
)

func newSearch(seed uint64, s *run.Strategy) *search {
	q := &search{seed: seed, strategy: s, learns: s.Learns(), atlas: &sim.Atlas{},
		methods: make([]gain, len(s.Methods()))}
	for i := range q.methods {
		q.methods[i].share = leastShare + spareShare/uint64(len(q.methods))
	}
	return q
}

// task decides schedule number n.
func (q *search) task(n uint64) run.Task {
	t := run.NewTask(q.seed, n, 0)
	if len(q.methods) == 1 && !q.learns {
		return t
	}
	draw := sim.Rand(t.Seed + 1)
	t.Method = q.drawMethod(&draw)
	if q.strategy.Methods()[t.Method] == "coverage" {
		q.breed(&t, &draw)
	}
	return t
}

func (q *search) drawMethod(draw *sim.Rand) int {
	var total uint64
	for i := range q.methods {
		total += q.methods[i].share
	}
	at := draw.Below(total)
	for i := range q.methods {
		if at < q.methods[i].share {
			return i
		}
		at -= q.methods[i].share
	}
	return 0
}

// breed gives a task an ancestor, one of the latest half of the time. Mostly
// the world is its own too, now and then the task's.
func (q *search) breed(t *run.Task, draw *sim.Rand) {
	n := len(q.family)
	if n == 0 {
		return
	}
	back := draw.Below(uint64(n))
	if draw.OneIn(2) {
		back = draw.Below(uint64(min(n, 64)))
	}
	t.Parent = q.family[(q.oldest+n-1-int(back))%n]
	if !draw.OneIn(8) {
		t.World = t.Parent.World
	}
}

// learn takes in what a task has reached.
func (q *search) learn(t *run.Task, a *attempt) {
	news := q.atlas.Add(t.N, a.sighting)
	g := &q.methods[t.Method]
	g.news += uint64(news)
	g.steps += uint64(a.result.Steps)
	if news > 0 && q.learns {
		q.adopt(&run.Ancestor{World: t.World, Actions: a.actions, Around: a.sighting.Around})
	}
}

// adopt keeps an ancestor, in the place of the oldest if there are too many.
func (q *search) adopt(a *run.Ancestor) {
	if len(q.family) < maxFamily {
		q.family = append(q.family, a)
		return
	}
	q.family[q.oldest] = a
	q.oldest = (q.oldest + 1) % maxFamily
}

// settle ends a generation: methods get their shares of the next.
func (q *search) settle() {
	if !q.learns {
		return
	}
	var total uint64
	for i := range q.methods {
		g := &q.methods[i]
		if g.steps > 0 {
			g.score = (3*g.score + g.news<<20/g.steps) / 4
		}
		g.news, g.steps = 0, 0
		total += g.score
	}
	for i := range q.methods {
		g := &q.methods[i]
		g.share = leastShare + spareShare*g.score/max(1, total)
	}
}
