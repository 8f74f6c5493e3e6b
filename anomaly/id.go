package anomaly

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// ID makes an anomaly's id from what it is: the detector that found it and the
// bytes that tell its subject and start. The same finding in a replay, or after
// a restart, has the same id.
func ID(detector string, about []byte) string {
	h := sha256.New()
	h.Write([]byte(detector))
	h.Write(about)
	return "a-" + strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)[:10]))
}
