# Two commands do everything: `make run` and `make test`. Both set up what they need first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501

.PHONY: help run test install install-dev browser lint types format

help:
	@echo "make run     set up and start the app on port $(PORT)"
	@echo "make test    set up and run every check: ruff, mypy, all tests"
	@echo "make format  rewrite the code in the house style"

run: install
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: install-dev browser lint types
	$(BIN)/python -m pytest

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev
	$(BIN)/mypy

format: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser: install-dev
	$(BIN)/python -m tests.browser.install

install: $(VENV)/installed
install-dev: $(VENV)/installed-dev

$(VENV)/installed: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@
