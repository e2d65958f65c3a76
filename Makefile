# `make help` explains every target. Everything lives in .venv; nothing else on the machine is touched.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help install demo test browser-test check format bench soak lock words

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(READY) ## create .venv and install what requirements-dev.txt pins

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Ally needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## a pretend Slack on this machine with Ally in it; KEEP=1 keeps what you do in demo-data/
	@exec $(BIN)/python -m sandbox --with-bot $(ARGS)

test: $(READY) ## every test that needs no browser (a PostgreSQL comes from a wheel)
	$(PYTEST) -m "not browser and not soak" -n auto --dist worksteal $(ARGS)

browser-test: $(READY) ## the demo's page in a headless Chromium; SCREENSHOTS=folder keeps a picture of each step
	$(PYTEST) -m browser -n 2 --dist worksteal $(ARGS)

check: $(READY) ## lint, format, types, walls between the layers
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(READY) ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## measure against a yardstick in the same run (half an hour; ARGS="delivery --quick" tries one part)
	$(BIN)/python -m bench $(ARGS)

soak: $(READY) ## the long sweeps
	$(PYTEST) -m soak $(ARGS)

words: $(READY) ## collect what members read into bot/views/locale/ally.pot
	$(BIN)/pybabel -q extract -k say -k many:1,2 --no-location --omit-header --sort-output -o bot/views/locale/ally.pot bot/views

lock: $(READY) ## resolve the dependencies again and pin them by hash
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --annotation-style line $(UPGRADE) pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --annotation-style line $(UPGRADE) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
