package puppet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gofuzz "github.com/google/gofuzz"

	"github.com/wantwrite/wantwrite/engine/openssl"
	"github.com/wantwrite/wantwrite/engine/puppet"
	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/fuzz/run"
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/oracle"
	"github.com/wantwrite/wantwrite/model/pumps"
	"github.com/wantwrite/wantwrite/model/tls"
)

// taleFolder has tales, each with how the libraries answer it. All are told in TestKeptTales.
const taleFolder = "testdata/tales"

// failed reports a tale that should not have ended so: as short as it gets, kept in taleFolder.
func failed(t *testing.T, lib model.Library, s *tale) {
	t.Helper()
	s = shrink(s, func(s *tale) bool { return tell(lib, s, s).complain != "" })
	st := tell(lib, s, s)
	text := fmt.Sprintf("# %s: %s\n%s", lib.Name(), st.complain, s)
	path := filepath.Join(taleFolder, fmt.Sprintf("found-%x.tale", sumOf(text)))
	if err := keep(path, text); err != nil {
		t.Error(err)
	}
	t.Fatalf("%s: %s\n%s\nkept in %s; go test -run TestKeptTales ./engine/puppet\n%s", lib.Name(),
		st.complain, s, path, st.stack)
}

// invented makes up a tale and tells it.
func invented(t *testing.T, lib model.Library, f *gofuzz.Fuzzer) (*stage, *tale) {
	t.Helper()
	te := newTeller(f)
	st := tell(lib, &te.tale, te)
	if te.err != nil {
		t.Fatalf("%v\n%s", te.err, &te.tale)
	}
	if st.complain != "" {
		failed(t, lib, &te.tale)
	}
	return st, &te.tale
}

// A reach counts what victims have read, by version and message. A message counts if the victim
// was alive when its last byte came, took it in, and opened its records.
type reach struct {
	read, taken [2]map[string]int
	answers     [2]map[string]int // alerts that victims have sent
	ends        map[model.Status]int
}

func newReach() *reach {
	r := &reach{ends: map[model.Status]int{}}
	for v := range r.read {
		r.read[v], r.taken[v], r.answers[v] = map[string]int{}, map[string]int{}, map[string]int{}
	}
	return r
}

// add counts a tale.
func (r *reach) add(v model.Version, st *stage) {
	r.ends[st.last]++
	for _, m := range st.said {
		if m.read {
			r.read[v][m.name]++
		}
		if m.taken {
			r.taken[v][m.name]++
		}
	}
	for _, a := range st.answers() {
		r.answers[v][a]++
	}
}

// wanted are the names of all that is to be reached in a version: the handshake messages and the
// alerts of both RFCs.
func wanted() (names []string) {
	for _, k := range handshakes {
		names = append(names, k.String())
	}
	for _, a := range alerts {
		names = append(names, a.Word())
	}
	return names
}

// reached logs the count of a version, and gives how many percent of all are reached.
func (r *reach) reached(t *testing.T, v model.Version) int {
	t.Helper()
	var missing, taken []string
	for _, name := range wanted() {
		if r.read[v][name] == 0 {
			missing = append(missing, name)
		}
		if n := r.taken[v][name]; n > 0 {
			taken = append(taken, fmt.Sprint(name, " ", n))
		}
	}
	all := len(wanted())
	t.Logf("TLS %s: %d of %d read (missing: %s); the victim went on after %d: %s; it answered with %d "+
		"alerts: %v", v, all-len(missing), all, strings.Join(missing, ", "), len(taken),
		strings.Join(taken, ", "), len(r.answers[v]), r.answers[v])
	return (all - len(missing)) * 100 / all
}

// inPlace are the messages that a victim goes on after in each version, because some tales have them
// where they belong.
var inPlace = [2][]string{
	model.TLS12: {"HelloRequest", "ClientHello", "ServerHello", "Certificate", "ServerKeyExchange",
		"CertificateRequest", "ServerHelloDone", "Finished"},
	model.TLS13: {"ClientHello", "HelloRetryRequest", "ServerHello", "EncryptedExtensions",
		"CertificateRequest", "Certificate", "CertificateVerify", "Finished", "NewSessionTicket",
		"KeyUpdate"},
}

