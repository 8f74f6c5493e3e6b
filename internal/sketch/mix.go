package sketch

// Mix hashes a value with a seed: a finaliser in the manner of SplitMix64
// (Steele, Lea, Flood 2014), a bijection for each seed.
func Mix(value, seed uint64) uint64 {
	z := value + seed + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
