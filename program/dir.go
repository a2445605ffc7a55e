package program

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/wantwrite/wantwrite/engine/certificate"
	"github.com/wantwrite/wantwrite/program/dialogue"
)

// born is the time of all files that a program gets: servers tell it (Last-Modified, ETag).
var born = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// furnish makes the working directory of a program.
func (d *Description) furnish(dir string) error {
	for name, text := range d.Files {
		if err := put(dir, name, []byte(text)); err != nil {
			return err
		}
	}
	if d.Content != "" {
		for _, f := range dialogue.Files() {
			if err := put(dir, filepath.Join(d.Content, f.Name), f.Contents); err != nil {
				return err
			}
		}
	}
	c := &d.Certificate
	if c.Chain == "" {
		return nil
	}
	chain, err := certificate.ForProgram(1, c.Bytes)
	if err != nil {
		return fmt.Errorf("program: the certificate of %s: %w", d.Name, err)
	}
	pem, key, root, err := chain.PEM()
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		text []byte
	}{{c.Chain, pem}, {c.Key, key}, {"root.pem", root}} {
		if err := put(dir, f.name, f.text); err != nil {
			return err
		}
	}
	return nil
}

// put writes a file of the directory.
func put(dir, name string, text []byte) error {
	if !filepath.IsLocal(name) {
		return fmt.Errorf("program: got file name %q; want one below the working directory", name)
	}
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	return os.Chtimes(path, born, born)
}
