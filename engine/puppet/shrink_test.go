package puppet_test

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gofuzz "github.com/google/gofuzz"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/engine/message"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// shrink makes a tale as short as it gets while it fails: steps go, edits go, so that a field has
// its valid value again, settings of the link go, and sizes become small.
func shrink(s *tale, fails func(*tale) bool) *tale {
	for again := true; again; {
		again = false
		for _, less := range simpler(s) {
			if fails(less) {
				s, again = less, true
				break
			}
		}
	}
	return s
}

// simpler are the tales that are one thing simpler, the simplest first.
func simpler(s *tale) (all []*tale) {
	add := func(change func(*tale)) {
		less := s.clone()
		if change(less); less.String() != s.String() {
			all = append(all, less)
		}
	}
	for i := range s.Steps {
		add(func(s *tale) { s.Steps = slices.Delete(s.Steps, i, i+1) })
		for turn := range s.Steps[i].Turn {
			add(func(s *tale) { s.Steps[i].Turn = turn })
		}
	}
	for i := range s.Steps {
		for j, e := range s.Steps[i].Edits {
			add(func(s *tale) { s.Steps[i].Edits = slices.Delete(s.Steps[i].Edits, j, j+1) })
			for _, value := range smaller(e) {
				add(func(s *tale) { s.Steps[i].Edits[j].Value = value })
			}
		}
	}
	for i := range s.flags() {
		add(func(s *tale) { *s.flags()[i].on = false })
	}
	return all
}

// smaller are simpler values of an edit.
func smaller(e message.Edit) []string {
	switch e.Op {
	case "longer", "cut", "pad":
		if strings.HasPrefix(e.Value, "-") {
			return []string{"-1"}
		}
		return []string{"1"}
	}
	return nil
}

// clone copies a tale.
func (s *tale) clone() *tale {
	c := *s
	c.Steps = slices.Clone(s.Steps)
	for i := range c.Steps {
		c.Steps[i].Edits = slices.Clone(c.Steps[i].Edits)
	}
	return &c
}

// keep saves a text whole.
func keep(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".tale-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.WriteString(text); err == nil {
		err = f.Sync()
	}
	if wrong := f.Close(); err == nil {
		err = wrong
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// sumOf names a text.
func sumOf(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:4]
}

// A brittle library is crypto/tls with a mistake that we have planted: engines panic when the
// number comes that GREASE (RFC 8701) has for suites, groups and extensions.
type brittle struct{ *gotls.Library }

type brittleEngine struct {
	model.Engine
	header byte // the content type of the last record's header
}

// grease is that number.
var grease = []byte{0x0a, 0x0a}

func (l brittle) New(cfg *model.EngineConfig) (model.Engine, error) {
	e, err := l.Library.New(cfg)
	return &brittleEngine{Engine: e}, err
}

func (l brittle) Free(e model.Engine) { l.Library.Free(e.(*brittleEngine).Engine) }

func (e *brittleEngine) Feed(p []byte) int {
	hello := e.header == wire.TypeHandshake && len(p) > 0 && (p[0] == 1 || p[0] == 2)
	if hello && bytes.Contains(p, grease) {
		panic("who would send that?")
	}
	if len(p) == wire.HeaderLen {
		e.header = p[0]
	}
	return e.Engine.Feed(p)
}

// TestTalesShrink: a planted mistake is found, and told in one edit of one message.
func TestTalesShrink(t *testing.T) {
	lib := brittle{gotls.New()}
	panicked := func(st *stage) bool { return strings.HasPrefix(st.complain, "panic: who would") }
	found := 0
	for n := range int64(20000) {
		te := newTeller(gofuzz.NewWithSeed(n))
		if !panicked(tell(lib, &te.tale, te)) {
			continue
		}
		s := shrink(&te.tale, func(s *tale) bool { return panicked(tell(lib, s, s)) })
		if len(s.Steps) != 1 || len(s.Steps[0].Edits) != 1 || s.Resume || s.Retry || s.Auth ||
			!strings.Contains(s.Steps[0].Edits[0].Value, "0a0a") {
			t.Errorf("shrunk to\n%s; want one edit with 0a0a", s)
		}
		if found++; found == 3 {
			return
		}
	}
	t.Errorf("the mistake was found %d times; want 3", found)
}
