package config

import (
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Manual writes docs/configuration.md: every key with its type, its default and its
// meaning, from the tables that read it.
func Manual(w io.Writer) error {
	var b strings.Builder
	b.WriteString(preface)
	for _, section := range root.shape().rows {
		fmt.Fprintf(&b, "\n## `%s`\n\n%s\n\n", section.name, section.doc)
		b.WriteString("| key | type | default | meaning |\n|---|---|---|---|\n")
		manualRows(&b, section, section.name, defaultOf(root.write(Default()), section.name))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const preface = `# Configuration

` + "`eagre run -c eagre.yaml`" + ` reads one YAML file. Without a file the defaults below hold, and the engine hears loopback only.
` + "`eagre config check`" + ` reports everything that is wrong with a file, with line and column; ` + "`eagre config dump`" + ` prints what is in
force, the defaults included. A complete example is [example.yaml](../cmd/eagre/config/example.yaml).

The file is strict. A key that is not in this manual is an error, and so is a bad value, a key given twice, an anchor,
an alias, a merge key, a tag, a tab in the indentation, a second document, a byte order mark, and a file over 2 MiB or nested deeper than 40 levels.
A file with an error is refused whole: nothing starts with half a configuration.

- **Durations** have a unit: ` + "`300ms`, `5s`, `10m`, `4h`, `7d`, `1h30m`" + `.
- **Rates** have a unit: ` + "`pps` `kpps` `Mpps`" + ` for packets per second, ` + "`bps` `kbps` `Mbps` `Gbps` `Tbps`" + ` for bits per second, all decimal
  (` + "`10Gbps` or `10 Gbps`" + ` is 10,000,000,000 bits per second).
- **Addresses** to listen on are ` + "`host:port`" + `; ` + "`:2055`" + ` is every address of the machine, and an IPv6 address stands in brackets.
- **Prefixes** with host bits set are taken without them, with a warning.
- **Secrets** never stand in the file. They are kept in a file of their own, ` + "`{file: /etc/eagre/hook.key}`" + `, in an environment variable,
  ` + "`{env: SLACK_TOKEN}`" + `, or handed over by systemd, ` + "`{credential: hook}`" + `.

**Environment.** Every key of one value that is not inside a list can also be given as an environment variable, which
overrides the file: ` + "`EAGRE_`" + ` and the key in upper case, with underscores: ` + "`EAGRE_ADMIN_LISTEN`" + ` for ` + "`admin.listen`, `EAGRE_THRESHOLDS_SYN_FLOOD`" + ` for
` + "`thresholds.syn-flood`" + `. An empty variable counts as not set. A variable that begins with ` + "`EAGRE_`" + ` and stands for no key is a warning.
`

// manualRows writes the keys below a key, with the path to each.
func manualRows(b *strings.Builder, above row, path string, defaults *yaml.Node) {
	if above.shape.list {
		path += "[]"
	}
	if above.shape.rows == nil {
		manualRow(b, above, path, defaults)
	}
	for _, k := range above.shape.rows {
		below := defaultOf(defaults, k.name)
		if k.shape.rows == nil || k.shape.list {
			manualRow(b, k, path+"."+k.name, below)
		} else {
			fmt.Fprintf(b, "| `%s` | %s | | %s |\n", path+"."+k.name, k.shape.words, k.doc)
		}
		if k.shape.rows != nil {
			manualRows(b, k, path+"."+k.name, below)
		}
	}
}

func manualRow(b *strings.Builder, k row, path string, fallback *yaml.Node) {
	fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", path, k.shape.words, defaultWords(k, fallback), k.doc)
}

func defaultWords(k row, fallback *yaml.Node) string {
	switch {
	case k.required:
		return "required"
	case k.otherwise != "":
		return k.otherwise
	case fallback == nil:
		return ""
	}
	return "`" + inline(fallback) + "`"
}

// inline writes a scalar or a list of scalars on one line.
func inline(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return n.Value
	}
	var parts []string
	for _, c := range n.Content {
		parts = append(parts, inline(c))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// defaultOf is the value of a key in a mapping; nil where there is none.
func defaultOf(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}
