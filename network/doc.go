// Package network is the operator's map: which addresses are protected (managed
// objects), which lie unused (dark) or are our own scanners (trusted), which
// routers export, what their interfaces are called and what role they have, and
// from all that which way a flow runs and where it counts.
//
// Managed objects nest: a customer's network lies in its provider's. The longest
// prefix names the one object that an address is shown under (its Object), and
// all objects that hold the address, each once, are the chain of its Site. What
// is counted for each object of a chain is in the parent once and in the child
// once, however many prefixes they have.
//
// A Config comes in, checked and compiled once into an immutable Map that any
// number of goroutines may read. It knows no traffic: only where things are.
package network
