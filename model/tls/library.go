package tls

import (
	"github.com/wantwrite/wantwrite/model"
)

// Models is the model's engines as a Library. It keeps engines that were given
// back, so that a hunt does not allocate one for each link. It belongs to one
// goroutine; each worker has its own.
type Models struct {
	free []*TLS
}

// NewModels makes a library without engines.
func NewModels() *Models { return &Models{} }

// Name implements Library.
func (m *Models) Name() string { return "model" }

// Describe implements Library.
func (m *Models) Describe() string {
	return "the abstract TLS engine: TLS 1.2 and 1.3 with OpenSSL 3.0's call semantics"
}

// Begin implements Library. The model draws nothing: all that looks random in
// it follows from EngineConfig.Key, and Begin has nothing to do.
func (m *Models) Begin(uint64) {}

// End implements Library.
func (m *Models) End() {}

// New implements Library. It fails only if cfg makes no sense; the error says
// what was found and what is wanted.
func (m *Models) New(cfg *model.EngineConfig) (model.Engine, error) {
	if err := check(cfg); err != nil {
		return nil, err
	}
	n := len(m.free)
	if n == 0 {
		return NewTLS(cfg), nil
	}
	t := m.free[n-1]
	m.free = m.free[:n-1]
	t.Reset(cfg)
	return t, nil
}

// Free implements Library. Engines of other libraries are left alone.
func (m *Models) Free(e model.Engine) {
	if t, ok := e.(*TLS); ok {
		m.free = append(m.free, t)
	}
}
