# Two commands do everything: `make run` and `make test`. Both set up what they need first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
# Without compiling: of some fifteen thousand modules a few are ever imported, and those compile then.
PIP_INSTALL := pip install --quiet --no-compile
# The pip that comes with Python 3.11 takes three times as long to choose versions as a new one.
define NEW_VENV
test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
-$(BIN)/python -m $(PIP_INSTALL) --upgrade pip
endef

# What `make test` runs three at a time, the longest first; each is a target of its own, too.
# Three, so that two cores have work while checks wait for a page or for a worker. The more there
# are, the longer each waits for the others, and what waits asks all the while whether it is over.
CHECKS := test-core test-browser test-processes test-jobs test-ui test-pages types
# Where make can do so, each check's output comes in one piece when the check has ended.
TOGETHER := --jobs=3 --keep-going --no-print-directory \
	$(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
# Trainings and texts by the dozen.
LONG := minigpt/jobs minigpt/cli minigpt/reading minigpt/training/test_trainer.py \
	minigpt/sampling/test_decoder.py minigpt/sampling/test_shared.py
APART := browser processes ui pages $(LONG)

# The core's tests check the shapes of all tensors. Once more behind each page, or in every training
# and text of those by the dozen, that check would take most of their time. So the last word names a
# package that is not there.
UNSHAPED := --jaxtyping-packages=none,beartype.beartype

# The tests start scores of Pythons: each may keep what it compiled for the next.
unexport PYTHONDONTWRITEBYTECODE

# Where a browser can go on, the others let it: a page that waits for its turn looks like one that
# hangs. No further behind: else what those start and wait for, such as a worker, would not come to
# its turn in a minute.
BEHIND := nice -n 7
# The core's tests take longest and use one core: were they no further ahead than what runs beside
# them, the other core would be idle at the end.
CORE_BEHIND := nice -n 4

# Checks that share two cores wait for each other asleep: spinning, they took twice as long.
$(CHECKS): export OMP_WAIT_POLICY = PASSIVE
$(CHECKS): export GOMP_SPINCOUNT = 0

.PHONY: help run test prepare install install-dev browser browser-by-apt lint format messages lock \
	$(CHECKS)

help:
	@echo "make run       set up and start the app on port $(PORT)"
	@echo "make test      set up and run every check: ruff, mypy, all tests"
	@echo "make format    rewrite the code in the house style"
	@echo "make lock      write down the checksums of all that is installed"
	@echo "make messages  collect the texts that can be translated"

run: install
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: prepare
	$(MAKE) --no-print-directory lint
	$(MAKE) $(TOGETHER) $(CHECKS)

# All that is installed: pip uses one core, so what apt has goes beside it.
prepare:
	$(MAKE) --jobs=2 --no-print-directory install-dev browser-by-apt

browser-by-apt:
	-$(PYTHON) -m tests.browser.install --by-apt

# Where there is no apt, a browser is fetched within this check, beside the others: were it a
# prerequisite, make would begin all of them before it came back to the longest.
test-browser: install-dev
	$(BIN)/python -m tests.browser.install
	$(BIN)/python -m pytest $(UNSHAPED) tests/browser

test-processes: install-dev
	$(BIN)/python -m pytest $(UNSHAPED) tests/processes

test-pages: install-dev
	$(BEHIND) $(BIN)/python -m pytest $(UNSHAPED) tests/pages

test-ui: install-dev
	$(BEHIND) $(BIN)/python -m pytest $(UNSHAPED) tests/ui

test-jobs: install-dev
	$(BEHIND) $(BIN)/python -m pytest $(UNSHAPED) $(LONG:%=tests/%)

test-core: install-dev  # all the rest, so that no folder is forgotten
	$(CORE_BEHIND) $(BIN)/python -m pytest tests minigpt ui $(APART:%=--ignore=tests/%)

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev
	$(BEHIND) $(BIN)/mypy

format: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Of everything that the app needs, the version that the tests run with and the checksum of every
# file that may be installed for it. Needs uv. The processor's torch has a version of its own.
lock: install-dev
	$(BIN)/python -m pip list --format=freeze | grep -v -e '^torch==' -e '^minigpt==' > $(VENV)/tested.txt
	uv pip compile requirements.txt --constraint $(VENV)/tested.txt --generate-hashes --universal \
		--python-version 3.11 --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" --quiet --output-file requirements-lock.txt > /dev/null

messages: install-dev
	$(BIN)/python -m tests.messages.catalogue
	$(BIN)/python -m tests.messages.translations

browser: install-dev
	$(BIN)/python -m tests.browser.install

install: $(VENV)/installed
install-dev: $(VENV)/installed-dev

$(VENV)/installed: requirements.txt
	$(NEW_VENV)
	$(BIN)/python -m $(PIP_INSTALL) -r requirements.txt
	touch $@

# At one go: to choose among versions takes pip as long as to fetch them.
$(VENV)/installed-dev: requirements.txt requirements-dev.txt
	$(NEW_VENV)
	$(BIN)/python -m $(PIP_INSTALL) -r requirements-dev.txt
	touch $(VENV)/installed $@
