package check

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc64"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A checkpoint is a line that says what the file is, a line of JSON, the tables
// as numbers of eight bytes and texts with their lengths, and a checksum of all that.
//
// It holds what a search knows: the tables without their indexes, which are made anew, and
// how far it has come. The workers, their caches and the limits are not in it, so the search
// can go on with others.

const checkpointLine = "wantwrite check 1\n"

// identity is what a search must have in common with the one that wrote the file.
type identity struct {
	Configs          []script.Config
	Bounds           Bounds
	Watch            oracle.PropertySet
	Unreduced, Plain bool
}

// progress is everything that is not in the tables.
type progress struct {
	Identity identity
	Done     Stats
	Elapsed  time.Duration
	Best     *Counterexample
	Open     bool // a world is at work, and its tables follow
	Levels   []uint32
	At, End  uint32
	Tally    tally
}

func (r *exploration) identity() identity {
	return identity{r.Configs, r.Bounds, r.watch, r.Unreduced, r.Plain}
}

// save writes the checkpoint as a whole, or leaves the old one.
func (r *exploration) save() error {
	if r.Checkpoint == "" {
		return nil
	}
	dir := filepath.Dir(r.Checkpoint)
	f, err := os.CreateTemp(dir, ".check-*.tmp")
	if err != nil {
		return unwritable(r.Checkpoint, err)
	}
	defer os.Remove(f.Name())
	err = errors.Join(r.write(f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), r.Checkpoint)
	}
	if err != nil {
		return unwritable(r.Checkpoint, err)
	}
	r.saved = time.Now()
	return nil
}

func unwritable(path string, err error) error {
	return fmt.Errorf("check: cannot write %s: %w; choose another file with --checkpoint FILE", path,
		err)
}

// savable says in advance whether save can write.
func (r *exploration) savable() error {
	if r.Checkpoint == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(r.Checkpoint), ".check-*.tmp")
	if err != nil {
		return unwritable(r.Checkpoint, err)
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return unwritable(r.Checkpoint, err)
	}
	return nil
}

