package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"eagre/cmd/eagre/config"
	"eagre/simulate"
)

// quickLoad are the flags that make a scenario without a file. All are pointers, so
// that those which were given are known.
type quickLoad struct {
	Format       *string        `group:"A load without a scenario file:" placeholder:"FORMAT" help:"v1, v5, v6, v7, v8, v9, ipfix or sflow (v9)."`
	Rate         *float64       `group:"A load without a scenario file:" placeholder:"N" help:"Flows a second, all routers together; of sFlow samples (1000)."`
	Hosts        *int           `group:"A load without a scenario file:" placeholder:"N" help:"How many addresses talk to each other (1000)."`
	IPv6         *shareFlag     `group:"A load without a scenario file:" name:"ipv6" placeholder:"SHARE" help:"Share of IPv6, as 20% (0%)."`
	LongFlows    *shareFlag     `group:"A load without a scenario file:" placeholder:"SHARE" help:"Share of records that are pieces of conversations without end, one each active timeout (0%)."`
	Active       *time.Duration `group:"A load without a scenario file:" placeholder:"DURATION" help:"The active timeout (1m)."`
	Routers      *int           `group:"A load without a scenario file:" placeholder:"N" help:"Exporters, sending from 127.0.0.1, 127.0.0.2 and so on (1)."`
	Sampling     *uint32        `group:"A load without a scenario file:" placeholder:"N" help:"Say that one packet in N was sampled (1: all)."`
	Announce     *string        `group:"A load without a scenario file:" placeholder:"HOW" help:"How the rate is told: header, options, record or nothing (as the format does: header in v5, v6 and v8, options in v9 and IPFIX)."`
	Aggregation  *string        `group:"A load without a scenario file:" placeholder:"SCHEME" help:"By what v8 adds flows up, as as-tos or prefix-port (prefix)."`
	Templates    *time.Duration `group:"A load without a scenario file:" name:"templates-every" placeholder:"DURATION" help:"How often v9 and IPFIX send templates and options (1m)."`
	Skew         *time.Duration `group:"A load without a scenario file:" placeholder:"DURATION" help:"How far the routers' clocks are ahead; --skew=-5s is behind (0s)."`
	Uptime       *time.Duration `group:"A load without a scenario file:" placeholder:"DURATION" help:"How long the routers run already; sysUptime wraps at 1193h2m47s (24h)."`
	RestartEvery *time.Duration `group:"A load without a scenario file:" placeholder:"DURATION" help:"Restart each router so often: uptime, sequence and templates begin anew (never)."`
	Loss         *shareFlag     `group:"A load without a scenario file:" placeholder:"SHARE" help:"Share of datagrams that are lost on the way (0%)."`
	Duplication  *shareFlag     `group:"A load without a scenario file:" placeholder:"SHARE" help:"Share that arrives twice (0%)."`
	Reordering   *shareFlag     `group:"A load without a scenario file:" placeholder:"SHARE" help:"Share that is overtaken by the next (0%)."`
}

// shareFlag is a share in percent on the command line, from 0 to 1 inside.
type shareFlag float64

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *shareFlag) UnmarshalText(text []byte) error {
	v, err := config.ParseShare(string(text))
	*s = shareFlag(v)
	return err
}

// setting is one flag: its name, whether it was given, and what it does.
type setting struct {
	name  string
	given bool
	apply func() error
}

func set[T any](name string, value *T, apply func(T) error) setting {
	return setting{name, value != nil, func() error { return apply(*value) }}
}

// to is a setting that goes straight to its place.
func to[T any](name string, value *T, place *T) setting {
	return set(name, value, func(v T) error { *place = v; return nil })
}

func share(name string, value *shareFlag, place *float64) setting {
	return set(name, value, func(v shareFlag) error { *place = float64(v); return nil })
}

