# Two commands matter: `make demo` shows one night's work, `make test` proves it. Both set themselves up.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
DEMO_HOME ?= .demo
PORT ?= 8642
REVIEW_PORT ?= 8650
PREFECT_PORT ?= 4200

.DEFAULT_GOAL := help
.PHONY: help setup demo test up bench lint lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(VENV)/.ready ## the virtual environment, from requirements.lock

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "yusuan needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up $(VENV) (once; a few minutes on a slow line) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## one night on the sample portal: crawl, archive, extract, prove, load or queue, show
	@$(BIN)/yusuan demo --home $(DEMO_HOME) --port $(PORT)

test: setup ## the whole test suite
	@$(BIN)/python -m pytest -n auto --dist loadfile

up: setup ## Prefect server, worker, deployments and sample portal on loopback; ctrl-C stops them
	@$(BIN)/yusuan up --home $(DEMO_HOME) --port $(PREFECT_PORT) --portal-port $(PORT) --review-port $(REVIEW_PORT)

bench: setup ## speed and memory as ratios to stock peers in the same run
	@$(BIN)/python -m measure.bench

lint: setup ## ruff, mypy, the floors, the ratchet
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports && $(BIN)/python -m measure.ratchet

lock: ## pin what is installed now (names and versions only)
	@$(BIN)/python -m pip freeze --all --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' | grep -v '^pip==' > requirements.lock

clean: ## forget the demo and the caches; the virtual environment stays
	rm -rf $(DEMO_HOME) .pytest_cache .mypy_cache .ruff_cache build dist
