//go:build linux && amd64

package seccomp

import (
	"testing"

	"golang.org/x/sys/unix"
)

// run runs a filter on a call: a BPF machine with the instructions that compile makes.
func run(t *testing.T, f []unix.SockFilter, arch, nr uint32, args [6]uint64) uint32 {
	t.Helper()
	var data [16]uint32
	data[0], data[1] = nr, arch
	for i, a := range args {
		data[4+2*i], data[5+2*i] = uint32(a), uint32(a>>32)
	}
	acc := uint32(0)
	for pc := 0; pc < len(f); pc++ {
		in := f[pc]
		holds := false
		switch in.Code {
		case load:
			acc = data[in.K/4]
			continue
		case mask:
			acc &= in.K
			continue
		case answer:
			return in.K
		case jumpEq:
			holds = acc == in.K
		case jumpGe:
			holds = acc >= in.K
		case jumpGt:
			holds = acc > in.K
		default:
			t.Fatalf("got instruction %#x", in.Code)
		}
		if holds {
			pc += int(in.Jt)
		} else {
			pc += int(in.Jf)
		}
	}
	t.Fatal("the filter has no answer")
	return 0
}

// TestFilter runs the filter of rules of each form on the arguments at their edges.
func TestFilter(t *testing.T) {
	rules := []Rule{
		{Nr: 0, When: []All{{Virtual(0)}}},
		{Nr: 1},
		{Nr: 2, When: []All{{Virtual(0)}, {Virtual(2)}}},
		{Nr: 3, When: []All{{Virtual(0), Is(1, 0x541b)}}},
		{Nr: 4, When: []All{{{Arg: 1, Mask: 0x7f, Least: 9, Most: 9}, Given(3)[0]}, {{Arg: 1, Mask: 0x7f, Least: 9, Most: 9}, Given(3)[1]}}},
		{Nr: 5, When: []All{{{Arg: 0, Most: Last}, {Arg: 1, Least: First, Most: ^uint32(0)}}}},
	}
	f := compile(rules)
	const high = 0xdeadbeef << 32
	for _, c := range []struct {
		nr    uint32
		args  [6]uint64
		catch bool
	}{
		{0, [6]uint64{99}, false}, {0, [6]uint64{100}, true}, {0, [6]uint64{999}, true}, {0, [6]uint64{1000}, false},
		{0, [6]uint64{^uint64(0)}, false},                        // -1
		{0, [6]uint64{high | 100}, true},                         // the kernel takes an int
		{0, [6]uint64{high | 5, 100, 100, 100, 100, 100}, false}, // only that argument counts
		{1, [6]uint64{}, true},
		{2, [6]uint64{100, 0, 5}, true}, {2, [6]uint64{5, 0, 999}, true}, {2, [6]uint64{5, 100, 5}, false}, {2, [6]uint64{999, 0, 100}, true},
		{3, [6]uint64{100, 0x541b}, true}, {3, [6]uint64{100, 0x541c}, false}, {3, [6]uint64{99, 0x541b}, false},
		{4, [6]uint64{0, 9, 0, 1}, true}, {4, [6]uint64{0, 9 | 128 | 256, 0, 1 << 32}, true}, {4, [6]uint64{0, 9}, false}, {4, [6]uint64{0, 10, 0, 1}, false},
		{5, [6]uint64{3, ^uint64(0)}, true}, {5, [6]uint64{3, 99}, false}, {5, [6]uint64{999, 1000}, true}, {5, [6]uint64{1000, 2000}, false},
		{6, [6]uint64{100, 100, 100, 100, 100, 100}, false},
	} {
		want := uint32(retAllow)
		if c.catch {
			want = retNotify
		}
		if got := run(t, f, archAMD64, c.nr, c.args); got != want {
			t.Errorf("call %d%v: got %#x; want %#x", c.nr, c.args, got, want)
		}
		// The same numbers are other calls by int 0x80, and x32 has its own: neither exists.
		for _, other := range []uint32{run(t, f, 0x40000003, c.nr, c.args), run(t, f, archAMD64, c.nr|x32Bit, c.args)} {
			if other != retNoSys {
				t.Errorf("call %d of another kind: got %#x; want %#x", c.nr, other, retNoSys)
			}
		}
	}
}

// TestNames: a name for each number, and the numbers that are known to be the names'.
func TestNames(t *testing.T) {
	for nr, want := range map[int]string{unix.SYS_READ: "read", unix.SYS_EPOLL_CTL: "epoll_ctl", unix.SYS_ACCEPT4: "accept4",
		unix.SYS_GETRANDOM: "getrandom", unix.SYS_CLONE3: "clone3", unix.SYS_CLOSE_RANGE: "close_range",
		unix.SYS_EPOLL_PWAIT2: "epoll_pwait2", unix.SYS_IO_URING_SETUP: "io_uring_setup", 400: "call 400", -1: "call -1", 5000: "call 5000"} {
		if got := Name(nr); got != want {
			t.Errorf("%d: got %s; want %s", nr, got, want)
		}
	}
}
