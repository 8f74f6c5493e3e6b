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
	path, err := theOne(k.File, k.Config)
	if err != nil {
		return err
	}
	cfg, err := loadConfig(path, c.err)
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
	path, err := theOne(k.File, k.Config)
	if err != nil {
		return err
	}
	cfg, err := loadConfig(path, c.err)
	if err != nil {
		return err
	}
	return config.Dump(c.out, cfg)
}

// theOne is the file that was named, with or without the flag.
func theOne(file, flag string) (string, error) {
	if file != "" && flag != "" {
		return "", usagef("one configuration at a time: %s or %s", file, flag)
	}
	return file + flag, nil
}
