# Everything is set up from Python 3.11+ and make alone: the environment lives in .venv, outside tools in .tools.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export PATH := $(CURDIR)/.tools/bin:$(PATH)
# Tests of a file share servers, so a file stays on one worker, unless its tests have groups of their own; one worker more than
# cores, because the longest test mostly waits. -n0 in PYTEST_ARGS runs them one after the other.
PARALLEL := -n $(shell $(PYTHON) -c 'import os; print(os.cpu_count() + 1)') --dist loadgroup --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help demo stack test test-fast coverage lint format tools generate manifests cluster-test bench soak fuzz audit image-test lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "betatel-exporter needs Python 3.11 or newer; choose one with make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.lock pyproject.toml | $(BIN)/python
	@echo "installing the exporter's dependencies into $(VENV)"
	@$(PIP) install --require-hashes --requirement requirements/build.lock --requirement requirements/run.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	@echo "installing the development tools into $(VENV)"
	@$(PIP) install --require-hashes --requirement requirements/dev.lock
	@touch $@

demo: $(VENV)/.run ## a simulated API and the exporter on loopback: nothing else needed
	@exec $(BIN)/betatel-exporter demo $(DEMO_ARGS)

stack: $(VENV)/.run ## the demo with Prometheus and Alertmanager of this machine: see an alert fire
	@exec $(BIN)/python -m tools.stack $(STACK_ARGS)

test: $(VENV)/.dev ## the whole test suite
	@$(BIN)/python -m pytest -q $(PARALLEL) $(PYTEST_ARGS)

test-fast: $(VENV)/.dev ## the unit tests: nothing outside Python, in seconds
	@$(BIN)/python -m pytest -q $(PARALLEL) tests/unit $(PYTEST_ARGS)

coverage: $(VENV)/.dev ## the whole suite with branch coverage of the exporter; fails below the threshold
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -q $(PARALLEL) $(PYTEST_ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

lint: $(VENV)/.dev ## ruff, mypy and the check of the generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m tools.generate --check

format: $(VENV)/.dev ## format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

tools: ## outside tools the tests use (Debian: Prometheus, Alertmanager, Helm, Chromium)
	@.ci/tools

generate: $(VENV)/.dev ## write what is generated from the code
	@$(BIN)/python -m tools.generate

manifests: $(VENV)/.dev ## plain Kubernetes manifests, rendered from the chart into dist/
	@$(BIN)/python -m tools.chart.manifests $(MANIFESTS_ARGS)

cluster-test: $(VENV)/.dev ## install the chart on a real API server; builds one the first time, in minutes
	@$(BIN)/python -m tools.chart.cluster $(CLUSTER_ARGS)

bench: $(VENV)/.dev ## time, CPU and memory, against the API's own time and against peers; seven minutes
	@$(BIN)/python -m tools.bench $(BENCH_ARGS)

soak: $(VENV)/.dev ## overlapping scrapers of a misbehaving API: is a page late, does anything grow?
	@$(BIN)/python -m tools.soak $(SOAK_ARGS)

fuzz: $(VENV)/.dev ## odd answers, files and requests, for longer than the suite does
	@$(BIN)/python -m pytest -q tests/integration/trust/test_fuzz.py --hypothesis-profile=explore $(PYTEST_ARGS)

audit: $(VENV)/.dev ## known vulnerabilities and licences of what runs; asks the network
	@$(BIN)/pip-licenses --partial-match --allow-only 'Apache;MIT;BSD;ISC;PSF;Python Software Foundation;MPL;Mozilla' \
	  --packages $$(sed -n 's/==.*//p' requirements/run.lock)
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements/run.lock

image-test: ## build the image twice without a container engine, compare, run it; Debian, as root
	@packaging/image-test

lock: $(VENV)/.dev ## renew the lock files; LOCK_ARGS=--upgrade for the newest versions
	@$(BIN)/uv pip compile $(LOCK_ARGS) --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --extra speed pyproject.toml -o requirements/run.lock
	@$(BIN)/uv pip compile $(LOCK_ARGS) --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate requirements/build.in -o requirements/build.lock
	@$(BIN)/uv pip compile $(LOCK_ARGS) --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --no-annotate --extra speed --group dev pyproject.toml -c requirements/run.lock -o requirements/dev.lock

clean: ## remove the environment and what the tools left
	@rm -rf $(VENV) .tools dist build .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache
