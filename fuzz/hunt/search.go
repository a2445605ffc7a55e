package hunt

import (
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/sim"
)

// A search decides which schedules a hunt runs, and learns from what they reach. It
// decides a whole generation at a time, from the generations before, and learns in the
// order of the schedules. So the number and speed of the workers change nothing.
type search struct {
	seed     uint64
	strategy *run.Strategy
	learns   bool
	atlas    *sim.Atlas
	family   []*run.Task
	oldest   int // in family, once it is full
	methods  []gain
}

// A gain is what a method of the strategy has brought so far.
type gain struct {
	share uint64 // of the schedules, in parts of their sum
	news  uint64 // new features of this generation, by their worth
	steps uint64 // what they cost
	score uint64 // news per step of the last generations, the recent ones first
}

const (
	// generation is how many schedules are decided at a time. The first generations
	// are smaller, from firstGeneration on, because they teach and find the most.
	generation, firstGeneration uint64 = 256, 16
	// maxFamily is the most ancestors that are kept.
	maxFamily = 1024
	// leastShare is the share of a method that reaches nothing new. spareShare is
	// divided by score; with six methods that is half of all. Something new is only a
	// hint that a bug is near, so the other half is fixed.
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

// breed gives a task an ancestor; half of the time it is a recent one. Mostly the task
// takes the ancestor's world too.
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

// learn takes in what a task reached.
func (q *search) learn(t *run.Task, a *attempt) {
	news := q.atlas.Add(t.N, a.sighting)
	g := &q.methods[t.Method]
	g.news += uint64(news)
	g.steps += uint64(a.result.Steps)
	if news > 0 && q.learns {
		q.adopt(&run.Task{World: t.World, Actions: a.actions, Around: a.sighting.Around})
	}
}

// adopt keeps an ancestor. It replaces the oldest if there are too many.
func (q *search) adopt(a *run.Task) {
	if len(q.family) < maxFamily {
		q.family = append(q.family, a)
		return
	}
	q.family[q.oldest] = a
	q.oldest = (q.oldest + 1) % maxFamily
}

// settle ends a generation and computes the methods' shares of the next.
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
