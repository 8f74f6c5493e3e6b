package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"eagre/quality"
	"eagre/quality/traffic"
)

// generate makes a world.
func generate(ctx context.Context, c console, args []string) error {
	f, of := flags("gen", c), quality.DefaultConfig()
	f.Uint64Var(&of.Seed, "seed", of.Seed, "another seed is another world")
	f.IntVar(&of.Customers, "customers", of.Customers, "`number` of customers")
	f.IntVar(&of.Days, "days", of.Days, "`number` of days, those of learning among them")
	f.IntVar(&of.Train, "train", of.Train, "`number` of days to learn")
	f.IntVar(&of.PerKind, "per-kind", of.PerKind, "`number` of attacks of each kind")
	f.Float64Var(&of.Noise, "noise", of.Noise, "how restless honest traffic is; 1 is what was measured")
	sampling := f.Uint("sampling", 0, "of all edge routers, one packet in `N`; 0 draws one for each")
	pcap := f.String("pcap", "-", "capture `FILE` of export datagrams; - is standard output, empty makes none")
	if err := parse(f, args, 1, 1); err != nil {
		return err
	}
	of.Sampling = uint32(min(*sampling, 1<<31))
	w, err := quality.New(of)
	if err != nil {
		return usageError{err}
	}
	if err := w.Save(f.Arg(0)); err != nil {
		return err
	}
	if *pcap == "" {
		return nil
	}
	return record(ctx, c, w, *pcap)
}

// record writes the capture and says what it holds.
func record(ctx context.Context, c console, w *quality.World, name string) (err error) {
	out := c.out
	if name != "-" {
		file, failed := os.Create(name)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	sent, err := traffic.WritePCAP(ctx, out, w)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.err, "world %d: %d customers, %d days, %d events (%d found no quiet time); %d flows in %d datagrams, %d lost on the way\n",
		w.Seed, len(w.Customers), w.Days, len(w.Events), w.Unplaced, sent.Flows, sent.Datagrams, sent.Lost)
	return nil
}
