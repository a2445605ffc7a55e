package tls

import (
	"fmt"

	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/wire"
)

// Models is the model's engines as a model.Library. It keeps engines that were given
// back, so that a hunt does not allocate one for each link. It belongs to one goroutine.
type Models struct {
	free []*TLS
}

// NewModels makes a library.
func NewModels() *Models { return &Models{} }

// Name implements model.Library.
func (m *Models) Name() string { return "model" }

// Can implements model.Library: the model can do all there is, with itself.
func (m *Models) Can() model.Capabilities {
	return model.Capabilities{UnderTest: true, Attacks: true, PSK: true, Certificates: true,
		Renegotiation: true, PostAuth: true, EarlyData: true, AllTraits: true, Nested: true,
		Snapshots: true, InProcess: true}
}

// Describe implements model.Library.
func (m *Models) Describe() string {
	return "the abstract TLS engine: TLS 1.2 and 1.3 with OpenSSL 3.0's call semantics"
}

// Begin implements model.Library. It does nothing: all that looks random in an engine
// follows from EngineConfig.Key.
func (m *Models) Begin(uint64) {}

// End implements model.Library.
func (m *Models) End() {}

// New implements model.Library. It fails only if cfg makes no sense; the error says what
// was found and what is wanted.
func (m *Models) New(cfg *model.EngineConfig) (model.Engine, error) {
	if err := check(cfg); err != nil {
		return nil, err
	}
	n := len(m.free)
	if n == 0 {
		return newTLS(cfg), nil
	}
	t := m.free[n-1]
	m.free = m.free[:n-1]
	t.Reset(cfg)
	return t, nil
}

// Free implements model.Library. It leaves engines of other libraries alone.
func (m *Models) Free(e model.Engine) {
	if t, ok := e.(*TLS); ok {
		m.free = append(m.free, t)
	}
}

// check says what is wrong with a configuration.
func check(c *model.EngineConfig) error {
	switch {
	case c.Transport == model.Pair && (c.In < 1 || c.Out < 1):
		return fmt.Errorf("tls: got buffers of %d and %d bytes; want at least 1", c.In, c.Out)
	case c.Transport == model.Attached && c.Socket == nil:
		return fmt.Errorf("tls: got transport attached and no socket; want one")
	case c.Foreign:
		return fmt.Errorf("tls: got a foreign end; want a real library: the model's records are not TLS")
	case c.MaxRecord < 1 || c.MaxRecord > wire.MaxRecordLen:
		return fmt.Errorf("tls: got records of %d bytes; want 1 to %d", c.MaxRecord, wire.MaxRecordLen)
	case c.HandshakeRecord < 0 || c.HandshakeRecord > wire.MaxRecordLen:
		return fmt.Errorf("tls: got handshake records of %d bytes; want 0 to %d",
			c.HandshakeRecord, wire.MaxRecordLen)
	case c.ServerChain < 0 || c.ClientChain < 0 || max(c.ServerChain, c.ClientChain) > maxChain:
		return fmt.Errorf("tls: got chains of %d and %d bytes; want 0 to %d",
			c.ServerChain, c.ClientChain, maxChain)
	case c.Traits.Renegotiation > model.RenegIgnore:
		return fmt.Errorf("tls: got renegotiation policy %d; want 0 to %d",
			c.Traits.Renegotiation, model.RenegIgnore)
	case c.Role > model.Server || c.Version > model.TLS13 || c.Tickets < 0:
		return fmt.Errorf("tls: got role %d, version %d, %d tickets; want known ones and 0 or more",
			c.Role, c.Version, c.Tickets)
	}
	return nil
}

// maxChain is the longest certificate chain in bytes: OpenSSL reads no more of a
// Certificate by default (SSL_CTX_set_max_cert_list).
const maxChain = 100000
