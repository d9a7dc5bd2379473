# Nothing needs to be installed by hand but Python 3.11+ and make. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
STAMPS := .venv/stamps
UV_VERSION := 0.13.8

# Files of tests are shared out among the cores; a house that a file builds once is built once.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

CHECKS := check-lines check-types check-imports check-console

.PHONY: help setup demo test machine test-fast check $(CHECKS) format lock wheel docs docs-check bench faults
.PHONY: clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMPS)/package ## prepare .venv, the command lianyi, the definitions of FHIR, the console
	@$(BIN)/python tools/build_fhir.py
	@$(BIN)/python tools/build_console.py

demo: setup ## a simulated hospital on http://127.0.0.1:8080; CORPUS=DIR replays your own messages too
	$(BIN)/lianyi demo $(if $(CORPUS),--corpus "$(CORPUS)")

test: ## every test, the browser ones too
	@$(MAKE) --no-print-directory --jobs setup $(STAMPS)/spark machine
	$(BIN)/pytest $(PARALLEL)

machine:
	tools/prepare_tests.sh
	-tools/need_slapd.sh

test-fast: setup ## every test that needs neither a browser nor patience
	$(BIN)/pytest $(PARALLEL) -m "not browser and not slow"

check: setup ## format, lint, types, import contracts, console; side by side
	@$(MAKE) --no-print-directory --jobs $(CHECKS)

check-lines:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

check-types:
	$(BIN)/mypy

check-imports:
	$(BIN)/lint-imports --no-logo

check-console:
	$(BIN)/python tools/build_console.py --check

format: setup ## put every Python file into the one format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lock: $(STAMPS)/package ## lock the newest versions that pyproject.toml allows
	$(BIN)/pip install --quiet uv==$(UV_VERSION)
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --upgrade --group dev pyproject.toml -o requirements/dev.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --constraints requirements/dev.lock --no-annotate pyproject.toml -o requirements/runtime.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --group spark --no-annotate -o requirements/spark.lock

wheel: setup ## the package for a server, console included, in dist/
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

docs: setup ## write docs/reference/ and the types of the API anew from the code
	$(BIN)/python tools/reference_pages.py
	$(BIN)/python tools/build_console.py --types

docs-check: setup ## prove that the documents say what the code says
	$(BIN)/pytest tests/docs tests/house

bench: setup ## measure speed and memory; writes benchmarks/results/latest.json
	$(BIN)/python -m benchmarks

faults: setup ## kill, cut and flood it for a long time
	$(BIN)/python -m benchmarks.faults

clean: ## remove what make made; never data/
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf src/lianyi/console web/dist web/node_modules
	rm -rf src/lianyi/formats/fhir/generated tools/fhir/node_modules
	find src tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +

# Every package comes with the digest it was locked with. hatchling is one of them, so that the
# editable install needs no build environment of its own.
$(STAMPS)/packages: requirements/dev.lock
	@if [ ! -x $(BIN)/python ]; then tools/make_venv.sh .venv; fi
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@mkdir -p $(STAMPS) && touch $@

# Spark, 400 MB, is for tests and for hospitals that count with it; setup and demo do without. It is
# locked as a source, which is unpacked by the setuptools of this environment and of no other place.
$(STAMPS)/spark: requirements/spark.lock $(STAMPS)/packages
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes \
	  --no-build-isolation -r requirements/spark.lock
	@touch $@

$(STAMPS)/package: $(STAMPS)/packages pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
