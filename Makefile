# The verbs of the project. A machine needs Python 3.11 or later and make; everything else comes with the lock file.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help up stack demo test lint unit chaos proof bench lock reset

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.synced
CODE := shared services deploy tests
UV = $(shell command -v uv || echo .cache/uv/bin/uv)
COMPILE = $(UV) pip compile pyproject.toml --universal --generate-hashes --no-header --no-annotate

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(READY) ## run everything in one process with the demo city on http://127.0.0.1:8080 (ANXIANG_PORT); data stays in .data
	@ANXIANG_DEMO=1 exec $(BIN)/python -m deploy.local.up

stack: $(READY) ## run PostgreSQL, Kafka, the four services and the gateway as processes of their own
	@ANXIANG_DEMO=1 exec $(BIN)/python -m deploy.local.stack

demo: $(READY) ## play the demo journey against the system that `make up` or `make stack` runs
	@exec $(BIN)/python -m deploy.demo

test: lint ## lint, types, import rules and every test except the benchmarks
	$(BIN)/pytest --ignore=tests/benchmark -n 2 --no-loadscope-reorder

lint: $(READY) ## style, format, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

unit: $(READY) ## only the tests that touch nothing outside the process
	$(BIN)/pytest -q tests/unit

chaos: $(READY) ## the long form of the kill tests
	ANXIANG_CHAOS=long $(BIN)/pytest -q tests/chaos

proof: $(READY) ## the long form of property and fuzz tests: 2,000 histories of the ledger, 100,000 records on Kafka; the whole system on a Kafka with TLS, logins and rights
	ANXIANG_PROOF=1 $(BIN)/pytest -q -n 2 tests/property tests/contract
	ANXIANG_KAFKA=secure $(BIN)/pytest -q tests/contract/test_bus.py
	ANXIANG_KAFKA=secure ANXIANG_E2E=stack $(BIN)/pytest -q tests/e2e

bench: $(READY) ## ratios against a baseline measured in the same run
	$(BIN)/python -m tests.benchmark --write

lock: $(UV) ## resolve all versions anew: requirements.lock has every group, requirements.runtime.lock none (for images)
	$(COMPILE) --group local --group dev --group bench -o requirements.lock
	$(COMPILE) --constraints requirements.lock -o requirements.runtime.lock

reset: ## forget the demo city and every other local datum
	rm -rf .data

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12")'
	test -x $(UV) || $(MAKE) .cache/uv/bin/uv
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@touch $@

.cache/uv/bin/uv:
	$(PYTHON) -m venv .cache/uv
	.cache/uv/bin/pip install --quiet --disable-pip-version-check uv
