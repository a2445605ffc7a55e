//go:build linux

package canary

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"
)

// soon is how long a client waits that wants to see nothing happen.
const soon = 700 * time.Millisecond

// A seen is what a client saw that a correct server does not show, by its property.
type seen struct {
	property string
	detail   string
}

func (s *seen) Error() string { return s.property + ": " + s.detail }

func see(property, format string, args ...any) error {
	return &seen{property, fmt.Sprintf(format, args...)}
}

// A client is one connection to a server, and how it behaves.
type client struct {
	version uint16 // 0: 1.3
	small   bool   // with tiny buffers
	late    bool   // it reads nothing of the handshake before the server rests
	batch   bool   // writes of one call of flush leave at once
}

// A link is a TLS connection over a TCP connection.
type link struct {
	*tls.Conn
	tcp      *net.TCPConn
	held     *batch
	patience time.Duration
}

// A batch is a connection that keeps what is written while hold is set. It notes what records come.
type batch struct {
	net.Conn
	hold bool
	kept []byte
	sent atomic.Int64
	gate chan struct{} // nothing is read before it is closed

	header [5]byte // of the last record that came, or a part of it
	have   int     // bytes of it
	body   int     // bytes of the record's body still to come
}

// Read implements net.Conn.
func (b *batch) Read(p []byte) (int, error) {
	if b.gate != nil {
		<-b.gate
	}
	n, err := b.Conn.Read(p)
	for rest := p[:n]; len(rest) > 0; {
		if b.body > 0 {
			skip := min(b.body, len(rest))
			b.body, rest = b.body-skip, rest[skip:]
			continue
		}
		if b.have == len(b.header) {
			b.have = 0
		}
		took := copy(b.header[b.have:], rest)
		b.have, rest = b.have+took, rest[took:]
		if b.have == len(b.header) {
			b.body = int(binary.BigEndian.Uint16(b.header[3:]))
		}
	}
	return n, err
}

// notified reports whether the last record can be close_notify: an alert, or in TLS 1.3 what has an
// alert's length. crypto/tls takes an end without it for a good one, if it is not within a record.
func (b *batch) notified() bool {
	return b.body == 0 && (b.header[0] == 21 || binary.BigEndian.Uint16(b.header[3:]) == 2+1+16)
}

func (b *batch) Write(p []byte) (int, error) {
	if b.hold {
		b.kept = append(b.kept, p...)
		return len(p), nil
	}
	n, err := b.Conn.Write(p)
	b.sent.Add(int64(n))
	return n, err
}

// release writes what was kept.
func (b *batch) release() error {
	b.hold = false
	b.Conn.SetWriteDeadline(time.Time{}) // tls.Conn's CloseWrite lets later writes fail
	_, err := b.Conn.Write(b.kept)
	b.kept = nil
	return err
}

func (c client) dial(s *server) (*net.TCPConn, error) {
	dialer := net.Dialer{Timeout: s.patience}
	if c.small {
		dialer.Control = small
	}
	conn, err := dialer.Dial("tcp4", s.address)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// connect does the handshake.
func (c client) connect(s *server) (*link, error) {
	tcp, err := c.dial(s)
	if err != nil {
		return nil, err
	}
	version := c.version
	if version == 0 {
		version = tls.VersionTLS13
	}
	held := &batch{Conn: tcp}
	if c.late {
		held.gate = make(chan struct{})
		go func() { s.rests(held.sent.Load); close(held.gate) }()
	}
	l := &link{tls.Client(held, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version}),
		tcp, held, s.patience}
	tcp.SetDeadline(time.Now().Add(s.patience))
	if err := l.Handshake(); err != nil {
		tcp.Close()
		return nil, judge(err, false)
	}
	tcp.SetDeadline(time.Time{})
	return l, nil
}

