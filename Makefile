# The two commands of the README are `make run` and `make test`; each does all
# the set-up it needs. `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help

GO     ?= go
PYTHON ?= python3

# An own library is used as it is; otherwise the pinned one is fetched once.
ORT_PINNED := .ort/libonnxruntime.so.1.24.4
ifdef RAGPRUNE_ORT_LIBRARY
ORT :=
else
ORT := $(ORT_PINNED)
endif

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -X main.version=$(VERSION)

# More flags for the tests, for example TESTFLAGS=-race.
TESTFLAGS ?=

# Where the page of test-clients is written, if anywhere.
CLIENTS_REPORT ?=
CLIENTS := deploy/clients/python
CLIENTS_ENV := .cache/clients/python

.PHONY: help run test test-deploy test-clients test-train test-export build check lint fuzz generate setup openvino axe engine clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## serve on RAGPRUNE_LISTEN, by default 127.0.0.1:8080
	bin/ragprune serve

test: setup ## run all tests
	$(GO) test $(TESTFLAGS) ./...

test-clients: build $(CLIENTS_ENV)/.installed ## clients of rerankers, the Python package and generated clients against the service
	$(CLIENTS_ENV)/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation --force-reinstall ./$(CLIENTS)
	cd $(CLIENTS) && $(CURDIR)/$(CLIENTS_ENV)/bin/mypy --cache-dir $(CURDIR)/.cache/mypy
	$(CLIENTS_ENV)/bin/pytest -c $(CLIENTS)/pyproject.toml $(CLIENTS)/tests $(if $(CLIENTS_REPORT),--report $(CLIENTS_REPORT))

$(CLIENTS_ENV)/.installed: $(CLIENTS)/requirements.txt
	rm -rf $(CLIENTS_ENV)
	$(PYTHON) -m venv $(CLIENTS_ENV)
	$(CLIENTS_ENV)/bin/pip install -q --disable-pip-version-check --no-compile --no-deps -r $<
	@touch $@

test-deploy: ## the compose file, the chart, the Dockerfile and the monitoring; a module of its own
	cd deploy/tests && $(GO) vet . && $(GO) test -count=1 $(TESTFLAGS) .

test-train: ## tests of the training recipe; needs models/train/requirements.txt
	cd models/train && $(PYTHON) -m unittest discover -s tests -t .

EXPORT_VENV := .cache/venv-export

test-export: $(EXPORT_VENV)/.ready ## tests of the converters; installs PyTorch, so it is no part of the gate
	cd models/export && CUDA_VISIBLE_DEVICES= $(CURDIR)/$(EXPORT_VENV)/bin/python -m unittest discover -s tests -t .

$(EXPORT_VENV)/.ready: models/export/requirements.txt
	$(PYTHON) -m venv $(EXPORT_VENV)
	$(EXPORT_VENV)/bin/pip install --quiet -r models/export/requirements.txt
	@touch $@

build: setup ## build bin/ragprune
	$(GO) build -ldflags '$(LDFLAGS)' -o bin/ragprune ./cmd/ragprune

check: ## formatting, vet and generated files
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo 'not formatted:'; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...

lint: ## the linters of .golangci.yml (a long build the first time)
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run

fuzz: setup ## every fuzz target for FUZZTIME: a time, or inputs such as 3000x (default 30s)
	@grep -rHo --include='*_test.go' --exclude-dir='.?*' --exclude-dir=node_modules '^func Fuzz[A-Za-z0-9]*' . | sed 's|/[^/]*:func | |' | while read -r p f; do \
		echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $${FUZZTIME:-30s} -fuzzminimizetime 1s $$p || exit 1; \
	done

generate: ## the Go and TypeScript clients from api/openapi.yaml
	$(GO) generate ./...
	@command -v npm >/dev/null || { echo 'npm is needed for the TypeScript client: install Node.js 18 or later'; exit 1; }
	cd deploy/clients/typescript && npm ci --no-audit --no-fund --no-progress && npm run generate

setup: $(ORT) ## fetch ONNX Runtime, once
	@command -v $${CC:-cc} >/dev/null || { echo 'a C compiler is needed to link ONNX Runtime: install gcc or clang, or set CC'; exit 1; }

$(ORT_PINNED): models/ort/fetch.py
	@$(PYTHON) models/ort/fetch.py .ort
	@touch $@

openvino: ## fetch an ONNX Runtime with OpenVINO into .ort/openvino (Linux on x86-64)
	@$(PYTHON) models/ort/fetch.py --openvino .ort/openvino

AXE := .cache/axe-core-4.14.1

ENGINE_ENV := .cache/engine
ENGINE_REQUIREMENTS := models/remote/testdata/mlserver/requirements.txt

engine: $(ENGINE_ENV)/.installed ## install MLServer, which the tests of models/remote ask

$(ENGINE_ENV)/.installed: $(ENGINE_REQUIREMENTS)
	rm -rf $(ENGINE_ENV)
	$(PYTHON) -m venv $(ENGINE_ENV)
	$(ENGINE_ENV)/bin/pip install -q --disable-pip-version-check --no-compile --no-deps -r $<
	@touch $@

axe: $(AXE)/axe.min.js ## fetch axe-core, which checks the pages for accessibility

$(AXE)/axe.min.js:
	@mkdir -p $(AXE)
	@cd $(AXE) && npm pack --silent axe-core@4.14.1 >/dev/null && tar -xzf axe-core-4.14.1.tgz --strip-components=1 package/axe.min.js package/LICENSE && rm axe-core-4.14.1.tgz && touch axe.min.js

clean: ## remove what was built; ONNX Runtime stays
	rm -rf bin .cache
