# The few things one does here. `make` alone tests.
.PHONY: test race lint fuzz bench build golden

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
