# nkdash: `make run` to see it, `make test` to check it. Both install what they need.
# KAFKA=embedded (default) | apache | external chooses the broker.
KAFKA ?= embedded
PYTHON ?= python3
export KAFKA

PY := .venv/bin/python
KAFKA_JARS := $(if $(filter apache,$(KAFKA)),kafka)
SOURCES := libs services tests benchmarks scripts

.DEFAULT_GOAL := help
.PHONY: help run test lint types contracts unit integration e2e bench docs screenshots kafka install install-dev lock clean

help: ## Show this help
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

install: ## Create .venv with what running needs
	@PYTHON=$(PYTHON) scripts/bootstrap requirements.lock

install-dev: ## Create .venv with what testing needs, too
	@PYTHON=$(PYTHON) scripts/bootstrap requirements-dev.lock

run: install $(KAFKA_JARS) ## Start everything and print one address to open
	@exec .venv/bin/nk up

kafka: ## Fetch Apache Kafka's jars by Maven
	@scripts/kafka

test: lint types contracts unit integration e2e ## Everything that CI checks

lint: install-dev ## Style and common mistakes
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: install-dev ## Strict types
	$(PY) -m mypy

contracts: install-dev ## Imports run one way
	.venv/bin/lint-imports

unit: install-dev ## Unit and contract tests
	$(PY) -m pytest tests/unit tests/contract

integration: install-dev $(KAFKA_JARS) ## Real processes on a real broker
	@scripts/debian /usr/share/postgresql-common/pg_wrapper:postgresql
	$(PY) -m pytest tests/integration

e2e: install-dev $(KAFKA_JARS) ## A browser on the running system
	@scripts/debian chromium:chromium
	$(PY) -m pytest tests/e2e

bench: install-dev $(KAFKA_JARS) ## Measure; prints tables (docs/measurements.md)
	PYTHONPATH=tests $(PY) -m benchmarks

docs: install-dev ## Write the generated documents
	@scripts/docs

screenshots: install-dev $(KAFKA_JARS) ## Pictures of every page, from a demo shop, into docs/screenshots
	@scripts/debian chromium:chromium
	PYTHONPATH=tests $(PY) scripts/screenshots.py

lock: install-dev ## Pin dependencies anew
	@scripts/lock

clean: ## Remove what was built here (not the data lake)
	rm -rf .venv .run .mypy_cache .ruff_cache .pytest_cache deploy/kafka/target artifacts
