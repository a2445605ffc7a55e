package openssl_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/model"
)

// BenchmarkLink makes two engines, shakes hands and frees them.
func BenchmarkLink(b *testing.B) {
	lib := need(b)
	for _, v := range versions {
		b.Run("tls="+v.String(), func(b *testing.B) {
			b.ReportAllocs()
			lib.Begin(1)
			defer lib.End()
			for b.Loop() {
				l := pair(b, lib, config(v))
				l.Shake()
				l.Free()
			}
		})
	}
}

// BenchmarkCall makes single calls.
func BenchmarkCall(b *testing.B) {
	l := open(b, config(model.TLS12))
	l.Shake()
	var p [100]byte
	carried := make([]byte, 1000)
	b.Run("OutputPending", func(b *testing.B) {
		for b.Loop() {
			l.Client().OutputPending()
		}
	})
	b.Run("Read=WantRead", func(b *testing.B) {
		for b.Loop() {
			l.Client().Read(p[:])
		}
	})
	b.Run("Record100", func(b *testing.B) {
		for b.Loop() {
			l.Client().Write(p[:])
			l.Server().Feed(carried[:l.Client().Drain(carried)])
			l.Server().Read(p[:])
		}
	})
}

// BenchmarkProfile is BenchmarkLink for each way to authenticate.
func BenchmarkProfile(b *testing.B) {
	lib := need(b)
	for name, cfg := range map[string]model.EngineConfig{
		"psk":    config(model.TLS12),
		"ecdsa":  certified(model.TLS12, 1000, false),
		"mutual": certified(model.TLS12, 8000, true),
	} {
		b.Run(name, func(b *testing.B) {
			lib.Begin(1)
			defer lib.End()
			for b.Loop() {
				l := pair(b, lib, cfg)
				l.Shake()
				l.Free()
			}
		})
	}
}
