# A machine with Python 3.11 or later and make is enough: everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ENVIRONMENT := PIP_DISABLE_PIP_VERSION_CHECK=1

.PHONY: help setup demo test test-oracle bench fuzz golden docs clean lint

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# One stamp per set of extras: pip runs again only when pyproject.toml has changed.
$(VENV)/base: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(ENVIRONMENT) $(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/dev: $(VENV)/base
	$(ENVIRONMENT) $(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

$(VENV)/torch: $(VENV)/dev
	$(ENVIRONMENT) $(BIN)/python -m pip install --quiet --editable '.[dev,bench]'
	touch $@

setup: $(VENV)/dev  ## Create .venv with the development extras

demo: $(VENV)/base  ## Inspect LeNet-5, train it on bundled digits, evaluate, and read a few pictures
	rm -rf runs/demo
	$(BIN)/cnncli inspect lenet5
	$(BIN)/cnncli train lenet5 --data mnist-5k --run runs/demo
	$(BIN)/cnncli evaluate runs/demo --data mnist-5k
	$(BIN)/cnncli predict runs/demo docs/digits/*.png

lint: $(VENV)/dev  ## Style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# Most of a first run is compiling kernels, one at a time in a process; two processes never compile the same one.
WORKERS := --numprocesses auto --maxprocesses 4 --dist worksteal

test: lint  ## Lint, types, import contract, and every test that needs no PyTorch
	$(BIN)/python -m pytest $(WORKERS)

test-oracle: $(VENV)/torch  ## Compare kernels and networks with PyTorch (installs it)
	$(BIN)/python -m pytest $(WORKERS) -m oracle

BENCHMARKS := start training kernels mnist validate
FIGURES := $(VENV)/figures

bench: $(VENV)/torch  ## Measure everything against PyTorch, and write docs/performance.md: half an hour
	mkdir -p $(FIGURES)
	set -e; for name in $(BENCHMARKS); do \
	  $(BIN)/python -m benchmarks.$$name --json > $(FIGURES)/$$name.json; \
	done
	$(BIN)/python -m benchmarks.report $(BENCHMARKS:%=$(FIGURES)/%.json)

fuzz: $(VENV)/dev  ## Break 100,000 specs and validate them: minutes
	$(BIN)/python -m tests.fuzz --count 100000

golden: $(VENV)/dev  ## Write the golden outputs of the tests anew
	$(BIN)/python -m pytest --golden tests/golden

docs: $(VENV)/base  ## Write the reference pages of kinds and rules, and the schema, anew
	$(BIN)/python -m docs.reference

clean:  ## Remove what make and Python leave behind
	rm -rf $(VENV) runs build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
