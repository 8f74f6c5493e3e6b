// Package sketch holds summaries that are small, mergeable and good enough:
// Distinct counts different values, TopK finds the keys with the most weight,
// Quantiles says how large the values are. Values and weights come in one by one,
// sums of other machines as summaries; numbers go out, and how far they can be
// trusted. It knows no flows, no clock and no chance: equal input in equal order
// gives equal state, equal contents give equal bytes on the wire, and of a wire
// form nothing is believed that was not checked.
//
// Whoever uses a Distinct hashes the values first, with a seed that an attacker
// cannot know (drawn per data folder, fixed in replay): a public hash lets one
// choose addresses that look like few. What is merged was hashed with one seed.
// TopK and Quantiles hash nothing that an answer depends on, and need no seed.
//
// What each costs, with times of one quiet core:
//
//	                 bytes at most          insert     merge    error
//	Distinct narrow  2 KiB, 8 a value       3-4 ns     0.4 µs   none up to 64 values, then 2.3 % (one
//	                 up to 64                                   standard error)
//	Distinct wide    16 KiB, 8 a value      3-6 ns     3-5 µs   none up to 512 values, then 0.8 %
//	                 up to 512
//	TopK of k        about 200 an address   45 ns held, 0.2 µs  at most 1/k of the total, and each
//	                                        85-220 ns  a key    entry says its own
//	                                        new
//	Quantiles        30 KiB, 512 for each   4-6 ns     0.5 µs   0.8 % of the value, always
//	                 doubling in use
//
// An insert into a Distinct that is still exact takes about 20 ns. A narrow
// Distinct is for counts that are kept in great number, per second and key; a
// wide one where three standard errors must stay below 3 %, per minute. To know
// who they are and not how many, take a TopK with ten times as many keys as are
// shown, so that what is shown has little excess. For sizes, durations and rates
// take Quantiles; shares and scores go in as whole numbers of their smallest unit
// that matters.
package sketch