// settings are all flags of a load, with the router and the load that they change.
func (q *quickLoad) settings(r *config.ScenarioRouter, l *simulate.Load, routers *int) []setting {
	return []setting{
		set("--format", q.Format, func(name string) error { return setFormat(r, name) }),
		to("--rate", q.Rate, &l.PerSecond), to("--hosts", q.Hosts, &l.Hosts), share("--ipv6", q.IPv6, &l.IPv6),
		share("--long-flows", q.LongFlows, &l.Long), to("--active", q.Active, &r.Active), to("--routers", q.Routers, routers),
		to("--sampling", q.Sampling, &r.Sampling),
		set("--announce", q.Announce, func(how string) error { return setAnnounce(r, how) }),
		set("--aggregation", q.Aggregation, func(name string) error { return setScheme(r, name) }),
		set("--templates-every", q.Templates, func(d time.Duration) error { r.TemplatesEvery, r.OptionsEvery = d, d; return nil }),
		to("--skew", q.Skew, &r.Skew), to("--uptime", q.Uptime, &r.Uptime), to("--restart-every", q.RestartEvery, &r.RestartEvery),
		share("--loss", q.Loss, &r.Faults.Loss), share("--duplication", q.Duplication, &r.Faults.Duplication), share("--reordering", q.Reordering, &r.Faults.Reordering),
	}
}

// given are the names of the flags that were typed.
func (q *quickLoad) given() (names []string) {
	for _, s := range q.settings(&config.ScenarioRouter{}, &simulate.Load{}, new(int)) {
		if s.given {
			names = append(names, s.name)
		}
	}
	return names
}

// maxRouters bounds the exporters of a load: they need an address of 127.0.0.0/8 and a
// socket each.
const maxRouters = 1000

// scenario is a load from equal routers.
func (q *quickLoad) scenario() (config.Scenario, error) {
	load, routers := simulate.DefaultLoad(), 1
	r := config.DefaultRouter()
	for _, s := range q.settings(&r, &load, &routers) {
		if !s.given {
			continue
		}
		if err := s.apply(); err != nil {
			return config.Scenario{}, usagef("%s: %w", s.name, err)
		}
	}
	if routers < 1 || routers > maxRouters {
		return config.Scenario{}, usagef("--routers %d: want 1 to %d", routers, maxRouters)
	}
	out := config.Scenario{Seed: 1, Load: &load}
	for i := range routers {
		one := r
		one.Exporter.Name, one.Exporter.Address = fmt.Sprintf("r%d", i+1), routerAddress(i)
		out.Routers = append(out.Routers, one)
	}
	return out, q.check(r, load)
}

// check tells everything that does not fit together, once and not for each router.
func (q *quickLoad) check(r config.ScenarioRouter, load simulate.Load) error {
	r.Exporter.Name, r.Exporter.Address = "", routerAddress(0)
	var wrong []string
	for _, err := range []error{r.Validate(), load.Validate()} {
		if err != nil {
			text := strings.NewReplacer("simulate: router : ", "", "simulate: ", "").Replace(err.Error())
			wrong = append(wrong, strings.Split(text, "\n")...)
		}
	}
	if len(wrong) > 0 {
		return usagef("%s", strings.Join(wrong, "\neagre: "))
	}
	return nil
}

func routerAddress(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, 0, byte((i + 1) >> 8), byte(i + 1)})
}

func setFormat(r *config.ScenarioRouter, name string) error {
	version, known := config.ParseFormat(name)
	if !known {
		return fmt.Errorf("%q: want %s", name, strings.Join(config.FormatNames(), ", "))
	}
	r.Format = version
	return nil
}

func setAnnounce(r *config.ScenarioRouter, how string) error {
	announce, known := config.ParseAnnounce(how)
	if !known {
		return fmt.Errorf("%q: want %s", how, strings.Join(config.AnnounceNames(), ", "))
	}
	r.Announce = announce
	return nil
}

func setScheme(r *config.ScenarioRouter, name string) error {
	scheme, err := simulate.ParseV8Scheme(name)
	if err != nil {
		return fmt.Errorf("%w: want %s", err, strings.Join(simulate.V8SchemeNames(), ", "))
	}
	r.Scheme = scheme
	return nil
}
