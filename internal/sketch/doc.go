// Package sketch holds summaries that are small, mergeable and good enough:
// Distinct counts different values. Whoever uses one hashes the values first,
// with a seed that an attacker cannot know (drawn per data folder, fixed in
// replay), because equal input in equal order must give equal state.
package sketch
