package quality

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// The files beside the traffic.
const (
	worldFile  = "world.json"
	labelsFile = "labels.jsonl"
	configFile = "eagre.yaml"
)

// Save writes the world, its labels and a configuration of eagre into a folder, which
// is made where it is not there.
func (w *World) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("quality: %w", err)
	}
	world, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return fmt.Errorf("quality: %s: %w", worldFile, err)
	}
	var labels strings.Builder
	lines := json.NewEncoder(&labels)
	for i := range w.Events {
		if err := lines.Encode(w.Events[i]); err != nil {
			return fmt.Errorf("quality: %s: event %d: %w", labelsFile, i, err)
		}
	}
	return errors.Join(
		write(dir, worldFile, string(world)+"\n"),
		write(dir, labelsFile, labels.String()),
		write(dir, configFile, w.YAML()),
	)
}

func write(dir, name, text string) error {
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		return fmt.Errorf("quality: %w", err)
	}
	return nil
}

// Load reads a world and its labels back.
func Load(dir string) (*World, error) {
	data, err := os.ReadFile(filepath.Join(dir, worldFile))
	if err != nil {
		return nil, fmt.Errorf("quality: %w", err)
	}
	w := &World{}
	if err := json.Unmarshal(data, w); err != nil {
		return nil, fmt.Errorf("quality: %s: %w", filepath.Join(dir, worldFile), err)
	}
	labels, err := os.Open(filepath.Join(dir, labelsFile))
	if err != nil {
		return nil, fmt.Errorf("quality: %w", err)
	}
	defer labels.Close()
	if w.Events, err = ReadEvents(labels); err != nil {
		return nil, fmt.Errorf("quality: %s: %w", filepath.Join(dir, labelsFile), err)
	}
	return w, nil
}

// ReadEvents reads labels, one a line.
func ReadEvents(r io.Reader) (out []Event, err error) {
	lines := json.NewDecoder(bufio.NewReader(r))
	for n := 1; ; n++ {
		var e Event
		switch err := lines.Decode(&e); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("label %d: %w", n, err)
		}
		out = append(out, e)
	}
}

// YAML is the network as a configuration of eagre: roles, customers, dark space, and how
// long to learn. Nothing in it tells what will happen.
func (w *World) YAML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# World %d of the labelled benchmark.\nexporters:\n", w.Seed)
	for _, r := range w.Routers {
		fmt.Fprintf(&b, "  - address: %s\n    name: %s\n    interfaces:\n", r.Address, r.Name)
		for _, i := range r.Interfaces {
			fmt.Fprintf(&b, "      - {index: %d, name: %s, role: %s, speed: %.0fGbps}\n", i.Index, i.Name, i.Role, i.SpeedBPS/1e9)
		}
	}
	b.WriteString("networks:\n  managed:\n")
	for _, c := range w.Customers {
		fmt.Fprintf(&b, "    - {name: %s, prefixes: [%s, %q]}\n", c.Name, c.Prefix4, c.Prefix6)
	}
	fmt.Fprintf(&b, "  dark: [%s]\n  trusted: [%s]\nlearning: {until: %dd}\n", quoted(w.Dark), quoted(w.Trusted), w.Train)
	return b.String()
}

func quoted[T fmt.Stringer](all []T) string {
	var out []string
	for _, one := range all {
		out = append(out, fmt.Sprintf("%q", one))
	}
	return strings.Join(out, ", ")
}
