package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// envPrefix begins the name of every environment variable of ours.
const envPrefix = "EAGRE_"

// envName is the variable that stands for a key: EAGRE_ADMIN_LISTEN for
// admin.listen.
func envName(path []string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(strings.Join(path, "_"), "-", "_"))
}

// envPaths are the keys that the environment can give: those of one value that are
// not inside a list.
func envPaths(rows []row, above []string) (paths [][]string) {
	for _, k := range rows {
		path := append(slices.Clone(above), k.name)
		switch {
		case k.shape.scalar:
			paths = append(paths, path)
		case !k.shape.list:
			paths = append(paths, envPaths(k.shape.rows, path)...)
		}
	}
	return paths
}

// environment reads the variables in the order of their names. An empty one counts
// as not set.
func (r *reader) environment(c *Config, environ []string) {
	known := map[string][]string{}
	var names []string
	for _, path := range envPaths(root.shape().rows, nil) {
		known[envName(path)] = path
		names = append(names, envName(path))
	}
	for _, variable := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, envPrefix) || value == "" {
			continue
		}
		r.source = "env " + name
		if path, ok := known[name]; ok {
			root.read(r, nest(path, value), c)
			continue
		}
		r.report(place{source: r.source}, Warning, "this variable stands for no key%s", meant(name, names))
	}
	r.source = r.file
}

// nest is the document that gives one key alone.
func nest(path []string, value string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
	for _, name := range slices.Backward(path) {
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}
		n = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{key, n}}
	}
	return n
}