// TestTales: gofuzz makes up tales, each wrong at one level. Nothing of ours breaks, no victim
// believes what nobody has proved, and one that has failed stays so. Victims read nearly all
// handshake messages and alerts in each version: 90 %, and at full length 95 %. They go on after
// those that are in place.
func TestTales(t *testing.T) {
	least := 90
	if require.Long() {
		least = 95
	}
	for _, lib := range libraries[1:] {
		t.Run(lib.name, func(t *testing.T) {
			t.Parallel()
			loaded, r := lib.load(t), newReach()
			for n := range require.Fewer(require.Times(1300, 150000)) {
				st, s := invented(t, loaded, gofuzz.NewWithSeed(int64(n)))
				r.add(s.Version, st)
			}
			t.Log(r.ends)
			if require.Race {
				return // too few tales to reach everything
			}
			for v := range model.Version(2) {
				if got := r.reached(t, v); got < least {
					t.Errorf("TLS %s: %d %% are read; want %d", v, got, least)
				}
				for _, name := range inPlace[v] {
					if r.taken[v][name] == 0 {
						t.Errorf("TLS %s: no victim went on after a %s; want some", v, name)
					}
				}
			}
		})
	}
}

// TestTalesToTheModel: the model's engines can't open what a puppet seals. Nothing of ours breaks
// all the same.
func TestTalesToTheModel(t *testing.T) {
	r := newReach()
	for n := range require.Times(300, 20000) {
		st, s := invented(t, tls.NewModels(), gofuzz.NewWithSeed(int64(n)))
		r.add(s.Version, st)
	}
	if r.ends[model.Failed] == 0 || r.read[model.TLS12]["ClientHello"] == 0 {
		t.Errorf("victims ended as %v, and have read %v; want some that failed, over hellos", r.ends, r.read)
	}
}

// TestTalesRepeat: a tale's text, read back, puts the same bytes on the wire in the same pieces.
func TestTalesRepeat(t *testing.T) {
	for _, lib := range libraries[1:] {
		loaded := lib.load(t)
		for n := range require.Fewer(require.Times(100, 2000)) {
			st, s := invented(t, loaded, gofuzz.NewWithSeed(int64(n)))
			again, err := parseTale(s.String())
			if err != nil || again.String() != s.String() {
				t.Fatalf("got %v and\n%s; want\n%s", err, &again, s)
			}
			if got, want := tell(loaded, &again, &again).Sum(), st.Sum(); got != want {
				t.Fatalf("%s: a second run has another wire:\n%s", lib.name, s)
			}
		}
	}
}

// outcome says how a victim ended: "absorbed", "closed", or the alert that it sent.
func (s *stage) outcome() string {
	switch answers := s.answers(); {
	case s.complain != "":
		return s.complain
	case s.last == model.Closed:
		return "closed"
	case s.last != model.Failed:
		return "absorbed"
	case len(answers) > 0:
		return answers[len(answers)-1]
	}
	return "failed"
}

// TestKeptTales: each kept tale ends with both libraries as it says.
func TestKeptTales(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(taleFolder, "*.tale"))
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d tales (%v); want some", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".tale"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := parseTale(string(text))
			if err != nil {
				t.Fatal(err)
			}
			played := 0
			for _, lib := range libraries[1:] {
				loaded := lib.load(t)
				line := fmt.Sprintf("# %s: %s", lib.name, tell(loaded, &s, &s).outcome())
				if !slices.Contains(strings.Split(string(text), "\n"), line) {
					t.Errorf("got %q; want a line of\n%s", line, text)
				}
				played, s.played = max(played, s.played), 0
			}
			if played < len(s.Steps) || s.err != nil {
				t.Errorf("%d of %d steps were played: %v", played, len(s.Steps), s.err)
			}
		})
	}
}

