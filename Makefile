# `make help` lists the verbs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/setup.done
# Options of the form `--baskets 1000` for `make demo`, or of pytest for `make test`.
ARGS ?=

.PHONY: help setup demo test nightly cover check fix serve bench docs clean

help: ## list these verbs
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

setup: $(STAMP) ## prepare .venv with the `setia` command in it; does nothing when nothing changed
	@:

# Two makes may run at once: the lock lets one work, and the other then finds the stamp fresh.
$(STAMP): pyproject.toml uv.lock
	@command -v $(PYTHON) >/dev/null || { echo "setup: $(PYTHON) is not installed. Install Python 3.11 or newer (Debian: apt-get install python3 python3-venv), or name one: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: $$($(PYTHON) --version) is too old: Setia needs 3.11 or newer. Name another one: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "setup: this Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	exec 9>.setup.lock
	flock 9
	if [ -e $(STAMP) ] && [ ! pyproject.toml -nt $(STAMP) ] && [ ! uv.lock -nt $(STAMP) ]; then exit 0; fi
	started=$$SECONDS
	began=$$(mktemp .setup.XXXXXX)
	trap 'rm -f "$$began"' EXIT
	if ! $(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
		echo "setup: making .venv with $$($(PYTHON) --version)"
		$(PYTHON) -m venv --clear .venv
	fi
	uv=$$(sed -nE 's/^ *"(uv==[0-9.]+)",?$$/\1/p' pyproject.toml)
	if [ "$$($(BIN)/uv --version 2>/dev/null | cut -d' ' -f2)" != "$${uv#uv==}" ]; then
		$(BIN)/python -m pip --disable-pip-version-check --quiet install "$$uv"
	fi
	echo "setup: installing the packages of uv.lock"
	# A company's proxy is in the machine's list of authorities, not in uv's own; a bare machine may have no list.
	for list in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
		if [ -s "$$list" ]; then export UV_SYSTEM_CERTS="$${UV_SYSTEM_CERTS:-true}"; fi
	done
	env -u VIRTUAL_ENV UV_PROJECT_ENVIRONMENT="$$PWD/.venv" UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 \
		$(BIN)/uv sync --frozen --all-extras --all-groups --python "$$PWD/$(BIN)/python" --quiet
	# Compiled once here: where bytecode is not written (PYTHONDONTWRITEBYTECODE), every start would compile it all again.
	$(BIN)/python -m compileall -q -j 0 src/setia || true
	mv "$$began" $(STAMP)
	echo "setup: done in $$((SECONDS - started)) s; the command is $(BIN)/setia"

demo: setup ## publish the example programme, take in a year of real purchases, serve; ARGS="--no-serve --baskets 5000"
	@exec $(BIN)/setia demo $(ARGS)

test: setup ## run the whole test suite, the slow tests too
	@exec $(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

nightly: setup ## 200 lives of each simulated shop, a share of them on PostgreSQL; SIMULATION_SEEDS=1000 for more
	@SIMULATION_SEEDS="$${SIMULATION_SEEDS:-200}" exec $(BIN)/python -m pytest -q -n auto --dist worksteal tests/simulation $(ARGS)

# What is measured stands in pyproject.toml. Tests that make up their examples stay out: the figure must be no chance.
cover: setup ## full branch coverage of the pure floors
	@pure=(tests/pure/{expressions,flow,language,ledger,partners,rules,state,values} tests/pure/test_scenarios.py)
	pure+=(--ignore=tests/pure/language/test_robustness.py)
	exec $(BIN)/python -m pytest -q -n auto --dist worksteal --cov --cov-report=term "$${pure[@]}" $(ARGS)

check: setup ## lint, formatting, types, import contracts and the fast tests
	@$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	fast=(); for kind in pure properties repo; do [ -d tests/$$kind ] && fast+=(tests/$$kind); done
	exec $(BIN)/python -m pytest -q -n auto --dist worksteal "$${fast[@]}"

fix: setup ## mend lint and formatting where that is mechanical
	@$(BIN)/ruff check --fix
	$(BIN)/ruff format

serve: setup ## serve the API from the embedded or the configured database
	@exec $(BIN)/setia serve $(ARGS)

bench: setup ## run the benchmarks (never part of the tests)
	@exec $(BIN)/python -m benchmarks $(ARGS)

docs: setup ## write the generated reference pages anew
	@$(BIN)/python -m setia.plumbing.settings > docs/reference/settings.md
	$(BIN)/python -m setia.language.reference docs/reference/diagnostics.md
	$(BIN)/python -m setia.flow.notify > docs/reference/events.md
	$(BIN)/python -m setia.cli._reference > docs/reference/cli.md
	$(BIN)/python -m setia.api.problems > docs/reference/problems.md
	$(BIN)/python -m setia.api.server > docs/reference/openapi.json
	$(BIN)/python -m setia.flow.scenarios.coverage examples > docs/reference/coverage.md

clean: ## remove .venv, caches and build products (databases stay: `setia db` owns them)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage build dist .setup.lock .setup.??????
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
