package dialogue

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/wantwrite/wantwrite/engine/require"
	"github.com/wantwrite/wantwrite/model/own"
	"github.com/wantwrite/wantwrite/model/splitmix"
)

// patience is how long a real program may take. It ends a test that hangs, and judges nothing.
const patience = 30 * time.Second

// version are the flags that make the programs print theirs.
var version = map[string]string{"nginx": "-v", "redis-server": "-v", "memcached": "-V", "curl": "-V"}

// needs skips a test whose program is not here, or can't run: its libraries may be missing.
func needs(t *testing.T, name string) {
	t.Helper()
	if out, err := exec.Command(name, version[name]).CombinedOutput(); err != nil {
		require.Missing(t, name, fmt.Sprintf("%s: %v %s; want Debian's package of this name", name, err, out))
	}
}

// start starts a command of this machine that listens on a port of the loopback, and ends it with
// the test.
func start(t *testing.T, address, name string, args ...string) {
	t.Helper()
	needs(t, name)
	cmd := exec.Command(name, args...)
	cmd.Dir = t.TempDir()
	log, err := os.Create(filepath.Join(cmd.Dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		log.Close()
	})
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return
		}
		if time.Since(begun) > patience {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("%s does not listen: %v\n%s", name, err, text)
		}
	}
}

// freePort is a port of the loopback that nobody has.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// serve is our server of a dialogue on the loopback.
func serve(t *testing.T, d *own.Dialogue) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answer(t, c, d.New(own.Place{Server: true}).(own.Judge))
		}
	}()
	return l.Addr().String()
}

// answer speaks for our server on a connection.
func answer(t *testing.T, c net.Conn, s own.Judge) {
	defer c.Close()
	buf := make([]byte, 1<<16)
	for !s.Over() {
		n, err := c.Read(buf)
		if _, werr := c.Write(s.Hear(nil, buf[:n])); err != nil || werr != nil {
			break
		}
	}
	// A close with data unread is a reset, which takes the last answer along (RFC 9112, section 9.6).
	c.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, c)
	if s.Wrong() != "" {
		t.Errorf("our server heard %s", s.Wrong())
	}
}

// A manner is how a client speaks to a real program.
type manner struct {
	asks      []ask
	piece     int  // bytes of each write
	pipelined bool // it does not wait for answers
	link      int
}

// speak lets a client speak to a real program, and returns what it says of the answers.
func speak(t *testing.T, address string, d *own.Dialogue, m manner) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	c := d.New(own.Place{Link: m.link}).(own.Judge)
	out := make(chan []byte, 1000)
	defer close(out)
	go func() {
		for p := range out {
			for len(p) > 0 {
				n, err := conn.Write(p[:min(m.piece, len(p))])
				if err != nil {
					return // the program has closed; what that means is judged by what was heard
				}
				p = p[n:]
			}
		}
	}()
	buf := make([]byte, 1<<16)
	listen := func() (more bool) {
		n, err := conn.Read(buf)
		out <- c.Hear(nil, buf[:n])
		if err != nil && !errors.Is(err, io.EOF) && !c.Ends() {
			t.Fatalf("%s, then %v", verdict(c), err)
		}
		return err == nil
	}
	for _, a := range m.asks {
		if c.Begins() {
			out <- c.Begin(nil, a.body, a.answer)
		}
		for (!m.pipelined || !c.Begins()) && c.Owed() != "" && c.Wrong() == "" && listen() {
		}
	}
	for (c.Owed() != "" || c.Ends()) && c.Wrong() == "" && listen() {
	}
	if c.Wrong() != "" || c.Owed() != "" {
		t.Fatalf("%s", verdict(c))
	}
	return verdict(c)
}

// fits speaks to a real program in all manners: byte by byte, whole, pipelined, with large bodies.
// What is heard is the same.
func fits(t *testing.T, address string, d *own.Dialogue) {
	t.Helper()
	for from := range 4 {
		asks := workload(from)
		whole := speak(t, address, d, manner{asks: asks, piece: most})
		for _, m := range []manner{{asks, 1, false, 0}, {asks, most, true, 0}, {asks, 7, true, 0}} {
			if got := speak(t, address, d, m); got != whole {
				t.Errorf("pieces of %d, pipelined %v: %s; want %s", m.piece, m.pipelined, got, whole)
			}
		}
	}
	large := []ask{{most, 0}, {0, most}, {1 << 16, 1 << 18}, {0, 5000}, {most - 1, most}}
	one, all := speak(t, address, d, manner{asks: large, piece: most}), speak(t, address, d, manner{large, 3000, true, 0})
	if one != all {
		t.Errorf("large bodies: pipelined %s; one by one %s", all, one)
	}
	soak(t, address, d)
}