// judge says what an error of a read means. whole: all that was owed had come.
func judge(err error, whole bool) error {
	var alert tls.AlertError
	switch {
	case errors.As(err, &alert):
		return see("spurious-failure", "%v", err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return see("stall", "%v", err)
	case errors.Is(err, io.EOF) && !whole:
		return see("data-loss", "the end comes too early")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return see("truncation", "%v", err)
	}
	return see("spurious-failure", "%v", err)
}

// noise is that many bytes in which a shift shows. No two have the same.
func noise(size int) []byte {
	b := make([]byte, size)
	rand.NewChaCha8([32]byte{byte(salt.Add(1))}).Read(b)
	return b
}

var salt atomic.Int64

// say writes in pieces of that many bytes, or for 0 of any, and ends if it is to.
func (l *link) say(text []byte, piece int, end bool) {
	draw := rand.New(rand.NewPCG(uint64(len(text)), 1))
	for len(text) > 0 {
		n := min(len(text), piece)
		if piece == 0 {
			n = min(len(text), 1+draw.IntN(40_000)>>draw.IntN(12))
		}
		if _, err := l.Write(text[:n]); err != nil {
			return // the reader sees more of it
		}
		text = text[n:]
	}
	if end {
		l.CloseWrite()
		l.tcp.CloseWrite()
	}
}

// hear reads what must come, up to the end if there is one.
func (l *link) hear(want []byte, end bool, pause time.Duration) error {
	buf := make([]byte, 30_000)
	for read := 0; read < len(want); {
		l.tcp.SetReadDeadline(time.Now().Add(l.patience))
		n, err := l.Read(buf)
		if !bytes.Equal(buf[:n], want[read:min(len(want), read+n)]) {
			if at := bytes.Index(want, buf[:min(n, 32)]); at > read {
				return see("data-loss", "%d bytes after %d are not there", at-read, read)
			}
			return see("corruption", "%d bytes after %d differ", n, read)
		}
		if read += n; err != nil && !(read == len(want) && errors.Is(err, io.EOF)) {
			return judge(err, read == len(want))
		}
		time.Sleep(pause)
	}
	if !end {
		return nil
	}
	l.tcp.SetReadDeadline(time.Now().Add(l.patience))
	if n, err := l.Read(buf); n > 0 {
		return see("corruption", "%d bytes more", n)
	} else if !errors.Is(err, io.EOF) {
		return judge(err, true)
	} else if !l.held.notified() {
		return see("truncation", "no close_notify")
	}
	if n, err := l.tcp.Read(buf); n != 0 || !errors.Is(err, io.EOF) {
		return see("truncation", "behind close_notify: %d bytes, %v", n, err)
	}
	return nil
}

// leave sends what was held back. If it is the end, FIN is in the same segment.
func (l *link) leave(end bool) {
	if raw, err := l.tcp.SyscallConn(); end && err == nil {
		raw.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CORK, 1) })
	}
	l.held.release()
	if end {
		l.tcp.CloseWrite()
	}
}

// An exchange is what a client says, in that many bytes, and how it listens.
type exchange struct {
	client
	size  int
	after bool          // it reads when nothing happens any more
	pause time.Duration // after each read
	open  bool          // it does not end
	piece int           // of one write; 0: any
}

// run sends and wants the same back.
func (x exchange) run(s *server) error {
	l, err := x.connect(s)
	if err != nil {
		return err
	}
	defer l.tcp.Close()
	text, done := noise(x.size), make(chan struct{})
	go func() { l.say(text, x.piece, !x.open); close(done) }()
	if x.after {
		s.rests(l.held.sent.Load)
	}
	if err := l.hear(text, !x.open, x.pause); err != nil {
		return err
	}
	<-done
	return nil
}

// burst: records leave in one piece, and FIN with them if the client ends.
func burst(records, size int, end bool) func(*server) error {
	return func(s *server) error {
		l, err := client{version: tls.VersionTLS12}.connect(s)
		if err != nil {
			return err
		}
		defer l.tcp.Close()
		text := noise(records * size)
		l.held.hold = true
		for at := 0; at < len(text); at += size {
			l.Write(text[at : at+size])
		}
		if end {
			l.CloseWrite()
		}
		l.leave(end)
		return l.hear(text, end, 0)
	}
}

// garbage: what is no ClientHello gets an alert, and FIN behind it. Much of it is not read.
func garbage(s *server) error {
	tcp, err := client{}.dial(s)
	if err != nil {
		return err
	}
	defer tcp.Close()
	tcp.SetDeadline(time.Now().Add(s.patience))
	if _, err := tcp.Write(bytes.Repeat([]byte{22, 3, 1, 0, 4, 2, 0, 0, 0}, 4000)); err != nil {
		return judge(err, true)
	}
	answer, err := io.ReadAll(tcp)
	time.Sleep(5 * time.Millisecond)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return see("stall", "no answer to garbage")
	case err != nil:
		return see("truncation", "garbage is answered with %d bytes and %v", len(answer), err)
	case len(answer) != 7 || answer[0] != 21:
		return see("truncation", "garbage is answered with %x; want an alert", answer)
	}
	if err := failed(tcp); err != nil {
		return see("truncation", "behind the alert: %v", err)
	}
	return nil
}

// failed is the error of the socket: what RST behind FIN leaves there. To read it clears it.
func failed(tcp *net.TCPConn) error {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	number := 0
	if e := raw.Control(func(fd uintptr) {
		number, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
	}); e != nil || err != nil {
		return errors.Join(e, err)
	}
	if number != 0 {
		return syscall.Errno(number)
	}
	return nil
}

// mute: the client says no more than a part of a ClientHello, and resets the connection.
func mute(s *server) error {
	tcp, err := client{}.dial(s)
	if err != nil {
		return err
	}
	tcp.Write([]byte{22, 3, 1, 0, 200, 1, 0, 0})
	time.Sleep(time.Millisecond)
	tcp.SetLinger(0)
	return tcp.Close()
}

