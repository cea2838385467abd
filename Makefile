# rlviz: every target builds what it needs. The plain lines for a machine without make stand in
# README.md.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8501
BIN := .venv/bin

# A stamp carries the checksum of the requirements, so that an environment which was made from
# others, or only half made, is made again.
sum = $(firstword $(shell cat $(1) | cksum))
RUN := .venv/made-$(call sum,requirements.txt)
DEV := .venv/made-$(call sum,requirements.txt requirements-dev.txt)-dev

.PHONY: help run dev test quick lint types check-browser bench shots frames clean

help:
	@echo "make run [HOST=0.0.0.0] [PORT=8501]   the application; HOST=0.0.0.0 for a class"
	@echo "make dev      the application, reloaded at every edit"
	@echo "make test     lint, types and every test"
	@echo "make quick    lint, types and the tests that are neither slow nor need a browser"
	@echo "make bench    measure the budgets; writes bench.json"
	@echo "make shots    pictures of every page; writes shots/"
	@echo "make frames   make the stored first frames again from their specs"
	@echo "make clean    remove what was built, the environment too"

run: $(RUN)
	$(BIN)/python -m rlviz serve --host $(HOST) --port $(PORT)

# Streamlit watches the main script's folder and what PYTHONPATH names.
dev: $(RUN)
	PYTHONPATH=. $(BIN)/streamlit run app.py --server.address $(HOST) --server.port $(PORT) \
	    --server.fileWatcherType auto --server.runOnSave true

test: $(DEV) check-browser lint types
	$(BIN)/pytest -n 2 --dist worksteal

quick: $(DEV) lint types
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow and not browser"

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV)
	$(BIN)/mypy

check-browser:
	@sh .ci/browser

bench: $(DEV) check-browser
	$(BIN)/python -m bench

shots: $(DEV) check-browser
	$(BIN)/python -m tests.shots

frames: $(RUN)
	$(BIN)/python -m rlviz.lessons.first_frames

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis shots bench.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "rlviz needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) -V 2>&1). Say which: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' \
	    || { echo "Python's venv is missing. On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV): $(RUN)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
