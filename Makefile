# Everything that people and CI run, by the same names.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
READY := $(VENV)/.ready
# Compiled modules are kept: each start of labctl and of the tests is quicker by them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help up down check test matrix browser unit bench lock clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(READY) ## Make this machine ready and start the first lab
	@$(SUDO) $(abspath $(BIN))/labctl setup
	@$(BIN)/labctl up
	@$(BIN)/labctl check >$(VENV)/check.txt; [ $$? -le 1 ] && tail -n 2 $(VENV)/check.txt
	@echo 'So that the guide'"'"'s commands work as they stand: . $(BIN)/activate'

down: $(READY) ## Remove every lab and labctl's own files
	@$(BIN)/labctl down --all

check: $(READY) ## Format, lint, types, layers, docs and fast tests: what CI runs first
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m cogapp --check -p "import tests.docs" docs/commands.md
	$(BIN)/pytest -q -n 2

test: $(READY) browser ## All tests, real clusters too
	@$(SUDO) $(abspath $(BIN))/labctl setup
	@for runtime in containerd cri-o docker; do \
	  $(BIN)/labctl node-image build --kubernetes 1.36 --runtime $$runtime || exit; done
	$(BIN)/pytest -m "not matrix" --durations=15

matrix: $(READY) ## Every pair of Kubernetes and runtime, and the whole course
	@$(SUDO) $(abspath $(BIN))/labctl setup
	@$(BIN)/python -m tests.pairs | while read -r kubernetes runtime; do \
	  $(BIN)/labctl node-image build --kubernetes $$kubernetes --runtime $$runtime </dev/null \
	  || exit; done
	$(BIN)/pytest -m matrix --durations=15

browser: ## Chromium for the tests of labctl serve, where there is apt-get
	@for one in chromium google-chrome chromium-browser; do \
	  command -v $$one >/dev/null && exit; done; command -v apt-get >/dev/null || exit 0; \
	  $(SUDO) apt-get update -q && \
	  $(SUDO) apt-get install -y -q --no-install-recommends chromium

unit: $(READY) ## Fast tests: no engine, no network
	$(BIN)/pytest -n 2

bench: $(READY) ## labctl up beside kind create cluster; writes docs/benchmarks.md
	@$(SUDO) $(abspath $(BIN))/labctl setup
	$(BIN)/python -m bench

lock: $(READY) ## Renew requirements.lock from pyproject.toml
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --extra dev \
	  --no-header -o requirements.lock pyproject.toml

clean: ## Remove what building and testing left in this folder
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

# Debian has venv in a package of its own.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "labctl needs Python 3.11 or newer; set PYTHON=python3.x"; exit 4; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { $(SUDO) apt-get update -q && $(SUDO) apt-get install -y -q python3-venv; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install -q --require-hashes -r requirements.lock
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@
