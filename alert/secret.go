package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

const hidden = "***"

// Secret is a token or a key. It prints as *** through every verb of fmt, in logs,
// in JSON and in YAML; only Reveal gives it away. The zero value is no secret.
type Secret struct{ value string }

// NewSecret hides a value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal is the value itself, for the one line that sends or signs with it.
func (s Secret) Reveal() string { return s.value }

// IsZero tells whether there is no secret.
func (s Secret) IsZero() bool { return s.value == "" }

func (s Secret) String() string { return hidden }

// Format prints *** whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue prints *** in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON writes ***.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(hidden) }

// MarshalText writes ***.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalYAML writes ***.
func (s Secret) MarshalYAML() (any, error) { return hidden, nil }

// SecretSource says where a secret is kept. Exactly one field is set. Secrets are
// never written into the configuration itself.
type SecretSource struct {
	File       string // a file's path
	Env        string // an environment variable's name
	Credential string // a name under systemd's $CREDENTIALS_DIRECTORY (systemd.exec(5))
}

// maxSecret bounds a secret's size in bytes.
const maxSecret = 64 << 10

// Resolve reads the secret. White space at its ends is not part of it. The
// environment is an argument: pass os.Getenv.
func (s SecretSource) Resolve(getenv func(string) string) (Secret, error) {
	value, err := s.read(getenv)
	if err != nil {
		return Secret{}, err
	}
	value = strings.TrimSpace(value)
	if value == "" {
		return Secret{}, fmt.Errorf("secret: %s is empty", s)
	}
	return Secret{value}, nil
}

func (s SecretSource) read(getenv func(string) string) (string, error) {
	switch s {
	case SecretSource{}:
		return "", errors.New("secret: want one of file, env, credential")
	case SecretSource{File: s.File}:
		return readSecret(s.File)
	case SecretSource{Env: s.Env}:
		return getenv(s.Env), nil
	case SecretSource{Credential: s.Credential}:
		return s.readCredential(getenv("CREDENTIALS_DIRECTORY"))
	}
	return "", errors.New("secret: want one of file, env, credential, not several")
}

func (s SecretSource) readCredential(dir string) (string, error) {
	if dir == "" {
		return "", fmt.Errorf("secret: %s: $CREDENTIALS_DIRECTORY is not set (systemd sets it where the unit has LoadCredential=)", s)
	}
	if !filepath.IsLocal(s.Credential) {
		return "", fmt.Errorf("secret: %s: not a plain name", s)
	}
	return readSecret(filepath.Join(dir, s.Credential))
}

func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	if len(b) > maxSecret {
		return "", fmt.Errorf("secret: file %s: more than %d bytes", path, maxSecret)
	}
	return string(b), nil
}

// String names the place, never what is kept there.
func (s SecretSource) String() string {
	switch {
	case s.File != "":
		return "file " + s.File
	case s.Env != "":
		return "env " + s.Env
	}
	return "credential " + s.Credential
}
