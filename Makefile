# What people and CI run. It needs Python 3.11 to 3.14 with venv, make and git, and nothing else;
# everything is installed into .venv, from requirements.lock.
.POSIX:
.PHONY: help setup demo lint check test coverage kit lab wheels bench soak lock clean

PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install -qq
# Several graders side by side, one thread each: faster, and the same sums in the same order.
ONE_THREAD = OPENBLAS_NUM_THREADS=1
# All tests of a file on one worker, which makes what they share once; files in the order of
# conftest.py, which puts the longest first.
SUITE = -m pytest -n auto --dist loadfile --no-loadscope-reorder
PYTEST = $(ONE_THREAD) $(BIN)/python $(SUITE)

help:  ## show this list (the default)
	@awk -F ':.*##' '/^[a-z]+:.*##/ { printf "make %-6s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/installed  ## install what the course needs into .venv; done again when the lock changes

demo: setup  ## grade a folder of example submissions and show the scores
	@$(BIN)/autograder demo

lint: setup  ## lint, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

check: lint  ## the same and all tests that are fast, in a minute, while you work
	$(PYTEST) -m 'not slow and not soak'

test: lint  ## the same, all tests, and every cell of the source notebooks
	$(PYTEST) -m 'not soak'

coverage: setup  ## all tests again, and the lines of the engine that none of them runs
	rm -rf build/coverage
	mkdir -p build/coverage
	export COVERAGE_FILE="$$PWD/build/coverage/data"; \
	$(ONE_THREAD) $(BIN)/coverage run $(SUITE) -m 'not soak' && \
	$(BIN)/coverage combine --quiet && $(BIN)/coverage report

kit: setup  ## write build/kit/convnet-kit.zip, which is what students get
	$(BIN)/autograder kit

lab: setup  ## open JupyterLab in lab/, a folder as a student has it; notebooks there stay
	$(BIN)/autograder kit --to lab
	root=; [ "$$(id -u)" -ne 0 ] || root=--allow-root; \
	$(BIN)/python lab/lab.py $$root

wheels: setup  ## build the sdists and wheels of both distributions into build/wheels
	rm -rf build/wheels
	$(BIN)/python .ci/wheels.py build/wheels

bench: setup  ## time grading side by side with stock nbgrader, and one worker against two
	$(ONE_THREAD) $(BIN)/python -m benchmarks
	$(ONE_THREAD) $(BIN)/python -m benchmarks.workers
	$(ONE_THREAD) $(BIN)/python -m benchmarks.convolution

soak: setup  ## the long run: trains networks, draws many more cases, grades classes of up to 500
	$(ONE_THREAD) $(BIN)/python -m pytest tests --hypothesis-profile=soak
	$(BIN)/python -m tests.hostile
	$(ONE_THREAD) $(BIN)/python -m benchmarks.overnight --students 500
	$(ONE_THREAD) $(BIN)/python -m benchmarks.workers --growth 10 100 500

# Both packages. --no-build-isolation: build with the locked setuptools, fetch nothing.
# Metadata of an earlier build would be found before the installed. A wheel brings autograder.json; an
# editable installation leaves such files out.
$(VENV)/installed: $(VENV)/locked pyproject.toml setup.py students/pyproject.toml autograder/marking/autograder.json
	@rm -rf *.egg-info students/*.egg-info
	@$(PIP) --no-deps --no-build-isolation --editable ./students --editable .
	@cp autograder/marking/autograder.json $(VENV)/etc/jupyter/jupyter_server_config.d/
	@touch $@

# Always a new environment, so that nothing stale stays in it.
$(VENV)/locked: requirements.lock
	@fits='import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'; \
	if ! "$(PYTHON)" -c "$$fits" 2>/dev/null; then \
		echo "make: '$(PYTHON)' will not do: the course needs Python 3.11 to 3.14 with venv."; \
		echo "      It answers: $$("$(PYTHON)" --version 2>&1 | head -n 1)"; \
		for other in python3.14 python3.13 python3.12 python3.11; do \
			if $$other -c "$$fits" 2>/dev/null; then \
				echo "      $$other is here and will do. Say: make setup PYTHON=$$other"; exit 1; \
			fi; \
		done; \
		echo "      Install one (Debian and Ubuntu: apt install python3 python3-venv), or name one"; \
		echo "      that you have: make setup PYTHON=/path/to/python3"; \
		exit 1; \
	fi >&2
	@echo "Installing the locked packages into $(VENV): a minute or two, once."
	@"$(PYTHON)" -m venv --clear $(VENV)
	@$(PIP) --require-hashes -r requirements.lock
	@touch $@

# uv resolves once for every platform and Python version; `fewest`: the same version on all of them.
# The students' distribution is built here, not locked: `tool.uv.sources` says where it lies.
# Keeps the versions it finds in the lock; make lock UPGRADE=--upgrade takes the newest.
UPGRADE =
lock:  ## write requirements.lock and constraints.txt anew from pyproject.toml
	@"$(PYTHON)" -m venv --clear build/uv
	@build/uv/bin/python -m pip --disable-pip-version-check install -qq 'uv>=0.9'
	build/uv/bin/uv pip compile pyproject.toml --all-extras $(UPGRADE) --quiet \
		--universal --fork-strategy fewest --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-emit-package convnet-course \
		--custom-compile-command 'make lock' --output-file requirements.lock
	@{ echo '# Written by `make lock`: requirements.lock without its hashes, for environment.yml.'; \
		sed -n 's/ *\\$$//; /^[a-z0-9]/p' requirements.lock; } > constraints.txt

clean:  ## remove .venv, build/ and caches; submissions, grades and feedback stay
	rm -rf $(VENV) build *.egg-info students/build students/*.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
