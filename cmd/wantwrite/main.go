// Command wantwrite hunts for hangs in the code between a socket, an event loop and a
// TLS library, and replays what it found. Your own pump has a command of its own: see
// package cli.
package main

import "github.com/wantwrite/wantwrite/cmd/cli"

func main() { cli.Main() }
