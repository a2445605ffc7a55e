package survey

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/fuzz/run"
)

// nothing is a survey of a program that is not on this machine.
func nothing(t *testing.T) *Survey {
	t.Helper()
	return &Survey{Catalog: func(int) *run.Catalog { return run.NewCatalog() }, Programs: []string{"none"},
		Versions: []string{"1.3"}, Strategy: run.Portfolio, Seed: 1, Schedules: 10, Build: "this",
		Checkpoint: filepath.Join(t.TempDir(), "checkpoint")}
}

// TestBadCheckpoints: a checkpoint that was damaged, or that another survey or build has written, is
// refused in a line that says what to do.
func TestBadCheckpoints(t *testing.T) {
	s := nothing(t)
	if _, err := s.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(s.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(context.Background()); err != nil {
		t.Errorf("a good checkpoint: %v", err)
	}
	flipped := append([]byte(nil), good...)
	flipped[len(flipped)-9] ^= 1
	for _, c := range []struct {
		name, want string
		text       []byte
		change     func(*Survey)
	}{
		{"another file", "which is no checkpoint", []byte("wantwrite script 1\n"), nil},
		{"empty", "which is no checkpoint", nil, nil},
		{"cut off", "which is damaged", good[:len(good)/2], nil},
		{"a bit flipped", "which is damaged", flipped, nil},
		{"another seed", "which is of another survey", good, func(s *Survey) { s.Seed = 2 }},
		{"another build", "or of another build", good, func(s *Survey) { s.Build = "that" }},
	} {
		s := nothing(t)
		if c.change != nil {
			c.change(s)
		}
		if err := os.WriteFile(s.Checkpoint, c.text, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := s.Run(context.Background())
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "want one that this survey has written") {
			t.Errorf("%s: got %v; want %q", c.name, err, c.want)
		}
	}
	s.Checkpoint = filepath.Join(t.TempDir(), "no", "folder")
	if _, err := s.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "--checkpoint FILE") {
		t.Errorf("got %v; want that the checkpoint can't be written", err)
	}
}
