package dialogue

import "github.com/wantwrite/wantwrite/model"

// A queue holds what is owed, oldest first. A few need no memory of their own.
type queue struct {
	few   [12]int
	items []int // few, or memory of its own
	head  int
}

// push adds one.
func (q *queue) push(x int) {
	if q.items == nil {
		q.items = q.few[:0]
	}
	if q.head == len(q.items) || q.head >= len(q.few) && q.head > len(q.items)/2 {
		q.items = q.items[:copy(q.items, q.items[q.head:])]
		q.head = 0
	}
	q.items = append(q.items, x)
}

// len is how many there are.
func (q *queue) len() int { return len(q.items) - q.head }

// first is the oldest, at the one behind i others.
func (q *queue) first() int     { return q.items[q.head] }
func (q *queue) at(i int) int   { return q.items[q.head+i] }
func (q *queue) pop() (top int) { top = q.first(); q.head++; return top }

// clear drops all.
func (q *queue) clear() { q.items, q.head = q.items[:0], 0 }

// snapshot lists what is owed.
func (q *queue) snapshot(s *model.Snapshot) {
	n := q.len()
	s.Int(&n)
	if s.Reading() {
		q.clear()
	}
	for i := 0; i < n && s.OK(); i++ {
		x := 0
		if !s.Reading() {
			x = q.at(i)
		}
		s.Int(&x)
		if s.Reading() {
			q.push(x)
		}
	}
}

// An owed is a queue of parts of answers: each is a kind, and the number and the size of a body. A
// kind with more is not the last part of its answer.
type owed struct{ queue }

// more is the flag of a kind.
const more = 16

// add adds a part.
func (o *owed) add(kind, number, size int) {
	o.push(kind)
	o.push(number)
	o.push(size)
}

// oldest is the part that comes next, of a queue that has one.
func (o *owed) oldest() (kind, number, size int) { return o.at(0), o.at(1), o.at(2) }

// remove drops the oldest part. It says whether that was the last of its answer.
func (o *owed) remove() (last bool) {
	last = o.first()&more == 0
	o.head += 3
	return last
}

// answers is how many answers are not whole.
func (o *owed) answers() (n int) {
	for i := 0; i < o.len(); i += 3 {
		if o.at(i)&more == 0 {
			n++
		}
	}
	return n
}
