package ingest

import (
	"eagre/ingest/sflow"
	"eagre/network/counters"
)

// observed is what an sFlow agent tells besides samples: the counters of its
// interfaces and how its data sources sample, against which flows are checked.
type observed struct {
	interfaces *sflow.Interfaces
	sources    *sflow.Sampling
}

// observe takes in what a datagram says besides its samples, and hands on how far
// the counters of interfaces moved.
func (x *exporter) observe(d *sflow.Datagram, moved func(counters.Movement)) {
	said := d.Counters()
	pool, sampled := d.Pool()
	if x.observed == nil {
		if len(said) == 0 && !sampled {
			return
		}
		x.observed = &observed{sflow.NewInterfaces(sflow.InterfaceLimit), sflow.NewSampling(sflow.SourceLimit)}
	}
	for i := range said {
		if m, known := x.observed.interfaces.Observe(said[i]); known && moved != nil {
			moved(m)
		}
	}
	if sampled {
		x.observed.sources.Observe(pool)
	}
}

// sources are the data sources of the exporter, with announced and effective
// sampling, and the number of interfaces whose counters are kept.
func (x *exporter) sources() (out []sflow.SourceSampling, interfaces int) {
	out = []sflow.SourceSampling{}
	if x.observed == nil {
		return out, 0
	}
	x.observed.sources.Each(func(s sflow.SourceSampling) { out = append(out, s) })
	return out, x.observed.interfaces.Len()
}
