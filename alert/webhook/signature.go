package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// sign sets the three headers of Standard Webhooks 1.0 ("Webhook headers"): what is
// signed is id, timestamp and body with dots between, by HMAC-SHA256, once with each
// key; the signatures stand beside each other with a space between.
func (n *Notifier) sign(h http.Header, id string, body []byte) {
	timestamp := strconv.FormatInt(n.now().Unix(), 10)
	var signatures []string
	for _, key := range n.keys {
		signatures = append(signatures, signature(key, id, timestamp, body))
	}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", timestamp)
	h.Set("webhook-signature", strings.Join(signatures, " "))
}

func signature(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
