package main

import (
	"fmt"

	"eagre/cmd/eagre/config"
)

type configCommand struct {
	Check configCheck `cmd:"" help:"Read a configuration; tell everything that is wrong, with file, line and column."`
	Dump  configDump  `cmd:"" help:"Print the configuration in effect, defaults included, with what each key means."`
}

type configCheck struct {
	Config string `short:"c" help:"Configuration file." type:"path"`
	File   string `arg:"" optional:"" help:"Configuration file." type:"path"`
}

// Run checks; the signatures that the configuration names are part of it.
func (k *configCheck) Run(c console) error {
	cfg, err := loadConfig(first(k.File, k.Config), c.err)
	if err != nil {
		return err
	}
	set, err := loadSignatures(cfg.Signatures.Shipped, []string{cfg.Signatures.Dir}, c.err)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%d exporters, %d managed objects, %d signatures, %d receivers, no errors\n",
		len(cfg.Exporters), len(cfg.Networks.Managed), set.Len(), len(cfg.Alerts.Receivers))
	return nil
}

type configDump struct {
	Config string `short:"c" help:"Configuration file; none prints the defaults." type:"path"`
	File   string `arg:"" optional:"" help:"Configuration file." type:"path"`
}

// Run prints.
func (k *configDump) Run(c console) error {
	cfg, err := loadConfig(first(k.File, k.Config), c.err)
	if err != nil {
		return err
	}
	return config.Dump(c.out, cfg)
}

// first is the first of two that is given.
func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
