package main

import (
	"fmt"

	"eagre/cmd/eagre/config"
)

type configCommand struct {
	Check configCheck `cmd:"" help:"Read a configuration; tell everything that is wrong, with file, line and column."`
	Dump  configDump  `cmd:"" help:"Print the configuration in effect, defaults included, with what each key means."`
}

// configFile is the configuration that was named, with or without the flag; none
// stands for the defaults.
type configFile struct {
	Config string `short:"c" help:"Configuration file; none is the defaults." type:"path"`
	File   string `arg:"" optional:"" help:"Configuration file." type:"path"`
}

func (f configFile) load(c console) (config.Config, error) {
	if f.File != "" && f.Config != "" {
		return config.Config{}, usagef("one configuration at a time: %s or %s", f.File, f.Config)
	}
	return loadConfig(f.File+f.Config, c.err) // one of the two is empty
}

type configCheck struct{ configFile }

// Run checks; the signatures that the configuration names are part of it.
func (k *configCheck) Run(c console) error {
	cfg, err := k.load(c)
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

type configDump struct{ configFile }

// Run prints.
func (k *configDump) Run(c console) error {
	cfg, err := k.load(c)
	if err != nil {
		return err
	}
	return config.Dump(c.out, cfg)
}
