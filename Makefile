# One command runs the registry (make serve), one tests it (make test).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PAGES := src/sregistry_core/protocols/ui
LOCALE := $(PAGES)/locale
PLUGINS := plugins/sregistry-filesystem plugins/sregistry-s3 plugins/sregistry-oauth plugins/sregistry-pam plugins/sregistry-saml plugins/sregistry-webhook plugins/sregistry-local-builder plugins/sregistry-slurm-builder

.PHONY: help serve test check texts screenshots bench clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): setup.py pyproject.toml $(wildcard plugins/*/setup.py)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed, and $(PYTHON) is older: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[develop]' $(addprefix --editable ,$(PLUGINS))
	@touch $@

serve: $(READY) ## set up everything and run the registry of development.ini
	@exec $(BIN)/sregistry-admin -c development.ini serve --set-up

test: $(READY) ## set up everything and run every test
	tests/run

check: $(READY) ## lint and check types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

texts: $(READY) ## collect the texts of the pages for translators
	$(BIN)/pybabel --quiet extract --mapping-file babel.cfg --no-location --sort-output \
		--omit-header --output-file $(LOCALE)/sregistry.pot $(PAGES)
	$(BIN)/pybabel --quiet update --domain sregistry --no-fuzzy-matching --ignore-obsolete \
		--ignore-pot-creation-date --input-file $(LOCALE)/sregistry.pot --output-dir $(LOCALE)

screenshots: $(READY) ## take the pictures of docs/web-interface.md anew
	SREGISTRY_SCREENSHOTS=build/screenshots $(BIN)/pytest -q tests/browser/test_all_pages.py -k documentation
	cp build/screenshots/docs/*.png docs/images/

bench: $(READY) ## measure speed and memory against a floor
	bench/run

clean: ## remove the virtual environment; data stays
	rm -rf $(VENV)
