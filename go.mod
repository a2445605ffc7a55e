module github.com/wantwrite/wantwrite

go 1.26

require (
	github.com/cockroachdb/datadriven v1.0.3 // indirect
	github.com/ebitengine/purego v0.11.3
	github.com/google/go-cmp v0.7.0
	github.com/pmezard/go-difflib v1.0.0 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)
