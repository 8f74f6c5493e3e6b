# The few things one does here. `make` alone tests.
.PHONY: test race lint fuzz bench build golden quality

test:
	go test ./...

race:
	go test -race ./...

# The binary to install: static, and with the compiler told by a profile of the
# hot path (eagre run --profile under a million flows a second) what to inline.
build:
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -pgo=cmd/eagre/hot.pgo -o bin/eagre ./cmd/eagre

lint:
	go vet ./...
	go tool -modfile=tools/go.mod golangci-lint run

fuzz:
	./.ci/fuzz $(or $(SECONDS),60)

bench:
	go test -run '^$$' -bench . ./flow ./ingest/... ./detector/... ./baseline ./signatures ./internal/...

golden:
	go test ./flow ./traceback ./anomaly ./alert/terminal ./baseline ./cmd/eagre ./cmd/eagre/config ./signatures -update

# The labelled benchmark of docs/quality.md: a world for each seed, the engine and two
# rules of thumb on the same traffic, one table. QUALITY_SEEDS="1 2 3" pools worlds;
# QUALITY_FLAGS="-days 10 -train 7 -customers 20" makes larger ones.
QUALITY_SEEDS ?= 1
worlds = bin/worlds

quality: SHELL = /bin/bash
quality: .SHELLFLAGS = -o pipefail -ec
quality:
	@mkdir -p $(worlds)
	@go build -o $(worlds)/ ./cmd/eagre ./cmd/quality
	@for seed in $(QUALITY_SEEDS); do \
	  dir=$(worlds)/$$seed; make="$(worlds)/quality gen -seed $$seed $(QUALITY_FLAGS)"; \
	  $$make -pcap= $$dir; \
	  $$make $$dir | $(worlds)/eagre replay -c $$dir/eagre.yaml --format jsonl - > $$dir/eagre.jsonl; \
	  for rule in fixed maximum; do \
	    $$make $$dir 2>/dev/null | $(worlds)/quality reference -rule $$rule -c $$dir/eagre.yaml - > $$dir/$$rule.jsonl; \
	  done; \
	done
	@$(worlds)/quality score -events eagre,fixed,maximum $(addprefix $(worlds)/,$(QUALITY_SEEDS))
