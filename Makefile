# Two commands do all the set-up: `make demo` runs the main job on made-up records, `make test` passes the tests.
# Both build .venv themselves. Another Python: make PYTHON=python3.13 test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: demo test lint types format score bench proof picture clean
.DEFAULT_GOAL := demo

demo: $(READY)
	$(BIN)/tracker demo

test: $(READY)
	$(BIN)/python -m pytest -n 3

lint: $(READY)
	$(BIN)/ruff check tracker tests
	$(BIN)/ruff format --check tracker tests

types: $(READY)
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix tracker tests
	$(BIN)/ruff format tracker tests

score: $(READY)
	$(BIN)/python -m tests.score

# Speed, each figure against a named alternative in the same run; docs/speed.md holds the last one.
bench: $(READY)
	$(BIN)/python -m tests.bench

# The long proofs, of which CI runs a sample: every fault; ten years of clock in twelve zones; killed at 100 random
# moments, and 20 times twice; killed 200 times while it sends mail, and the mail counted.
proof: $(READY)
	$(BIN)/python -m pytest --all tests/test_bad_input_*.py tests/test_due_ten_years.py tests/test_check_live.py \
		tests/test_registries.py
	$(BIN)/python -m tests.kill --points 100 --pairs 20
	$(BIN)/python -m tests.kill_mail --points 200

# The README's pictures; needs Chromium. With LOOK=folder every page, wide and narrow, to look at.
picture: $(READY)
	$(BIN)/python -m tests.picture $(LOOK)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "tracker needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "tracker needs Python's venv module (on Debian: apt install python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(READY)
