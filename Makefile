# Sets everything up by itself: each target needs Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FLAKE := $(BIN)/python -m pytest -q -n auto --dist worksteal

# Tests start hundreds of processes, which must not compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: fuzz test slow flake bench lint clean

# The main job: 50,000 compared edits over all cores.
fuzz: $(READY)
	$(BIN)/fuzzeq run latex --edits 50000

# The tests in their own order, with the coverage that they reach. Workers that tests start elsewhere
# write there too.
test: $(READY)
	COVERAGE_FILE=$(CURDIR)/.coverage $(BIN)/python -m pytest -m "not slow" --cov --cov-report=term -p no:randomly -n auto --dist worksteal

# Those that take their time: whole campaigns with faults put in, processes of Atheris.
slow: $(READY)
	$(BIN)/python -m pytest -m slow -p no:randomly -n auto --dist worksteal

# Is any verdict a matter of luck? The property tests ten times, with ten seeds and in ten orders;
# then all tests twice, in two orders more.
flake: $(READY)
	for seed in 0 1 2 3 4 5 6 7 8 9; do \
	  $(FLAKE) -m hypothesis --hypothesis-seed=$$seed --randomly-seed=$$seed || exit 1; done
	for seed in 10 11; do $(FLAKE) --randomly-seed=$$seed || exit 1; done

# All that is wanted of speed, beside others, into benchmarks/RESULTS.md. On an idle machine.
bench: $(READY)
	$(BIN)/python -m pip install --quiet --editable '.[dev,bench,peers]'
	$(BIN)/python -m benchmarks --peer tree-sitter --peer pygments --peer pylatexenc

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "fuzzeq needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) build dist .coverage* htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis
