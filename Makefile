# Each target sets up .venv by itself; nothing else on the machine is used or changed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

ROUNDS ?= 5

.PHONY: bench chat test lint lock soak telegram
.DELETE_ON_ERROR:

chat: $(READY)  ## the conversation in this terminal
	@$(BIN)/python -m bot chat

telegram: $(READY)  ## the bot on Telegram; needs DOORWAY_BOT_TOKEN
	@$(BIN)/python -m bot telegram

test: $(READY)  ## the whole test suite
	$(BIN)/python -m pytest

lint: $(READY)  ## style and types
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(READY)  ## our speed, in turns with others where ../shared/bench is there; ROUNDS=12 for the full run
	@if [ -d ../shared/bench ]; then \
		$(MAKE) --no-print-directory .venv-bench/.ready && \
		PYTHONPATH=. .venv-bench/bin/python tests/bench --rounds $(ROUNDS); \
	else PYTHONPATH=. $(BIN)/python tests/bench --rounds $(ROUNDS); fi

soak: $(READY)  ## three replicas on a redis-server: 2,000 chats with one killed and one asleep, then 5 minutes of 1,000
	PYTHONPATH=.:tests $(BIN)/python tests/bench/soak.py

lock:  ## writes requirements.lock anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --output-file requirements.lock
	uv pip compile pyproject.toml tests/bench/peers.in -c requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --output-file tests/bench/peers.lock

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Doorway needs Python 3.11 or newer; try: make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	@echo "Setting up (once, a minute or so) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv-bench/.ready: tests/bench/peers.lock
	@echo "Setting up the peers (once, a minute or so) ..."
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/bench/peers.lock
	@touch $@
