package config

import (
	"go.yaml.in/yaml/v4"

	"eagre/alert"
)

const secretForms = "{file: PATH}, {env: NAME} or {credential: NAME}"

// secret is the place where a secret is kept. Nothing of what stands here is quoted
// in a message: it might be the secret itself.
type secret struct{}

var secretKeys = mapping[alert.SecretSource]{
	at("file", func(s *alert.SecretSource) *string { return &s.File }, path("a file"),
		"A file that holds the secret alone."),
	at("env", func(s *alert.SecretSource) *string { return &s.Env }, pattern("the name of an environment variable", `^[A-Za-z_][A-Za-z0-9_]{0,100}$`),
		"An environment variable."),
	at("credential", func(s *alert.SecretSource) *string { return &s.Credential }, pattern("the name of a credential, as in LoadCredential=", `^[A-Za-z0-9_-][A-Za-z0-9._-]{0,250}$`),
		"A credential that systemd hands over (LoadCredential=)."),
}

func (secret) read(r *reader, n *yaml.Node, into *alert.SecretSource) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "secrets are not written here: use %s", secretForms)
		return
	}
	if len(n.Content) != 2 || !isSecretKey(n.Content[0].Value) {
		r.fail(n, "want exactly one of %s", secretForms)
		return
	}
	secretKeys.read(r, n, into)
}

func isSecretKey(name string) bool {
	return name == "file" || name == "env" || name == "credential"
}

func (secret) write(s alert.SecretSource) *yaml.Node {
	n := secretKeys.write(s)
	if n == nil {
		return nil
	}
	withoutComments(n)
	n.Style = yaml.FlowStyle
	return n
}

func (secret) shape() shape { return shape{words: "a secret, as " + secretForms} }

// location is a URL, or the place where one is kept.
type location struct{}

func (location) read(r *reader, n *yaml.Node, into *URL) {
	if n.Kind != yaml.ScalarNode {
		secret{}.read(r, n, &into.From)
		return
	}
	if isNull(n) || n.Value == "" {
		r.fail(n, "a URL is missing here")
		return
	}
	into.Plain = alert.NewEndpoint(n.Value)
}

func (location) write(u URL) *yaml.Node {
	if u.Plain.IsZero() {
		return secret{}.write(u.From)
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: u.Plain.Reveal()}
}

func (location) shape() shape {
	return shape{words: "a URL, or where one is kept that holds a key, as " + secretForms}
}
