# The few things one does here. `make` alone tests.
.PHONY: test race lint fuzz bench build golden

test:
	go test ./...

race:
	go test -race ./...

build:
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/eagre ./cmd/eagre

lint:
	go vet ./...
	go tool -modfile=tools/go.mod golangci-lint run

fuzz:
	./.ci/fuzz $(or $(SECONDS),60)

bench:
	go test -run '^$$' -bench . ./flow ./ingest/... ./detector/... ./signatures ./internal/...

golden:
	go test ./flow ./traceback ./anomaly ./alert/terminal ./cmd/eagre/config ./signatures -update