// soak speaks to a real program on many connections, two at a time, with sizes of all lengths. What
// it hears is right, whatever the connections before have left there.
func soak(t *testing.T, address string, d *own.Dialogue) {
	t.Helper()
	state := uint64(1)
	draw := func(below int) int { return int(splitmix.Next(&state) >> 33 % uint64(below)) }
	for range require.Times(3, 500) {
		t.Run("soak", func(t *testing.T) {
			for link := range 2 {
				m := manner{piece: 1 + draw(1<<draw(17)), pipelined: draw(2) == 1, link: link}
				for range 1 + draw(20) {
					m.asks = append(m.asks, ask{draw(1<<draw(21)) * draw(2), draw(1<<draw(21)) * draw(2)})
				}
				if m.piece < 100 { // a write each takes its time
					for i := range m.asks {
						m.asks[i].body, m.asks[i].answer = m.asks[i].body%5000, m.asks[i].answer%5000
					}
				}
				t.Run("link", func(t *testing.T) {
					t.Parallel()
					speak(t, address, d, m)
				})
			}
		})
	}
}

// TestNginx: files from its own disk, and posts that it passes on to our server.
func TestNginx(t *testing.T) {
	port, upstream := freePort(t), serve(t, &http)
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "f"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range Files() {
		if err := os.WriteFile(filepath.Join(root, f.Name), f.Contents, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	conf := filepath.Join(root, "nginx.conf")
	text := `daemon off; master_process off; pid ` + root + `/pid; error_log stderr;
events {}
http {
	access_log off;
	client_body_temp_path ` + root + `; proxy_temp_path ` + root + `; fastcgi_temp_path ` + root + `;
	uwsgi_temp_path ` + root + `; scgi_temp_path ` + root + `;
	upstream ours { server ` + upstream + `; keepalive 1; }
	server {
		listen 127.0.0.1:` + port + `; root ` + root + `;
		location /echo { proxy_pass http://ours; proxy_http_version 1.1; proxy_set_header Connection ""; }
	}
}`
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	start(t, "127.0.0.1:"+port, "nginx", "-c", conf, "-p", root)
	fits(t, "127.0.0.1:"+port, &http)
	fits(t, "127.0.0.1:"+port, &httpAny)
}

// TestRedis: strings of up to 1 MiB.
func TestRedis(t *testing.T) {
	port := freePort(t)
	start(t, "127.0.0.1:"+port, "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
		"--appendonly", "no")
	fits(t, "127.0.0.1:"+port, &redis)
}

// TestMemcached: values of nearly 1 MiB. It must have room for what a link keeps.
func TestMemcached(t *testing.T) {
	port := freePort(t)
	start(t, "127.0.0.1:"+port, "memcached", "-l", "127.0.0.1", "-p", port, "-U", "0", "-u", "nobody", "-m", "256", "-t", "1")
	fits(t, "127.0.0.1:"+port, &memcached)
}

// TestOurServersOnSockets: what the fits test demands of real programs our own servers do too.
func TestOurServersOnSockets(t *testing.T) {
	for _, d := range All() {
		fits(t, serve(t, d), d)
	}
}

// TestCurl: a client program that is not ours, at our server.
func TestCurl(t *testing.T) {
	needs(t, "curl")
	address := "http://" + serve(t, &http)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{address + "/f/1000", address + "/f/0", address + "/f/100", address + "/f/4096", address + "/f/1"},
			file(1000) + file(100) + file(4096) + file(1)},
		{[]string{"--data-binary", "hello", address + "/echo"}, "hello"},
		{[]string{"--data-binary", "hello", "-H", "Expect: 100-continue", "-H", "Transfer-Encoding: chunked", address + "/echo"}, "hello"},
		{[]string{"-0", address + "/f/16384"}, file(16384)},
	} {
		out, err := exec.Command("curl", append([]string{"-sS", "--noproxy", "*", "--max-time", "30"}, c.args...)...).Output()
		if err != nil || string(out) != c.want {
			t.Errorf("curl %v: %v, %d bytes; want %d", c.args, err, len(out), len(c.want))
		}
	}
}
