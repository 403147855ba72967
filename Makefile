# Everything a fresh clone needs is Python >= 3.11 and make; `make help` lists the targets.

# The newest of these interpreters that runs, unless PYTHON is given.
find_python = $(firstword $(shell for python in $(1); do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python; done; true))
PYTHON ?= $(call find_python,python3.13 python3.12 python3.11 python3)

BIN := .venv/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
PYTEST := -m pytest -n auto --maxprocesses 8 --dist worksteal

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help demo test test-oldest golden lint format-check ruff types imports format bench accuracy layers fields sphere-images messages particles fuzz docs package clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: .venv/examples.installed ## train on the inertia tensors (ARGS=--fast for a quick look)
	$(BIN)/python examples/inertia.py $(ARGS)

test: .venv/test.installed ## run every test (ARGS are passed on to pytest)
	$(BIN)/python $(PYTEST) $(ARGS)

test-oldest: .venv-oldest/test.installed ## run every test against the oldest versions claimed
	.venv-oldest/bin/python $(PYTEST) $(ARGS)

golden: .venv/test.installed ## write anew the golden answers that differ (see tests/golden)
	$(BIN)/python -m tests.everywhere.golden --write

lint: format-check ruff types imports ## check format, style, types and the import law

format-check: .venv/dev.installed
	$(BIN)/ruff format --check

ruff: .venv/dev.installed
	$(BIN)/ruff check

types: .venv/dev.installed
	$(BIN)/pyright --pythonpath $(BIN)/python

imports: .venv/dev.installed
	$(BIN)/lint-imports

bench layers: .venv/examples.installed $(if $(findstring --skip-emlp,$(ARGS)),,.venv-emlp/installed)

bench: ## measure the solver beside EMLP (over an hour; ARGS="--only 'SO(3)'", ARGS=--skip-emlp)
	$(BIN)/python benchmarks/solver.py $(ARGS)
	$(BIN)/python benchmarks/plot.py

accuracy: .venv/examples.installed ## train on the tasks of the EMLP paper (an hour; ARGS="--task inertia")
	$(BIN)/python benchmarks/accuracy.py $(ARGS)
	$(if $(ARGS),,$(BIN)/python benchmarks/pendulum.py)

layers: ## time models beside a plain MLP and EMLP (half an hour, idle; ARGS=--skip-emlp)
	$(BIN)/python benchmarks/layers.py $(ARGS)

fields: .venv/examples.installed ## time and measure convolutions of fields beside plain ones (two minutes)
	$(BIN)/python benchmarks/fields.py $(ARGS)

sphere-images: .venv/examples.installed ## train on images on the sphere (half an hour; ARGS=--prepare for the first time)
	$(BIN)/python benchmarks/sphere_images.py $(ARGS)

messages: .venv/test.installed ## time message passing beside e3nn-jax (ten minutes)
	$(BIN)/python benchmarks/messages.py $(ARGS)

particles: .venv/examples.installed ## train on charged particles (an hour, on an accelerator; ARGS="--task gravity --model vectors")
	$(BIN)/python benchmarks/particles.py $(ARGS)

fuzz: .venv/test.installed ## 10,000 random problems against dense null spaces and averages (an hour; ARGS="--only-problem 7")
	$(BIN)/python benchmarks/fuzz.py $(ARGS)

docs: .venv/docs.installed ## build the documentation into site/ (TUTORIALS=off leaves them unrun)
	NO_MKDOCS_2_WARNING=1 TUTORIALS=$(TUTORIALS) $(BIN)/python -m mkdocs build --strict --quiet

package: .venv/package.installed ## build sdist and wheel, check them, and run the README from the wheel
	rm -rf dist .venv-wheel
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/python -m venv .venv-wheel
	.venv-wheel/bin/python $(PIP_INSTALL) "$$(echo dist/*.whl)[examples]"
	sed -n '/^```python/,/^```/{/^```/!p}' README.md > dist/readme.py
	cd dist && ../.venv-wheel/bin/python readme.py

format: .venv/dev.installed ## format, and mend what ruff can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean: ## remove the environments and everything generated
	rm -rf .venv .venv-oldest .venv-emlp .venv-wheel build dist out site
	rm -rf .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is made once; an extra is installed again whenever pyproject.toml has changed.
.venv/%.installed: pyproject.toml .venv/created
	@echo "Installing constrainet[$*] into .venv (a minute or two, once)"
	@$(BIN)/python $(PIP_INSTALL) --editable ".[$*]"
	@touch $@

.venv-oldest/%.installed: pyproject.toml tests/oldest.txt .venv-oldest/created
	@echo "Installing the oldest versions of constrainet[$*] into .venv-oldest"
	@.venv-oldest/bin/python $(PIP_INSTALL) --constraint tests/oldest.txt --editable ".[$*]"
	@touch $@

# EMLP runs on versions of its time only, and these on Python 3.11 only.
.venv-emlp/installed: benchmarks/emlp-requirements.txt .venv-emlp/created
	@echo "Installing EMLP 1.0.3 into .venv-emlp"
	@.venv-emlp/bin/python $(PIP_INSTALL) --requirement benchmarks/emlp-requirements.txt
	@touch $@

.venv-emlp/created: PYTHON := $(or $(call find_python,python3.11),python3.11)
.venv-oldest/created: PYTHON := $(or $(call find_python,python3.11 python3.12),$(PYTHON))
.venv/created .venv-oldest/created .venv-emlp/created:
	@test -n "$(call find_python,$(PYTHON))" || { \
		echo "This needs Python >= 3.11, but $(or $(PYTHON),python3) is missing or older." \
			"Install one, or name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv --clear $(@D)
	@touch $@
