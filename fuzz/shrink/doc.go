// Package shrink makes a failing script simpler for as long as it fails for the same
// cause: its actions, its records and its world.
package shrink
