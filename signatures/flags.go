package signatures

import "strings"

const protoTCP = 6

// flagLetters are the TCP flags in the order of their bits, from FIN upwards
// (RFC 9293 section 3.1): FIN SYN RST PSH ACK URG ECE CWR.
const flagLetters = "FSRPAUEC"

// synAloneFlags are the flags that say whether a SYN came alone: SYN is set, ACK,
// RST and FIN are not, and the others do not matter.
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	_
	flagACK
	synAloneMask = flagFIN | flagSYN | flagRST | flagACK
)

// flagBits is the bits of flag letters; wrong is the first letter that is none.
func flagBits(letters string) (bits uint8, wrong rune, ok bool) {
	for _, letter := range letters {
		i := strings.IndexRune(flagLetters, letter)
		if i < 0 {
			return 0, letter, false
		}
		bits |= 1 << i
	}
	return bits, 0, letters != ""
}

// flagValues is every value of tcp_flags whose bits under the mask are as wanted.
func flagValues(mask, want uint8) spans {
	var values spans
	for v := range 256 {
		if uint8(v)&mask == want {
			values = append(values, span{int64(v), int64(v)})
		}
	}
	return values.or(nil)
}