// plenty is more than all buffers take together from a small client that does not read.
const plenty = 400_000

// vanish: the client writes, does not read, and resets the connection when nothing happens any more.
func vanish(s *server) error {
	l, err := client{small: true}.connect(s)
	if err != nil {
		return err
	}
	go l.say(noise(plenty), 0, false)
	s.rests(l.held.sent.Load)
	l.tcp.SetLinger(0)
	return l.tcp.Close()
}

// deaf: the client writes 32 MiB and reads nothing. A correct server stops to read; the kernel's
// buffers take some.
func deaf(s *server) error {
	l, err := client{}.connect(s)
	if err != nil {
		return err
	}
	defer l.tcp.Close()
	before, text := s.resident(), noise(1<<20)
	for range 32 {
		l.tcp.SetWriteDeadline(time.Now().Add(soon))
		if _, err = l.Write(text); err != nil {
			break
		}
	}
	if grown := s.resident() - before; grown > 8<<20 {
		return see("unbounded-buffer", "%d bytes more in memory", grown)
	}
	if err == nil {
		return see("unbounded-buffer", "all of 32 MiB were taken")
	}
	return nil
}

// spins: the server does not want the processor while a client does nothing.
func spins(s *server, what string) error {
	const watched = 300 * time.Millisecond
	time.Sleep(watched / 10) // what was begun is over
	before := s.wanted()
	time.Sleep(watched)
	if wanted := s.wanted() - before; wanted > watched/3 {
		return see("busy-loop", "%v of %v at work, %s", wanted, watched, what)
	}
	return nil
}

// idles: an open connection on which nothing happens costs nothing.
func idles(s *server) error {
	l, err := client{}.connect(s)
	if err != nil {
		return err
	}
	defer l.tcp.Close()
	return spins(s, "with an idle connection")
}

// dawdles: nor does a handshake that does not go on.
func dawdles(s *server) error {
	tcp, err := client{}.dial(s)
	if err != nil {
		return err
	}
	defer tcp.Close()
	tcp.Write([]byte{22, 3, 1, 0, 200, 1, 0, 0})
	return spins(s, "in a handshake")
}

// stuff writes to a small connection that nobody reads, until its kernel takes no more from the
// server, and the server holds some: what it wrote. How much that is differs from run to run.
func (l *link) stuff(s *server) (text []byte, err error) {
	for before := -1; ; {
		piece := noise(8000)
		l.tcp.SetWriteDeadline(time.Now().Add(s.patience))
		if _, err := l.Write(piece); err != nil {
			return nil, judge(err, true)
		}
		text = append(text, piece...)
		s.rests(l.held.sent.Load)
		now := s.unsent(l.tcp.LocalAddr())
		if now == before {
			return text, nil
		}
		before = now
	}
}

// stuffed: a client does not read what it is sent, and may end. The server waits without work, and
// when the client reads at last, it has it all.
func stuffed(end bool) func(*server) error {
	return func(s *server) error {
		l, err := client{small: true}.connect(s)
		if err != nil {
			return err
		}
		defer l.tcp.Close()
		text, err := l.stuff(s)
		if err != nil {
			return err
		}
		if end {
			l.CloseWrite()
			l.tcp.CloseWrite()
		}
		if err := spins(s, "with a client that does not read"); err != nil {
			return err
		}
		return l.hear(text, end, 0)
	}
}

// both: two clients write much, and read when nothing happens any more.
func both(s *server) error {
	var links [2]*link
	var texts [2][]byte
	for i := range links {
		l, err := client{small: true}.connect(s)
		if err != nil {
			return err
		}
		defer l.tcp.Close()
		links[i], texts[i] = l, noise(plenty)
		go l.say(texts[i], 0, true)
	}
	s.rests(func() int64 { return links[0].held.sent.Load() + links[1].held.sent.Load() })
	second := make(chan error)
	go func() { second <- links[1].hear(texts[1], true, 0) }()
	return errors.Join(links[0].hear(texts[0], true, 0), <-second)
}

// cut: FIN without close_notify ends the connection, without a spin.
func cut(s *server) error {
	l, err := client{}.connect(s)
	if err != nil {
		return err
	}
	defer l.tcp.Close()
	l.tcp.CloseWrite()
	return spins(s, "after FIN without close_notify")
}

// foreign: one connection fails while another is open, which then still has its echo. Several times:
// it takes the calls in one order.
func foreign(s *server) error {
	for range 5 {
		l, err := client{}.connect(s)
		if err != nil {
			return err
		}
		if err := garbage(s); err != nil {
			return err
		}
		text := noise(3000)
		go l.say(text, 0, true)
		err = l.hear(text, true, 0)
		l.tcp.Close()
		if err != nil {
			return see("spurious-failure", "after another's failure: %v", err)
		}
	}
	return nil
}

