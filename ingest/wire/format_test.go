package wire

import "testing"

func TestFormatsAreToldApartByTheirFirstBytes(t *testing.T) {
	cases := []struct {
		bytes   []byte
		format  Format
		version uint32
	}{
		{[]byte{0, 5, 0, 1}, NetFlowV5, 5},
		{[]byte{0, 9, 0, 1}, NetFlowV9, 9},
		{[]byte{0, 10, 0, 1}, IPFIX, 10},
		{[]byte{0, 1, 0, 1}, NetFlowV1, 1},
		{[]byte{0, 6, 0, 1}, NetFlowV6, 6},
		{[]byte{0, 7, 0, 1}, NetFlowV7, 7},
		{[]byte{0, 8, 0, 1}, NetFlowV8, 8},
		{[]byte{0, 3, 0, 1}, UnknownFormatVersion, 3},
		{[]byte{0, 0, 0, 5}, SFlowV5, 5},
		{[]byte{0, 0, 0, 4}, SFlowOther, 4},
		{[]byte{0, 4, 0, 0}, UnknownFormatVersion, 4},
		{[]byte{255, 255, 0, 0}, UnknownFormatVersion, 65535},
		{[]byte{0, 5, 0}, UnknownFormatVersion, 0},
	}
	for _, c := range cases {
		if format, version := Recognise(c.bytes); format != c.format || version != c.version {
			t.Errorf("%v: got format %d version %d, want %d and %d", c.bytes, format, version, c.format, c.version)
		}
	}
}

func TestOnlyWellBuiltDatagramsLookExported(t *testing.T) {
	v5 := make([]byte, 24+48)
	v5[1], v5[3] = 5, 1
	sflow := make([]byte, 28+8+4)
	sflow[3], sflow[7], sflow[27], sflow[31], sflow[35] = 5, 1, 1, 1, 4
	ipfix := []byte{0, 10, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	v9 := make([]byte, 28)
	v9[1], v9[23] = 9, 8
	for name, b := range map[string][]byte{"v5": v5, "sFlow": sflow, "IPFIX": ipfix, "v9": v9} {
		if !LooksExported(b) {
			t.Errorf("%s: a well built datagram is not recognised", name)
		}
		if LooksExported(b[:len(b)-5]) {
			t.Errorf("%s: a datagram that is cut looks well built", name)
		}
	}
	if sflow[7] = 3; LooksExported(sflow) {
		t.Error("an sFlow agent address of type 3 looks well built")
	}
}
