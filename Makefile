# Two commands matter: `make run` and `make test`. Both set up everything they need.
SHELL := /bin/bash
VENV ?= .venv
# The first Python that really starts and is new enough (a version manager's shim may do neither).
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := $(VENV)/bin
PORT ?= 8501
JOBS ?= auto

.PHONY: run test check lint types imports tests setup browser clean help

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: $(VENV)/.runtime ## set up, start web server and worker, prepare the demo, open the browser
	$(BIN)/python -m backend up --port $(PORT)

test: setup browser check tests ## set up, then lint, types, import contracts, tests, browser tests

check: lint types imports ## static checks only

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.development
	$(BIN)/mypy

imports: $(VENV)/.development
	$(BIN)/lint-imports

tests: $(VENV)/.development
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile

setup: $(VENV)/.development ## the virtual environment with everything

browser: $(VENV)/.development
	$(BIN)/python tests/e2e/install_browser.py

$(VENV)/bin/python:
	@test -n "$(PYTHON)" \
		|| { echo "FusionLens needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 2; }
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/.runtime: requirements.txt constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.txt -c constraints.txt
	touch $@

$(VENV)/.development: requirements-dev.txt requirements.txt constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt -c constraints.txt
	touch $@ $(VENV)/.runtime

clean: ## remove the virtual environment and caches (never the workspace)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