// TestTaleInDocs: docs/engines.md shows a tale as it is kept.
func TestTaleInDocs(t *testing.T) {
	kept, err := os.ReadFile(filepath.Join(taleFolder, "key-update-asks-for-more.tale"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/engines.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := "    " + strings.ReplaceAll(strings.TrimSpace(string(kept)), "\n", "\n    ") + "\n"
	if !strings.Contains(string(page), shown) {
		t.Errorf("docs/engines.md does not show\n%s", shown)
	}
}

// TestTaleErrors: a text that is no tale is refused with the number of its line.
func TestTaleErrors(t *testing.T) {
	for _, text := range []string{"", "link: tls=1.4", "turn x", "link: loud", "  set a b",
		"link: tls=1.3\nsong"} {
		if _, err := parseTale(text); err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%q: got %v; want an error that names the line", text, err)
		}
	}
}

// FuzzTales lets a fuzzer make up tales: gofuzz reads its numbers from the fuzzer's bytes.
func FuzzTales(f *testing.F) {
	for seed := range byte(32) {
		data := make([]byte, 600)
		for i := range data {
			data[i] = seed*31 + byte(i)*7 ^ byte(i)>>3
		}
		f.Add(data)
	}
	ssl, err := openssl.Load("")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err == nil {
			invented(t, ssl, gofuzz.NewFromGoFuzz(data))
		}
		invented(t, goTLS(t), gofuzz.NewFromGoFuzz(data))
	})
}

// A storyteller is puppets who tell a tale in each run, from the first attack on: until then the
// pump at the other end may hope for an honest peer. They say no data, because nobody has written
// them, and the app at the other end would be right to complain.
type storyteller struct {
	*puppet.Library
	told *tale // in the last run
}

func (l *storyteller) Begin(seed uint64) {
	l.Library.Begin(seed)
	te := newTeller(gofuzz.NewWithSeed(int64(seed)))
	te.mute = true
	l.told = &te.tale
	p := &prompter{narrator: te, heard: func(*puppet.Turn, []byte) {}, settle: func() {}}
	l.Meddle = func(t *puppet.Turn) {
		if t.Attacked {
			p.turn(t)
		}
	}
}

// TestReferenceHoldsAgainstTales: whatever a hostile peer says, the reference pump on either
// library keeps all nine properties. A run repeats.
func TestReferenceHoldsAgainstTales(t *testing.T) {
	for _, lib := range libraries[1:] {
		t.Run(lib.name, func(t *testing.T) {
			t.Parallel()
			c, spec := run.NewCatalog(), pumps.ReferenceSpec()
			peer, tales := &storyteller{Library: puppet.New()}, 0
			r, err := run.NewRunner(c, run.Options{Pump: &spec, Engine: lib.load(t),
				PeerEngine: peer, Scenario: "hostile-peer"})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			schedules := int(require.Fewer(require.Times(300, 20000)))
			for n := range uint64(schedules) {
				res, err := r.Schedule(3, n, oracle.EveryProperty)
				if err != nil || res.Found {
					t.Fatalf("schedule %d: %v %v\n%s", n, err, res.Violation, peer.told)
				}
				if len(peer.told.Steps) > 0 {
					tales++
				}
				if again, _ := r.Schedule(3, n, oracle.EveryProperty); n < 20 && again.Hash != res.Hash {
					t.Errorf("schedule %d: two runs differ", n)
				}
			}
			if tales < schedules/3 {
				t.Errorf("a tale was told in %d of %d schedules; want a third", tales, schedules)
			}
		})
	}
}

// TestFlourishesAreLegal: a tale in which nothing is wrong is taken by every victim, so that what
// fails in another one fails for its fault. Renegotiation is left out: crypto/tls has no suite for
// it, and a puppet does not go on with a hello that it was told to say.
func TestFlourishesAreLegal(t *testing.T) {
	for _, lib := range libraries[1:] {
		loaded := lib.load(t)
		for n := range require.Fewer(require.Times(300, 10000)) {
			te := newTeller(gofuzz.NewWithSeed(int64(n)))
			te.plan.Fault.Turn = -1
			st := tell(loaded, &te.tale, te)
			if can := loaded.Can(); te.tale.Auth && !can.PostAuth || te.tale.Early && !can.EarlyData {
				continue // then asking for it is wrong
			}
			renegotiates := slices.ContainsFunc(te.tale.Steps, func(s step) bool {
				return s.Says == "HelloRequest" || s.Says == "ClientHello"
			})
			if !renegotiates && (!st.alive() || !st.proved || st.complain != "") {
				t.Errorf("%s: the victim says %s, %s:\n%s", lib.name, st.last, st.outcome(), &te.tale)
			}
		}
	}
}
