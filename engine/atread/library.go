// Package atread is the model as a library that answers a KeyUpdate in the Read that processes
// it, as crypto/tls does. OpenSSL, and the model by default, leave the answer to the next Write.
package atread

import (
	"github.com/wantwrite/wantwrite/model"
	"github.com/wantwrite/wantwrite/model/tls"
)

// A Library makes the model's engines with the trait AnswerAtRead. It implements
// [model.Library], and belongs to one goroutine.
type Library struct{ *tls.Models }

// New makes a library.
func New() *Library { return &Library{tls.NewModels()} }

// Name implements model.Library.
func (l *Library) Name() string { return "at-read" }

// Can implements model.Library: what the model can, but for traits, one of which is fixed.
func (l *Library) Can() model.Capabilities {
	can := l.Models.Can()
	can.AllTraits = false
	return can
}

// Describe implements model.Library.
func (l *Library) Describe() string { return "the model, which answers a KeyUpdate at once" }

// New implements model.Library.
func (l *Library) New(cfg *model.EngineConfig) (model.Engine, error) {
	own := *cfg
	own.Traits.AnswerAtRead = true
	return l.Models.New(&own)
}
