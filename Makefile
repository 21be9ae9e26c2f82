# Two commands for a machine that has only python3 and git: `make demo` and `make test`. The others are for daily work.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

.PHONY: demo test check fix unit servers bench chaos soak clean help

help:
	@echo "make demo    set up, run the desk on sample mail, show what it did"
	@echo "make test    set up, run every check and test"
	@echo "make check   format, lint, types, import contract, rules and templates"
	@echo "make fix     format and mend what can be mended by itself"
	@echo "make bench   measure"
	@echo "make chaos   kill desks at every boundary and at random, and count what is lost or doubled"
	@echo "make soak    an hour of work at two mails a second; does memory grow?"

demo: $(READY)
	@$(BIN)/triage demo

test: $(READY_DEV) servers check
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(READY_DEV)
	@echo "== format and lint"; $(BIN)/ruff format --check . && $(BIN)/ruff check .
	@echo "== types"; $(BIN)/mypy
	@echo "== import contract"; $(BIN)/lint-imports
	@echo "== rules and templates"; $(BIN)/triage check

fix: $(READY_DEV)
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

servers:
	@sh tests/servers/install.sh

bench: $(READY_DEV)
	@$(BIN)/python -m bench

soak: $(READY_DEV) servers
	@PYTHONPATH=tests $(BIN)/python -m tests.chaos.soak

chaos: $(READY_DEV) servers
	@PYTHONPATH=tests $(BIN)/python -m tests.chaos

clean:
	rm -rf $(VENV) demo

$(READY): pyproject.toml
	@sh .ci/setup.sh $(PYTHON) $(VENV) .
	@touch $@

$(READY_DEV): pyproject.toml
	@sh .ci/setup.sh $(PYTHON) $(VENV) '.[dev]'
	@touch $@ $(READY)