// several runs a behaviour more than once, and then counts the server's descriptors.
func several(times int, behave func(*server) error) func(*server) error {
	return func(s *server) error {
		before := s.descriptors()
		for range times {
			if err := behave(s); err != nil {
				return err
			}
		}
		s.rests(func() int64 { return 0 })
		if !s.idle(before) {
			return see("leak", "%d descriptors; %d before", s.descriptors(), before)
		}
		return nil
	}
}

// request is a message of memcached's binary protocol.
func request(opaque uint32, body, answer int) []byte {
	b := make([]byte, 24+body)
	b[0] = 0x80
	binary.BigEndian.PutUint32(b[8:], uint32(body))
	binary.BigEndian.PutUint32(b[12:], opaque)
	binary.BigEndian.PutUint32(b[20:], uint32(answer))
	return b
}

// response is what kv answers.
func response(opaque uint32, answer int) []byte {
	b := make([]byte, 24+answer)
	b[0] = 0x81
	binary.BigEndian.PutUint32(b[8:], uint32(answer))
	binary.BigEndian.PutUint32(b[12:], opaque)
	for i := range uint32(answer) {
		b[24+i] = byte(opaque + i + i/251 + i/63001)
	}
	return b
}

// asks: a client of kv pipelines requests with these lengths of answers, in one piece if it says
// so, and wants them all. If it ends, close_notify and FIN come with the last.
type asks struct {
	client
	answers []int
	body    int
	after   bool
	end     bool
}

func (a asks) run(s *server) error {
	l, err := a.connect(s)
	if err != nil {
		return err
	}
	defer l.tcp.Close()
	var want []byte
	l.held.hold = a.batch
	wrote := make(chan struct{})
	for i, n := range a.answers {
		if n > 0 {
			want = append(want, response(uint32(i), n)...)
		}
	}
	go func() {
		for i, n := range a.answers {
			l.Write(request(uint32(i), a.body, n))
		}
		if a.end {
			l.CloseWrite()
		}
		l.leave(a.end)
		close(wrote)
	}()
	if a.after {
		s.rests(l.held.sent.Load)
	}
	err = l.hear(want, a.end, 0)
	if err == nil {
		<-wrote
	}
	return err
}

// overwhelmed: a client of kv asks for much, reads nothing, and resets the connection.
func overwhelmed(s *server) error {
	l, err := client{small: true}.connect(s)
	if err != nil {
		return err
	}
	l.Write(request(1, 0, 1<<20))
	s.rests(l.held.sent.Load)
	l.tcp.SetLinger(0)
	return l.tcp.Close()
}

// answered: a client of kv reads a long answer late, and then is idle.
func answered(s *server) error {
	l, err := client{small: true}.connect(s)
	if err != nil {
		return err
	}
	defer l.tcp.Close()
	l.Write(request(0, 0, 500_000))
	s.rests(l.held.sent.Load)
	if err := l.hear(response(0, 500_000), false, 0); err != nil {
		return err
	}
	return spins(s, "after an answer")
}

// renegotiate: OpenSSL's client asks for a handshake in an open connection, and waits for what the
// server says to that. A relay counts the bytes.
func renegotiate(s *server) error {
	relay, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer relay.Close()
	var there, back atomic.Int64
	go func() {
		near, err := relay.Accept()
		if err != nil {
			return
		}
		defer near.Close()
		far, err := net.Dial("tcp4", s.address)
		if err != nil {
			return
		}
		defer far.Close()
		go io.Copy(counted{far, &there}, near)
		io.Copy(counted{near, &back}, far)
	}()
	cmd := exec.Command("openssl", "s_client", "-connect", relay.Addr().String(), "-tls1_2")
	asks, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	settled(&back, 0)
	said, heard := settled(&there, 0), settled(&back, 0)
	fmt.Fprintln(asks, "R")
	if settled(&there, said) == said {
		return fmt.Errorf("openssl s_client has not asked for a handshake")
	}
	if settled(&back, heard) == heard {
		return see("stall", "no answer to a renegotiation")
	}
	return nil
}

// settled waits until a count has grown beyond n, if it does, and has stayed the same for a while.
func settled(count *atomic.Int64, n int64) int64 {
	end := time.Now().Add(1500 * time.Millisecond)
	for count.Load() == n && time.Now().Before(end) {
		time.Sleep(5 * time.Millisecond)
	}
	for before := int64(-1); ; {
		now := count.Load()
		if now == before {
			return now
		}
		before = now
		time.Sleep(100 * time.Millisecond)
	}
}

// counted counts what is written.
type counted struct {
	io.Writer
	n *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n.Add(int64(n))
	return n, err
}
