//go:build linux && amd64

package observer

import (
	"bytes"
	"debug/elf"
	_ "embed"
	"encoding/binary"
	"fmt"
	"os"
	"strings"

	"github.com/wantwrite/wantwrite/program/cc"
)

//go:embed c/observer.c
var source []byte

// base is where the image lies: far from all that a program maps by itself.
const base = 0x6f00_0000_0000

// flags make an image that needs nothing: no library, no start-up code, no relocation.
var flags = []string{"-std=c11", "-O1", "-ffreestanding", "-fPIE", "-fno-stack-protector", "-fcf-protection=none",
	"-fno-asynchronous-unwind-tables", "-nostdlib", "-static", "-no-pie", fmt.Sprintf("-Wl,-Ttext-segment=%#x", base),
	"-Wl,-e,0,--build-id=none,-z,norelro", "observer.c"}

// An Observer is the image, as it lies in memory.
type Observer struct {
	image       []byte
	symbols     map[string]uint64 // their addresses
	hooks, asks []string          // the functions that it watches, and those that it asks
}

// Build compiles the observer below a folder, if it is not there yet. The error is a *cc.Missing on a
// machine without a compiler.
func Build(dir string) (*Observer, error) {
	path, err := cc.Build(dir, "observer", []cc.File{{Name: "observer.c", Text: source}}, flags)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	o, err := load(text)
	if err != nil {
		return nil, fmt.Errorf("observer: got %s, which can't be loaded: %w; want it removed", path, err)
	}
	return o, nil
}

// load reads an image out of a linked program.
func load(text []byte) (*Observer, error) {
	file, err := elf.NewFile(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	o := &Observer{symbols: map[string]uint64{}}
	for _, p := range file.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		const most = 1 << 20
		if p.Vaddr < base || p.Vaddr+p.Memsz > base+most {
			return nil, fmt.Errorf("a part of it lies at %#x", p.Vaddr)
		}
		o.image = append(o.image, make([]byte, max(0, int(p.Vaddr+p.Memsz-base)-len(o.image)))...)
		if _, err := p.ReadAt(o.image[p.Vaddr-base:][:p.Filesz], 0); err != nil {
			return nil, err
		}
	}
	symbols, err := file.Symbols()
	if err != nil {
		return nil, err
	}
	for _, s := range symbols {
		o.symbols[s.Name] = s.Value
	}
	for _, name := range []string{"hooks", "asks", "wrappers", "real", "ask", "counts", "ring"} {
		if at := o.symbols[name]; at < base || at >= base+uint64(len(o.image)) {
			return nil, fmt.Errorf("it has no %s", name)
		}
	}
	o.hooks, o.asks = o.names("hooks"), o.names("asks")
	return o, nil
}

// names reads a list of names, with a 0 behind each and one more at the end.
func (o *Observer) names(symbol string) []string {
	list, _, _ := strings.Cut(string(o.image[o.symbols[symbol]-base:]), "\x00\x00")
	return strings.Split(list, "\x00")
}

// word is word i of an array of the image.
func word(image []byte, array uint64, i int) []byte { return image[array-base+8*uint64(i):][:8] }

// filled is the image with the addresses of the functions of a process.
func (o *Observer) filled(addresses map[string]uint64) []byte {
	image := bytes.Clone(o.image)
	for i, name := range o.hooks {
		binary.LittleEndian.PutUint64(word(image, o.symbols["real"], i), addresses[name])
	}
	for i, name := range o.asks {
		binary.LittleEndian.PutUint64(word(image, o.symbols["ask"], i), addresses[name])
	}
	return image
}

// wrapper is where the slot of a function has to lead.
func (o *Observer) wrapper(hook int) uint64 {
	return binary.LittleEndian.Uint64(word(o.image, o.symbols["wrappers"], hook))
}
