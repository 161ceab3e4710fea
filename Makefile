# Everything is one word away: `make help` lists it.

PYTHON ?= python3
BENCH ?= --rounds 3 --seconds 1 --letters 2000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test soak check format bench audit lock setup setup-tests clean
.DELETE_ON_ERROR:

help: ## Lists what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## Installs what is missing and serves Good Terms (HOST, PORT choose the address)
	@exec $(BIN)/flask --app app serve

test: setup-tests check ## Runs the checks and all tests: SQLite, PostgreSQL, a real browser
	@$(BIN)/pytest -rsR --numprocesses auto --maxprocesses 4 --dist worksteal

soak: setup-tests ## Runs what takes too long for every day: an hour and more of moved clocks and killed processes
	@$(BIN)/pytest -rs tests/soak

check: $(VENV)/tests.stamp ## Style, types, the floors of the house, templates
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/djlint --lint --quiet templates

format: $(VENV)/tests.stamp ## Brings the code into its form and mends what can be mended
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: setup-tests ## Measures on scratch databases (BENCH="--size L --seconds 5" chooses; docs/performance.md)
	@$(BIN)/flask --app app bench $(BENCH)

audit: ## Compares the pinned packages with known faults (needs advisory data from outside)
	@setup/audit

lock: ## Pins anew what the *.in files and package.json ask for
	@setup/lock

clean: ## Removes what `make` made; instance/ stays
	@rm -rf $(VENV) static/vendor .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Stamps: a step runs again only when what it depends on is newer.

setup: $(VENV)/runtime.stamp static/vendor/complete.stamp

setup-tests: setup $(VENV)/tests.stamp
	@$(BIN)/python setup/test_machine.py

$(VENV)/created.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Good Terms needs Python 3.11 or newer. If it is there under another name: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/runtime.stamp: requirements.txt pyproject.toml $(VENV)/created.stamp
	@echo "Installing what Good Terms needs."
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/tests.stamp: requirements-dev.txt $(VENV)/runtime.stamp
	@echo "Installing what the tests need."
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

static/vendor/complete.stamp: package.json package-lock.json setup/browser_libraries.py setup/node.txt | $(VENV)/created.stamp
	@echo "Installing the browser libraries."
	@$(BIN)/python setup/browser_libraries.py
	@touch $@
