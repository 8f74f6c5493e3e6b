package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"eagre/alert"
	"eagre/cmd/eagre/config"
	"eagre/ingest/snmp"
)

// pollerConfig is whose counters are read by SNMP, with the secrets read from where
// they are kept. Everything that is wrong is reported at once.
func pollerConfig(cfg config.Config) (snmp.Config, error) {
	var out snmp.Config
	if !cfg.Crosscheck.Enabled {
		return out, nil
	}
	var errs []error
	for _, x := range cfg.Exporters {
		if x.SNMP == nil {
			continue
		}
		t, err := targetOf(x.Address, *x.SNMP)
		if err != nil {
			errs = append(errs, fmt.Errorf("exporter %s: snmp: %w", x.Name, err))
			continue
		}
		out.Targets = append(out.Targets, t)
	}
	if errs == nil {
		errs = out.Validate()
	}
	if errs != nil {
		return snmp.Config{}, usageError{errors.Join(errs...)}
	}
	return out, nil
}

func targetOf(exporter netip.Addr, s config.SNMP) (snmp.Target, error) {
	t := snmp.Target{
		Exporter: exporter, Address: s.Address,
		Interval: s.Interval, Timeout: s.Timeout, Retries: int(s.Retries), Interfaces: int(s.Interfaces),
	}
	var err error
	if s.User != nil {
		t.User, err = userOf(*s.User)
	} else {
		t.Community, err = wordOf(s.Community)
	}
	return t, err
}

func userOf(u config.SNMPUser) (*snmp.User, error) {
	signing, err := wordOf(u.Passphrase)
	hiding, hidingErr := wordOf(u.PrivacyPassphrase)
	return &snmp.User{
		Name: u.Name, Authentication: u.Authentication, Signing: signing, Privacy: u.Privacy, Hiding: hiding,
	}, errors.Join(err, hidingErr)
}

// wordOf reads a secret; there is none where no place is given.
func wordOf(from alert.SecretSource) (snmp.Secret, error) {
	if from == (alert.SecretSource{}) {
		return nil, nil
	}
	secret, err := from.Resolve(os.Getenv)
	if err != nil {
		return nil, err
	}
	return secret, nil
}
