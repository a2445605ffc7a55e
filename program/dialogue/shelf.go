package dialogue

import "github.com/wantwrite/wantwrite/model"

// A shelf is what a server keeps for its link: values by key, oldest key first.
type shelf struct {
	items []item
	puts  int
}

// An item is one of them.
type item struct {
	key   string
	value []byte
	flags int
	stamp int // which put it was
}

// mostItems is how many keys a shelf holds. Clients here use a few.
const mostItems = 1000

// find is the item with that key, nil if there is none.
func (s *shelf) find(key []byte) *item {
	for i := range s.items {
		if s.items[i].key == string(key) {
			return &s.items[i]
		}
	}
	return nil
}

// put keeps a copy of a value. It says whether there was room for the key.
func (s *shelf) put(key, value []byte, flags int) bool {
	it := s.find(key)
	if it == nil {
		if len(s.items) == mostItems {
			return false
		}
		s.items = append(s.items, item{key: string(key)})
		it = &s.items[len(s.items)-1]
	}
	s.puts++
	it.stamp = s.puts
	it.value, it.flags = append(it.value[:0], value...), flags
	return true
}

// remove forgets a key. It says whether there was one.
func (s *shelf) remove(key []byte) bool {
	for i := range s.items {
		if s.items[i].key == string(key) {
			s.items = append(s.items[:i], s.items[i+1:]...)
			return true
		}
	}
	return false
}

// snapshot lists the items.
func (s *shelf) snapshot(shot *model.Snapshot) {
	n := len(s.items)
	shot.Int(&n)
	shot.Int(&s.puts)
	if shot.Reading() {
		s.items = make([]item, min(max(n, 0), mostItems))
	}
	for i := range s.items {
		it := &s.items[i]
		if key := shot.Held([]byte(it.key)); shot.Reading() {
			it.key = string(key)
		}
		shot.Bytes(&it.value)
		shot.Int(&it.flags)
		shot.Int(&it.stamp)
	}
}
