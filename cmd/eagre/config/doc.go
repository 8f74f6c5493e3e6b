// Package config reads the configuration of eagre: one strict YAML document, with
// environment variables over it, becomes one plain Config value.
//
// Text comes in; a Config goes out, or the list of everything that is wrong with
// the text, each with file, line and column. A bad file is refused whole: a Config
// with an error in it is never handed out.
//
// Every key stands in one table (keys.go) with its place in Config, its reader and
// its sentence. Reading, the guesses for mistyped keys, the names of environment
// variables, Dump and the manual (docs/configuration.md) all come from that table,
// so they cannot contradict each other. A new key is one line there.
//
// The package opens no secret: it knows only where secrets are kept. It starts
// nothing and turns its values into nobody's settings; that is the wiring's part.
package config
