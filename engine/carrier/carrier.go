// Package carrier moves bytes between an engine that is written in Go and its pump or socket. The
// engines are crypto/tls and the puppet.
package carrier

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
)

// A Carrier is the transport of an engine: the two bounded buffers of a pair, or the socket of the
// attached transport.
type Carrier struct {
	In, Out tls.Ring
	// Socket is nil with a pair.
	Socket model.Socket
	// Cause says why the socket carries no more: model.ErrEOF or model.ErrReset.
	Cause error
}

// Restart makes the carrier as new, for an engine of cfg. It keeps its storage.
func (c *Carrier) Restart(cfg *model.EngineConfig) {
	c.Socket, c.Cause = nil, nil
	in, out := cfg.In, cfg.Out
	if cfg.Transport == model.Attached {
		c.Socket, in, out = cfg.Socket, 0, 0
	}
	c.In.Reset(in)
	c.Out.Reset(out)
}

// Receive moves input into p and returns the number of bytes.
func (c *Carrier) Receive(p []byte) int {
	if c.Socket == nil {
		return c.In.Read(p)
	}
	if c.Cause != nil {
		return 0
	}
	n, st := c.Socket.Recv(p)
	switch st {
	case model.EOF:
		c.Cause = model.ErrEOF
	case model.Reset:
		c.Cause = model.ErrReset
	}
	return n
}

// Send moves output out of p. It returns the number of bytes that there was room for.
func (c *Carrier) Send(p []byte) int {
	if c.Socket == nil {
		return c.Out.Write(p)
	}
	n, st := c.Socket.Send(p)
	if st == model.Reset {
		c.Cause = model.ErrReset
	}
	return n
}