// finish removes the checkpoint of a search that has come to its end.
func (r *exploration) finish() error {
	if r.Checkpoint == "" {
		return nil
	}
	if err := os.Remove(r.Checkpoint); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (r *exploration) write(f io.Writer) error {
	w := &writer{out: bufio.NewWriterSize(f, 1<<20), sum: newSum()}
	p := progress{Identity: r.identity(), Done: r.done, Best: r.best, Open: r.space != nil,
		Elapsed: r.stats().Elapsed, At: r.at, End: r.end, Tally: r.tally}
	if p.Open {
		p.Levels = r.space.levels
	}
	line, err := json.Marshal(p)
	if err != nil {
		return err
	}
	w.raw([]byte(checkpointLine))
	w.raw(append(line, '\n'))
	if p.Open {
		r.space.write(w)
	}
	w.number(w.sum.Sum64())
	return errors.Join(w.err, w.out.Flush())
}

// write writes the tables.
func (s *space) write(w *writer) {
	last := s.states.next.Load()
	w.number(uint64(last))
	for id := range last + 1 {
		w.number(uint64(s.states.get(id)))
	}
	for i := uint32(0); i <= last/16; i++ {
		w.number(uint64(s.awake[i*16>>chunkBits][i%(chunkLen/16)]))
	}
	last = s.halves.next.Load()
	w.number(uint64(last))
	for id := range last + 1 {
		h := s.halves.get(id)
		for _, n := range [...]uint32{h.end, h.received, h.flight, h.transit, h.common} {
			w.number(uint64(n))
		}
	}
	for i := range s.stores {
		s.stores[i].write(w)
	}
}

func (s *store) write(w *writer) {
	w.number(uint64(s.n))
	for id := uint32(1); id <= s.n; id++ {
		e := s.entry(id)
		w.number(e.meta)
		w.number(uint64(len(e.text)))
		w.raw(e.text)
	}
}

// A writer writes, and sums up what it wrote.
type writer struct {
	out *bufio.Writer
	sum hash.Hash64
	err error
	buf [8]byte
}

func (w *writer) raw(p []byte) {
	if w.err == nil {
		w.sum.Write(p)
		_, w.err = w.out.Write(p)
	}
}

func (w *writer) number(n uint64) {
	binary.LittleEndian.PutUint64(w.buf[:], n)
	w.raw(w.buf[:])
}

// resume continues what is saved, if anything is.
func (r *exploration) resume() error {
	if r.Checkpoint == "" {
		return nil
	}
	f, err := os.Open(r.Checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return r.savable()
	}
	if err != nil {
		return fmt.Errorf("check: cannot read the checkpoint: %w", err)
	}
	defer f.Close()
	err = intact(f)
	if err == nil {
		err = r.restore(f)
	}
	if err == nil && r.space != nil {
		err = r.sameCode()
	}
	if err != nil {
		return fmt.Errorf("check: got checkpoint %s, %w; want one that this search has written, or "+
			"another file", r.Checkpoint, err)
	}
	return r.savable()
}

var errDamaged = errors.New("which is damaged")

// intact says whether the file is a checkpoint whose checksum is right, and goes back to its
// beginning. Before that nothing in it is believed.
func intact(f *os.File) error {
	line := make([]byte, len(checkpointLine))
	if _, err := io.ReadFull(f, line); err != nil || string(line) != checkpointLine {
		return errors.New("which is no checkpoint")
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var want [8]byte
	sum := newSum()
	if _, err := io.CopyN(sum, f, size-int64(len(want))); err != nil {
		return errDamaged
	}
	if _, err := io.ReadFull(f, want[:]); err != nil || le64(want[:]) != sum.Sum64() {
		return errDamaged
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// newSum makes an empty checksum.
func newSum() hash.Hash64 { return crc64.New(crc64.MakeTable(crc64.ECMA)) }

// restore reads a checkpoint that is whole.
func (r *exploration) restore(f io.Reader) error {
	in := &reader{in: bufio.NewReaderSize(f, 1<<20)}
	in.line()
	var p progress
	if err := json.Unmarshal([]byte(in.line()), &p); err != nil {
		return errDamaged
	}
	if !reflect.DeepEqual(p.Identity, r.identity()) {
		return errors.New("which is of another search")
	}
	r.done, r.best, r.before = p.Done, p.Best, p.Elapsed
	if !p.Open {
		return in.err
	}
	if err := r.open(&r.Configs[p.Done.Worlds]); err != nil {
		return err
	}
	first := r.space.key(r.space.states.get(r.at))
	r.discharge()
	if err := r.refill(in, &p); err != nil {
		return err
	}
	if r.space.key(r.space.states.get(r.space.levels[0])) != first {
		return errors.New("which began in another state")
	}
	return nil
}

// refill reads the tables.
func (r *exploration) refill(in *reader, p *progress) error {
	s := r.space
	fresh := &space{config: s.config, bounds: s.bounds, acts: s.acts, unreduced: s.unreduced,
		plain: s.plain, levels: p.Levels}
	fresh.read(in, r.crew())
	if in.err != nil {
		return errDamaged
	}
	r.space, r.at, r.end, r.tally = fresh, p.At, p.End, p.Tally
	return r.hire()
}

func (s *space) read(in *reader, workers int) {
	last := in.count()
	s.states.restore(in, last, workers, func() word { return word(in.number()) })
	for len(s.awake) < len(s.states.chunks) {
		s.awake = append(s.awake, new([chunkLen / 16]uint32))
	}
	for i := uint32(0); i <= last/16 && in.err == nil; i++ {
		s.awake[i*16>>chunkBits][i%(chunkLen/16)] = uint32(in.number())
	}
	s.halves.restore(in, in.count(), workers, func() half {
		return half{uint32(in.number()), uint32(in.number()), uint32(in.number()),
			uint32(in.number()), uint32(in.number())}
	})
	for i := range s.stores {
		s.stores[i].read(in)
	}
}

// restore fills an empty table.
func (t *table[T]) restore(in *reader, last uint32, workers int, next func() T) {
	var none T
	for id := uint32(0); id <= last && in.err == nil; id++ {
		if id>>chunkBits == uint32(len(t.chunks)) {
			t.chunks = append(t.chunks, new([chunkLen]T))
		}
		v := next()
		if v != none {
			t.count.Add(1)
		}
		t.chunks[id>>chunkBits][id&(chunkLen-1)] = v
	}
	t.next.Store(last)
	t.rehash(t.count.Load()*5/3+1, workers)
}

func (s *store) read(in *reader) {
	for range in.count() {
		meta, n := in.number(), in.count()
		if n > maxPiece {
			in.err = errDamaged
		}
		if in.err != nil {
			return
		}
		s.intern(in.text(n), func() uint64 { return meta })
	}
}

// maxPiece is more than any piece is long, in bytes.
const maxPiece = 1 << 26

// sameCode checks that the code still does what it did: no explored state leads to a new
// one.
func (r *exploration) sameCode() error {
	known := r.space.states.count.Load()
	halves := r.space.halves.count.Load()
	const sample = 4096
	stride := 1 + (r.at-1)/sample
	w := r.workers[0]
	r.space.reserve(sample*r.branch(), len(r.workers))
	w.retrace(r.at, stride)
	if w.fault != nil || r.space.states.count.Load() != known || r.space.halves.count.Load() != halves {
		return errors.New("which other code has written")
	}
	r.settle()
	return nil
}

// retrace does what can be done in explored states, each stride-th of those below the
// number end. Pieces that the code can't read are a fault.
func (w *worker) retrace(end, stride uint32) {
	defer w.survive()
	for id := uint32(1); id < end; id += stride {
		if at := w.states.get(id); at != 0 {
			w.steps(at, every&^w.asleep(id), func(s *step) {
				if s.fate == goesOn {
					w.states.intern(s.next, &w.statePool)
				}
			})
		}
	}
}

// A reader reads numbers and texts.
type reader struct {
	in  *bufio.Reader
	err error
	buf []byte
}

func (r *reader) line() string {
	text, err := r.in.ReadString('\n')
	if err != nil {
		r.err = err
	}
	return text
}

func (r *reader) text(n uint32) []byte {
	if cap(r.buf) < int(n) {
		r.buf = make([]byte, n)
	}
	r.buf = r.buf[:n]
	if r.err == nil {
		_, r.err = io.ReadFull(r.in, r.buf)
	}
	return r.buf
}

func (r *reader) number() uint64 {
	p := r.text(8)
	if r.err != nil {
		return 0
	}
	return le64(p)
}

// count is a number of things for which memory is allocated.
func (r *reader) count() uint32 {
	n := r.number()
	if n > 1<<32-1<<20 {
		r.err = errDamaged
		return 0
	}
	return uint32(n)
}
