package eagre

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// doors says which rooms a room may open a door to. A room that is not here is
// not on the map. "cmd/..." and the like take in the rooms below.
var doors = map[string][]string{
	".":                  {},
	"flow":               {},
	"internal/sketch":    {},
	"internal/disk":      {},
	"internal/recorded":  {},
	"internal/installed": {},
	"rules":              {},
	"network":            {"flow"},
	"network/counters":   {"flow"},
	"anomaly":            {"flow", "network"},

	"baseline":            {},
	"detector/tally":      {"flow", "network", "internal/sketch"},
	"detector/crosscheck": {"flow", "network/counters", "detector/tally"},
	"signatures":          {"flow", "network", "anomaly", "rules"},

	"detector":  {"detector/tally", "signatures", "flow", "network", "anomaly", "internal/sketch"},
	"traceback": {"flow", "network", "anomaly", "internal/sketch"},
	"alert":     {"flow", "network", "anomaly", "internal/disk"},

	"ingest/wire":     {"flow"},
	"ingest/header":   {"flow", "ingest/wire"},
	"ingest/netflow":  {"flow", "ingest/wire"},
	"ingest/ipfix":    {"flow", "ingest/wire", "ingest/header"},
	"ingest/sflow":    {"flow", "network/counters", "ingest/wire", "ingest/header"},
	"ingest/packets":  {"flow", "ingest/wire", "ingest/header"},
	"ingest/capture":  {"flow", "ingest/wire", "ingest/header", "ingest/goflow"},
	"ingest/goflow":   {"flow", "ingest/wire"},
	"ingest/monitor":  {"ingest/header"},
	"ingest/snmp":     {"flow", "network/counters"},
	"ingest":          {"flow", "network", "network/counters", "ingest/..."},
	"stream":          {"flow", "network", "anomaly"},
	"stream/arrow":    {"flow"},
	"simulate":        {"flow", "network", "anomaly"},
	"alert/terminal":  {"alert", "anomaly"},
	"alert/file":      {"alert", "anomaly"},
	"alert/webhook":   {"alert", "anomaly"},
	"alert/slack":     {"alert", "anomaly", "internal/disk"},
	"alert/alerttest": {"alert", "anomaly"},

	"quality":           {"flow", "network", "anomaly"},
	"quality/traffic":   {"quality", "flow", "simulate"},
	"quality/score":     {"quality", "network", "anomaly"},
	"quality/reference": {"flow", "network", "anomaly"},

	"cmd/quality":      {"..."},
	"cmd/eagre/config": {"..."},
	"cmd/eagre":        {"..."},
}

// owners says through which rooms a third-party module enters. Modules that are
// free to all are in freeForAll, those for tests alone in testsOnly.
var owners = map[string][]string{
	"github.com/nats-io/":             {"stream"},
	"github.com/expr-lang/expr":       {"signatures"},
	"github.com/slack-go/slack":       {"alert/slack"},
	"go.yaml.in/yaml/v4":              {"signatures", "cmd/eagre/config"},
	"github.com/gaissmai/bart":        {"network"},
	"github.com/gopacket/gopacket":    {"ingest/capture", "simulate"},
	"github.com/gosnmp/gosnmp":        {"ingest/snmp"},
	"github.com/apache/arrow-go/":     {"stream/arrow"},
	"github.com/netsampler/goflow2/":  {"ingest/goflow"},
	"google.golang.org/protobuf":      {"ingest/goflow"},
	"github.com/zeebo/xxh3":           {"ingest"},
	"golang.org/x/net":                {},
	"golang.org/x/sys":                {"cmd/eagre", "ingest", "ingest/monitor", "ingest/netflow", "detector/tally", "stream"},
	"github.com/alecthomas/kong":      {"cmd/eagre"},
	"github.com/prometheus/common":    {"cmd/eagre"},
	"github.com/klauspost/compress":   {},
	"github.com/rogpeppe/go-internal": {"cmd/eagre"},
}

var (
	freeForAll = []string{"github.com/prometheus/client_golang", "gonum.org/v1/gonum"}
	testsOnly  = []string{"github.com/google/go-cmp", "pgregory.net/rapid", "go.uber.org/goleak"}
)

func TestTheWallsStand(t *testing.T) {
	rooms := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return enter(file)
		}
		if strings.HasSuffix(file, ".go") {
			rooms++
			checkFile(t, filepath.ToSlash(file))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if rooms == 0 {
		t.Fatal("no Go file was looked at")
	}
}

// enter skips what is no part of the house: hidden folders, testdata, and
// folders with a module of their own.
func enter(dir string) error {
	if dir == "." {
		return nil
	}
	base := filepath.Base(dir)
	if strings.HasPrefix(base, ".") || base == "testdata" {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

func checkFile(t *testing.T, file string) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	room := path.Dir(file)
	allowed, onMap := doors[room]
	if !onMap {
		t.Errorf("%s: the folder %s is not on the map", file, room)
		return
	}
	test := strings.HasSuffix(file, "_test.go") || strings.HasSuffix(room, "test")
	for _, spec := range parsed.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		if inner, ours := strings.CutPrefix(imported, "eagre/"); ours {
			if inner != room && !matches(allowed, inner) && !(test && testDoor(inner)) {
				t.Errorf("%s: %s may not import %s", file, room, inner)
			}
		} else if strings.Contains(strings.Split(imported, "/")[0], ".") {
			checkLibrary(t, file, room, imported, test)
		}
	}
}

// testDoor: tests of any room may use the routers that are not there, what was
// recorded beside the repository, programs of others, and the contract of the ways out.
func testDoor(room string) bool {
	return slices.Contains([]string{"simulate", "alert/alerttest", "internal/recorded", "internal/installed"}, room)
}

func matches(patterns []string, room string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		base, below := strings.CutSuffix(p, "...")
		return p == room || below && strings.HasPrefix(room, base)
	})
}

func checkLibrary(t *testing.T, file, room, imported string, test bool) {
	in := func(list []string) bool {
		return slices.ContainsFunc(list, func(m string) bool { return strings.HasPrefix(imported, m) })
	}
	if in(freeForAll) || test && in(testsOnly) {
		return
	}
	for module, rooms := range owners {
		if strings.HasPrefix(imported, module) {
			if !test && !slices.Contains(rooms, room) { // doors are for what ships
				t.Errorf("%s: only %v may import %s", file, rooms, imported)
			}
			return
		}
	}
	t.Errorf("%s: %s has no door: give it an owner", file, imported)
}
