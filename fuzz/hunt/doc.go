// Package hunt goes through schedules and looks for violations: the campaign and its
// workers, the strategies' shares, what was covered, and when it is enough.
package hunt
