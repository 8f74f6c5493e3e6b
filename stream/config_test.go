package stream

import (
	"fmt"
	"testing"
	"time"
)

func TestConfigSaysAllThatIsWrong(t *testing.T) {
	good := DefaultConfig()
	good.Dir = "/var/lib/eagre/nats"
	for name, c := range map[string]struct {
		change func(*Config)
		want   []string
	}{
		"nothing":             {func(*Config) {}, nil},
		"neither place":       {func(c *Config) { c.Dir = "" }, []string{"nats: want either embedded.dir or url"}},
		"both places":         {func(c *Config) { c.URL = "nats://127.0.0.1" }, []string{"nats: want either embedded.dir or url"}},
		"IPv4 to everyone":    {func(c *Config) { c.Listen = "0.0.0.0:4222" }, []string{`nats.embedded.listen "0.0.0.0:4222": only a loopback address, as the embedded server asks for no password`}},
		"IPv6 to everyone":    {func(c *Config) { c.Listen = "[::]:4222" }, []string{`nats.embedded.listen "[::]:4222": only a loopback address, as the embedded server asks for no password`}},
		"IPv4 loopback":       {func(c *Config) { c.Listen = "127.0.0.1:4222" }, nil},
		"IPv6 loopback":       {func(c *Config) { c.Listen = "[::1]:4222" }, nil},
		"no port":             {func(c *Config) { c.Listen = "127.0.0.1" }, []string{`nats.embedded.listen "127.0.0.1": want an address and a port, as in 127.0.0.1:4222`}},
		"creds for ourselves": {func(c *Config) { c.Creds = "/etc/x.creds" }, []string{"nats.creds: only an external server (url) asks for credentials"}},
		"several at once": {
			func(c *Config) { c.Partitions, c.FlowsMaxBytes, c.FlowsMaxAge = 0, 1, time.Second },
			[]string{"nats.partitions 0: want 1 to 1024", fmt.Sprintf("nats.flows_max_bytes 1: want at least %d", smallestStream), "nats.flows_max_age 1s: want at least 1m"},
		},
		"window and timeout": {
			func(c *Config) { c.PublishWindow, c.AckTimeout, c.EventsMaxAge = 0, 0, 0 },
			[]string{"nats.events_max_age 0s: want at least flows_max_age, 1h0m0s", "nats.publish_window 0: want 1 to 4096", "nats.ack_timeout 0s: want at least 100ms"},
		},
		"import that holds nothing": {
			func(c *Config) { c.ImportMessages, c.ImportBytes = 0, 0 },
			[]string{"nats.import_messages 0: want 1 to 1048576", "nats.import_bytes 0: want 1048576 to 1073741824"},
		},
		"replicas of one server": {func(c *Config) { c.Replicas = 3 }, []string{"nats.replicas 3: the embedded server is alone"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := good
			c.change(&config)
			same(t, "errors", sentences(config), c.want)
		})
	}
}

func TestConfigOfExternalServerKeepsSecretsToItself(t *testing.T) {
	for url, want := range map[string][]string{
		"nats://nats1:4222,tls://[2001:db8::1]:4222": nil,
		"http://nats1:4222":                          {`nats.url: scheme "http": want nats or tls`},
		"nats://bob:hunter2@nats1:4222":              {"nats.url: user or password inside: want a creds file"},
		"nats://bob:hunter2@nats1:42x2":              {"nats.url: is not a URL"},
		"nats://":                                    {"nats.url: names no host"},
		"nats://:4222":                               {"nats.url: names no host"},
	} {
		same(t, url, sentences(externalConfig(url)), want)
	}
}

func sentences(c Config) []string {
	var all []string
	for _, err := range c.Validate() {
		all = append(all, err.Error())
	}
	return all
}
