//go:build linux && amd64

package observer

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// An object is a file that a process has mapped to run it: the program, or a library.
type object struct {
	name    string // without its folder
	bias    uint64 // what its addresses are off by
	symbols []elf.Symbol
	relocs  []reloc
}

// A reloc says that the loader writes the address of a symbol somewhere: Elf64_Rela in elf(5).
type reloc struct {
	at     uint64
	kind   elf.R_X86_64
	symbol string
}

// objects lists the objects of a process.
func objects(pid int) (list []object, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	var seen []string
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) != 6 || !strings.HasPrefix(words[5], "/") || words[2] != "00000000" || slices.Contains(seen, words[5]) {
			continue
		}
		seen = append(seen, words[5])
		var from uint64
		if _, err := fmt.Sscanf(words[0], "%x-", &from); err != nil {
			return nil, fmt.Errorf("observer: got %q in the maps of process %d: %w", line, pid, err)
		}
		o, err := open(filepath.Join(fmt.Sprintf("/proc/%d/root", pid), words[5]), from)
		if err != nil { // it is no object, or nobody can read it: then nobody calls through it
			continue
		}
		list = append(list, o)
	}
	return list, nil
}

// open reads an object whose first page is mapped there.
func open(path string, from uint64) (o object, err error) {
	file, err := elf.Open(path)
	if err != nil {
		return o, err
	}
	defer file.Close()
	o.name, o.bias = filepath.Base(path), from
	for _, p := range file.Progs {
		if p.Type == elf.PT_LOAD {
			o.bias -= p.Vaddr - p.Off
			break
		}
	}
	if o.symbols, err = file.DynamicSymbols(); err != nil {
		return o, err
	}
	for _, s := range file.Sections {
		if s.Type != elf.SHT_RELA {
			continue
		}
		text, err := s.Data()
		if err != nil {
			return o, err
		}
		for ; len(text) >= 24; text = text[24:] {
			at, info := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])
			if n := int(info >> 32); n > 0 && n <= len(o.symbols) {
				o.relocs = append(o.relocs, reloc{at, elf.R_X86_64(uint32(info)), o.symbols[n-1].Name})
			}
		}
	}
	return o, nil
}

// defined is the address of a symbol that an object defines; 0 if it does not.
func (o *object) defined(name string) uint64 {
	for _, s := range o.symbols {
		if s.Name == name && s.Section != elf.SHN_UNDEF {
			return o.bias + s.Value
		}
	}
	return 0
}

// isLibrary says whether it is a library of that name, of whatever version.
func (o *object) isLibrary(name string) bool { return strings.HasPrefix(o.name, name+".so") }

// A slot is where an object has the address of a function of libssl.
type slot struct {
	at   uint64
	hook int
	// held: it is data of the program, which may have changed it since.
	held bool
}

// A Plan is what is to be changed in a process.
type Plan struct {
	addresses map[string]uint64 // of the functions of libssl
	slots     []slot
}

// Survey makes the plan for a process. The error is a *Blind if there is nothing to watch. Otherwise it
// may be partly blind, and says why.
func (o *Observer) Survey(pid int) (plan *Plan, partly string, err error) {
	list, err := objects(pid)
	if err != nil {
		return nil, "", err
	}
	return o.look(list)
}

// A Blind is the error of a process in which there is nothing to watch.
type Blind struct{ Why string }

// Error implements error.
func (b *Blind) Error() string { return b.Why }

// ownCallbacks are the functions by which a program may have a message callback of its own. There is no
// way to ask for it, so ours must not take its place.
var ownCallbacks = []string{"SSL_set_msg_callback", "SSL_CTX_set_msg_callback"}

// look makes a plan for objects.
func (o *Observer) look(list []object) (plan *Plan, partly string, err error) {
	plan = &Plan{addresses: map[string]uint64{}}
	at := slices.IndexFunc(list, func(x object) bool { return x.isLibrary("libssl") })
	if at < 0 {
		return nil, "", &Blind{"it loads no libssl.so"}
	}
	for _, name := range slices.Concat(o.hooks, o.asks) {
		for i := range list {
			if i == at || list[i].isLibrary("libcrypto") {
				plan.addresses[name] = max(plan.addresses[name], list[i].defined(name))
			}
		}
	}
	for i := range list {
		if i != at {
			plan.slots = append(plan.slots, o.slotsOf(&list[i])...)
		}
	}
	if len(plan.slots) == 0 {
		return nil, "", &Blind{"it loads " + list[at].name + ", and calls it by no slot that the loader has filled"}
	}
	for _, name := range o.asks {
		if plan.addresses[name] == 0 {
			return nil, "", &Blind{fmt.Sprintf("its %s has no %s", list[at].name, name)}
		}
	}
	if slices.ContainsFunc(list, object.listens) {
		plan.addresses["SSL_set_msg_callback"] = 0
		partly = "it may have a message callback of its own (SSL_CTX_set_msg_callback), which is left in its place: " +
			"no handshake messages and alerts are told"
	}
	return plan, partly, nil
}

// listens says whether an object, not libssl itself, may set a message callback.
func (x object) listens() bool {
	return !x.isLibrary("libssl") && slices.ContainsFunc(x.relocs, func(r reloc) bool {
		return slices.Contains(ownCallbacks, r.symbol)
	})
}

// slotsOf lists the slots of an object for functions that are watched.
func (o *Observer) slotsOf(x *object) (list []slot) {
	for _, r := range x.relocs {
		hook := slices.Index(o.hooks, r.symbol)
		switch r.kind {
		case elf.R_X86_64_JMP_SLOT, elf.R_X86_64_GLOB_DAT, elf.R_X86_64_64:
			if hook >= 0 {
				list = append(list, slot{x.bias + r.at, hook, r.kind == elf.R_X86_64_64})
			}
		}
	}
	return list
}
