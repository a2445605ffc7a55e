package dialogue

import (
	"regexp"
	"strings"
	"testing"

	"github.com/wantwrite/wantwrite/model/own"
)

// TestOdds: what each client says for which lengths, as docs/dialogues.md has it. spoken is how many
// times it has spoken before.
func TestOdds(t *testing.T) {
	for _, c := range []struct {
		speaks string
		spoken int
		ask    ask
		want   string // what it says, with bodies left out
	}{
		{"http", 0, ask{0, 0}, "GET /f/0 HTTP/1.1\r\nHost: wantwrite\r\n\r\n"},
		{"http", 0, ask{0, 50}, "GET /f/1 HTTP/1.1\r\n"},
		{"http", 0, ask{0, 51}, "GET /f/100 HTTP/1.1\r\n"},
		{"http", 0, ask{0, most + 5}, "GET /f/1048576 HTTP/1.1\r\n"},
		{"http", 1, ask{0, 0}, "HEAD /f/0 HTTP/1.1\r\n"},
		{"http", 2, ask{0, 1}, "GET /f/1 "},
		{"http", 2, ask{1, 0}, "POST /echo HTTP/1.1\r\nHost: wantwrite\r\nConnection: close\r\nContent-Length: 1\r\n\r\n"},
		{"http", 0, ask{3, 0}, "POST /echo HTTP/1.1\r\nHost: wantwrite\r\nContent-Length: 3\r\n\r\n"},
		{"http", 0, ask{1, 0}, "Transfer-Encoding: chunked\r\n\r\n1\r\n"},
		{"http", 0, ask{6, 0}, "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"},
		{"http", 0, ask{10, 0}, "Content-Length: 10\r\nExpect: 100-continue\r\n\r\n"},
		{"http", 0, ask{1, 100}, "POST /f/100 HTTP/1.1"},
		{"redis", 0, ask{0, 0}, "*1\r\n$4\r\nPING\r\n"},
		{"redis", 1, ask{0, 0}, "*3\r\n$3\r\nSET\r\n$6\r\nww:0:n\r\n$1\r\n1\r\n*2\r\n$4\r\nINCR\r\n$6\r\nww:0:n\r\n"},
		{"redis", 2, ask{0, 0}, "*2\r\n$4\r\nMGET\r\n$6\r\nww:0:-\r\n"},
		{"redis", 3, ask{0, 0}, "*2\r\n$3\r\nGET\r\n$6\r\nww:0:-\r\n"},
		{"redis", 8, ask{0, 0}, "PING\r\n"},
		{"redis", 0, ask{2, 0}, "*3\r\n$3\r\nSET\r\n$6\r\nww:0:0\r\n$2\r\n"},
		{"redis", 0, ask{1, 0}, "*2\r\n$4\r\nECHO\r\n$1\r\n"},
		{"redis", 0, ask{0, 5}, "*2\r\n$3\r\nGET\r\n$6\r\nww:0:4\r\n"},
		{"redis", 0, ask{11, 0}, "\r\n*1\r\n$4\r\nQUIT\r\n"},
		{"memcached", 0, ask{0, 0}, "version\r\n"},
		{"memcached", 1, ask{0, 0}, "delete ww:0:-\r\n"},
		{"memcached", 2, ask{0, 0}, "get ww:0:-\r\n"},
		{"memcached", 3, ask{0, 0}, "get ww:0:-\r\n"},
		{"memcached", 0, ask{2, 0}, "set ww:0:0 0 0 2\r\n"},
		{"memcached", 0, ask{1, 0}, "set ww:0:0 0 0 1 noreply\r\n"},
		{"memcached", 0, ask{0, 1}, "set ww:0:4 1 0 1\r\n"},
		{"memcached", 0, ask{0, 6}, "gets ww:0:4\r\n"},
		{"memcached", 0, ask{11, 0}, "\r\nquit\r\n"},
		{"smtp", 0, ask{9, 9}, "EHLO wantwrite\r\n"},
	} {
		d, err := Named(c.speaks)
		if err != nil {
			t.Fatal(err)
		}
		s := d.New(own.Place{})
		for range c.spoken {
			s.Begin(nil, 0, 0) // none of these has the odds of the last
		}
		if got := string(s.Begin(nil, c.ask.body, c.ask.answer)); !strings.Contains(got, c.want) {
			t.Errorf("%s, spoken %d times, %v: %.300q; want %q", c.speaks, c.spoken, c.ask, got, c.want)
		}
	}
}

// TestNearest: a value is got that has about the size that is wanted; if there is none, it is set.
func TestNearest(t *testing.T) {
	sets := regexp.MustCompile("(?s)^set .*")
	for _, c := range []struct {
		wanted int
		from   string
	}{{40, "0"}, {100, "1"}, {250, "1"}, {251, ""}, {19, ""}, {20, "0"}} {
		k := newTalk(&memcached)
		k.begin(ask{40, 0})  // the key 0
		k.begin(ask{125, 0}) // the key 1
		k.settle()
		k.begin(ask{0, c.wanted})
		if said := string(k.up); sets.MatchString(said) != (c.from == "") || !strings.Contains(said, "ww:0:"+c.from) {
			t.Errorf("%d bytes wanted: %.80q; want key %q", c.wanted, said, c.from)
		}
	}
}
