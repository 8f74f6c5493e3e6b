// Package alerttest holds the contract of alert.Notifier as a suite. A way out shows
// that it keeps the contract by handing [Run] a [Subject]: how to make it work, fail
// and hang, and what must never be said.
//
// It also has events to test with, one of them as hostile as strings can be.
package alerttest
