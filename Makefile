# The two commands of a fresh clone are `make demo` and `make test`; they need Python >= 3.11, git and make.
# Set-up runs when a lock or pyproject.toml has changed and writes to standard error only, so that
# `make demo ARGS="--events 500 --json"` prints one JSON object and nothing else on standard output.
# (`make -C DIRECTORY` announces the directory on standard output before it reads this file: add -s there.)

MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help demo test check format schemas bench figures faults lock clean

ARGS ?=
JOBS ?= 2
PYTHON ?=
export PYTHON

BIN := .venv/bin
RUNTIME := .venv/.runtime-ready
DEV := .venv/.dev-ready
SETUP := pyproject.toml scripts/setup.sh scripts/find-python.sh

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

demo: $(RUNTIME) ## run the demo on a real stream; ARGS="--example flights", ARGS="--events 500 --json"
	@$(BIN)/rivergauge demo $(ARGS)

# Much of all tests' time is spent waiting for Kafka and for processes: two at once, each with brokers of their own, use
# two cores. What ARGS names runs in one process, as a debugger wants it; JOBS=0 runs everything so.
test: $(DEV) ## run the tests; ARGS="tests/models -k drift"
	@$(BIN)/python -m pytest $(or $(ARGS),--numprocesses $(JOBS) --dist worksteal)

check: $(DEV) ## ruff (rules and format) and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(DEV) ## apply ruff's format and safe fixes
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

schemas: $(DEV) ## write schemas/json anew, after a change of a record
	@$(BIN)/rivergauge schema records --dir schemas/json

bench: $(DEV) ## measure the figures of the README, on real Kafka too where Java and Maven are; ARGS="--help"
	@$(BIN)/python benchmarks/run.py $(ARGS)

figures: $(DEV) ## measure what is promised of drift, contests, intervals, gaps, cover: minutes to half an hour
	@PYTHONHASHSEED=0 $(BIN)/python benchmarks/real_drift.py
	@$(BIN)/python benchmarks/drift_and_contest.py
	@$(BIN)/python benchmarks/promises/run.py $(ARGS)

faults: $(DEV) ## break workers, snapshots and brokers, hours on end; ARGS="--quick" for twenty minutes, ARGS="--help"
	@$(BIN)/python -m faults --table docs/faults.md $(ARGS)

lock: ## resolve the locks anew (needs uv); ARGS="--upgrade"
	@scripts/lock.sh $(ARGS)

clean: ## remove the environment and the caches of the tools
	@rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist

$(RUNTIME): requirements/runtime.lock $(SETUP)
	@scripts/setup.sh runtime >&2
	@touch $@

# The development lock contains the runtime lock, pin for pin.
$(DEV): requirements/dev.lock $(SETUP)
	@scripts/setup.sh dev >&2
	@touch $(RUNTIME) $@
