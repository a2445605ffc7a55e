package survey

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc64"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"github.com/wantwrite/wantwrite/corpus"
	"github.com/wantwrite/wantwrite/sim/script"
)

// A checkpoint is a line that says what the file is, a line with a checksum of the rest, and a saved.
// It is written whole, after each cell.

const checkpointLine = "wantwrite matrix 1"

// A saved is a table, and what a survey must have in common with the one that began it.
type saved struct {
	Identity identity
	Table    *Table
}

// An identity is all that what is found depends on, and the versions of the programs are in the table.
type identity struct {
	Build                         string
	Programs, Versions, Scenarios []string
	Strategy                      string
	Seed, Schedules               uint64
}

func (s *Survey) identity() identity {
	return identity{s.Build, s.Programs, s.Versions, s.Scenarios, s.Strategy, s.Seed, s.Schedules}
}

// save writes the checkpoint.
func (s *Survey) save(t *Table) error {
	if s.Checkpoint == "" {
		return nil
	}
	text, err := json.Marshal(saved{s.identity(), t})
	if err != nil {
		return err
	}
	head := fmt.Sprintf("%s\n%016x\n", checkpointLine, sum(text))
	if err := corpus.Replace(s.Checkpoint, append([]byte(head), text...)); err != nil {
		return fmt.Errorf("survey: cannot write the checkpoint: %w; choose another file with --checkpoint FILE", err)
	}
	return nil
}

func sum(text []byte) uint64 { return crc64.Checksum(text, crc64.MakeTable(crc64.ECMA)) }

// resume is the table that the checkpoint has, or a new one.
func (s *Survey) resume() (*Table, error) {
	t, err := s.table()
	if err != nil || s.Checkpoint == "" {
		return t, err
	}
	text, err := os.ReadFile(s.Checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return t, s.save(t) // it says now whether it can be written
	}
	if err != nil {
		return nil, fmt.Errorf("survey: cannot read the checkpoint: %w", err)
	}
	done, err := s.restore(text, t)
	if err != nil {
		return nil, fmt.Errorf("survey: got checkpoint %s, %w; want one that this survey has written, or another file",
			s.Checkpoint, err)
	}
	return done, nil
}

// restore reads a checkpoint. begun is the table of a survey that begins now.
func (s *Survey) restore(text []byte, begun *Table) (*Table, error) {
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	if string(line) != checkpointLine {
		return nil, errors.New("which is no checkpoint")
	}
	check, rest, _ := bytes.Cut(rest, []byte("\n"))
	var k saved
	if string(check) != fmt.Sprintf("%016x", sum(rest)) || json.Unmarshal(rest, &k) != nil || k.Table == nil {
		return nil, errors.New("which is damaged")
	}
	if !reflect.DeepEqual(k.Identity, s.identity()) {
		return nil, errors.New("which is of another survey, or of another build")
	}
	for i, r := range k.Table.Rows {
		if now := begun.Rows[i]; now.Version != r.Version || now.Absent != r.Absent {
			return nil, fmt.Errorf("which has %s %s, where now there is %q", r.Program, r.Version, now.Version+now.Absent)
		}
		for _, f := range r.Finds {
			var err error
			if f.Script, err = script.Parse(strings.NewReader(f.Text), "checkpoint"); err != nil {
				return nil, errors.New("which is damaged")
			}
		}
	}
	return k.Table, nil
}

// Finish removes the checkpoint of a survey that has come to its end. Until then its result can be had
// again.
func (s *Survey) Finish() error {
	if s.Checkpoint == "" {
		return nil
	}
	if err := os.Remove(s.Checkpoint); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("survey: cannot remove the checkpoint: %w", err)
	}
	return nil
}
