package traffic

import (
	"time"

	"eagre/quality"
)

// condition is how a router exports at the moment.
type condition struct {
	sampling uint32
	skew     time.Duration // its clock is so far ahead
	active   int64         // timeout, ms
	boot     int64         // Unix ms
	silent   bool          // on its way up again
	doubled  bool          // meters when packets leave as well
	diverted int           // honest traffic comes in there instead
}

// conditions are those of all routers and what else is not as usual in a minute.
type conditions struct {
	routers []condition
	holiday bool
}

// uptime is since when routers run when the world begins.
const uptime = 20 * 24 * time.Hour

func newConditions(w *quality.World) conditions {
	out := conditions{routers: make([]condition, len(w.Routers))}
	for n, r := range w.Routers {
		boot := w.Start.Add(-uptime - time.Duration(n)*13*time.Hour).UnixMilli()
		out.routers[n] = condition{sampling: r.Sampling, active: int64(quality.ActiveTimeout / time.Millisecond), boot: boot, diverted: n}
	}
	return out
}

// during lays the disruptions of a minute over what is usual.
func (c conditions) during(active []*quality.Event) conditions {
	out := conditions{routers: append([]condition(nil), c.routers...)}
	for _, e := range active {
		if e.Nature != quality.Disruption {
			continue
		}
		if e.Kind == "holiday" {
			out.holiday = true
			continue
		}
		out.routers[e.Router].suffer(e)
	}
	return out
}

func (c *condition) suffer(e *quality.Event) {
	switch e.Kind {
	case "sampling-change":
		c.sampling = uint32(e.Amount)
	case "clock-step":
		c.skew = time.Duration(e.Amount * float64(time.Second))
	case "timeout-change":
		c.active = int64(e.Amount * 1000)
	case "double-export":
		c.doubled = true
	case "failover":
		c.diverted = e.To
	case "exporter-restart":
		c.silent = true
	}
}
