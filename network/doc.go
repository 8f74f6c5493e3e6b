// Package network is the operator's map: which addresses are protected (managed
// objects), which routers export, what their interfaces are called and what role
// they have, and from all that which way a flow runs and where it counts.
//
// A Config comes in, checked and compiled once into an immutable Map that any
// number of goroutines may read. It knows no traffic: only where things are.
package network
