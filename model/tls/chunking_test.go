package tls

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wantwrite/wantwrite/model"
)

// bigBuffer is a pair buffer in which nothing is ever tight.
const bigBuffer = 1 << 17

// An observation is what an engine made of the bytes it was fed: messages and
// alerts in order, and the plaintext.
type observation struct {
	Notes     []string
	Plaintext string
	Last      string
}

// FuzzChunking: any chunking of the same bytes gives the same plaintext, the
// same alerts, in the same order. The bytes are those of a client's whole
// session, possibly damaged; the chunks are the fuzzer's.
func FuzzChunking(f *testing.F) {
	f.Add(byte(0), uint16(0), byte(0), []byte{1})
	f.Add(byte(1), uint16(0), byte(0), []byte{5, 1, 200})
	f.Add(byte(2), uint16(70), byte(4), []byte{1, 2, 3, 4, 5, 6, 7, 8})
	f.Add(byte(3), uint16(300), byte(128), []byte{255, 1})
	f.Add(byte(7), uint16(0), byte(0), []byte{16, 0, 16})
	f.Fuzz(func(t *testing.T, kind byte, at uint16, bit byte, chunks []byte) {
		cfg := sessionConfig(kind)
		wire := clientSession(cfg)
		if bit != 0 {
			wire[int(at)%len(wire)] ^= bit
		}
		whole := observe(cfg, wire, []byte{0})
		parts := observe(cfg, wire, chunks)
		if diff := cmp.Diff(whole, parts); diff != "" {
			t.Errorf("in chunks %v the same %d bytes mean something else (-whole +chunks):\n%s",
				chunks, len(wire), diff)
		}
	})
}

// sessionConfig draws a server's configuration from a byte.
func sessionConfig(kind byte) model.EngineConfig {
	cfg := model.EngineConfig{Role: model.Server, In: bigBuffer, Out: bigBuffer,
		Errors: &model.ErrorQueue{}, Key: 7, MaxRecord: 16384, PartialWrite: true,
		MovingBuffer: true, Version: model.Version(kind & 1)}
	if kind&2 != 0 {
		cfg.ServerChain, cfg.ClientChain, cfg.ClientAuth = 900, 700, true
	}
	if kind&4 != 0 {
		cfg.Tickets, cfg.HandshakeRecord = 2, 100
	}
	return cfg
}

// clientSession is all that a client writes in a session with data, a new
// handshake or keys, more data and a close.
func clientSession(cfg model.EngineConfig) []byte {
	server := newTLS(&cfg)
	cfg.Role, cfg.Errors = model.Client, &model.ErrorQueue{}
	client := newTLS(&cfg)
	var wire []byte
	talk := func() { wire = append(wire, exchange(client, server)...) }
	client.Handshake()
	talk()
	client.Write([]byte("first message"))
	talk()
	if cfg.Version == model.TLS12 {
		client.Renegotiate()
	} else {
		client.KeyUpdate(true)
	}
	talk()
	client.Handshake()
	client.Write(make([]byte, 20000))
	client.Write([]byte("last message"))
	client.Shutdown()
	talk()
	return wire
}

// exchange moves bytes until both are silent, and returns the client's.
func exchange(client, server *TLS) []byte {
	var said []byte
	buf := make([]byte, bigBuffer)
	for {
		n := client.Drain(buf)
		said = append(said, buf[:n]...)
		server.Feed(buf[:n])
		readAll(server)
		m := server.Drain(buf)
		client.Feed(buf[:m])
		readAll(client)
		if n == 0 && m == 0 {
			return said
		}
	}
}

// readAll reads until the engine has no more, and returns the plaintext.
func readAll(e *TLS) (plain []byte, st model.Status) {
	buf := make([]byte, 4096)
	for {
		n, st := e.Read(buf)
		plain = append(plain, buf[:n]...)
		if st != model.OK {
			return plain, st
		}
	}
}

// observe feeds bytes to a new server in chunks of the given sizes, again and
// again; a size of 0 means all that is left.
func observe(cfg model.EngineConfig, wire, chunks []byte) (o observation) {
	cfg.Errors = &model.ErrorQueue{}
	cfg.Watch = func(n model.Note) {
		o.Notes = append(o.Notes, fmt.Sprintf("%v %s %d", n.Sent, n.Message, n.Bytes))
	}
	server := newTLS(&cfg)
	sink := make([]byte, bigBuffer)
	var last model.Status
	for i := 0; len(wire) > 0; i++ {
		n := len(wire)
		if len(chunks) > 0 && chunks[i%len(chunks)] > 0 {
			n = min(n, int(chunks[i%len(chunks)]))
		}
		n = server.Feed(wire[:n])
		if n == 0 {
			break // the engine is dead and takes no more
		}
		wire = wire[n:]
		var plain []byte
		plain, last = readAll(server)
		o.Plaintext += string(plain)
		server.Drain(sink)
	}
	o.Last = last.String()
	return o
}
