# Kontor: one static binary per company, and the test network.
# The same flags everywhere, so that the build cache serves every target.
GO      ?= go
FLAGS   := -trimpath
LDFLAGS := -s -w
# Tests are linked without what only debuggers read, and vetted once, by lint.
TESTFLAGS := $(FLAGS) -ldflags '$(LDFLAGS)' -vet=off
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help build demo test check lint fuzz bench seeds clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-7s %s\n", $$1, $$2}'

build: ## build bin/kontor and bin/kontor-testnet
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build $(FLAGS) -ldflags '$(LDFLAGS)' -o bin/ ./cmd/kontor ./cmd/kontor-testnet

demo: build ## three companies, from invitation to a signed agreement and one tier further (DEMO= for flags)
	bin/kontor-testnet demo $(DEMO)

test: build ## every test, with the fuzz seeds, 2,000 simulated networks and the real processes
	$(GO) test $(TESTFLAGS) -timeout 30m ./...

check: lint ## lint, and the concurrent packages under the race detector
	$(GO) test $(TESTFLAGS) -race -short $$($(GO) list ./crypto/keys ./store/... ./node/... ./protocol ./protocol/feed | grep -v '/node/planner$$') # other packages share nothing between goroutines

lint: ## formatting, vet, staticcheck
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo 'not formatted:'; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

FUZZTIME ?= 20s
# The engine now and then ends with "context deadline exceeded" when its time is up in the middle of an input; that is no finding.
fuzz: ## every decoder for FUZZTIME (20s) each
	@for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$f"; \
	    run="$(GO) test -run ^$$ -fuzz ^$$f\$$ -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg"; \
	    $$run || { echo "once more: an input that fails is in testdata and fails again"; $$run; } || exit 1; \
	  done; done

bench: build ## the work beside the machine's own limits, in one process (BENCH= for flags)
	bin/kontor-testnet bench $(BENCH)

SEEDS ?= 100000
seeds: ## more simulated networks: make seeds SEEDS=100000
	KONTOR_SEEDS=$(SEEDS) $(GO) test $(TESTFLAGS) -timeout 24h -run Seeds ./testnet/virtual

clean: ## remove what was built
	rm -rf bin
