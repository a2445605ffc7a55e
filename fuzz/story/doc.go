// Package story tells what happened in a run: as sentences, as a diagram for a terminal,
// as a page for a browser, and as a capture for Wireshark.
package story
