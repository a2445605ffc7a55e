package gotls_test

import (
	"testing"

	"github.com/wantwrite/wantwrite/engine/gotls"
	"github.com/wantwrite/wantwrite/model"
)

// BenchmarkLink makes two engines, shakes hands in full and frees them.
func BenchmarkLink(b *testing.B) {
	for _, v := range []model.Version{model.TLS12, model.TLS13} {
		b.Run(v.String(), func(b *testing.B) {
			lib := gotls.New()
			lib.Begin(1)
			for b.Loop() {
				l := pair(b, lib, config(v))
				l.Shake()
				l.Free()
			}
		})
	}
}

// BenchmarkRecord seals, moves and opens one record.
func BenchmarkRecord(b *testing.B) {
	lib := gotls.New()
	lib.Begin(1)
	l := pair(b, lib, config(model.TLS13))
	defer l.Free()
	l.Shake()
	text, p := make([]byte, 100), make([]byte, 200)
	b.ReportAllocs()
	for b.Loop() {
		l.Client().Write(text)
		n := l.Client().Drain(p)
		l.Server().Feed(p[:n])
		if n, _ := l.Server().Read(p); n != len(text) {
			b.Fatal("a record is lost")
		}
	}
}
